"""What a program inside a simulated pod is given: its words, its input, the pod, and the world it can reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from app.cluster import clock, state
from app.dataplane import world as seen
from app.machinery import objects
from app.machinery.objects import Object

Sends = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
"""Sends a request as the JSON API's requests route takes it; returns that route's answer."""

Api = Callable[[str], Awaitable[tuple[int, str]]]
"""Asks the API server of the same playground for a path; returns status and body."""

MOST_COMMANDS = 5_000
MOST_SENDS = 500
MOST_OUTPUT = 1_000_000


class Stopped(Exception):
    """The script did more than one call may do, or said exit; `code` is its exit code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class World:
    """What lies around a pod: the state as it is at each moment, the network, the API, and simulated time."""

    read: Callable[[], Awaitable[state.ClusterState]]
    send: Sends
    api: Api
    now: float
    sent: int = 0
    slept: float = 0.0

    async def ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send one request, within what one call may send."""
        self.sent += 1
        if self.sent > MOST_SENDS:
            raise Stopped(124, f"stopped after {MOST_SENDS} requests: this is more than one exec may send here\n")
        answer = await self.send({"trace": True, **asked})
        result: Mapping[str, Any] = answer["results"][0]
        return result

    async def view(self) -> seen.World:
        """Return the state with what a walk computes of it."""
        held = await self.read()
        return seen.World(held, seen.Chance(clock.env_for(0, held.revision, self.now, held.mode)))


@dataclass(slots=True)
class Home:
    """The container a program runs in."""

    pod: Object
    container: Mapping[str, Any]
    files: MutableMapping[str, str]
    programs: frozenset[str]
    flavor: str

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
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)

    @property
    def program(self) -> str:
        """The name it was called by."""
        return self.words[0].rpartition("/")[2]

    def say(self, text: str) -> None:
        """Write to standard output."""
        self.out.append(text)

    def complain(self, text: str, code: int = 1) -> int:
        """Write to standard error and return the exit code."""
        self.err.append(text)
        return code

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
        self.home.files[path] = (self.home.files.get(path, "") if add else "") + text
        if sum(len(kept) for kept in self.home.files.values()) > 4 * MOST_OUTPUT:
            raise Stopped(1, f"{self.program}: write error: No space left on device\n")


def _normal(path: str) -> str:
    path = path.replace("//", "/")
    return path if path.startswith("/") else "/" + path.removeprefix("./")


Program = Callable[[Call], Awaitable[int]]
