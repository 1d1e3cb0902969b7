"""All containers of this process: their files, what they print, and the commands they run by themselves.

A container whose command our shell understands really runs while its playground is awake: it sends through the data
plane like everything else, as ordinary commands whose actor names the pod. The first request of each kind, by target,
outcome, reason and server, is an entry of its own; what repeats is summed up in `TrafficSampled` entries that come
ever more rarely, so that a loop that runs for ever does not write for ever.

DIFFERS: what containers printed and wrote lives in this process; a restart of the server, or a playground put away,
runs commands of running containers again from their beginning.
"""

from __future__ import annotations

import asyncio
import collections
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from app.cluster import clock, state
from app.engine import commands, sending
from app.kinds import images
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.runtime import moments, pace
from app.runtime.host import Host
from app.runtime.loaded import Loaded
from app.terminal import boxes, calls, crews, running, streams, tty
from app.terminal.boxes import Box, Printer
from app.terminal.crews import Crew
from app.terminal.messages import Ask, Reply
from app.terminal.shell import Streams

log = logging.getLogger("podlane.containers")

Asks = Callable[[str, Ask], Awaitable[Reply]]
"""Asks the API server of a playground, as a program in a pod does."""

MOST_CREWS = 400
MOST_RUNNING = 1_000
SENDS_A_SECOND, SENDS_AT_ONCE = 5.0, 60.0
"""What one container may send by itself."""
ALL_A_SECOND, ALL_AT_ONCE = 200.0, 400.0
"""What all containers of this process may send together."""
MOST_KINDS = 100
"""Kinds of requests of one container that have an entry of their own."""
SAMPLE_EVERY = 10.0
"""Simulated seconds between two samples of a playground; a sixtieth of its traffic's age once that is more."""
SETTLE_SECONDS = 4.0
REPORT_AFTER = 1.0
"""Simulated seconds after which the end of a process that was expected to stay is told to the kubelet."""


class Containers:
    """Looks after the containers of every playground in memory."""

    def __init__(self, host: Host, asks: Asks) -> None:
        self.host = host
        self.asks = asks
        self._crews: collections.OrderedDict[str, Crew] = collections.OrderedDict()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._all = pace.Pace(ALL_A_SECOND, ALL_AT_ONCE)
        self._paces: dict[str, pace.Pace] = {}
        host.companions.append(self.look)

    async def stop(self) -> None:
        """End every process."""
        self.host.companions.remove(self.look)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def look(self, loaded: Loaded) -> None:
        """Follow a playground: called after every piece of work with it."""
        crew = self._crews.get(loaded.id)
        if loaded.is_stale:
            return
        if crew is None:
            crew = self._crews[loaded.id] = Crew(loaded, self.host.wall, self._start)
            while len(self._crews) > MOST_CREWS:
                self._forget(next(iter(self._crews)))
        self._crews.move_to_end(loaded.id)
        crew.look(loaded)

    def _forget(self, playground: str) -> None:
        crew = self._crews.pop(playground)
        for box in list(crew.boxes.values()):
            if box.task is not None:
                box.task.cancel()

    # --- what others ask -----------------------------------------------------------------------

    async def box(self, playground: str, pod: Object, container: Mapping[str, Any], identity: str = "") -> Box:
        """Return what is remembered of a container of a pod: of its present run unless an id is given."""
        held = await self.host.read(playground)
        status = boxes.statuses_of(pod).get(str(container.get("name")))
        identity = identity or str(
            (status or {}).get("containerID") or f"{objects.uid_of(pod)}/{container.get('name')}"
        )
        return self._crews[playground].box(held, pod, container, identity)

    async def settle(self, playground: str, pod: Object) -> None:
        """Return when the processes of the pod have done what they do now; read their files and output after it."""
        await self.host.read(playground)
        crew, uid = self._crews[playground], objects.uid_of(pod)
        crew.wake_stale(uid)
        until = moments.ticks() + SETTLE_SECONDS
        while moments.ticks() < until and any(
            crew.is_busy(b) for b in crew.boxes.values() if objects.uid_of(b.pod) == uid
        ):
            await asyncio.sleep(0.005)

    def _reads(self, playground: str) -> calls.Reads:
        async def read(pod: Object, name: str, path: str) -> str | None:
            """Once the pod's processes have done what they do now."""
            container = boxes.containers_of(pod).get(name)
            if container is None:
                return None
            await self.settle(playground, pod)
            return (await self.box(playground, pod, container)).files.get(path)

        return read

    def counted(self, playground: str) -> list[Mapping[str, Any]]:
        """Return the edges of continuous traffic that are counted and not yet written down."""
        return list(self._crews[playground].sample.values())

    def world(self, playground: str, send: calls.Sends, api: calls.Api) -> calls.World:
        """Return the world of a program that somebody runs in a container: on a live clock its sleeps really wait."""
        crew = self._crews[playground]
        world = calls.World(lambda: self.host.read(playground), send, api, crew.now, clock=lambda: crew.now)
        world.files = self._reads(playground)

        async def waits(seconds: float) -> None:
            world.limits.passed(await moments.pass_by(crew.loaded, seconds, self.host.wall))

        if crew.loaded.mode is clock.TimeMode.LIVE:
            world.waits = waits
        return world

    async def replay(self, playground: str, box: Box) -> None:
        """Run a container's command again for its output, when it ended before this process knew it; nothing is kept
        of what it sends."""
        argv = crews.command_of(box.container)
        if not argv or box.task is not None or box.exit_code is not None:
            return
        send = self._sends_unseen(playground)
        world = calls.World(lambda: self.host.read(playground), send, self._api(playground), box.time)
        out, err = Printer(box, lambda: world.moment), Printer(box, lambda: world.moment, is_error=True)
        job = running.Job(argv, box.pod, box.container, Streams(streams.given(), out, err), box.files)
        code, _ = await running.run(job, world)
        box.finish(code, world.moment)

    # --- processes -----------------------------------------------------------------------------

    def _start(self, crew: Crew, box: Box) -> None:
        if len(self._tasks) >= MOST_RUNNING:
            return
        box.seen = crew.changes
        box.task = asyncio.get_running_loop().create_task(self._live(crew, box))
        self._tasks.add(box.task)
        box.task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a container's process failed", exc_info=task.exception())

    async def _live(self, crew: Crew, box: Box) -> None:
        playground, began = crew.loaded.id, crew.now
        limits = calls.Limits(pause=_pause)
        world = calls.World(
            lambda: self.host.read(playground, is_use=False),
            lambda asked: self._send(crew, box, asked),
            self._api(playground),
            began,
            clock=lambda: crew.moment(box),
            limits=limits,
        )

        async def waits(seconds: float) -> None:
            limits.passed(await crew.sleep(box, seconds))

        world.waits, world.files = waits, self._reads_now(playground)
        out, err = Printer(box, lambda: crew.moment(box)), Printer(box, lambda: crew.moment(box), is_error=True)
        own = Streams(_input(box, out), out, err)
        if isinstance(own.stdin, tty.Tty):
            own.out = own.err = own.stdin.screen
        job = running.Job(crews.command_of(box.container), box.pod, box.container, own, box.files, out)
        try:
            code, refusal = await running.run(job, world)
        except errors.ApiError as refused:
            code, refusal = running.KILLED, refused.message
        finally:
            self._paces.pop(box.id, None)
        box.finish(127 if refusal else code, crew.moment(box))
        await self._ended(crew, box, crew.moment(box) - began)

    async def _ended(self, crew: Crew, box: Box, ran: float) -> None:
        """Tell the kubelet, and write down the traffic that is not yet."""
        playground, actor = crew.loaded.id, _actor(box)
        key = Key(*state.PODS, objects.namespace_of(box.pod), objects.name_of(box.pod))
        runs_again = (objects.spec_of(box.pod).get("restartPolicy") or "Always") == "Always"
        may_spin = runs_again and images.run_of(box.container).stays and box.stdin is None
        try:
            if ran >= REPORT_AFTER or not may_spin:
                told = commands.Exit(actor, key, str(box.container.get("name")), box.id, box.exit_code or 0)
                await self.host.execute(playground, told, is_use=False)
            await self._sample(crew, actor)
        except errors.ApiError as refusal:
            log.info("the end of a process in %s was not recorded: %s", playground, refusal.message)

    # --- what they send ------------------------------------------------------------------------

    async def _send(self, crew: Crew, box: Box, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        await self._paces.setdefault(box.id, pace.Pace(SENDS_A_SECOND, SENDS_AT_ONCE)).take()
        await self._all.take()
        playground, actor = crew.loaded.id, _actor(box)
        known = frozenset(box.kinds)
        told = commands.Send(actor, asked, record=len(known) < MOST_KINDS, known=known)
        done = await self.host.execute(playground, told, is_use=False)
        answer: Mapping[str, Any] = done.result
        kind = sending.kind_of(asked, answer)
        if kind in known or len(known) >= MOST_KINDS:
            _count(crew, box, kind, asked, answer)
            now = crew.now
            if not crew.sampled_at:
                crew.sampled_at = now
            elif now - crew.sampled_at >= max(SAMPLE_EVERY, (now - crew.began_at) / 60):
                await self._sample(crew, actor)
        box.kinds[kind] = None
        return answer

    async def _sample(self, crew: Crew, actor: str) -> None:
        if crew.sample:
            edges, crew.sample, crew.sampled_at = list(crew.sample.values()), {}, crew.now
            await self.host.execute(crew.loaded.id, commands.Sample(actor, {"edges": edges}), is_use=False)

    def _reads_now(self, playground: str) -> calls.Reads:
        """Return what reads files as they are: a process must not wait for another, which may wait for it."""

        async def read(pod: Object, name: str, path: str) -> str | None:
            container, crew = boxes.containers_of(pod).get(name), self._crews.get(playground)
            if container is None or crew is None:
                return None
            held = await self.host.read(playground, is_use=False)
            identity = str((boxes.statuses_of(pod).get(name) or {}).get("containerID") or "")
            return crew.box(held, pod, container, identity).files.get(path) if identity else None

        return read

    def _sends_unseen(self, playground: str) -> calls.Sends:
        async def send(asked: Mapping[str, Any]) -> Mapping[str, Any]:
            told = commands.Send("log", asked, record=False, known=frozenset())
            done = await self.host.execute(playground, told)
            answer: Mapping[str, Any] = done.result
            return answer

        return send

    def _api(self, playground: str) -> calls.Api:
        async def api(asked: Ask) -> Reply:
            return await self.asks(playground, asked)

        return api


async def _pause() -> float:
    await asyncio.sleep(1.0)
    return 1.0


def _input(box: Box, out: Printer) -> streams.Pipe:
    """Return a container's standard input: open only when its spec says so."""
    if not box.container.get("stdin"):
        return streams.given()
    box.stdin = tty.Tty(tty.Screen(out)) if box.container.get("tty") else streams.Pipe()
    return box.stdin


def _actor(box: Box) -> str:
    return f"pod:{objects.namespace_of(box.pod)}/{objects.name_of(box.pod)}"


def _count(crew: Crew, box: Box, kind: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    result, now = answer["results"][0], crew.moment(box)
    known = crew.sample.get(f"{box.id} {kind}")
    if known is not None:
        known["count"] += 1
        known["last"] = now
        return
    kept = ("outcome", "http_status", "served_by", "client_ip")
    edge = {"from": asked.get("from"), "to": asked.get("to"), **{name: result[name] for name in kept if name in result}}
    crew.sample[f"{box.id} {kind}"] = {**edge, "count": 1, "first": now, "last": now}
