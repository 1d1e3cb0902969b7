"""Who calls, and what that caller may do: a Bearer key, or the one cookie behind which the server keeps a browser's keys."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app.machinery import errors
from app.runtime import creation, loading
from app.runtime.doors import Doors
from app.store import keys, people
from app.store.keys import Role as Role

COOKIE = "podlane"
SECURE_COOKIE = "__Host-podlane"
COOKIE_SECONDS = 400 * 86_400
"""As long as browsers keep a cookie; the server forgets a sign-in that is 30 days unused."""

Held = people.HeldPlayground


class Unauthorized(errors.ApiError):
    """The caller showed no key that opens this."""

    code = 401
    reason = "Unauthorized"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a right on a playground."""

    playground: str
    role: Role
    actor: str
    by_cookie: bool


def doors_of(request: Request) -> Doors:
    """Return this app's doors."""
    doors: Doors = request.app.state.doors
    return doors


def bearer(request: Request) -> str:
    """Return the key in the Authorization header, empty without one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def sign_in_of(request: Request) -> str:
    """Return the hash of this browser's sign-in, empty without a cookie."""
    token = request.cookies.get(cookie_name(request), "")
    return keys.digest(token) if token else ""


def cookie_name(request: Request) -> str:
    """Return the cookie's name: over https it is bound to this host and this path."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def actor_of(request: Request) -> str:
    """Name the caller in entries: the same browser or key always by the same name, which opens nothing."""
    key = bearer(request)
    if key:
        return f"api:{keys.digest(key)[:8]}"
    sign_in = sign_in_of(request)
    return f"browser:{sign_in[:8]}" if sign_in else "visitor"


async def role_of(request: Request, playground: str) -> Role | None:
    """Return what the caller may do with the playground: by its Bearer key if it sent one, else by its cookie."""
    key = bearer(request)
    if key:
        return await role_by_key(request, playground, key)
    sign_in = sign_in_of(request)
    return await doors_of(request).role_held(sign_in, playground) if sign_in else None


async def role_by_key(request: Request, playground: str, key: str) -> Role | None:
    """Return what a key's text allows on the playground, None when it opens something else or nothing."""
    found = await doors_of(request).key(key)
    return found.role if found and found.playground == playground and not found.is_revoked else None


async def require(request: Request, playground: str, needed: Role) -> Caller:
    """Return the caller, or refuse: 401 without a valid key, 404 for what is not there, 403 when looking is all it may.

    A key of another playground learns nothing: what exists and what does not answer the same.
    """
    if not creation.is_id(playground):
        raise loading.not_found(playground)
    role = await role_of(request, playground)
    if role is None:
        await _refuse(request, playground)
        raise AssertionError
    if not role.covers(needed):
        raise errors.Forbidden(
            "This key may only look at the playground; changing it needs the edit key.",
            plain="Ask its owner for the edit link, or make a copy of your own.",
        )
    return Caller(playground, role, actor_of(request), by_cookie=not bearer(request))


async def _refuse(request: Request, playground: str) -> None:
    key = bearer(request)
    if not key:
        raise Unauthorized(
            "This playground opens with its key: send it as `Authorization: Bearer …`, or open its link."
        )
    found = await doors_of(request).key(key)
    if found is None:
        raise Unauthorized("This key is not known. Copy the whole link of the playground again.")
    if found.playground == playground and found.is_revoked and await _exists(request, playground):
        raise Unauthorized("This key was replaced by a new one. Ask the playground's owner for the new link.")
    raise loading.not_found(playground)


async def _exists(request: Request, playground: str) -> bool:
    return bool(await request.app.state.host.exists(playground))


async def hold(request: Request, response: Response, playground: str, role: Role, key_hash: str) -> None:
    """Put a key into this browser's hands; a browser without a sign-in gets its cookie with the response."""
    doors = doors_of(request)
    sign_in = sign_in_of(request)
    if not sign_in or not await doors.is_signed_in(sign_in):
        token = await doors.sign_in()
        sign_in = keys.digest(token)
        response.set_cookie(
            cookie_name(request),
            token,
            max_age=COOKIE_SECONDS,
            path="/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    await doors.hold(sign_in, key_hash)


async def held(request: Request) -> list[Held]:
    """Return the playgrounds this browser can open, the last used first."""
    sign_in = sign_in_of(request)
    return await doors_of(request).held(sign_in) if sign_in else []
