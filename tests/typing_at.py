"""A kubectl that somebody types at: on a pseudo-terminal of its own."""

import os
import pty
import select
import signal
import subprocess
import tty
from types import TracebackType

from tests.playground import KUBECTL, Playground

LOOK = 0.1
"""Seconds of one look at the terminal."""


class Typed:
    """The real kubectl on a terminal. `until` returns what came up to a text; `type` types."""

    def __init__(self, playground: Playground, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(self.master)
        self.process = subprocess.Popen(
            [KUBECTL, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=playground.environment(),
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def __enter__(self) -> "Typed":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait(10)
        os.close(self.master)

    def until(self, text: str, seconds: float = 20.0) -> str:
        """Waits for a text; returns what was printed since the last call up to its end."""
        for _ in range(int(seconds / LOOK)):
            if text in self.seen:
                break
            assert self._read() or text in self.seen, f"ended before {text!r}: {self.seen!r}"
        assert text in self.seen, f"waited for {text!r}, saw {self.seen!r}"
        found, _, self.seen = self.seen.partition(text)
        return found + text

    def _read(self) -> bool:
        """Takes in what came within a moment; says whether more can come."""
        if not select.select([self.master], [], [], LOOK)[0]:
            return True
        try:
            self.seen += os.read(self.master, 4096).decode("utf-8", "replace")
        except OSError:
            return False
        return True

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def code(self) -> int:
        """Waits for kubectl to exit; what it still prints is taken in."""
        for _ in range(int(30 / LOOK)):
            if self.process.poll() is not None or not self._read():
                break
        return self.process.wait(10)
