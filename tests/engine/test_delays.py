"""Every actor has its own clock: how long each takes in live and manual time, seeded and repeatable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.cluster import clock, journal, state
from app.machinery import objects
from tests.cluster_driver import Cluster
from tests.engine.situations import pod, service, web

MODES = [clock.TimeMode.LIVE, clock.TimeMode.MANUAL]
SEEDS = range(6)
SLACK = 0.1
"""Seconds within which due timers are met together: the reaction time of controllers."""
PODS = "".join(web(name=f"web-{number}") for number in range(8))
BALANCER = service("type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]")


def lived(mode: clock.TimeMode, seed: int, text: str, seconds: float = 10.0) -> Cluster:
    cluster = Cluster(mode=mode, seed=seed)
    cluster.advance(5)
    cluster.apply(text)
    cluster.advance(seconds)
    return cluster


def changes(cluster: Cluster, resource: state.Resource) -> Iterator[tuple[float, str, journal.ObjectChanged]]:
    for entry in cluster.entries:
        body = entry.body
        if isinstance(body, journal.ObjectChanged) and body.key[:2] == resource and body.key.namespace == "default":
            yield entry.at, body.key.name, body


def started(cluster: Cluster) -> dict[str, float]:
    """How long each pod took from its creation to Running."""
    made: dict[str, float] = {}
    took: dict[str, float] = {}
    for at, name, body in changes(cluster, state.PODS):
        made.setdefault(name, at)
        if body.after is not None and objects.status_of(body.after).get("phase") == "Running":
            took.setdefault(name, at - made[name])
    return took


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_pod_starts_within_half_a_second_to_one_and_a_half(mode: clock.TimeMode, seed: int) -> None:
    took = started(lived(mode, seed, PODS))
    assert len(took) == 8
    assert all(0.5 - SLACK <= each <= 1.5 + SLACK for each in took.values())
    assert len({round(each, 2) for each in took.values()}) > 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_scheduler_and_the_slices_follow_within_a_tenth(mode: clock.TimeMode, seed: int) -> None:
    cluster = lived(mode, seed, BALANCER + PODS)
    made: dict[str, float] = {}
    bound: dict[str, float] = {}
    ready: list[float] = []
    for at, name, body in changes(cluster, state.PODS):
        made.setdefault(name, at)
        if body.after is not None and objects.spec_of(body.after).get("nodeName"):
            bound.setdefault(name, at)
        if body.after is not None and objects.condition_is_true(body.after, "Ready"):
            ready.append(at)
    assert len(bound) == 8
    assert all(0 <= bound[name] - made[name] <= SLACK for name in bound)
    updated = [at for at, _, _ in changes(cluster, state.ENDPOINTSLICES)]
    assert all(any(0 <= after - at <= SLACK for after in updated) for at in ready)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
def test_each_proxy_follows_within_its_own_fifty_to_three_hundred_milliseconds(mode: clock.TimeMode, seed: int) -> None:
    cluster = lived(mode, seed, BALANCER + PODS)
    changed = [at for at, _, _ in changes(cluster, state.ENDPOINTSLICES)]
    changed += [at for at, _, _ in changes(cluster, state.SERVICES)]
    lags: set[float] = set()
    nodes: set[str] = set()
    for entry in cluster.entries:
        if isinstance(entry.body, journal.RulesSynced) and entry.at > min(changed):
            behind = [entry.at - at for at in changed if at < entry.at]
            assert min(behind) <= 0.3 + SLACK
            lags.add(round(min(behind), 3))
            nodes.update(entry.body.nodes)
    assert nodes == {"node-1", "node-2"}
    assert len(lags) > 1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_load_balancer_takes_four_seconds(mode: clock.TimeMode, seed: int) -> None:
    cluster = lived(mode, seed, BALANCER)
    every = [found for found in changes(cluster, state.SERVICES) if found[1] == "web"]
    given = next(at for at, _, body in every if body.after is not None and state.load_balancer_ips(body.after))
    assert 4.0 <= given - every[0][0] <= 4.0 + SLACK


@pytest.mark.parametrize("mode", MODES)
def test_the_same_seed_takes_the_same_time_and_another_takes_its_own(mode: clock.TimeMode) -> None:
    assert started(lived(mode, 3, PODS)) == started(lived(mode, 3, PODS))
    assert started(lived(mode, 3, PODS)) != started(lived(mode, 4, PODS))


def test_in_instant_time_nothing_takes_time() -> None:
    assert set(started(lived(clock.TimeMode.INSTANT, 1, PODS, 0.0)).values()) == {0.0}


@pytest.mark.parametrize(
    ("told", "least", "most"),
    [("300ms", 300, 310), ("2s", 2000, 2010), ("nonsense", 0, 10), ("", 0, 10)],
)
def test_a_slow_program_answers_late_and_the_call_does_not_wait(told: str, least: float, most: float) -> None:
    cluster = Cluster()
    cluster.apply(
        pod()
        + web(annotations=f'{{podlane.dev/slow: "{told}"}}')
        + service("selector: {app: web}, ports: [{port: 80}]")
    )
    result = cluster.send({"pod": "default/client"}, "http://web")["results"][0]
    assert least <= result["took_ms"] <= most
