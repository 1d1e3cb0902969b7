"""From an outcome to the journal: append, publish, let time pass, keep snapshots. Memory that may be wrong is dropped."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from typing import Any

from app.cluster import clock, journal
from app.engine import execute, snapshot
from app.machinery import errors
from app.runtime import callers, clocks, creation, loading, measures, shelf
from app.runtime.loaded import Loaded
from app.store import database, playgrounds
from app.store import journal as stored

log = logging.getLogger("podlane.writer")

SNAPSHOT_EVERY = 1_000
REFUSALS_EVERY = 1.0
REFUSALS_KNOWN = 10_000


class Lost(Exception):
    """Another process appended first; what is in memory is out of date and dropped."""


class Writer:
    """Writes for playgrounds whose lock the caller holds."""

    def __init__(self, kept: shelf.Shelf, measured: measures.Measures) -> None:
        self.shelf = kept
        self.measures = measured
        self._restless: set[str] = set()
        self._refused_at: dict[tuple[str, str], float] = {}
        self._errands: set[asyncio.Future[Any]] = set()

    async def stop(self) -> None:
        """Wait for what nobody else waits for."""
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def freshen(self, loaded: Loaded) -> None:
        """Take in what other processes appended, finish a cut-off settle, let due time pass."""
        if self.shelf.db.is_shared:
            await self._catch_up(loaded)
        at = loaded.now(self.shelf.wall())
        if loaded.mode is clock.TimeMode.INSTANT:
            clocks.hold_clock_timers(loaded.state, at)
        if not loaded.is_resting:
            await self._rest(loaded, at)
            if self.shelf.db.is_shared:
                # Coming to rest took a while; the less lies between looking and appending, the fewer races are lost.
                await self._catch_up(loaded)
        elif loaded.mode is clock.TimeMode.LIVE:
            due = loaded.state.timers.next_due()
            if due is not None and due <= at:
                await self.go_on(loaded, at)

    async def _rest(self, loaded: Loaded, at: float) -> None:
        """Let controllers look at everything after a load. One that fails must not keep a playground shut."""
        loaded.is_resting = True
        if loaded.id in self._restless:
            return
        execute.resume(loaded.state)
        try:
            await self.go_on(loaded, at)
        except (errors.ApiError, Lost):
            raise
        except Exception:
            log.exception("controllers failed on playground %s at revision %s", loaded.id, loaded.state.revision)
            self._restless.add(loaded.id)
            self.shelf.drop(loaded)
            raise Lost from None

    async def go_on(self, loaded: Loaded, at: float) -> None:
        """Let simulated time pass up to the moment, commit by commit."""
        settled = False
        while not settled:
            outcome = execute.go_on(loaded.state, loaded.env(at))
            await self.commit(loaded, outcome.batch)
            settled = outcome.settled
            if not settled:
                await asyncio.sleep(0)
        await self.snapshot(loaded)

    async def commit(
        self,
        loaded: Loaded,
        batch: journal.Batch | None,
        also: database.Work[None] | None = None,
    ) -> None:
        """Append a batch, then publish it. If it cannot be appended, what is in memory is dropped."""
        if batch is None:
            return
        packed = creation.packed(batch)

        def work(connection: database.Connection) -> bool:
            done = stored.append(connection, loaded.id, packed.first - 1, packed)
            if done and also is not None:
                also(connection)
            return done

        started = time.perf_counter()
        try:
            appended = await self.shelf.write(work)
        except Exception as problem:
            self.shelf.drop(loaded)
            log.exception("append failed on playground %s at revision %s", loaded.id, packed.first)
            raise errors.Unavailable("The change could not be stored, so it was not made. Try again.") from problem
        if not appended:
            self.measures.conflicts.inc()
            self.shelf.drop(loaded)
            raise Lost
        self.measures.append_seconds.observe(time.perf_counter() - started)
        self.measures.entries.inc(len(batch.entries))
        loaded.ring.push(batch.entries)

    async def _catch_up(self, loaded: Loaded) -> None:
        row = await self.shelf.read(lambda connection: playgrounds.find(connection, loaded.id))
        if row is None:
            self.shelf.drop(loaded)
            raise loading.not_found(loaded.id)
        loaded.row = row
        while loaded.state.revision < row.head:
            after = functools.partial(stored.batches_after, playground=loaded.id, revision=loaded.state.revision)
            rows = await self.shelf.read(after)
            for one in rows:
                batch = journal.decode_batch(one.body, loaded.state.get)
                loaded.state.take_in(batch)
                loaded.ring.push(batch.entries)
            if not rows:
                break

    async def snapshot(self, loaded: Loaded) -> None:
        """Keep a snapshot when enough was written since the last."""
        held = loaded.state
        size = sum(len(collection.objects) for collection in held.collections.values())
        if held.revision - loaded.snapshot_at < max(SNAPSHOT_EVERY, size):
            return
        loaded.snapshot_at = held.revision
        body, revision = snapshot.dump(held), held.revision
        self.errand(lambda connection: stored.keep_snapshot(connection, loaded.id, revision, body))

    async def note_refusal(self, loaded: Loaded, actor: str, refusal: errors.ApiError) -> None:
        """Leave a note in the journal: in live time at most one a second and actor.

        Elsewhere each one: what comes next is drawn by the revision, and the same calls have to lead to the same one.
        """
        wall, place = self.shelf.wall(), (loaded.id, actor)
        is_limited = loaded.mode is clock.TimeMode.LIVE
        if refusal.code >= 500 or (is_limited and wall - self._refused_at.get(place, 0.0) < REFUSALS_EVERY):
            return
        self._refused_at[place] = wall
        if len(self._refused_at) > REFUSALS_KNOWN:
            self._refused_at = {p: at for p, at in self._refused_at.items() if wall - at < REFUSALS_EVERY}
        env = loaded.env(loaded.now(wall))
        env.client = callers.client()
        outcome = execute.refused(loaded.state, actor, refusal, env)
        with contextlib.suppress(Lost):
            await self.commit(loaded, outcome.batch)

    def errand(self, work: database.Work[Any]) -> None:
        """Write something that nobody waits for."""
        errand = asyncio.wrap_future(self.shelf.db.write(work))
        self._errands.add(errand)
        errand.add_done_callback(self._errand_done)

    def _errand_done(self, errand: asyncio.Future[Any]) -> None:
        self._errands.discard(errand)
        if not errand.cancelled() and errand.exception() is not None:
            log.error("a background write failed", exc_info=errand.exception())
