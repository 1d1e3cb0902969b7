"""Server-Sent Events by hand: commits encoded once for all readers, written as bytes, ended when the server drains."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.cluster import journal
from app.machinery import errors
from app.runtime import loading
from app.runtime.host import Host
from app.runtime.hub import Entries
from app.web import signin

PING_SECONDS = 15.0
PING = b": ping\n\n"
HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}
Encode = Callable[[journal.Entry], bytes | None]
"""An entry as one line of JSON; None when this kind of reader has no use for it."""


async def stream(request: Request, playground: str, encode: Encode, *, kind: str) -> EventStream:
    """Answer with the playground's entries from the reader's cursor on; `kind` names the encoding.

    The cursor is the Last-Event-ID that a reconnecting browser sends, or `?since=`; without either, the beginning,
    which of a fork is where it was forked.
    """
    host: Host = request.app.state.host
    since, about = cursor_of(request), await host.describe(playground)
    since = about.base if since is None else since
    head = about.revision
    if since < about.base:
        raise loading.expired(about.base)
    if since > head:
        raise errors.Expired(f"This playground's history ends at revision {head}; load the page again.")

    def frames(entries: Entries) -> bytes:
        return host.frames.of(kind, playground, entries, lambda commit: frame(commit, encode))

    async def chunks() -> AsyncIterator[bytes]:
        async with contextlib.aclosing(host.follow(playground, since)) as commits:
            async for entries in commits:
                yield frames(entries)

    async def may_look() -> bool:
        return await signin.role_of(request, playground) is not None

    return EventStream(chunks, may_look, request.app.state.draining, host)


def cursor_of(request: Request) -> int | None:
    """Return the revision after which the reader wants to read on, None for the beginning."""
    text = request.headers.get("last-event-id") or request.query_params.get("since")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise errors.BadRequest(f"Last-Event-ID must be a revision, a whole number from 0 on, not {text[:40]!r}.")
    return int(text)


def frame(entries: Entries, encode: Encode) -> bytes:
    """Write one commit as frames whose ids are revisions; the last id is told even when its entry is not."""
    parts: list[bytes] = []
    told = 0
    for entry in entries:
        line = encode(entry)
        if line is not None:
            told = entry.revision
            parts.append(b"id: %d\ndata: %s\n\n" % (told, line))
    if told != entries[-1].revision:
        parts.append(b"id: %d\n\n" % entries[-1].revision)
    return b"".join(parts)


class EventStream(Response):
    """A stream that ends when the reader goes, loses the right to look, or the server drains."""

    def __init__(
        self,
        chunks: Callable[[], AsyncIterator[bytes]],
        may_look: Callable[[], Awaitable[bool]],
        draining: asyncio.Event,
        host: Host,
    ) -> None:
        super().__init__(status_code=200, headers=HEADERS)
        del self.headers["content-length"]
        self._chunks = chunks
        self._may_look = may_look
        self._draining = draining
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write until one of the ends is reached."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        retry = random.randint(1_000, 5_000)
        await _send(send, b"retry: %d\n\n" % retry)
        ends = [
            asyncio.create_task(end)
            for end in (self._pump(send), self._ping(send), _gone(receive), _drained(self._draining))
        ]
        self._host.measures.streams.inc()
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._host.measures.streams.dec()
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        await _send(send, b"", more=False)

    async def _pump(self, send: Send) -> None:
        with contextlib.suppress(errors.NotFound, errors.Expired):
            async for chunk in self._chunks():
                await _send(send, chunk)

    async def _ping(self, send: Send) -> None:
        while await self._may_look():
            await asyncio.sleep(PING_SECONDS)
            await _send(send, PING)


async def _send(send: Send, body: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": more})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drained(draining: asyncio.Event) -> None:
    await draining.wait()
