"""The far end of a terminal: echoes what is typed, lets a line be edited, and ends what runs on Ctrl-C."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable

from app.terminal.streams import Pipe, Sink

INTERRUPTED = 130
DISCARDED = "\x03\n"
"""The line a prompt gets when Ctrl-C threw away what was typed."""
MOST_TYPED = 4_096
MOST_REMEMBERED = 100

_KEY = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.)?|.", re.DOTALL)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?]*|O)?\Z")


class Screen:
    """Output that goes to a terminal: lines end with a carriage return too."""

    def __init__(self, out: Sink) -> None:
        self._out = out

    def append(self, text: str) -> None:
        """Take in some text."""
        if text:
            self._out.append(text.replace("\n", "\r\n"))

    async def drained(self) -> None:
        """Return when there is room for more."""
        await self._out.drained()


class Tty(Pipe):
    """A terminal's input. Keys go in with `type`; whole lines come out."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self.screen = screen
        self._typed = ""
        self._cursor = 0
        self._prompt: str | None = None
        self._keys = ""
        self._past: list[str] = []
        self._chosen = 0
        self._running: list[asyncio.Future[int]] = []
        self._gone = False

    def hang_up(self) -> None:
        """Nobody types any more."""
        self._gone = True
        self.end()

    def _take(self, count: int) -> str:
        if not count:
            # Ctrl-D ends one reading, not the terminal.
            self._ended = self._gone
        return super()._take(count)

    # --- the program's side --------------------------------------------------------------------

    async def ask(self, prompt: str) -> str:
        """Show a prompt and return the line typed at it; empty at the end, DISCARDED after Ctrl-C."""
        self.screen.append(prompt)
        self._prompt, self._chosen = prompt, len(self._past)
        if self._typed:
            self._shown()
        try:
            line = await self.line()
        finally:
            self._prompt = None
        kept = line.strip()
        if kept and line != DISCARDED and self._past[-1:] != [kept]:
            self._past = [*self._past[1 - MOST_REMEMBERED :], kept]
        return line

    async def foreground(self, work: Awaitable[int]) -> int:
        """Do the work; Ctrl-C ends it with 130."""
        task = asyncio.ensure_future(work)
        self._running.append(task)
        try:
            return await task
        except asyncio.CancelledError:
            if self._running and self._running[-1] is task and task.cancelled() and not _is_cancelled():
                return INTERRUPTED
            raise
        finally:
            task.cancel()
            self._running.remove(task)

    # --- the keyboard's side -------------------------------------------------------------------

    def type(self, text: str) -> None:
        """Take in what was typed."""
        text = self._keys + text
        left = _UNFINISHED.search(text)
        self._keys = left[0] if left and len(left[0]) < 16 else ""
        for key in _KEY.findall(text[: len(text) - len(self._keys)]):
            self._key(key)

    def _key(self, key: str) -> None:
        match key:
            case "\r" | "\n":
                self.screen.append("\n")
                self._deliver(self._typed + "\n")
            case "\x03":
                self._interrupt()
            case "\x04":
                if self._typed:
                    self._deliver(self._typed)
                else:
                    self.end()
            case "\x7f" | "\x08":
                if self._cursor:
                    self._edit(self._typed[: self._cursor - 1] + self._typed[self._cursor :], self._cursor - 1)
            case "\x15":
                self._edit(self._typed[self._cursor :], 0)
            case "\x17":
                before = re.sub(r"\S*\s*\Z", "", self._typed[: self._cursor])
                self._edit(before + self._typed[self._cursor :], len(before))
            case "\x0c":
                self.screen.append("\x1b[H\x1b[2J")
                self._shown()
            case "\x01" | "\x1b[H":
                self._edit(self._typed, 0)
            case "\x05" | "\x1b[F":
                self._edit(self._typed, len(self._typed))
            case "\x1b[D" | "\x1bOD":
                self._edit(self._typed, max(self._cursor - 1, 0))
            case "\x1b[C" | "\x1bOC":
                self._edit(self._typed, min(self._cursor + 1, len(self._typed)))
            case "\x1b[A" | "\x1bOA":
                self._recall(-1)
            case "\x1b[B" | "\x1bOB":
                self._recall(1)
            case _ if (key.isprintable() or key == "\t") and len(self._typed) < MOST_TYPED:
                self._insert(key)
            case _:
                pass

    def _insert(self, sign: str) -> None:
        at_end = self._cursor == len(self._typed)
        self._typed = self._typed[: self._cursor] + sign + self._typed[self._cursor :]
        self._cursor += 1
        if at_end:
            self.screen.append(sign)
        else:
            self._shown()

    def _edit(self, text: str, cursor: int) -> None:
        self._typed, self._cursor = text, cursor
        self._shown()

    def _shown(self) -> None:
        back = len(self._typed) - self._cursor
        self.screen.append(f"\r{self._prompt or ''}{self._typed}\x1b[K" + (f"\x1b[{back}D" if back else ""))

    def _recall(self, step: int) -> None:
        if self._prompt is not None and 0 <= self._chosen + step <= len(self._past):
            self._chosen += step
            text = self._past[self._chosen] if self._chosen < len(self._past) else ""
            self._edit(text, len(text))

    def _deliver(self, line: str) -> None:
        self._typed, self._cursor = "", 0
        self.append(line)

    def _interrupt(self) -> None:
        self._typed, self._cursor = "", 0
        self.screen.append("^C\n")
        if self._prompt is not None:
            self.append(DISCARDED)
        elif self._running:
            self._running[-1].cancel()


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
