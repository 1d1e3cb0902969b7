"""Wakes live playgrounds when their earliest timer is due: one timer of the loop for each, none for those asleep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

SHORTEST = 0.02
"""Seconds between two wake-ups of one playground: what falls due in between is done together."""


class Ticker:
    """Runs `wake(playground)` at the planned moment."""

    def __init__(self, wake: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        self._wake = wake
        self._planned: dict[str, asyncio.TimerHandle] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._stopped = False

    def plan(self, playground: str, delay: float | None) -> None:
        """Wake the playground after so many seconds, in place of what was planned; None: not at all."""
        planned = self._planned.pop(playground, None)
        if planned is not None:
            planned.cancel()
        if delay is not None and not self._stopped:
            loop = asyncio.get_running_loop()
            self._planned[playground] = loop.call_later(max(SHORTEST, delay), self._start, playground)

    async def stop(self) -> None:
        """Plan nothing more and wait for what is running."""
        self._stopped = True
        for planned in self._planned.values():
            planned.cancel()
        self._planned.clear()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _start(self, playground: str) -> None:
        self._planned.pop(playground, None)
        task = asyncio.get_running_loop().create_task(self._wake(playground))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
