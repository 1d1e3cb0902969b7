"""The API as a program inside a pod sees it: the same answers as anybody's, by the token it sends.

Mirrors staging/src/k8s.io/apiserver/pkg/{authentication,authorization} for system:anonymous (release 1.36).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp

from app.kubeapi import auth, paths
from app.machinery import errors
from app.store.keys import Role
from app.terminal.containers import Asks
from app.terminal.messages import Ask, Reply

_OPEN = frozenset({"/healthz", "/livez", "/readyz", "/version", "/version/"})
_NAME = "kubernetes.default.svc"


def asks(app: ASGIApp) -> Asks:
    """Return what answers programs in the pods of any playground; `app` is the whole application."""

    async def ask(playground: str, asked: Ask) -> Reply:
        headers = {name.lower(): text for name, text in asked.headers.items()}
        path = asked.target.partition("?")[0]
        is_known = bool(headers.get("authorization"))
        if not is_known and path not in _OPEN:
            return _forbidden(asked, path, headers)
        entry = {} if is_known else {auth.INSIDE: auth.Entry(playground, Role.VIEW, "pod", path)}
        return await _answer(app, playground, asked, (headers, entry))

    return ask


async def _answer(
    app: ASGIApp, playground: str, asked: Ask, known: tuple[Mapping[str, str], Mapping[str, auth.Entry]]
) -> Reply:
    headers, entry = known
    bare, _, query = asked.target.partition("?")
    path = f"/clusters/{playground}{bare}"
    kept = {name: text for name, text in headers.items() if name in ("authorization", "accept", "content-type")}
    scope = {
        **entry,
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "https",
        "method": asked.method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "client": ("127.0.0.1", 0),
        "server": (_NAME, 443),
        "headers": [(name.encode(), text.encode()) for name, text in {**kept, "host": _NAME}.items()],
    }
    seen: dict[str, Any] = {"status": 500, "body": b"", "type": ""}
    asks = [{"type": "http.request", "body": asked.body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return asks.pop() if asks else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            named = {bytes(name).lower(): bytes(text).decode() for name, text in message.get("headers", ())}
            seen["status"], seen["type"] = message["status"], named.get(b"content-type", "")
        elif message["type"] == "http.response.body":
            seen["body"] += message.get("body", b"")

    await app(scope, receive, send)
    return Reply(seen["status"], _shown(seen["body"], headers), seen["type"] or "application/json")


def _shown(body: bytes, headers: Mapping[str, str]) -> str:
    """Write JSON over several lines for curl and wget, as the API server does for them."""
    text = body.decode("utf-8", "replace")
    if not headers.get("user-agent", "").lower().startswith(("curl", "wget")):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def _forbidden(asked: Ask, path: str, headers: Mapping[str, str]) -> Reply:
    """Refuse somebody without a token."""
    who = 'User "system:anonymous" cannot'
    verb = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch"}.get(
        asked.method, "delete"
    )
    details: dict[str, Any] = {}
    try:
        target = paths.parse(path)
    except errors.ApiError:
        target = None
    if target is None or not target.resource:
        message = f'forbidden: {who} {verb} path "{path}"'
    else:
        verb = "list" if verb == "get" and not target.name else verb
        where = f' in the namespace "{target.namespace}"' if target.namespace else " at the cluster scope"
        named = f"{target.resource}{f'.{target.group}' if target.group else ''}"
        named = f'{named} "{target.name}"' if target.name else named
        message = (
            f'{named} is forbidden: {who} {verb} resource "{target.resource}" in API group "{target.group}"{where}'
        )
        details = {"group": target.group, "name": target.name, "kind": target.resource}
        details = {name: text for name, text in details.items() if text}
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": "Forbidden",
        "details": details,
        "code": 403,
    }
    return Reply(403, _shown(json.dumps(body).encode(), headers), "application/json")
