"""One container as it is remembered between calls: its files, what it printed, its input, and who listens."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.kinds import images
from app.machinery import objects
from app.machinery.objects import Object
from app.terminal import toolboxes
from app.terminal.mounts import Files
from app.terminal.streams import Pipe, Sink

MOST_LINES = 2_000
MOST_KEPT = 256_000
"""Lines and characters of output kept of one container; older ones go first, as the kubelet rotates files."""

_ASKING = frozenset({"connect", "dns-suffix", "dns-server-list", "etc-hosts", "help"})
_SHELLS = frozenset({"sh", "ash", "bash", "dash"})


class Line(NamedTuple):
    """A line of a container's log, without its end."""

    at: float
    text: str
    is_error: bool = False


@dataclass(slots=True)
class Box:
    """What is remembered of a container since it started. `id` is the runtime's container id."""

    id: str
    pod: Object
    container: Mapping[str, Any]
    files: Files
    lines: collections.deque[Line] = field(default_factory=collections.deque)
    dropped: int = 0
    """How many lines went before the first that is kept."""
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: list[Sink] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    stdin: Pipe | None = None
    time: float = 0.0
    advanced: float = 0.0
    """How much of what its playground's clock was moved by hand it has lived through."""
    due: float | None = None
    """When the sleep its process is in ends; None while it does not sleep."""
    exit_code: int | None = None
    kinds: dict[str, None] = field(default_factory=dict)
    seen: int = 0
    _kept: int = 0
    _begun: str = ""

    def print(self, text: str, at: float, *, is_error: bool = False) -> None:
        """Take in output: whole lines are logged, and whoever is attached sees it as it comes."""
        for listener in self.listeners:
            listener.append(text)
        *whole, self._begun = (self._begun + text).split("\n")
        for line in whole:
            self._keep(Line(at, line, is_error))
        if whole:
            self.ring()

    def finish(self, exit_code: int, at: float) -> None:
        """Note that the process has ended."""
        if self._begun:
            self._keep(Line(at, self._begun))
            self._begun = ""
        self.exit_code = exit_code
        self.ring()

    def ring(self) -> None:
        """Wake those who follow."""
        self.bell.set()
        self.bell = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        """Say whether its process is about to do something now: it neither sleeps, nor waits for input, nor has ended."""
        waits = self.stdin is not None and self.stdin.is_waited_for
        return self.task is not None and not self.task.done() and self.due is None and not waits

    def _keep(self, line: Line) -> None:
        self.lines.append(line)
        self._kept += len(line.text)
        while len(self.lines) > MOST_LINES or self._kept > MOST_KEPT:
            self._kept -= len(self.lines.popleft().text)
            self.dropped += 1


@dataclass(slots=True)
class Printer:
    """The output of a container's own process."""

    box: Box
    moment: Callable[[], float]
    is_error: bool = False

    def append(self, text: str) -> None:
        """Log the text."""
        if text:
            self.box.print(text, self.moment(), is_error=self.is_error)

    async def drained(self) -> None:
        """Nobody waits for a log's readers."""


def command_of(container: Mapping[str, Any]) -> list[str]:
    """Return the command line of a container whose programs we can run; empty when its image's own program runs."""
    image = str(container.get("image") or "")
    command = [str(word) for word in container.get("command") or ()]
    told = images.expanded([*command, *(str(word) for word in container.get("args") or ())], container)
    known = images.known(image)
    if not told and known is not None and known.shell:
        return ["sh"] if container.get("stdin") else []
    if not told or told[0].startswith("-"):
        return []
    tools, _ = toolboxes.of(image)
    program = told[0].rpartition("/")[2]
    if program not in tools:
        return []
    if program == "agnhost" and (len(told) < 2 or told[1] not in _ASKING):
        return []
    if program in _SHELLS and len(told) == 1 and not container.get("stdin"):
        return []
    return told


def statuses_of(pod: Object) -> dict[str, Mapping[str, Any]]:
    """Return the statuses of all the pod's containers by name."""
    status = objects.status_of(pod)
    found: dict[str, Mapping[str, Any]] = {}
    for part in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        found.update({str(one["name"]): one for one in status.get(part) or ()})
    return found


def containers_of(pod: Object) -> dict[str, Mapping[str, Any]]:
    """Return all the pod's containers by name: main ones first."""
    spec = objects.spec_of(pod)
    parts = ("containers", "initContainers", "ephemeralContainers")
    return {str(one.get("name")): one for part in parts for one in spec.get(part) or ()}
