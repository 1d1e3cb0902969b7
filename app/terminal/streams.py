"""What flows between programs: text that is written now and read later, with room for so much in between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

FULL = 65_536
"""Characters a pipe holds before its writer waits for its reader, as a kernel's pipe does."""
BROKEN = 141
"""The exit code of a program that wrote where nobody reads: 128 and SIGPIPE."""


class Stopped(Exception):
    """The script did more than one call may do, or said exit; `code` is its exit code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Sink(Protocol):
    """Where output goes."""

    def append(self, text: str) -> None:
        """Take in some text."""

    async def drained(self) -> None:
        """Return when there is room for more."""


class Text:
    """Keeps everything that is written."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def append(self, text: str) -> None:
        """Take in some text."""
        self.parts.append(text)

    async def drained(self) -> None:
        """There is always room."""

    def __str__(self) -> str:
        return "".join(self.parts)


class Into:
    """Passes everything on to a function at once, such as one that writes a file."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write

    def append(self, text: str) -> None:
        """Pass the text on."""
        if text:
            self._write(text)

    async def drained(self) -> None:
        """There is always room."""


class Pipe:
    """Written at one end, read at the other; the reader waits for the writer, and the writer for the reader."""

    def __init__(self) -> None:
        self._held = ""
        self._ended = False
        self._unread = False
        self._waiting = 0
        self._changed = asyncio.Event()

    # --- writing -------------------------------------------------------------------------------

    def append(self, text: str) -> None:
        """Take in some text; a writer whose reader has gone is stopped."""
        if self._unread:
            raise Stopped(BROKEN)
        if text:
            self._held += text
            self._ring()

    async def drained(self) -> None:
        """Return when there is room for more."""
        while len(self._held) > FULL and not self._unread:
            await self._change()
        if self._unread:
            raise Stopped(BROKEN)

    def end(self) -> None:
        """Nothing more will be written."""
        self._ended = True
        self._ring()

    # --- reading -------------------------------------------------------------------------------

    @property
    def held(self) -> int:
        """How many characters wait to be read."""
        return len(self._held)

    @property
    def is_waited_for(self) -> bool:
        """Say whether a reader waits for more."""
        return self._waiting > 0

    def close(self) -> None:
        """Nobody will read on."""
        self._unread, self._held = True, ""
        self._ring()

    async def line(self) -> str:
        """Return the next line with its end, the last one perhaps without; empty at the end."""
        while "\n" not in self._held and not self._ended:
            await self._change()
        line, end, _ = self._held.partition("\n")
        return self._take(len(line) + len(end))

    async def lines(self) -> str:
        """Return the whole lines that are there, at least one; empty at the end."""
        while "\n" not in self._held and not self._ended:
            await self._change()
        return self._take(len(self._held) if self._ended else self._held.rfind("\n") + 1)

    async def some(self, most: int = 1 << 30) -> str:
        """Return what is there, at least one character; empty at the end."""
        while not self._held and not self._ended:
            await self._change()
        return self._take(min(most, len(self._held)))

    async def rest(self) -> str:
        """Return everything up to the end."""
        parts = []
        while part := await self.some():
            parts.append(part)
        return "".join(parts)

    def _take(self, count: int) -> str:
        taken, self._held = self._held[:count], self._held[count:]
        self._ring()
        return taken

    def _ring(self) -> None:
        self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        self._waiting += 1
        try:
            await self._changed.wait()
        finally:
            self._waiting -= 1


def given(text: str = "") -> Pipe:
    """Return a pipe that holds this text and ends."""
    made = Pipe()
    made.append(text)
    made.end()
    return made
