"""A pace that must not be outrun: so many at once, so many a second after that."""

from __future__ import annotations

import asyncio
import time


class Pace:
    """Each `take` waits for its turn; turns are given out in the order of asking."""

    __slots__ = ("_at_once", "_gap", "_next")

    def __init__(self, a_second: float, at_once: float) -> None:
        self._gap = 1 / a_second
        self._at_once = at_once
        self._next = 0.0

    async def take(self) -> None:
        """Return when it is this one's turn."""
        now = time.monotonic()
        self._next = max(self._next, now - self._at_once * self._gap) + self._gap
        if self._next > now:
            await asyncio.sleep(self._next - now)
