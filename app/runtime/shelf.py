"""The playgrounds in memory: each loaded once however many ask, and put away when idle. Losing one loses nothing."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.machinery import errors
from app.runtime import loading
from app.runtime.creation import Made
from app.runtime.loaded import Loaded
from app.store import database

T = TypeVar("T")
MOST_LOADED = 400
IDLE_SECONDS = 900.0
READERS = 4


class Shelf:
    """Loads from the store in threads of its own and keeps what was used last."""

    def __init__(self, db: database.Database, wall: Callable[[], float] = time.time) -> None:
        self.db = db
        self.wall = wall
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._kept: OrderedDict[str, Loaded] = OrderedDict()
        self._coming: dict[str, asyncio.Task[Loaded]] = {}

    def __iter__(self) -> Iterator[Loaded]:
        return iter(list(self._kept.values()))

    def __len__(self) -> int:
        return len(self._kept)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run what blocks beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def read(self, work: database.Work[T]) -> T:
        """Read from the store."""
        return await self.in_thread(lambda: self.db.read(work))

    async def write(self, work: database.Work[T]) -> T:
        """Write to the store; returns after the commit. A caller who is cancelled does not undo it."""
        return await asyncio.shield(asyncio.wrap_future(self.db.write(work)))

    def peek(self, playground: str) -> Loaded | None:
        """Return the playground if it is in memory."""
        return self._kept.get(playground)

    async def get(self, playground: str) -> Loaded:
        """Return the playground, loaded if need be."""
        kept = self._kept.get(playground)
        if kept is not None:
            self._kept.move_to_end(playground)
            return kept
        coming = self._coming.get(playground)
        if coming is None:
            coming = self._coming[playground] = asyncio.create_task(self._load(playground))
            coming.add_done_callback(lambda _: self._coming.pop(playground, None))
        return await asyncio.shield(coming)

    def put(self, made: Made) -> Loaded:
        """Keep a playground that was just stored."""
        loaded = Loaded(made.row, made.state, 0, self.wall())
        for entries in made.commits:
            loaded.ring.fill(entries)
        return self._keep(loaded)

    def drop(self, loaded: Loaded) -> None:
        """Forget a playground whose memory may differ from the store; its readers look again."""
        loaded.is_stale = True
        if self._kept.get(loaded.id) is loaded:
            del self._kept[loaded.id]
        loaded.ring.wake()

    def put_away_idle(self, wall: float) -> None:
        """Forget playgrounds that nobody reads: those unused for long, and the least used above the limit."""
        surplus = len(self._kept) - MOST_LOADED
        for loaded in self:
            busy = loaded.readers or loaded.lock.locked()
            if not busy and (surplus > 0 or wall - loaded.used_at > IDLE_SECONDS):
                self.drop(loaded)
                surplus -= 1

    def close(self) -> None:
        """End the reading threads."""
        self._threads.shutdown()

    async def _load(self, playground: str) -> Loaded:
        folded = await self.in_thread(lambda: loading.load(self.db, playground))
        loaded = Loaded(folded.row, folded.state, folded.snapshot_at, self.wall())
        loaded.is_resting = False
        for entries in folded.commits:
            loaded.ring.fill(entries)
        return self._keep(loaded)

    def _keep(self, loaded: Loaded) -> Loaded:
        self._kept[loaded.id] = loaded
        if len(self._kept) > MOST_LOADED:
            self.put_away_idle(self.wall())
        return loaded


def not_opened(playground: str) -> errors.Unavailable:
    """Say that a playground is being changed elsewhere too often to get a word in."""
    return errors.Unavailable(f"Playground {playground} is busy; try again in a moment.")
