"""What lasts: a watch, an exec, a followed log. It ends when its work does, and whatever else ends it.

A caller that goes, a key that is replaced, a playground that is deleted, a server that drains.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any

from starlette.types import Scope

from app.kubeapi import auth
from app.machinery import errors
from app.runtime.host import Host


class Open:
    """What each playground has open of one sort: `most` at the same time; `words` refuse one more."""

    def __init__(self, most: int, words: str) -> None:
        self._most = most
        self._words = words
        self._counts: dict[str, int] = {}

    def check(self, playground: str) -> None:
        """Refuse one more when there are as many as there may be."""
        if self._counts.get(playground, 0) >= self._most:
            raise errors.TooManyRequests(self._words)

    @contextlib.contextmanager
    def counted(self, playground: str) -> Iterator[None]:
        """Count one more for as long as the block lasts."""
        self._counts[playground] = self._counts.get(playground, 0) + 1
        try:
            yield
        finally:
            self._counts[playground] -= 1
            if not self._counts[playground]:
                del self._counts[playground]


async def until_ended(scope: Scope, work: Coroutine[Any, Any, Any], *ends: Coroutine[Any, Any, Any]) -> bool:
    """Return when the work or one of its ends has come, the caller's key opens nothing any more, or the server drains.

    Says whether it was the work that came to its end. What then still runs is cancelled; what failed raises.
    """
    draining: asyncio.Event = scope["app"].state.draining
    tasks = [asyncio.create_task(end) for end in (work, *ends, draining.wait(), _until_locked_out(scope))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return tasks[0] in done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until_deleted(host: Host, playground: str) -> None:
    """Return when the playground is gone; until then it counts as being read, and stays awake."""
    try:
        async for _ in host.follow(playground, (await host.describe(playground)).revision):
            pass
    except (errors.NotFound, errors.Expired):
        return


async def _until_locked_out(scope: Scope) -> None:
    doors = scope["app"].state.doors
    while True:
        changed = doors.changes()
        try:
            await auth.enter(scope, doors)
        except errors.ApiError:
            return
        await changed()
