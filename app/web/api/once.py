"""Idempotency-Key: the same call with the same key within a day runs once and is answered the same."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from app.machinery import errors
from app.runtime.host import Host
from app.store import answers
from app.store.answers import Answered, Once
from app.web import problems, signin

HEADER = "idempotency-key"
LONGEST = 255
Work = Callable[[Once | None], Awaitable[Answered]]

_under_way: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()


async def run(request: Request, work: Work) -> Response:
    """Do the work and answer, or answer what the same call was answered before."""
    once = of(request)
    if once is None:
        return _response(await work(None))
    lock = _under_way.setdefault(once.row, asyncio.Lock())
    async with lock:
        return await _run_once(request, once, work)


def of(request: Request) -> Once | None:
    """Return the call's key with its scope: the same caller, method and path."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST:
        raise errors.BadRequest(f"An Idempotency-Key has 1 to {LONGEST} characters.")
    address = request.client.host if request.client else ""
    caller = signin.actor_of(request) if signin.bearer(request) or signin.sign_in_of(request) else address
    return Once(f"{request.method} {request.url.path} {caller}", key)


async def _run_once(request: Request, once: Once, work: Work) -> Response:
    host: Host = request.app.state.host
    before = await host.shelf.read(lambda connection: answers.find(connection, once, time.time()))
    if before is not None:
        return _response(before, replayed=True)
    try:
        answered = await work(once)
    except errors.ApiError as refusal:
        if not _lasts(refusal):
            raise
        answered = Answered(refusal.code, problems.body(problems.of(refusal)))
    await host.shelf.write(lambda connection: answers.keep(connection, once, answered, time.time()))
    return _response(answered)


def _lasts(refusal: errors.ApiError) -> bool:
    """A refusal that trying again later could lift is not remembered."""
    return refusal.code < 500 and not isinstance(refusal, errors.TooManyRequests)


def _response(answered: Answered, *, replayed: bool = False) -> Response:
    media_type = problems.MEDIA_TYPE if answered.status >= 400 else "application/json"
    headers = {"Idempotency-Replayed": "true"} if replayed else {}
    return Response(answered.body, answered.status, headers=headers, media_type=media_type)
