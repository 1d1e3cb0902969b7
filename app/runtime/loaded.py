"""One playground in memory, and what can be said of it without touching its cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, state
from app.machinery import objects
from app.runtime import clocks, hub
from app.store import playgrounds

COUNTED = {
    "namespaces": state.NAMESPACES,
    "nodes": state.NODES,
    "deployments": state.DEPLOYMENTS,
    "pods": state.PODS,
    "services": state.SERVICES,
    "endpointslices": state.ENDPOINTSLICES,
}


class Loaded:
    """A cached playground. Its state is touched only under its lock; `is_stale` says that the cache dropped it."""

    __slots__ = (
        "id", "is_resting", "is_stale", "lock", "mode", "readers", "ring",
        "row", "saved_use", "snapshot_at", "state", "used_at",
    )  # fmt: skip

    def __init__(self, row: playgrounds.Row, held: state.ClusterState, snapshot_at: int, wall: float) -> None:
        self.id = row.id
        self.row = row
        self.mode = clock.TimeMode(row.mode)
        self.state = held
        self.ring = hub.Ring(held.revision)
        self.lock = asyncio.Lock()
        self.snapshot_at = snapshot_at
        self.used_at = row.used_at
        self.saved_use = row.used_at
        self.readers = 0
        self.is_stale = False
        self.is_resting = True
        self.use(wall)

    @property
    def awake_until(self) -> float:
        """When this playground falls asleep unless somebody calls; readers keep it awake."""
        return float("inf") if self.readers else self.used_at + clocks.ASLEEP_AFTER

    def now(self, wall: float) -> float:
        """Return the simulated now, never before what has happened already."""
        return max(self.state.now, clocks.now(self.row.clock, self.mode, wall, self.awake_until))

    def use(self, wall: float) -> bool:
        """Note a call or reader; True when that woke a playground which slept: its clock goes on where it stood."""
        slept = self.mode is clock.TimeMode.LIVE and not self.row.clock.paused and wall > self.awake_until
        if slept:
            standing = playgrounds.ClockRow(self.now(wall), wall, self.row.clock.speed, False)
            self.row = playgrounds.moved(self.row, standing)
        self.used_at = wall
        return slept

    def env(self, at: float) -> clock.Env:
        """Return the outside of the next command at the simulated time."""
        return clock.env_for(self.row.seed, self.state.revision, at, self.mode)


@dataclass(frozen=True, slots=True)
class ClockShown:
    """A playground's clock as people see it."""

    now: float
    speed: float
    paused: bool


@dataclass(frozen=True, slots=True)
class Playground:
    """What can be said of a playground in a few lines."""

    id: str
    title: str
    revision: int
    time: clock.TimeMode
    clock: ClockShown
    created_at: float
    counts: Mapping[str, int]
    nodes: tuple[tuple[str, str], ...]
    """(name, internal address) of each node."""
    settings: Mapping[str, Any]
    base: int = 0
    """The revision its history begins after: where it was forked."""


def describe(loaded: Loaded, wall: float) -> Playground:
    """Describe a playground as it is now."""
    held = loaded.state
    return Playground(
        id=loaded.id,
        title=loaded.row.title,
        revision=held.revision,
        time=loaded.mode,
        clock=ClockShown(loaded.now(wall), loaded.row.clock.speed, loaded.row.clock.paused),
        created_at=loaded.row.created_at,
        counts={name: held.count(resource) for name, resource in COUNTED.items()},
        nodes=tuple((objects.name_of(node), internal_ip(node)) for node in held.list(state.NODES)),
        settings=dict(held.settings),
        base=loaded.row.base,
    )


def internal_ip(node: objects.Object) -> str:
    """Return the node's internal address, empty when it has none."""
    addresses = objects.status_of(node).get("addresses") or ()
    return next((str(a["address"]) for a in addresses if a.get("type") == "InternalIP"), "")
