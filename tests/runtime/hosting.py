"""A real host on a real SQLite file, in a loop of its own, with a wall clock that the test moves."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from app.cluster import clock
from app.engine import commands
from app.machinery.objects import Draft, Key
from app.runtime.creation import Created, NewPlayground
from app.runtime.doors import Doors
from app.runtime.host import Host
from app.store import database

T = TypeVar("T")
START = 1_800_000_000.0


@dataclass
class Wall:
    """A clock on the wall that stands until somebody moves it."""

    now: float = START

    def __call__(self) -> float:
        return self.now


def run(url: str, work: Callable[[Host], Awaitable[T]], wall: Wall | None = None, *, real_time: bool = False) -> T:
    """Runs the work with a host on the database, and stops the host as a shutdown does."""

    async def main() -> T:
        db = database.Database(url)
        host = Host(db) if real_time else Host(db, wall=wall or Wall())
        await host.start(Doors(host.shelf))
        try:
            return await work(host)
        finally:
            await host.stop()

    return asyncio.run(main())


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'podlane.db'}"


async def new(host: Host, time: str = "instant", **more: Any) -> Created:
    return await host.create(NewPlayground(time=clock.TimeMode(time), seed=7, **more))


def pod(name: str, **labels: str) -> Draft:
    container = {"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "spec": {"containers": [container]},
    }


def service(name: str, **selector: str) -> Draft:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": selector, "ports": [{"port": 80}]},
    }


def config_map(name: str, value: str = "") -> Draft:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"value": value}}


def create(obj: Draft, actor: str = "ann") -> commands.Create:
    return commands.Create(actor, obj)


def key(resource: str, name: str) -> Key:
    return Key("", resource, "default", name)
