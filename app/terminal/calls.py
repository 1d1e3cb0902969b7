"""What a program inside a simulated pod is given: its words, its input, the pod, and the world it can reach."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from app.cluster import clock, state
from app.dataplane import world as seen
from app.machinery import objects
from app.machinery.objects import Object
from app.terminal import streams
from app.terminal.messages import Ask, Reply
from app.terminal.streams import Pipe, Sink, Stopped, Text

Sends = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Sends a request as the JSON API's requests route takes it; returns that route's answer."""

Api = Callable[[Ask], Awaitable[Reply]]
"""Asks the API server of the same playground, with the headers that the program sends."""

Reads = Callable[[Object, str, str], Awaitable[str | None]]
"""Returns what a file of a pod's container holds, by the container's name and the path; None without one."""

Waits = Callable[[float], Awaitable[None]]
"""Returns when so many simulated seconds have passed."""

MOST_COMMANDS = 10_000
MOST_SENDS = 500
MOST_OUTPUT = 1_000_000
MOST_DEPTH = 100
MOST_FILES = 4 * MOST_OUTPUT
REFILL = 100.0
"""Seconds that must really pass until as much may be done again as one call may do at once."""
TURN = 50
"""Commands after which others get their turn."""


@dataclass(slots=True)
class Limits:
    """How much a call may still do. Time that really passes gives some of it back; without `pause`, the end stops it."""

    commands: float = MOST_COMMANDS
    sends: float = MOST_SENDS
    output: float = MOST_OUTPUT
    depth: int = 0
    pause: Callable[[], Awaitable[float]] | None = None
    """Waits a moment and returns how long, for programs that slow down instead of being stopped."""

    def passed(self, seconds: float) -> None:
        """Give back what that time is worth."""
        part = seconds / REFILL
        self.commands = min(self.commands + part * MOST_COMMANDS, MOST_COMMANDS)
        self.sends = min(self.sends + part * MOST_SENDS, MOST_SENDS)
        self.output = min(self.output + part * MOST_OUTPUT, MOST_OUTPUT)

    async def command(self, shell: str) -> None:
        """Count one command."""
        self.commands -= 1
        if int(self.commands) % TURN == 0:
            await asyncio.sleep(0)
        while self.commands < 0:
            await self._wait(f"{shell}: stopped after {MOST_COMMANDS} commands\n")

    async def send(self) -> None:
        """Count one request."""
        self.sends -= 1
        while self.sends < 0:
            await self._wait(f"stopped after {MOST_SENDS} requests: this is more than one exec may send here\n")

    def write(self, shell: str, count: int) -> None:
        """Count what is written or held in a variable."""
        self.output -= count
        if self.output < 0:
            raise Stopped(124, f"{shell}: stopped after {MOST_OUTPUT} characters of output\n")

    async def _wait(self, message: str) -> None:
        if self.pause is None:
            raise Stopped(124, message)
        self.passed(await self.pause())


@dataclass(slots=True)
class World:
    """What lies around a pod: the state as it is at each moment, the network, the API, and simulated time."""

    read: Callable[[], Awaitable[state.ClusterState]]
    send: Sends
    api: Api
    now: float
    sent: int = 0
    slept: float = 0.0
    waits: Waits | None = None
    files: Reads | None = None
    clock: Callable[[], float] | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def moment(self) -> float:
        """The simulated now: the clock's, and what was slept without waiting."""
        return (self.clock() if self.clock else self.now) + self.slept

    async def sleep(self, seconds: float) -> None:
        """Let simulated time pass: where the clock runs by itself, by waiting; else at once."""
        if self.waits is None:
            self.slept += min(seconds, 86_400.0)
            return
        await self.waits(seconds)

    async def file(self, pod: Object, container: str, path: str) -> str | None:
        """Return what a file of any pod's container holds; None where files are not kept or there is none."""
        return await self.files(pod, container, path) if self.files is not None else None

    async def ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one request, within what one call may send."""
        self.sent += 1
        await self.limits.send()
        answer = await self.send({"trace": True, **asked})
        result: Mapping[str, Any] = answer["results"][0]
        return result

    async def view(self) -> seen.World:
        """Return the state with what a walk computes of it."""
        held = await self.read()
        return seen.World(held, seen.Chance(clock.env_for(0, held.revision, self.moment, held.mode)))


@dataclass(slots=True)
class Home:
    """The container a program runs in."""

    pod: Object
    container: Mapping[str, Any]
    files: MutableMapping[str, str]
    programs: frozenset[str]
    flavor: str
    main: Sink | None = None
    """What the container's own process writes to: `/proc/1/fd/1`."""

    @property
    def name(self) -> str:
        """The pod's name."""
        return objects.name_of(self.pod)

    @property
    def origin(self) -> dict[str, str]:
        """The sender of the pod's requests."""
        return {"pod": f"{objects.namespace_of(self.pod)}/{self.name}"}

    @property
    def address(self) -> str:
        """The pod's first address."""
        return next(iter(state.pod_ips(self.pod)), "")


@dataclass(slots=True)
class Call:
    """One run of one program."""

    words: list[str]
    stdin: str
    home: Home
    world: World
    variables: MutableMapping[str, str]
    out: Sink = field(default_factory=Text)
    err: Sink = field(default_factory=Text)
    input: Pipe = field(default_factory=streams.given)
    """What `stdin` is read from: programs that take it all find it in `stdin`, see `feeding`."""

    @property
    def program(self) -> str:
        """The name it was called by."""
        return self.words[0].rpartition("/")[2]

    def say(self, text: str) -> None:
        """Write to standard output."""
        self.world.limits.write(self.program, len(text))
        self.out.append(text)

    def complain(self, text: str, code: int = 1) -> int:
        """Write to standard error and return the exit code."""
        self.world.limits.write(self.program, len(text))
        self.err.append(text)
        return code

    async def flushed(self) -> None:
        """Wait until what was written has room."""
        await self.out.drained()
        await self.err.drained()

    def read(self, path: str) -> str | None:
        """Return what a file holds; None when there is none."""
        if path == "-" or path == "/dev/stdin":
            return self.stdin
        return "" if path == "/dev/null" else self.home.files.get(_normal(path))

    def write(self, path: str, text: str, *, add: bool = False) -> None:
        """Write a file in memory."""
        if path in ("/dev/null", "/dev/stdout", "/dev/stderr", "-"):
            if path in ("/dev/stdout", "-"):
                self.say(text)
            return
        path = _normal(path)
        if add and not text and path in self.home.files:
            return
        self.home.files[path] = (self.home.files.get(path, "") if add else "") + text
        if sum(len(kept) for kept in self.home.files.values()) > MOST_FILES:
            raise Stopped(1, f"{self.program}: write error: No space left on device\n")


def _normal(path: str) -> str:
    path = path.replace("//", "/")
    return path if path.startswith("/") else "/" + path.removeprefix("./")


__all__ = ["Call", "Home", "Limits", "Pipe", "Program", "Sink", "Stopped", "Text", "World"]

Program = Callable[[Call], Awaitable[int]]
