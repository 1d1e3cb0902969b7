"""Forwarded connections inside a SPDY tunnel: for each, an error stream and a data stream that name the same request.

Mirrors staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/httpstream.go (release 1.36).
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.kubeapi import tunnel
from app.kubeapi.call import Call
from app.kubeapi.pipes import Carry
from app.kubeapi.tunnel import Refused, Stream

MOST_WAITING = 256
"""Streams whose other half has not come."""


class Socket:
    """The WebSocket as a wire for frames."""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def receive(self) -> bytes | None:
        """Return the next message's bytes, None when the client is gone."""
        message = await self._call.receive()
        if message["type"] != "websocket.receive":
            return None
        return message.get("bytes") or str(message.get("text") or "").encode()

    async def send(self, content: bytes) -> None:
        """Send one binary message."""
        await self._call.send({"type": "websocket.send", "bytes": content})


async def serve(call: Call, carry: Carry) -> None:
    """Serve every connection of one tunnel until the client is gone."""
    await tunnel.Tunnel(Socket(call), Pairs(carry).accept).run()


@dataclass(frozen=True, slots=True)
class Pair:
    """Both streams of one connection."""

    content: Stream
    error: Stream

    async def read(self) -> bytes:
        """Return the next bytes from the client."""
        return await self.content.read()

    async def write(self, content: bytes) -> None:
        """Send bytes to the client."""
        await self.content.write(content)

    async def fail(self, text: str) -> None:
        """Say on the error stream why there is no connection; kubectl ends the whole tunnel then."""
        await self.error.write(text.encode())


class Pairs:
    """Finds the two streams of each connection."""

    def __init__(self, carry: Carry) -> None:
        self._carry = carry
        self._waiting: dict[str, Stream] = {}

    def accept(self, stream: Stream) -> Callable[[], Awaitable[None]] | None:
        """Check a new stream; the second half of a connection begins it."""
        port = _port(stream)
        kind = stream.headers.get("streamtype", "").lower()
        if kind not in ("data", "error"):
            raise Refused(f'invalid stream type "{kind}"')
        request = _request(stream, kind)
        other = self._waiting.pop(request, None)
        if other is None:
            if len(self._waiting) >= MOST_WAITING:
                raise Refused("too many connections wait for their other stream")
            self._waiting[request] = stream
            return None
        if other.headers["streamtype"].lower() == kind:
            self._waiting[request] = other
            raise Refused(f"{kind} stream already exists")
        pair = Pair(stream, other) if kind == "data" else Pair(other, stream)
        return functools.partial(self._run, pair, port)

    async def _run(self, pair: Pair, port: int) -> None:
        try:
            await self._carry(port, pair)
            await pair.content.finish()
            await pair.error.finish()
        except OSError:
            # The client is gone, or has reset one of the two.
            return
        finally:
            pair.content.inbox.drop()
            pair.error.inbox.drop()
            for stream in (pair.content, pair.error):
                stream.tunnel.forget_if_over(stream)


def _port(stream: Stream) -> int:
    text = stream.headers.get("port", "")
    if not text.isdecimal() or not 0 < int(text[:9]) <= 65535:
        raise Refused(f'unable to parse "{text}" as a port')
    return int(text)


def _request(stream: Stream, kind: str) -> str:
    """Return what pairs a stream: old clients send no requestID, and open the error stream just before the data."""
    given = stream.headers.get("requestid", "")
    return given or str(stream.number if kind == "error" else stream.number - 2)
