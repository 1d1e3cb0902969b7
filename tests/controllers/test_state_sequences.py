"""From one named state to the next: each has its endpoints whatever was there before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.machinery import objects
from app.machinery.objects import Key
from tests import expanders
from tests.cluster_driver import Cluster
from tests.controllers import test_states as states
from tests.engine.situations import settings

ROWS = states.ROWS
LENGTH = 3
NOTHING: Mapping[str, Any] = {"services": [], "pods": [], "slices": [], "endpoints": {}}
SEQUENCES = [[ROWS[(start + offset * 5) % len(ROWS)] for offset in range(LENGTH)] for start in range(len(ROWS))]


def cases() -> Iterator[Any]:
    for sequence in SEQUENCES:
        for expanded in expanders.expand(sequence):
            yield pytest.param(expanded, id=f"{sequence[0]['name']} {expanded.name}".replace(" ", "-"))


class Traveller:
    """Moves a cluster from state to state, touching only what differs."""

    def __init__(self, expanded: expanders.Expanded[Mapping[str, Any]]) -> None:
        self.expanded = expanded
        mode = clock.TimeMode.MANUAL if expanded.squashed else clock.TimeMode.INSTANT
        self.cluster = states.bare_cluster(mode)
        self.present: dict[str, Mapping[str, Any]] = {}
        if expanded.squashed:
            self.cluster.apply(settings("controllerDelay: 5s"))

    def go(self, row: Mapping[str, Any]) -> None:
        """Leave what is not in the state, then make or change what is."""
        wanted = {f"s/{one['name']}": one for one in row["services"]} | {f"p/{one['name']}": one for one in row["pods"]}
        for name in [name for name, one in self.present.items() if wanted.get(name) != one]:
            self._leave(name)
        names = [name for name, one in wanted.items() if self.present.get(name) != one]
        for name in reversed(names) if self.expanded.backwards else names:
            self._make(name, wanted[name])
        self.present = wanted

    def _leave(self, name: str) -> None:
        resource = "services" if name.startswith("s/") else "pods"
        self.cluster.say(commands.Delete("you", Key("", resource, "default", name[2:]), grace_seconds=0))

    def _make(self, name: str, row: Mapping[str, Any]) -> None:
        chain = states.service_chain(row) if name.startswith("s/") else states.pod_chain(row)
        for step in chain:
            step(self.cluster)
        if self.expanded.twice:
            self._again(name, row)

    def _again(self, name: str, row: Mapping[str, Any]) -> None:
        resource = state.SERVICES if name.startswith("s/") else state.PODS
        stored = self.cluster.get(resource, name[2:])
        meta = {key: value for key, value in objects.metadata(stored).items() if key != "resourceVersion"}
        self.cluster.say(commands.Replace("you", Key(*resource, "default", name[2:]), {**stored, "metadata": meta}))
        if resource == state.PODS and not row.get("terminating"):
            states.set_status(self.cluster, row)

    def rest(self) -> Cluster:
        """Let everybody act on what has happened."""
        for _ in range(3 if self.expanded.squashed else 0):
            self.cluster.advance(6)
        return self.cluster


@pytest.mark.parametrize("expanded", list(cases()))
def test_a_state_has_its_endpoints_whatever_was_before(expanded: expanders.Expanded[Mapping[str, Any]]) -> None:
    traveller = Traveller(expanded)
    for number, row in enumerate(expanded.states):
        wanted = row or NOTHING
        traveller.go(wanted)
        if expanded.squashed and number < len(expanded.states) - 1:
            continue
        held = traveller.rest().held
        assert states.slices_shown(held) == states.slices_wanted(wanted)
        assert states.subsets_shown(held) == states.subsets_wanted(wanted)


def test_every_expansion_is_there() -> None:
    names = [one.name for one in expanders.expand([1, 2])]
    assert names == [
        "as given",
        "inputs reversed",
        "states reversed",
        "empties between",
        "alone 0",
        "alone 1",
        "squashed",
        "sent twice",
    ]
