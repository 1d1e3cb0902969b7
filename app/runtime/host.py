"""The one way to a playground: load it, let due time pass, run a command, append, and only then tell anybody."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import logging
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.cluster import clock, state
from app.engine import commands, execute
from app.machinery import errors
from app.runtime import callers, clocks, creation, forking, hub, loading, measures, shelf, ticker
from app.runtime.creation import Created, NewPlayground
from app.runtime.doors import Doors
from app.runtime.hub import Entries, Frames
from app.runtime.loaded import Loaded, Playground, describe
from app.runtime.writer import Lost, Writer
from app.store import answers, database, playgrounds
from app.store import journal as stored

T = TypeVar("T")
log = logging.getLogger("podlane.host")

ATTEMPTS = 40
"""How often a command is run again because another process appended first."""
WAIT_ONCE_LOST = 0.01
"""Seconds that a loser waits at most, times its losses up to five: chance decides who is next, not the faster process."""
TOUCH_EVERY = 60.0
SWEEP_EVERY = 60.0
EXPIRE_EVERY = 3_600.0
UNUSED_SECONDS = 30 * 86_400.0
POLL_EVERY = 0.25
READY_WITHIN = 3.0
KEPT_SECONDS = 300.0
"""Simulated seconds for which a reader may stay away, however much happens meanwhile."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What a command came to: its result, the revision after controllers came to rest, warnings."""

    result: Any
    revision: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer of a call that must run once, stored in the very commit of the command."""

    once: answers.Once
    answer: Callable[[Executed], answers.Answered]


class Host:
    """All playgrounds of this process."""

    def __init__(
        self,
        db: database.Database,
        measured: measures.Measures | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.db = db
        self.wall = wall
        self.measures = measured or measures.Measures()
        self.frames = Frames()
        self.shelf = shelf.Shelf(db, wall)
        self.writer = Writer(self.shelf, self.measures)
        self._ticker = ticker.Ticker(self._tick)
        self._keepers: list[asyncio.Task[None]] = []
        self.companions: list[Callable[[Loaded], None]] = []
        """Called after every piece of work with a playground: it may have new entries or another clock."""

    # --- life ----------------------------------------------------------------------------------

    async def start(self, doors: Doors) -> None:
        """Begin to sweep, and to look for what other processes append."""
        self._keepers.append(asyncio.create_task(self._sweep(doors)))
        if self.db.is_shared:
            self._keepers.append(asyncio.create_task(self._poll()))

    async def stop(self) -> None:
        """Let what runs come to its commit, then close."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        await self._ticker.stop()
        for loaded in self.shelf:
            async with loaded.lock:
                self.shelf.drop(loaded)
        await self.writer.stop()
        await asyncio.get_running_loop().run_in_executor(None, self.db.close)
        self.shelf.close()

    # --- playgrounds ---------------------------------------------------------------------------

    async def create(
        self, wanted: NewPlayground, receipt: Callable[[Created], tuple[answers.Once, answers.Answered]] | None = None
    ) -> Created:
        """Make a playground with what it begins with: stored whole, or refused and nothing stored."""
        made = await creation.make(wanted, self.wall())

        def work(connection: database.Connection) -> None:
            playgrounds.begin(connection, made.row, made.batches, made.keys)
            if receipt is not None:
                answers.keep(connection, *receipt(made.created), made.row.created_at)

        await self.shelf.write(work)
        loaded = self.shelf.put(made)
        self.measures.entries.inc(made.row.head)
        self._plan(loaded)
        return made.created

    async def fork(
        self,
        playground: str,
        revision: int | None,
        receipt: Callable[[Created], tuple[answers.Once, answers.Answered]] | None = None,
    ) -> Created:
        """Make a playground of its own out of this one as it was at the revision (None: as it is); returns once stored."""
        loaded = await self._open(playground)
        head, row, now = loaded.state.revision, loaded.row, loaded.now(self.wall())
        held = await self.past(playground, head if revision is None else revision)
        forked = forking.make(row, held, now if held.revision == head else held.now, self.wall())

        def work(connection: database.Connection) -> None:
            forked.begin(connection)
            if receipt is not None:
                answers.keep(connection, *receipt(forked.created), forked.row.created_at)

        await self.shelf.write(work)
        return forked.created

    async def execute(
        self, playground: str, command: commands.Command, receipt: Receipt | None = None, *, is_use: bool = True
    ) -> Executed:
        """Run a command; returns when it is stored and controllers are at rest. Refusals raise an ApiError.

        What a container does by itself is no use of the playground: it must not keep it awake.
        """
        name = type(command).__name__
        started = time.perf_counter()

        async def work(loaded: Loaded) -> Executed:
            return await self._execute(loaded, copy.deepcopy(command) if self.db.is_shared else command, receipt)

        try:
            done = await self._locked(playground, work, is_use=is_use)
        except errors.ApiError:
            self.measures.commands.labels(name, "refused").inc()
            raise
        self.measures.commands.labels(name, "done").inc()
        self.measures.command_seconds.labels(name).observe(time.perf_counter() - started)
        return done

    async def exists(self, playground: str) -> bool:
        """Say whether there is such a playground."""
        if self.shelf.peek(playground) is not None and not self.db.is_shared:
            return True
        return await self.shelf.read(lambda connection: stored.head(connection, playground)) is not None

    async def read(self, playground: str, *, is_use: bool = True) -> state.ClusterState:
        """Return the state as of now. Use it before the next await, and change nothing in it."""
        return await self._locked(playground, _state, is_use=is_use)

    async def describe(self, playground: str) -> Playground:
        """Say in a few lines what the playground is."""

        async def work(loaded: Loaded) -> Playground:
            return describe(loaded, self.wall())

        return await self._locked(playground, work)

    async def past(self, playground: str, revision: int) -> state.ClusterState:
        """Return a copy of the state as it was at the revision; the caller owns it."""
        row = await self._locked(playground, _row)
        head = await self.shelf.read(lambda connection: stored.head(connection, playground)) or 0
        if not 0 < revision <= head:
            raise errors.BadRequest(
                f"There is no revision {revision}; this playground's history goes from {row.base or 1} to {head}."
            )
        return await self.shelf.in_thread(lambda: loading.at_revision(self.db, row, revision))

    async def is_compacted(self, playground: str, since: int) -> bool:
        """Say whether readers can no longer read on from the revision: what lies behind the newest entries and is old.

        DIFFERS: upstream compacts every five minutes, however little happened; here the newest 10,000 entries stay.
        """
        loaded = await self._open(playground)
        if since < loaded.row.base:
            return True
        if since >= loaded.ring.head - hub.RING or loaded.ring.after(since) is not None:
            return False
        oldest = loaded.now(self.wall()) - KEPT_SECONDS
        return await self.shelf.read(lambda connection: loading.is_older(connection, playground, since, oldest))

    async def rename(self, playground: str, title: str) -> None:
        """Give the playground another title. No entry is written."""
        wanted = title.strip()
        if not wanted or len(wanted) > creation.TITLE_LENGTH:
            raise errors.BadRequest(f"A title has 1 to {creation.TITLE_LENGTH} characters.")

        async def work(loaded: Loaded) -> None:
            await self.shelf.write(lambda connection: playgrounds.rename(connection, playground, wanted))
            loaded.row = replace(loaded.row, title=wanted)

        await self._locked(playground, work)

    async def delete(self, playground: str) -> None:
        """Delete the playground with all its history; its readers end."""
        loaded = await self.shelf.get(playground)
        async with loaded.lock:
            await self.shelf.write(lambda connection: playgrounds.delete(connection, playground, self.wall()))
            self._ticker.plan(playground, None)
            self.shelf.drop(loaded)

    async def touch(self, playground: str) -> None:
        """Note that somebody looks at the playground: it stays awake."""
        await self._locked(playground, _state)

    async def refuse(self, playground: str, actor: str, error: errors.ApiError) -> None:
        """Leave a note that a command was refused before it reached the engine: at most one a second and actor."""

        async def work(loaded: Loaded) -> None:
            await self.writer.note_refusal(loaded, actor, error)

        await self._locked(playground, work)

    # --- the clock -----------------------------------------------------------------------------

    async def clock(self, playground: str, change: clocks.ClockChange) -> Playground:
        """Pause, resume, speed up or move the playground's clock; what falls due happens before it returns."""

        async def work(loaded: Loaded) -> Playground:
            clocks.check(change, loaded.mode)
            await self._move_clock(loaded, change)
            for _ in range(change.step or 0):
                due = loaded.state.timers.next_due()
                if due is None:
                    break
                ahead = max(0.0, due - loaded.now(self.wall()))
                await self._move_clock(loaded, clocks.ClockChange(advance_ms=ahead * 1000))
            return describe(loaded, self.wall())

        return await self._locked(playground, work)

    async def _move_clock(self, loaded: Loaded, change: clocks.ClockChange) -> None:
        wall = self.wall()
        moved = clocks.changed(loaded.row.clock, change, loaded.now(wall), wall)
        await self.shelf.write(lambda connection: playgrounds.set_clock(connection, loaded.id, moved))
        loaded.row = playgrounds.moved(loaded.row, moved)
        await self.writer.go_on(loaded, moved.sim)

    # --- readers -------------------------------------------------------------------------------

    async def follow(self, playground: str, since: int) -> AsyncGenerator[Entries, None]:
        """Yield the entries above the revision, commit by commit, then those to come."""
        while True:
            loaded = await self._open(playground)
            loaded.readers += 1
            self._plan(loaded)
            try:
                async for entries in self._follow(loaded, since):
                    since = entries[-1].revision
                    yield entries
            finally:
                loaded.readers -= 1
                loaded.used_at = self.wall()

    async def _follow(self, loaded: Loaded, since: int) -> AsyncGenerator[Entries, None]:
        """Yield what a reader has not seen, until the playground's memory is dropped."""
        if since > loaded.ring.head:
            raise errors.Expired(f"This playground's history ends at revision {loaded.ring.head}; load it again.")
        if since < loaded.row.base:
            raise loading.expired(loaded.row.base)
        while not loaded.is_stale:
            found = loaded.ring.after(since)
            if found is None:
                async for entries in self._past(loaded, since):
                    since = entries[-1].revision
                    yield entries
                continue
            for entries in found:
                since = entries[-1].revision
                yield entries
            if not found:
                await loaded.ring.more()

    async def _past(self, loaded: Loaded, since: int) -> AsyncGenerator[Entries, None]:
        commits = loading.past(self.db, loaded.row, since)
        while (entries := await self.shelf.in_thread(lambda: next(commits, None))) is not None:
            yield entries

    # --- inside --------------------------------------------------------------------------------

    async def _open(self, playground: str) -> Loaded:
        return await self._locked(playground, _itself)

    async def _locked(self, playground: str, work: Callable[[Loaded], Awaitable[T]], *, is_use: bool = True) -> T:
        """Do the work alone with the playground, fresh and with due time passed; again if another process was first."""
        for losses in range(ATTEMPTS):
            if losses:
                await asyncio.sleep(random.uniform(0.0, WAIT_ONCE_LOST * min(losses, 5)))
            loaded = await self.shelf.get(playground)
            async with loaded.lock:
                if loaded.is_stale:
                    continue
                try:
                    if is_use:
                        await self._use(loaded)
                    await self.writer.freshen(loaded)
                    return await work(loaded)
                except Lost:
                    continue
                except errors.ApiError:
                    raise
                except BaseException:
                    # Somewhere between memory and store: the store is right.
                    self.shelf.drop(loaded)
                    raise
                finally:
                    self._plan(loaded)
        raise shelf.not_opened(playground)

    async def _execute(self, loaded: Loaded, command: commands.Command, receipt: Receipt | None) -> Executed:
        env = loaded.env(loaded.now(self.wall()))
        env.client = callers.client()
        try:
            outcome = execute.execute(loaded.state, command, env)
        except errors.ApiError as refusal:
            await self.writer.note_refusal(loaded, command.actor, refusal)
            raise
        done = Executed(outcome.result, loaded.state.revision, outcome.warnings)
        await self.writer.commit(loaded, outcome.batch, _keeping(receipt, done, self.wall()))
        # From here on the command is done: what another process does first only takes over the settling.
        with contextlib.suppress(Lost):
            while not outcome.settled:
                await asyncio.sleep(0)
                outcome = execute.go_on(loaded.state, loaded.env(env.now))
                await self.writer.commit(loaded, outcome.batch)
            await self.writer.snapshot(loaded)
        return replace(done, revision=loaded.state.revision)

    async def _use(self, loaded: Loaded) -> None:
        wall = self.wall()
        if loaded.use(wall):
            woken = loaded.row.clock
            await self.shelf.write(lambda connection: playgrounds.set_clock(connection, loaded.id, woken))
        self._save_use(loaded, wall)

    def _save_use(self, loaded: Loaded, wall: float) -> None:
        if wall - loaded.saved_use > TOUCH_EVERY:
            loaded.saved_use = wall
            self.writer.errand(lambda connection: playgrounds.touch(connection, loaded.id, wall))

    def _plan(self, loaded: Loaded) -> None:
        """Plan the wake-up for the playground's earliest timer, if it goes by the wall and will be awake then."""
        due = loaded.state.timers.next_due()
        row = loaded.row.clock
        delay = None
        if due is not None and loaded.mode is clock.TimeMode.LIVE and not row.paused and not loaded.is_stale:
            moment = clocks.wall_of(row, due)
            if moment <= loaded.awake_until:
                delay = moment - self.wall()
        self._ticker.plan(loaded.id, delay)
        for look in self.companions:
            try:
                look(loaded)
            except Exception:
                log.exception("following playground %s failed", loaded.id)

    async def _tick(self, playground: str) -> None:
        if self.shelf.peek(playground) is None:
            return
        try:
            await self._locked(playground, _state, is_use=False)
        except errors.ApiError:
            log.info("playground %s was not woken", playground)
        except Exception:
            log.exception("waking playground %s failed", playground)

    async def is_ready(self) -> bool:
        """Say whether the store answers."""
        try:
            await asyncio.wait_for(self.shelf.read(lambda connection: stored.head(connection, "")), READY_WITHIN)
        except Exception:
            log.exception("the store does not answer")
            return False
        return True

    async def _sweep(self, doors: Doors) -> None:
        expired_at = 0.0
        while True:
            wall = self.wall()
            try:
                for loaded in self.shelf:
                    if loaded.readers:
                        loaded.used_at = wall
                        self._save_use(loaded, wall)
                self.shelf.put_away_idle(wall)
                self.measures.loaded.set(len(self.shelf))
                if wall - expired_at > EXPIRE_EVERY:
                    expired_at = wall
                    await self.expire(wall)
                    await doors.forget_old(wall - UNUSED_SECONDS)
                    await self.shelf.write(lambda connection: answers.forget_old(connection, self.wall()))
            except Exception:
                log.exception("sweeping failed")
            await asyncio.sleep(SWEEP_EVERY)

    async def expire(self, wall: float) -> int:
        """Delete playgrounds unused for 30 days; returns how many."""
        moment = wall - UNUSED_SECONDS
        deleted = 0
        for playground in await self.shelf.read(lambda connection: playgrounds.unused_since(connection, moment)):
            deleted += await self._expire_one(playground, moment, wall)
        return deleted

    async def _expire_one(self, playground: str, moment: float, wall: float) -> bool:
        loaded = self.shelf.peek(playground)
        if loaded is not None and loaded.used_at >= moment:
            return False
        gone = await self.shelf.write(lambda c: playgrounds.delete_unused(c, playground, moment, wall))
        if gone and loaded is not None:
            self.shelf.drop(loaded)
        return gone

    async def _poll(self) -> None:
        """Take in what other processes appended to playgrounds that are being read here."""
        while True:
            await asyncio.sleep(POLL_EVERY)
            for loaded in self.shelf:
                if loaded.readers and not loaded.lock.locked():
                    await self._tick(loaded.id)


async def _itself(loaded: Loaded) -> Loaded:
    return loaded


async def _state(loaded: Loaded) -> state.ClusterState:
    return loaded.state


async def _row(loaded: Loaded) -> playgrounds.Row:
    return loaded.row


def _keeping(receipt: Receipt | None, done: Executed, at: float) -> database.Work[None] | None:
    if receipt is None:
        return None
    once, answer = receipt.once, receipt.answer(done)
    return lambda connection: answers.keep(connection, once, answer, at)
