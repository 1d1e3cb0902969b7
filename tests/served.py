"""A real `podlane serve` in a process of its own, as a learner runs it."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 20
READY = "Podlane is ready: "


class Served:
    """A server that answers at `url` until it is stopped (drained, exit 0) or killed."""

    def __init__(self, database: Path, port: int = 0, environment: Mapping[str, str] | None = None) -> None:
        command = [str(Path(sys.executable).parent / "podlane"), "serve", "--port", str(port)]
        own = {name: value for name, value in os.environ.items() if not name.startswith("PODLANE_")}
        self.log = database.with_suffix(".log")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--database-url", f"sqlite:///{database}"],
                env={**own, **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.lines: queue.Queue[str] = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.url = self._ready()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.strip())
        self.lines.put("")

    def _ready(self) -> str:
        try:
            while line := self.lines.get(timeout=START_SECONDS):
                if line.startswith(READY):
                    return line.removeprefix(READY)
        except queue.Empty:
            pass
        self.kill()
        raise AssertionError(f"podlane serve did not get ready:\n{self.log.read_text()}")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self) -> int:
        """Sends SIGTERM and returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends the process as a power cut would: no handler runs. Does nothing when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait(STOP_SECONDS)
        self.reader.join(STOP_SECONDS)


@contextlib.contextmanager
def served(database: Path, port: int = 0, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serves for the length of a with block; leaving it kills what is still running."""
    server = Served(database, port, environment)
    try:
        yield server
    finally:
        server.kill()
