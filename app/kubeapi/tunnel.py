"""One SPDY/3.1 connection inside a WebSocket: its streams, their flow control, and what is sent back.

Mirrors moby/spdystream (v0.5) on the server's side. A client that never reads holds up only its own tunnel: what it has
not taken is kept up to `MOST_HELD` bytes a stream, then its WebSocket is read no further.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

from app.kubeapi import spdy

MOST_HELD = 64 * 1024
MOST_STREAMS = 512
PIECE = 32 * 1024


class Wire(Protocol):
    """What carries the frames."""

    async def receive(self) -> bytes | None:
        """Return the next bytes, None when the peer is gone."""

    async def send(self, content: bytes) -> None:
        """Send bytes; waits while the peer does not take them. Raises OSError when it is gone."""


class Inbox:
    """Bytes that arrived and nobody read yet."""

    def __init__(self) -> None:
        self._held: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self.size = 0
        self.ended = False
        self.unwanted = False

    async def put(self, content: bytes) -> None:
        """Keep bytes for the reader, waiting while too many are kept."""
        await self._room.wait()
        if content and not self.unwanted and not self.ended:
            self._held.append(content)
            self.size += len(content)
            if self.size >= MOST_HELD:
                self._room.clear()
            self._news.set()

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True
        self._news.set()

    def drop(self) -> None:
        """Nobody will read any more: what is kept and what comes is thrown away."""
        self.unwanted = True
        self._held.clear()
        self.size = 0
        self._room.set()
        self.end()

    async def get(self) -> bytes:
        """Return the next bytes, b"" at the end."""
        while not self._held:
            if self.ended:
                return b""
            self._news.clear()
            await self._news.wait()
        content = self._held.popleft()
        self.size -= len(content)
        if self.size < MOST_HELD:
            self._room.set()
        return content


class Stream:
    """One stream the peer opened: bytes in, bytes out, each direction closed on its own."""

    def __init__(self, tunnel: Tunnel, opened: spdy.SynStream, window: int) -> None:
        self.tunnel = tunnel
        self.number = opened.stream
        self.headers = opened.headers
        self.inbox = Inbox()
        self.window = window
        self.taken = 0
        self.finished = False
        self.is_reset = False
        if opened.fin:
            self.inbox.end()

    async def read(self) -> bytes:
        """Return the next bytes from the peer, b"" at their end."""
        content = await self.inbox.get()
        if content:
            await self.tunnel.credit(self, len(content))
        return content

    async def write(self, content: bytes) -> None:
        """Send bytes; raises ConnectionResetError once the peer does not want them."""
        for start in range(0, len(content), PIECE):
            await self.tunnel.send_content(self, content[start : start + PIECE])

    async def finish(self) -> None:
        """Close our direction; the peer may still send."""
        if not self.finished and not self.is_reset:
            self.finished = True
            await self.tunnel.send(spdy.Data(self.number, b"", fin=True))
            self.tunnel.forget_if_over(self)


Accept = Callable[[Stream], Callable[[], Awaitable[None]] | None]
"""Looks at a new stream: returns what to do once it is accepted; raises Refused to turn it away."""


class Refused(Exception):
    """A stream that cannot be accepted."""


class Tunnel:
    """The connection. `run` serves it until the peer is gone; every stream's work runs beside it and ends with it."""

    def __init__(self, wire: Wire, accept: Accept) -> None:
        self._wire = wire
        self._accept = accept
        self._framer = spdy.Framer()
        self._lock = asyncio.Lock()
        self._streams: dict[int, Stream] = {}
        self._last = 0
        self._going = False
        self._limited = False
        """The peer does flow control: it announced a window or moved one. moby/spdystream never does, and would wait
        for ever behind a server that counted on it."""
        self._window = spdy.INITIAL_WINDOW
        self._first_window = spdy.INITIAL_WINDOW
        self._moved = asyncio.Event()
        self._taken = 0
        self._work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Read frames until the peer is gone or breaks the protocol; then end all work."""
        try:
            while (content := await self._wire.receive()) is not None:
                for frame in self._framer.feed(content):
                    await self._take(frame)
        except spdy.Broken:
            await self.send(spdy.GoAway(self._last, spdy.GOAWAY_PROTOCOL_ERROR))
        except OSError:
            pass
        except asyncio.CancelledError:
            for task in self._work:
                task.cancel()
            raise
        finally:
            for stream in list(self._streams.values()):
                self._reset(stream)
            # They meet closed streams now and end by themselves, with what they began in the journal done.
            await asyncio.gather(*self._work)

    async def send(self, frame: spdy.Frame) -> None:
        """Send one frame, in the order of the calls; a peer that is gone misses it."""
        async with self._lock:
            try:
                await self._wire.send(self._framer.write(frame))
            except OSError as error:
                raise ConnectionResetError("the peer is gone") from error

    async def send_content(self, stream: Stream, content: bytes) -> None:
        """Send a piece of a stream as the peer's windows allow."""
        while content:
            if stream.is_reset or stream.finished:
                raise ConnectionResetError("the stream is closed")
            room = min(stream.window, self._window) if self._limited else len(content)
            if room <= 0:
                self._moved.clear()
                await self._moved.wait()
                continue
            piece, content = content[:room], content[room:]
            stream.window -= len(piece)
            self._window -= len(piece)
            await self.send(spdy.Data(stream.number, piece))

    async def credit(self, stream: Stream, count: int) -> None:
        """Tell the peer that bytes were taken, half a window at a time."""
        stream.taken += count
        if stream.taken >= spdy.INITIAL_WINDOW // 2 and not stream.inbox.ended:
            await self.send(spdy.WindowUpdate(stream.number, stream.taken))
            stream.taken = 0
        await self._credit_connection(count)

    async def _credit_connection(self, count: int) -> None:
        self._taken += count
        if self._taken >= spdy.INITIAL_WINDOW // 2:
            await self.send(spdy.WindowUpdate(0, self._taken))
            self._taken = 0

    def forget_if_over(self, stream: Stream) -> None:
        """Let go of a stream both of whose directions are closed."""
        if stream.finished and stream.inbox.ended:
            self._streams.pop(stream.number, None)

    # --- frames ---------------------------------------------------------------------------------

    async def _take(self, frame: spdy.Frame) -> None:
        match frame:
            case spdy.SynStream():
                await self._open(frame)
            case spdy.Data():
                await self._arrived(frame)
            case spdy.Reset():
                found = self._streams.get(frame.stream)
                if found is not None:
                    self._reset(found)
            case spdy.Ping():
                if frame.number % 2:
                    await self.send(frame)
            case spdy.GoAway():
                self._going = True
            case spdy.Settings():
                self._set(frame)
            case spdy.WindowUpdate():
                self._move(frame)
            case spdy.Headers():
                if frame.fin and frame.stream in self._streams:
                    self._ended(self._streams[frame.stream])
            case spdy.SynReply():
                # We open no stream, so there is nothing to reply to.
                await self.send(spdy.Reset(frame.stream, spdy.Status.INVALID_STREAM))

    async def _open(self, frame: spdy.SynStream) -> None:
        if self._going:
            return
        if frame.stream % 2 == 0 or frame.stream <= self._last:
            await self.send(spdy.Reset(frame.stream, spdy.Status.PROTOCOL_ERROR))
            return
        self._last = frame.stream
        if len(self._streams) >= MOST_STREAMS:
            await self.send(spdy.Reset(frame.stream, spdy.Status.REFUSED_STREAM))
            return
        stream = Stream(self, frame, self._first_window)
        try:
            begin = self._accept(stream)
        except Refused:
            stream.finished = True
            await self.send(spdy.SynReply(frame.stream, fin=True))
            return
        self._streams[frame.stream] = stream
        await self.send(spdy.SynReply(frame.stream))
        if begin is not None:
            task = asyncio.ensure_future(begin())
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def _arrived(self, frame: spdy.Data) -> None:
        stream = self._streams.get(frame.stream)
        if stream is None or stream.inbox.unwanted:
            # Sent before the peer knew that nobody reads there.
            await self._credit_connection(len(frame.content))
            if stream is not None and frame.fin:
                self._ended(stream)
            return
        if self._limited and stream.inbox.size + len(frame.content) > MOST_HELD:
            await self.send(spdy.Reset(stream.number, spdy.Status.FLOW_CONTROL_ERROR))
            self._reset(stream)
            return
        await stream.inbox.put(frame.content)
        if frame.fin:
            self._ended(stream)

    def _ended(self, stream: Stream) -> None:
        stream.inbox.end()
        self.forget_if_over(stream)

    def _reset(self, stream: Stream) -> None:
        stream.is_reset = True
        stream.inbox.drop()
        self._streams.pop(stream.number, None)
        self._moved.set()

    def _set(self, frame: spdy.Settings) -> None:
        window = frame.values.get(spdy.SETTINGS_INITIAL_WINDOW_SIZE)
        if window is None:
            return
        self._limited = True
        for stream in self._streams.values():
            stream.window += window - self._first_window
        self._first_window = window
        self._moved.set()

    def _move(self, frame: spdy.WindowUpdate) -> None:
        self._limited = True
        if frame.stream == 0:
            self._window += frame.delta
        elif frame.stream in self._streams:
            self._streams[frame.stream].window += frame.delta
        self._moved.set()
