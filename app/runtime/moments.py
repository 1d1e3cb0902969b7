"""Simulated moments, waited for: those who follow a playground's clock without being its timers."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from app.cluster import clock
from app.runtime.loaded import Loaded

LONGEST_LOOK = 2.0
"""Seconds after which somebody who waits looks at the clock again: it may have been paused or sped up."""
SHORTEST_WAIT = 0.005


def now(loaded: Loaded, wall: Callable[[], float]) -> float:
    """Return the simulated now without touching anything."""
    return loaded.now(wall())


def ticks() -> float:
    """Return seconds on the wall from some beginning, to measure how long something took."""
    return time.monotonic()


def is_running(loaded: Loaded, wall: Callable[[], float]) -> bool:
    """Say whether the clock goes by itself: live, not paused, awake."""
    return loaded.mode is clock.TimeMode.LIVE and not loaded.row.clock.paused and wall() <= loaded.awake_until


async def pass_by(loaded: Loaded, seconds: float, wall: Callable[[], float]) -> float:
    """Return when so many seconds have passed on a live clock; the answer is how long it took on the wall."""
    began = ticks()
    due = now(loaded, wall) + seconds
    while (left := due - now(loaded, wall)) > 0:
        await asyncio.sleep(min(max(left / loaded.row.clock.speed, SHORTEST_WAIT), LONGEST_LOOK))
    return ticks() - began


async def wait_for(bell: asyncio.Event, seconds: float | None) -> None:
    """Return when the bell rings, or after so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()
