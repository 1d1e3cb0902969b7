"""The containers of one playground that run by themselves: which should run, since when, and how they wait."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.cluster import clock, journal, state
from app.kinds import images, memo
from app.machinery import objects
from app.machinery.objects import Key, Object
from app.runtime import moments
from app.runtime.loaded import Loaded
from app.terminal import boxes, mounts
from app.terminal.boxes import Box

MOST_BOXES = 1_000
"""Containers of a playground of which files and output are remembered; those used least go first."""
MOST_RUNNING = 50
"""Containers of a playground whose own commands run at the same time; further ones stay still."""
CATCH_UP = 120
"""How many of its sleeps a process makes up for at most after the clock was moved ahead."""
LONGEST_WAIT = 30.0

_COMMANDS: memo.Memo[tuple[str, ...]] = memo.Memo(8192)


def command_of(container: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the command line that a container runs by itself, worked out once."""
    return _COMMANDS.get(container, (), lambda: tuple(boxes.command_of(container)))


class Crew:
    """What is remembered of a playground's containers. `start` is called with each box whose process is to run."""

    def __init__(self, loaded: Loaded, wall: Callable[[], float], start: Callable[[Crew, Box], None]) -> None:
        self.loaded = loaded
        self.wall = wall
        self.boxes: collections.OrderedDict[str, Box] = collections.OrderedDict()
        self.volumes: dict[str, mounts.Volume] = {}
        self.changes = 0
        """Commits that changed objects since this crew is kept."""
        self.advanced = 0.0
        """Seconds by which the clock was moved by hand."""
        self.bell = asyncio.Event()
        self.sample: dict[str, dict[str, Any]] = {}
        self.sampled_at = 0.0
        self.began_at = loaded.now(wall())
        self._start = start
        self._seen: int | None = None
        self._clock = loaded.row.clock
        self._was_running = False

    @property
    def now(self) -> float:
        """The simulated now."""
        return moments.now(self.loaded, self.wall)

    @property
    def running(self) -> Iterator[Box]:
        """The boxes whose processes run."""
        return (box for box in self.boxes.values() if box.task is not None and not box.task.done())

    # --- following the cluster -----------------------------------------------------------------

    def look(self, loaded: Loaded) -> None:
        """Take in what has happened since the last look: pods that came and went, the clock."""
        held = loaded.state
        if self._seen is None or self.loaded is not loaded:
            self.loaded = loaded
            self._look_at_all(held)
        elif held.revision != self._seen:
            found = loaded.ring.after(self._seen)
            if found is None:
                self._look_at_all(held)
            else:
                self._look_at(held, (entry.body for commit in found for entry in commit))
        self._seen = held.revision
        runs = moments.is_running(loaded, self.wall)
        if loaded.row.clock is not self._clock or runs is not self._was_running:
            passed = loaded.row.clock.sim - self._clock.sim - (loaded.row.clock.wall - self._clock.wall)
            self.advanced += max(0.0, passed)
            self._clock, self._was_running = loaded.row.clock, runs
            self.ring()

    def _look_at_all(self, held: state.ClusterState) -> None:
        present = {objects.uid_of(pod) for pod in held.list(state.PODS)}
        for box in [box for box in self.boxes.values() if objects.uid_of(box.pod) not in present]:
            self._drop(box)
        for pod in held.list(state.PODS):
            self._check(held, pod, has_just_changed=False)

    def _look_at(self, held: state.ClusterState, bodies: Iterator[journal.Body]) -> None:
        pods: dict[Key, str] = {}
        for body in bodies:
            if isinstance(body, journal.ObjectChanged):
                self.changes += 1
                if body.key[:2] == state.PODS:
                    present = body.before if body.after is None else body.after
                    pods[body.key] = objects.uid_of(present) if present is not None else ""
        for key, uid in pods.items():
            pod = held.get(key)
            if pod is None or objects.uid_of(pod) != uid:
                self.forget(uid)
            if pod is not None:
                self._check(held, pod, has_just_changed=True)

    def _check(self, held: state.ClusterState, pod: Object, *, has_just_changed: bool) -> None:
        """Start what a pod's containers do by themselves, and stop what belongs to an earlier run of them."""
        containers = None
        for name, status in boxes.statuses_of(pod).items():
            shown, identity = status["state"], str(status.get("containerID") or "")
            if not identity or ("running" not in shown and not has_just_changed):
                continue
            containers = boxes.containers_of(pod) if containers is None else containers
            container = containers.get(name)
            if container is None:
                continue
            known = self.boxes.get(identity)
            if known is not None:
                known.pod = pod
            elif command_of(container):
                self._end_earlier(pod, name)
                if sum(1 for _ in self.running) < MOST_RUNNING:
                    self._start(self, self.box(held, pod, container, identity))

    def _end_earlier(self, pod: Object, name: str) -> None:
        uid = objects.uid_of(pod)
        earlier = [b for b in self.boxes.values() if objects.uid_of(b.pod) == uid and b.container.get("name") == name]
        for box in earlier[:-1]:
            self._drop(box)
        for box in earlier[-1:]:
            if box.task is not None:
                box.task.cancel()

    # --- boxes ---------------------------------------------------------------------------------

    def box(self, held: state.ClusterState, pod: Object, container: Mapping[str, Any], identity: str) -> Box:
        """Return what is remembered of a run of a container, from nothing the first time."""
        found = self.boxes.get(identity)
        if found is None:
            files = mounts.files_of(held, pod, container, self._volume)
            found = self.boxes[identity] = Box(identity, pod, container, files, time=self.now, advanced=self.advanced)
            while len(self.boxes) > MOST_BOXES:
                self._drop(next(iter(self.boxes.values())))
        else:
            found.files.renew(mounts.files_of(held, pod, container, self._volume))
        self.boxes.move_to_end(identity)
        return found

    def _volume(self, name: str) -> mounts.Volume:
        return self.volumes.setdefault(name, {})

    def forget(self, uid: str) -> None:
        """Forget a pod that is gone, with its volumes."""
        for box in [box for box in self.boxes.values() if objects.uid_of(box.pod) == uid]:
            self._drop(box)
        for name in [name for name in self.volumes if name.startswith(f"pod/{uid}/")]:
            del self.volumes[name]

    def _drop(self, box: Box) -> None:
        if box.task is not None:
            box.task.cancel()
        self.boxes.pop(box.id, None)
        box.finish(box.exit_code if box.exit_code is not None else 137, self.now)

    def ring(self) -> None:
        """Let everybody who sleeps look at the clock again."""
        self.bell.set()
        self.bell = asyncio.Event()

    # --- waiting -------------------------------------------------------------------------------

    def moment(self, box: Box) -> float:
        """Return the time a process lives in: the clock's where it runs by itself, else its own, up to the clock's."""
        return self.now if self.loaded.mode is clock.TimeMode.LIVE else box.time

    async def sleep(self, box: Box, seconds: float) -> float:
        """Let a process sleep on the playground's clock; returns how long that took on the wall.

        In instant time a process that will end does not wait; one that goes round waits for the clock, or for somebody
        who reads its files or output after the cluster has changed (`wake_stale`).
        """
        if self.loaded.mode is clock.TimeMode.INSTANT and not images.run_of(box.container).stays:
            box.time += min(seconds, 86_400.0)
            return 0.0
        began = moments.ticks()
        if self.loaded.mode is clock.TimeMode.LIVE:
            await self._sleep_live(box, seconds)
        else:
            await self._sleep_by_hand(box, seconds)
        box.due = None
        return moments.ticks() - began

    async def _sleep_live(self, box: Box, seconds: float) -> None:
        box.due = self.now + seconds
        while box.due and self.now < box.due:
            bell, left = self.bell, None
            if moments.is_running(self.loaded, self.wall) and box.due < float("inf"):
                left = min(max((box.due - self.now) / self.loaded.row.clock.speed, 0.005), LONGEST_WAIT)
            await moments.wait_for(bell, left)

    async def _sleep_by_hand(self, box: Box, seconds: float) -> None:
        most = CATCH_UP * max(seconds, 0.1)
        if self._ahead(box) > most:
            self._move(box, self._ahead(box) - most)
        box.due = box.time + seconds
        while self._ahead(box) < seconds:
            await self.bell.wait()
            if _is_woken(box):
                box.time = max(box.time, self.now)
                return
        self._move(box, seconds)

    def is_busy(self, box: Box) -> bool:
        """Say whether a process is about to do something now."""
        if box.due is None or box.task is None or box.task.done():
            return box.is_busy
        if self.loaded.mode is clock.TimeMode.LIVE:
            return self.now >= box.due
        return self._ahead(box) >= box.due - box.time

    def _ahead(self, box: Box) -> float:
        """Return how far the clock was moved beyond the process; an instant clock moves by hand only, though it shows
        the wall's time."""
        if self.loaded.mode is clock.TimeMode.INSTANT:
            return self.advanced - box.advanced
        return self.now - box.time

    def _move(self, box: Box, seconds: float) -> None:
        box.time += seconds
        box.advanced += seconds

    def wake_stale(self, uid: str) -> None:
        """In instant time, give the processes of a pod one more round if the cluster changed since their last."""
        if self.loaded.mode is not clock.TimeMode.INSTANT:
            return
        stale = [box for box in self.running if objects.uid_of(box.pod) == uid and box.seen < self.changes]
        for box in stale:
            if box.due is not None and box.due < float("inf"):
                box.due = None
        for box in stale:
            box.seen = self.changes
        if stale:
            self.ring()


def _is_woken(box: Box) -> bool:
    return box.due is None
