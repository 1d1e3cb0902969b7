"""Clusters to begin with: each a title, one sentence, its manifests and the request worth sending first."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.machinery import errors, manifests, objects

FOLDER = Path(__file__).parent / "scenarios"
FIRST = "first-steps"

FROM_CLIENT: Mapping[str, Any] = {"pod": "default/client"}
FROM_OUTSIDE: Mapping[str, Any] = {"external": "198.51.100.7"}


@dataclass(frozen=True, slots=True)
class Scenario:
    """One cluster to begin with. `request` is the body of a request that shows its point, if there is one."""

    slug: str
    title: str
    summary: str
    request: Mapping[str, Any] | None = None

    @property
    def text(self) -> str:
        """The manifests as YAML text."""
        return _text(self.slug)

    @property
    def manifests(self) -> tuple[objects.Draft, ...]:
        """The manifests as fresh drafts, in the order of the file."""
        return tuple(objects.draft_of(document.obj) for document in _parsed(self.slug).documents)


SCENARIOS = (
    Scenario(
        FIRST,
        "First steps",
        "Three pods behind one Service, and a client that asks.",
        {"from": FROM_CLIENT, "to": "http://web"},
    ),
    Scenario(
        "selector-typo",
        "A selector that matches nothing",
        "The Service asks for app=cart, the pods say app=basket. Who gets the traffic?",
        {"from": FROM_CLIENT, "to": "http://cart"},
    ),
    Scenario(
        "wrong-targetport",
        "The wrong targetPort",
        "Endpoints are ready, and yet every request is refused. By whom?",
        {"from": FROM_CLIENT, "to": "http://web"},
    ),
    Scenario(
        "two-deployments-one-service",
        "Two Deployments, one Service",
        "A Service does not know Deployments: it knows labels.",
        {"from": FROM_CLIENT, "to": "http://web", "count": 100},
    ),
    Scenario(
        "nodeport",
        "In through a node",
        "One port, open on every node, even on a node without a pod.",
        {"from": FROM_OUTSIDE, "to": "http://10.0.0.11:30080"},
    ),
    Scenario(
        "loadbalancer",
        "In through a load balancer",
        "The external IP is pending first, then the cloud hands one out.",
    ),
    Scenario("empty", "An empty cluster", "Two nodes and nothing on them: build it yourself."),
)

_BY_SLUG = {scenario.slug: scenario for scenario in SCENARIOS}


def all() -> tuple[Scenario, ...]:
    """Return every scenario, in the order in which they are offered."""
    return SCENARIOS


def get(slug: str) -> Scenario:
    """Return the scenario of that slug; NotFound names the ones there are."""
    found = _BY_SLUG.get(slug)
    if found is None:
        raise errors.NotFound(f"There is no scenario {slug!r}.", plain=f"Choose one of: {', '.join(_BY_SLUG)}.")
    return found


@functools.cache
def _text(slug: str) -> str:
    return (FOLDER / f"{slug}.yaml").read_text(encoding="utf-8")


@functools.cache
def _parsed(slug: str) -> manifests.Parsed:
    return manifests.parse(_text(slug), slug)
