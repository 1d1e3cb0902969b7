"""Tokens of ServiceAccounts: who a pod is to the playground's API, as a signed text and with no table.

A token is a JWT like the real ones (pkg/serviceaccount/claims.go, release 1.36), signed with the secret that each
playground drew when it was made (`settings["token_secret"]`; whoever copies a playground draws a new one). It opens that
playground alone, and only while its ServiceAccount, and the pod it is bound to, are the ones it names.

DIFFERS: signed with HMAC (HS256), where upstream signs with RSA. A pod's own token is good for a year and is not
renewed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, state
from app.machinery import objects
from app.machinery.objects import Object

ISSUER = "https://kubernetes.default.svc.cluster.local"
AUDIENCES = (ISSUER,)
"""Who a token is for unless it is asked for another: the API server itself."""
USER_PREFIX = "system:serviceaccount:"
DEFAULT_SECONDS, SHORTEST_SECONDS = 3_600, 600
POD_SECONDS = 365 * 86_400
SETTING = "token_secret"

_HEADER = {"alg": "HS256", "typ": "JWT"}
_PRIVATE = "kubernetes.io"


@dataclass(frozen=True, slots=True)
class Term:
    """How long a token is good (seconds since 1970), for whom, and for which pod if for one only."""

    since: float
    until: float
    audiences: Sequence[str] = AUDIENCES
    pod: Object | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a token says its bearer is."""

    namespace: str
    account: str
    user: str


def of_pod(held: state.ClusterState, pod: Object) -> str:
    """Return the token in a pod's files, always the same; empty when its ServiceAccount or the secret is missing."""
    name = str(objects.spec_of(pod).get("serviceAccountName") or "default")
    account = held.find(state.SERVICE_ACCOUNTS, objects.namespace_of(pod), name)
    if account is None or not held.settings.get(SETTING):
        return ""
    since = clock.seconds(objects.metadata(pod)["creationTimestamp"])
    return issue(str(held.settings[SETTING]), account, Term(since, since + POD_SECONDS, pod=pod))


def issue(secret: str, account: Object, term: Term) -> str:
    """Write a token of the account: the same terms give the same text."""
    namespace, name = objects.namespace_of(account), objects.name_of(account)
    private: dict[str, Any] = {"namespace": namespace}
    if term.pod is not None:
        private["pod"] = {"name": objects.name_of(term.pod), "uid": objects.uid_of(term.pod)}
    private["serviceaccount"] = {"name": name, "uid": objects.uid_of(account)}
    claims = {
        "aud": list(term.audiences),
        "exp": int(term.until),
        "iat": int(term.since),
        "iss": ISSUER,
        _PRIVATE: private,
        "nbf": int(term.since),
        "sub": f"{USER_PREFIX}{namespace}:{name}",
    }
    body = f"{_encoded(_HEADER)}.{_encoded(claims)}"
    return f"{body}.{_signature(secret, body)}"


def is_token(text: str) -> bool:
    """Say whether a Bearer's text is a token by its form; the playground's keys are not."""
    return text.count(".") == 2


def is_signed(secret: str, text: str) -> bool:
    """Say whether the secret signed this token."""
    body, _, signature = text.rpartition(".")
    return hmac.compare_digest(_signature(secret, body).encode(), signature.encode())


def holder(held: state.ClusterState, text: str, now: float) -> Holder | None:
    """Return who bears a token whose signature is good; None when its time is over, or what it names is gone."""
    claims = _claims(text)
    private = claims.get(_PRIVATE) or {}
    namespace, account = str(private.get("namespace") or ""), private.get("serviceaccount") or {}
    if now >= float(claims.get("exp") or 0) or not set(AUDIENCES) & set(claims.get("aud") or ()):
        return None
    if not _is_there(held, state.SERVICE_ACCOUNTS, namespace, account):
        return None
    if "pod" in private and not _is_there(held, state.PODS, namespace, private["pod"]):
        return None
    return Holder(namespace, str(account["name"]), str(claims["sub"]))


def _is_there(held: state.ClusterState, resource: state.Resource, namespace: str, named: Mapping[str, Any]) -> bool:
    found = held.find(resource, namespace, str(named.get("name")))
    return found is not None and objects.uid_of(found) == named.get("uid")


def _claims(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(text.split(".")[1] + "=="))
    except (ValueError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}


def _encoded(part: Mapping[str, Any]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _signature(secret: str, body: str) -> str:
    return _base64(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
