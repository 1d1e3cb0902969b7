"""The numbered channels inside one WebSocket, as exec and attach use them.

Mirrors staging/src/k8s.io/apimachinery/pkg/util/remotecommand and cri-streaming (release 1.36).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import codecs
import json
from collections.abc import Mapping
from typing import Any

from app.kubeapi import sockets
from app.kubeapi.call import Call
from app.terminal import streams, tty
from app.terminal.streams import Pipe

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
PROTOCOLS = (
    "v5.channel.k8s.io",
    "v4.channel.k8s.io",
    "v5.base64.channel.k8s.io",
    "v4.base64.channel.k8s.io",
    "channel.k8s.io",
    "base64.channel.k8s.io",
)
FRAME = 32_768


class Output:
    """What a program writes to one channel: taken at once, sent as fast as the client reads."""

    def __init__(self, channels: Channels, channel: int) -> None:
        self._channels = channels
        self._channel = channel

    def append(self, text: str) -> None:
        """Take in some text."""
        if text:
            self._channels.put(self._channel, text.encode("utf-8", "replace"))

    async def drained(self) -> None:
        """Return when the client has taken enough of it."""
        await self._channels.room()


class Channels:
    """Reads and writes the frames of one WebSocket, as bytes or as base64 text."""

    def __init__(self, call: Call, protocol: str) -> None:
        self._call = call
        self._is_text = "base64" in protocol
        self._plain_ending = not protocol.startswith(("v4.", "v5."))
        self._waiting: list[tuple[int, bytes]] = []
        self._held = 0
        self._changed = asyncio.Event()
        self._decode = codecs.getincrementaldecoder("utf-8")("replace")

    def put(self, channel: int, content: bytes) -> None:
        """Queue content for a channel; pieces of one channel that follow each other are sent together."""
        if self._waiting and self._waiting[-1][0] == channel and len(self._waiting[-1][1]) < FRAME:
            content = self._waiting.pop()[1] + content
            self._held -= len(content)
        self._waiting.append((channel, content))
        self._held = sum(len(one) for _, one in self._waiting)
        self._changed.set()

    async def room(self) -> None:
        """Return when little waits to be sent."""
        while self._held > streams.FULL:
            await self._change()

    async def write(self) -> None:
        """Send what is put, for ever."""
        while True:
            while not self._waiting:
                await self._change()
            await self.flush()

    async def flush(self) -> None:
        """Send everything that is put."""
        while self._waiting:
            channel, content = self._waiting.pop(0)
            self._held -= len(content)
            await self.frame(channel, content)
            self._changed.set()

    async def frame(self, channel: int, content: bytes) -> None:
        """Send one frame."""
        await self._call.send(sockets.frame(channel, content, is_text=self._is_text))

    async def end(self, status: Mapping[str, Any]) -> None:
        """Say how it ended, and close."""
        told = json.dumps(status)
        if self._plain_ending:
            told = "" if status["status"] == "Success" else str(status["message"])
        await self.frame(ERROR, told.encode())
        await self._call.send({"type": "websocket.close", "code": 1000})

    async def read(self, stdin: Pipe) -> None:
        """Pass what the client types to standard input; returns when the client has gone."""
        while True:
            message = await self._call.receive()
            if message["type"] != "websocket.receive":
                return
            channel, content = self._taken_apart(message)
            if channel == STDIN and content:
                await self._type(stdin, self._decode.decode(content))
            elif channel == CLOSE and content[:1] == bytes([STDIN]):
                hang_up(stdin)

    async def _type(self, stdin: Pipe, text: str) -> None:
        try:
            if isinstance(stdin, tty.Tty):
                stdin.type(text)
            else:
                stdin.append(text)
                await stdin.drained()
        except streams.Stopped:
            # Nobody reads it any more.
            return

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _taken_apart(self, message: Mapping[str, Any]) -> tuple[int, bytes]:
        frame = message.get("bytes")
        if frame is None or self._is_text:
            text = message.get("text") or (frame or b"").decode("ascii", "replace")
            if not text[:1].isdecimal():
                return -1, b""
            try:
                return int(text[0]), base64.b64decode(text[1:])
            except binascii.Error:
                return -1, b""
        return (frame[0], frame[1:]) if frame else (-1, b"")


def hang_up(stdin: Pipe) -> None:
    """End the input for good."""
    if isinstance(stdin, tty.Tty):
        stdin.hang_up()
    else:
        stdin.end()
