"""A small real host for tests of the pure rooms: it executes commands and keeps the encoded batches in a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from app.cluster import clock, journal, state
from app.engine import commands, execute, genesis, snapshot
from app.machinery.objects import Key, Object

START = 1_790_000_000.0


@dataclass
class Cluster:
    """One cluster under test. `say` runs a command to rest and returns its result."""

    mode: clock.TimeMode = clock.TimeMode.INSTANT
    nodes: int = 2
    load_balancer: str = "simulated"
    seed: int = 7
    now: float = START
    held: state.ClusterState = field(init=False)
    rows: list[bytes] = field(default_factory=list)
    entries: list[journal.Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = {"nodes": self.nodes, "load_balancer": self.load_balancer}
        self.held = state.ClusterState(mode=self.mode, settings=settings)
        self._keep(genesis.found(self.held, self.env()).batch())
        self.go_on()

    def env(self) -> clock.Env:
        return clock.env_for(self.seed, self.held.revision, self.now, self.mode)

    def say(self, command: commands.Command) -> Any:
        outcome = execute.execute(self.held, command, self.env())
        self._keep(outcome.batch)
        while not outcome.settled:
            following = execute.go_on(self.held, self.env())
            self._keep(following.batch)
            outcome = execute.Outcome(None, outcome.result, following.settled, outcome.warnings)
        return outcome.result

    def go_on(self) -> None:
        while not (outcome := execute.go_on(self.held, self.env())).settled:
            self._keep(outcome.batch)
        self._keep(outcome.batch)

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.go_on()

    def apply(self, text: str, actor: str = "you") -> tuple[commands.Applied, ...]:
        documents = tuple(d for d in yaml.safe_load_all(text) if d)
        applied: tuple[commands.Applied, ...] = self.say(commands.Apply(actor, documents))
        return applied

    def patch(self, key: Key, patch: Mapping[str, Any], actor: str = "you") -> Object:
        stored: Object = self.say(commands.Patch(actor, key, patch))
        return stored

    def send(self, origin: Mapping[str, str], to: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.say(commands.Send("you", {"from": origin, "to": to, **more}))
        return answer

    def get(self, resource: state.Resource, name: str, namespace: str = "default") -> Object:
        found = self.held.find(resource, namespace, name)
        assert found is not None, f"no {resource} {namespace}/{name}"
        return found

    def replayed(self) -> state.ClusterState:
        """Fold the kept rows from nothing, as a restart would."""
        again = state.ClusterState(mode=self.mode, settings=self.held.settings)
        snapshot.replay(again, self.rows)
        return again

    def _keep(self, batch: journal.Batch | None) -> None:
        if batch is not None:
            self.rows.append(journal.encode_batch(batch))
            self.entries.extend(batch.entries)


def contents(held: state.ClusterState) -> dict[Key, Object]:
    """Everything a state holds, by key."""
    return {key: obj for one in held.collections.values() for key, obj in one.objects.items()}
