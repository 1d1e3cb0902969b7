"""Who may come in: with a key as Bearer token or, over plain http only, in the path; or with a ServiceAccount's token.

DIFFERS: a ServiceAccount may read everything in its playground and change nothing; upstream asks RBAC what it may.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from app.kinds import tokens
from app.kubeapi import status
from app.machinery import errors
from app.runtime.doors import Doors
from app.runtime.host import Host
from app.store import keys
from app.store.keys import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A caller that was let in, and the API path it asked for; `user` is set when it is a ServiceAccount."""

    playground: str
    role: Role
    actor: str
    path: str
    user: str = ""


INSIDE = "podlane.inside"
"""Where a program in a pod says who it is when it asks without a socket; nothing that comes over one can."""

_NOBODYS = secrets.token_hex(32)
"""What a token is checked against where there is no secret, so that the answer takes as long."""


async def enter(scope: Scope, doors: Doors) -> Entry:
    """Let a caller in, or refuse with 401; a playground that is not there answers the same."""
    inside: Entry | None = scope.get(INSIDE)
    if inside is not None:
        return inside
    playground, key, path = _split(scope["path"])
    if key and scope.get("scheme") in ("https", "wss"):
        raise status.not_served()
    found = await _identified(
        scope, doors, Entry(playground, Role.VIEW, "", path), key or _bearer(Headers(scope=scope))
    )
    if found is None:
        raise status.unauthorized()
    return found


async def holder(scope: Scope, playground: str, token: str) -> Entry | None:
    """Say whose key or token that is in the playground; None when nobody's."""
    return await _identified(scope, scope["app"].state.doors, Entry(playground, Role.VIEW, "", ""), token)


async def _identified(scope: Scope, doors: Doors, asked: Entry, key: str) -> Entry | None:
    if tokens.is_token(key):
        return await _account(scope["app"].state.host, doors, asked, key)
    found = await doors.key(key) if key else None
    if found is None or found.playground != asked.playground or found.is_revoked:
        return None
    return Entry(asked.playground, found.role, f"api:{keys.digest(key)[:8]}", asked.path)


async def _account(host: Host, doors: Doors, asked: Entry, token: str) -> Entry | None:
    """Let a ServiceAccount in by its token."""
    secret = await doors.token_secret(asked.playground)
    if not tokens.is_signed(secret or _NOBODYS, token) or not secret:
        return None
    try:
        now = (await host.describe(asked.playground)).clock.now
        found = tokens.holder(await host.read(asked.playground), token, now)
    except errors.NotFound:
        found = None
    if found is None:
        return None
    return Entry(asked.playground, Role.VIEW, found.user, asked.path, found.user)


def client_word(scope: Scope) -> str:
    """Return how the calling program names itself: kubectl with its command, others by their User-Agent up to a slash."""
    headers = Headers(scope=scope)
    return headers.get("kubectl-command") or headers.get("user-agent", "").partition("/")[0]


def _split(path: str) -> tuple[str, str, str]:
    """Take `/clusters/{id}[/keys/{key}]/…` apart: id, key, and the path that remains."""
    _, _, rest = path.partition("/clusters/")
    playground, _, rest = rest.partition("/")
    if rest.startswith("keys/"):
        key, _, rest = rest.removeprefix("keys/").partition("/")
        return playground, key, f"/{rest}"
    return playground, "", f"/{rest}"


def _bearer(headers: Headers) -> str:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
