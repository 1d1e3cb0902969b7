"""A new playground: its cluster is founded and filled in memory first, and stored whole or not at all."""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, journal, state
from app.engine import commands, execute, genesis
from app.kinds import tokens
from app.machinery import errors
from app.machinery.objects import Draft
from app.runtime.hub import Entries
from app.store import journal as stored
from app.store import keys, playgrounds

ACTOR = "scenario"
"""Who applied what a playground began with; nobody's undo reaches it."""
ID_LETTERS = string.ascii_lowercase + string.digits
ID_LENGTH = 18
TITLE_LENGTH = 200
MOST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class NewPlayground:
    """What a playground is asked to be; what is None is chosen."""

    title: str = ""
    seed: int | None = None
    time: clock.TimeMode = clock.TimeMode.LIVE
    nodes: int | None = None
    load_balancer: str = "simulated"
    manifests: tuple[Draft, ...] = ()


@dataclass(frozen=True, slots=True)
class Created:
    """A stored playground, and the only time its keys are seen."""

    id: str
    revision: int
    edit_key: str
    view_key: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A playground ready to be stored."""

    row: playgrounds.Row
    state: state.ClusterState
    commits: tuple[Entries, ...]
    batches: tuple[stored.Stored, ...]
    created: Created

    @property
    def keys(self) -> tuple[keys.NewKey, ...]:
        """The keys as the store knows them."""
        return new_keys(self.created)


def new_keys(created: Created) -> tuple[keys.NewKey, ...]:
    """Return a new playground's keys as the store knows them."""
    return (
        keys.NewKey(keys.digest(created.edit_key), keys.Role.EDIT),
        keys.NewKey(keys.digest(created.view_key), keys.Role.VIEW),
    )


def new_id() -> str:
    """Make a playground's id: 93 random bits in lower-case letters and digits."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH))


def is_id(text: str) -> bool:
    """Say whether this could be a playground's id."""
    return len(text) == ID_LENGTH and set(text) <= set(ID_LETTERS)


async def make(wanted: NewPlayground, wall: float) -> Made:
    """Found the cluster and apply the manifests; refused, nothing has happened."""
    nodes = _nodes(wanted)
    seed = wanted.seed if wanted.seed is not None else secrets.randbelow(2**53)
    check(wanted, nodes, seed)
    settings = {
        "nodes": nodes,
        "load_balancer": wanted.load_balancer if nodes else "none",
        tokens.SETTING: keys.new_token(),
    }
    held = state.ClusterState(mode=wanted.time, settings=settings, now=wall)
    batches: list[journal.Batch] = []

    def env() -> clock.Env:
        return clock.env_for(seed, held.revision, wall, wanted.time)

    _keep(batches, genesis.found(held, env()).batch())
    warnings: tuple[str, ...] = ()
    if wanted.manifests:
        outcome = execute.execute(held, commands.Apply(ACTOR, wanted.manifests), env())
        warnings = outcome.warnings
        _keep(batches, outcome.batch)
        await _rest(held, outcome.settled, env, batches)
    clock_row = playgrounds.ClockRow(wall, wall)
    title = wanted.title.strip() or "Untitled playground"
    row = playgrounds.Row(new_id(), title, held.revision, seed, wanted.time.value, settings, wall, wall, clock_row)
    created = Created(row.id, held.revision, keys.new_token(), keys.new_token(), warnings)
    return Made(row, held, tuple(b.entries for b in batches), tuple(packed(b) for b in batches), created)


def packed(batch: journal.Batch) -> stored.Stored:
    """Write a batch as it goes to disk."""
    return stored.Stored(batch.first, batch.last, journal.encode_batch(batch))


async def _rest(
    held: state.ClusterState, settled: bool, env: Callable[[], clock.Env], batches: list[journal.Batch]
) -> None:
    while not settled:
        await asyncio.sleep(0)
        outcome = execute.go_on(held, env())
        _keep(batches, outcome.batch)
        settled = outcome.settled


def _keep(batches: list[journal.Batch], batch: journal.Batch | None) -> None:
    if batch is not None:
        batches.append(batch)


def check(wanted: NewPlayground, nodes: int, seed: int) -> None:
    """Refuse what no playground can be."""
    if len(wanted.title) > TITLE_LENGTH:
        raise errors.BadRequest(f"The title has {len(wanted.title)} characters; it may have {TITLE_LENGTH}.")
    if not 0 <= nodes <= genesis.MOST_NODES:
        raise errors.BadRequest(f"A playground has 0 to {genesis.MOST_NODES} nodes, not {nodes}.")
    if not -MOST_SEED <= seed <= MOST_SEED:
        raise errors.BadRequest("The seed must be a whole number of at most 63 bits.")


def _nodes(wanted: NewPlayground) -> int:
    if wanted.nodes is not None:
        return wanted.nodes
    return genesis.node_count(sum(pods_of(manifest) for manifest in wanted.manifests))


def pods_of(manifest: Mapping[str, Any]) -> int:
    """Return how many pods a manifest asks for."""
    kind = manifest.get("kind")
    if kind == "Pod":
        return 1
    if kind not in ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"):
        return 0
    spec = manifest.get("spec")
    replicas = spec.get("replicas", 1) if isinstance(spec, Mapping) else 1
    return replicas if isinstance(replicas, int) and replicas > 0 else 0
