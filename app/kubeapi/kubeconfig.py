"""The file that points kubectl at one playground."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

TEMPLATE = """\
apiVersion: v1
kind: Config
clusters:
- name: {name}
  cluster:
    server: {server}
users:
- name: {name}
  user: {user}
contexts:
- name: {name}
  context:
    cluster: {name}
    namespace: default
    user: {name}
current-context: {name}
preferences: {{}}
"""


def text(base_url: str, playground: str, key: str) -> str:
    """Write a kubeconfig for one key.

    Over https the key travels as token. Over plain http client-go sends no credentials at all, so there it is in the path.
    """
    base = base_url.rstrip("/")
    server = f"{base}/clusters/{playground}"
    is_https = urlsplit(base).scheme == "https"
    user = f"\n    token: {json.dumps(key)}" if is_https else "{}"
    return TEMPLATE.format(
        name=json.dumps(f"podlane-{playground}"),
        server=json.dumps(server if is_https else f"{server}/keys/{key}"),
        user=user,
    )
