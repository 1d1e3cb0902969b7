"""How a watch ends where no socket is needed to show it: a reader that is stuck, a playground that would sleep."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.engine import commands
from app.kubeapi import encoded, paths, watch
from app.kubeapi.call import Call
from app.runtime import clocks
from app.runtime.creation import Created
from app.runtime.doors import Doors
from app.runtime.host import Host
from app.store.keys import Role
from tests.runtime import hosting

MAPS = "/api/v1/namespaces/default/configmaps"


class Kept:
    """A sink that keeps what it is given; a deaf one takes nothing."""

    def __init__(self, *, is_deaf: bool = False) -> None:
        self.is_deaf = is_deaf
        self.frames: list[bytes] = []
        self.has_ended = False
        self.more = asyncio.Event()

    async def begin(self) -> None:
        pass

    async def write(self, frames: list[bytes]) -> None:
        if self.is_deaf:
            await asyncio.Event().wait()
        self.frames += frames
        self.more.set()

    async def end(self) -> None:
        self.has_ended = True

    async def gone(self) -> None:
        await asyncio.Event().wait()


def called(host: Host, made: Created, query: str) -> Call:
    async def nothing(*_: Any) -> Any:
        await asyncio.Event().wait()

    state = SimpleNamespace(draining=asyncio.Event(), doors=Doors(host.shelf), encoded=encoded.Encoded())
    scope = {
        "type": "http",
        "method": "GET",
        "app": SimpleNamespace(state=state),
        "path": f"/clusters/{made.id}/keys/{made.edit_key}{MAPS}",
        "headers": [],
        "query_string": query.encode(),
    }
    return Call(scope, nothing, nothing, host, made.id, Role.EDIT, "api:test", MAPS, paths.parse(MAPS))


def run(tmp_path: Path, work: Callable[[Host], Awaitable[None]], wall: hosting.Wall | None = None) -> None:
    hosting.run(hosting.sqlite(tmp_path), work, wall)


def test_a_reader_that_takes_nothing_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "STUCK_SECONDS", 0.01)

    async def work(host: Host) -> None:
        made, deaf = await hosting.new(host), Kept(is_deaf=True)
        await watch.watch(called(host, made, "watch=1"), deaf)
        assert not deaf.has_ended and not deaf.frames

    run(tmp_path, work)


def test_a_playground_with_a_watcher_stays_awake_and_tells_what_its_timers_do(tmp_path: Path) -> None:
    wall = hosting.Wall()

    async def work(host: Host) -> None:
        made, sink = await hosting.new(host, "live"), Kept()
        watching = asyncio.create_task(watch.watch(called(host, made, "watch=1&resourceVersion=0"), sink))
        await sink.more.wait()
        wall.now += 3 * clocks.ASLEEP_AFTER
        assert (await host.describe(made.id)).clock.now == wall.now
        sink.more.clear()
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
        await host.execute(made.id, commands.Create("test", obj))
        await sink.more.wait()
        assert b'"name":"a"' in sink.frames[-1]
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    run(tmp_path, work, wall)


def test_a_watcher_comes_back_to_a_playground_that_slept_and_misses_nothing(tmp_path: Path) -> None:
    wall = hosting.Wall()

    async def work(host: Host) -> None:
        made = await hosting.new(host, "live")
        obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}}
        await host.execute(made.id, commands.Create("test", obj))
        before = (await host.describe(made.id)).clock.now
        wall.now += 5 * clocks.ASLEEP_AFTER
        sink = Kept()
        query = f"watch=1&resourceVersion={made.revision}"
        watching = asyncio.create_task(watch.watch(called(host, made, query), sink))
        await sink.more.wait()
        assert b'"name":"a"' in sink.frames[0]
        assert (await host.describe(made.id)).clock.now == before + clocks.ASLEEP_AFTER
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    run(tmp_path, work, wall)
