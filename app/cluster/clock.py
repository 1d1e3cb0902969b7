"""What the pure core gets from outside: time, chance and ids; and the timers that live in the state."""

from __future__ import annotations

import datetime
import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class TimeMode(StrEnum):
    """How simulated time passes."""

    LIVE = "live"
    INSTANT = "instant"
    MANUAL = "manual"


class TimerKind(StrEnum):
    """What a timer waits for: a DELAY is 0 in instant time, a CLOCK timer waits for the clock in every mode."""

    DELAY = "delay"
    CLOCK = "clock"


@dataclass(slots=True)
class Env:
    """The outside of one command: the simulated now (seconds since 1970), one generator, the mode, who calls.

    `client` is the calling program's own word, such as `kubectl apply`; nothing depends on it.
    """

    now: float
    rng: random.Random
    mode: TimeMode = TimeMode.LIVE
    client: str = ""

    def new_uid(self) -> str:
        """Make a version 4 UUID from the command's generator."""
        bits = self.rng.getrandbits(128)
        bits = (bits & ~(0xF << 76)) | (0x4 << 76)
        bits = (bits & ~(0x3 << 62)) | (0x2 << 62)
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def name_suffix(self, length: int = 5) -> str:
        """Make a random name suffix (staging/src/k8s.io/apiserver/pkg/storage/names, release 1.36)."""
        return "".join(self.rng.choice(NAME_ALPHABET) for _ in range(length))

    def timestamp(self) -> str:
        """Return the simulated now as metav1.Time prints it."""
        return timestamp(self.now)


def env_for(seed: int, revision: int, now: float, mode: TimeMode) -> Env:
    """Make the environment of the command that expects this revision: retries and replicas agree on chance."""
    return Env(now=now, rng=random.Random(f"{seed}:{revision}"), mode=mode)


def timestamp(at: float) -> str:
    """Format seconds since 1970 as RFC 3339 in UTC, whole seconds."""
    return datetime.datetime.fromtimestamp(int(at), datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text: str) -> float:
    """Read a timestamp that `timestamp` or a client wrote, as seconds since 1970."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class TimerId(NamedTuple):
    """Who waits, and for which of its keys."""

    owner: str
    key: str


@dataclass(frozen=True, slots=True)
class Timer:
    """One pending wake-up."""

    id: TimerId
    due: float
    kind: TimerKind
    number: int


@dataclass(slots=True)
class Timers:
    """The pending wake-ups of one cluster, in the order (due, number); one per (owner, key)."""

    pending: dict[TimerId, Timer] = field(default_factory=dict)
    issued: int = 0
    _all: list[tuple[float, int, TimerId]] = field(default_factory=list)
    _delays: list[tuple[float, int, TimerId]] = field(default_factory=list)

    def put(self, timer_id: TimerId, due: float, kind: TimerKind) -> Timer:
        """Set or move the wake-up of that id."""
        timer = Timer(timer_id, due, kind, self.issued + 1)
        self.restore(timer)
        return timer

    def drop(self, timer_id: TimerId) -> Timer | None:
        """Forget the wake-up of that id, if it is set."""
        return self.pending.pop(timer_id, None)

    def restore(self, timer: Timer) -> None:
        """Put back a timer exactly as it was."""
        self.issued = max(self.issued, timer.number)
        self.pending[timer.id] = timer
        heapq.heappush(self._all, (timer.due, timer.number, timer.id))
        if timer.kind is TimerKind.DELAY:
            heapq.heappush(self._delays, (timer.due, timer.number, timer.id))

    def next_due(self) -> float | None:
        """Return when the next timer is due, None when nothing waits."""
        first = self._first(self._all)
        return first.due if first else None

    def due(self, now: float) -> Timer | None:
        """Return the first timer due by now; it stays until dropped."""
        first = self._first(self._all)
        return first if first and first.due <= now else None

    def next_delay(self) -> Timer | None:
        """Return the first DELAY timer whatever its due time: what instant time fires next."""
        return self._first(self._delays)

    def __iter__(self) -> Iterator[Timer]:
        return iter(self.pending.values())

    def _first(self, heap: list[tuple[float, int, TimerId]]) -> Timer | None:
        while heap:
            _, number, timer_id = heap[0]
            current = self.pending.get(timer_id)
            if current is not None and current.number == number:
                return current
            heapq.heappop(heap)
        return None
