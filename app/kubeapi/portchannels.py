"""Forwarded connections as numbered channels of a WebSocket: for the n-th port, 2n carries bytes and 2n+1 errors.

Mirrors staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go (release 1.36). One connection a port; a
channel cannot be half-closed, so the end of either side is the end of the WebSocket.
"""

from __future__ import annotations

import asyncio
import base64
import struct
from collections.abc import Sequence

from app.kubeapi import sockets
from app.kubeapi.call import Call
from app.kubeapi.pipes import Carry
from app.kubeapi.tunnel import PIECE, Inbox

PROTOCOLS = ("v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io")
"""What clients may offer; who offers nothing is spoken to as by the first."""


async def serve(call: Call, ports: Sequence[int], carry: Carry, *, is_text: bool) -> None:
    """Carry one connection to each port, then close."""
    socket = _Socket(call, is_text)
    pipes = [_Pipe(socket, number) for number in range(len(ports))]
    for pipe, port in zip(pipes, ports, strict=True):
        await socket.send(pipe.channel, struct.pack("<H", port))
        await socket.send(pipe.channel + 1, struct.pack("<H", port))
    reading = asyncio.ensure_future(_read(socket, pipes))
    try:
        await asyncio.gather(*(_carry(carry, port, pipe) for pipe, port in zip(pipes, ports, strict=True)))
        await socket.close()
    except OSError:
        return
    finally:
        reading.cancel()


async def _carry(carry: Carry, port: int, pipe: _Pipe) -> None:
    try:
        await carry(port, pipe)
    finally:
        pipe.inbox.drop()


async def _read(socket: _Socket, pipes: Sequence[_Pipe]) -> None:
    while (found := await socket.receive()) is not None:
        channel, content = found
        if channel % 2 == 0 and channel // 2 < len(pipes):
            await pipes[channel // 2].inbox.put(content)
    for pipe in pipes:
        pipe.inbox.end()


class _Socket:
    def __init__(self, call: Call, is_text: bool) -> None:
        self._call = call
        self._is_text = is_text

    async def receive(self) -> tuple[int, bytes] | None:
        message = await self._call.receive()
        if message["type"] != "websocket.receive":
            return None
        if not self._is_text:
            frame = message.get("bytes") or b"\xff"
            return frame[0], frame[1:]
        text = str(message.get("text") or "")
        try:
            return (int(text[0]) if text[:1].isdecimal() else 255), base64.b64decode(text[1:])
        except ValueError:
            return None

    async def send(self, channel: int, content: bytes) -> None:
        await self._call.send(sockets.frame(channel, content, is_text=self._is_text))

    async def close(self) -> None:
        await self._call.send({"type": "websocket.close", "code": 1000})


class _Pipe:
    def __init__(self, socket: _Socket, number: int) -> None:
        self._socket = socket
        self.channel = 2 * number
        self.inbox = Inbox()

    async def read(self) -> bytes:
        return await self.inbox.get()

    async def write(self, content: bytes) -> None:
        if self.inbox.ended and not content:
            return
        for start in range(0, len(content), PIECE):
            await self._socket.send(self.channel, content[start : start + PIECE])

    async def fail(self, text: str) -> None:
        await self._socket.send(self.channel + 1, text.encode())
