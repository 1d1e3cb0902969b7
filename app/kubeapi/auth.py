"""Who may come in: the key as a Bearer token, or, over plain http only, in the path."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from app.kubeapi import status
from app.runtime.doors import Doors
from app.store import keys
from app.store.keys import Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A caller that was let in, and the API path it asked for."""

    playground: str
    role: Role
    actor: str
    path: str


async def enter(scope: Scope, doors: Doors) -> Entry:
    """Let a caller in, or refuse with 401; a playground that is not there answers the same."""
    playground, key, path = _split(scope["path"])
    if key and scope.get("scheme") in ("https", "wss"):
        raise status.not_served()
    key = key or _bearer(Headers(scope=scope))
    found = await doors.key(key) if key else None
    if found is None or found.playground != playground or found.is_revoked:
        raise status.unauthorized()
    return Entry(playground, found.role, f"api:{keys.digest(key)[:8]}", path)


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
