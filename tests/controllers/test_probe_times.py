"""When a probe counts: its periods and thresholds, in seconds of the playground's clock."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

ONE = Key("", "pods", "default", "one")
TCP = {"tcpSocket": {"port": 80}}


def start(cluster: Cluster, **probes: Any) -> None:
    container = {"name": "c", "image": "nginx", "ports": [{"containerPort": 80}], **probes}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {"containers": [container]}}
    cluster.say(commands.Create("you", pod))


def listen(cluster: Cluster, value: str | None) -> None:
    cluster.patch(ONE, {"metadata": {"annotations": {"podlane.dev/listen": value}}})


def is_ready(cluster: Cluster) -> bool:
    return podstatus.is_ready(cluster.get(state.PODS, "one"))


def restarts(cluster: Cluster) -> int:
    return int(objects.status_of(cluster.get(state.PODS, "one"))["containerStatuses"][0]["restartCount"])


@pytest.mark.parametrize(
    ("times", "after"),
    [
        ({}, 30),
        ({"periodSeconds": 5}, 15),
        ({"failureThreshold": 1}, 10),
        ({"periodSeconds": 2, "failureThreshold": 2}, 4),
        ({"periodSeconds": 1, "failureThreshold": 20}, 20),
    ],
    ids=str,
)
def test_a_pod_stops_being_ready_after_so_many_periods(times: dict[str, int], after: int) -> None:
    cluster = Cluster()
    start(cluster, readinessProbe={**TCP, **times})
    listen(cluster, "")
    cluster.advance(after - 1)
    assert is_ready(cluster)
    cluster.advance(2)
    assert not is_ready(cluster)


@pytest.mark.parametrize(
    ("times", "after"),
    [({}, 30), ({"periodSeconds": 3}, 9), ({"periodSeconds": 3, "failureThreshold": 1}, 3)],
    ids=str,
)
def test_a_container_is_restarted_after_so_many_periods(times: dict[str, int], after: int) -> None:
    cluster = Cluster()
    start(cluster, livenessProbe={**TCP, **times})
    listen(cluster, "")
    cluster.advance(after - 1)
    assert restarts(cluster) == 0
    cluster.advance(2)
    assert restarts(cluster) == 1


@pytest.mark.parametrize("times", [{"failureThreshold": 2}, {"periodSeconds": 3, "failureThreshold": 4}], ids=str)
def test_a_startup_probe_has_so_many_periods_to_pass(times: dict[str, int]) -> None:
    cluster = Cluster()
    start(cluster, startupProbe={"tcpSocket": {"port": 81}, **times})
    within = times.get("periodSeconds", 10) * times["failureThreshold"]
    cluster.advance(within - 2)
    assert restarts(cluster) == 0 and not is_ready(cluster)
    cluster.advance(4)
    assert restarts(cluster) == 1


@pytest.mark.parametrize(("successes", "not_yet"), [(1, 0), (2, 4), (4, 14)])
def test_a_pod_becomes_ready_again_after_so_many_successes(successes: int, not_yet: int) -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    start(cluster, readinessProbe={**TCP, "periodSeconds": 5, "successThreshold": successes})
    cluster.advance(60)
    listen(cluster, "")
    cluster.advance(60)
    listen(cluster, None)
    cluster.advance(not_yet)
    assert not is_ready(cluster)
    cluster.advance(3)
    assert is_ready(cluster)


def test_until_a_container_has_started_only_its_startup_probe_is_asked() -> None:
    cluster = Cluster()
    never = {"tcpSocket": {"port": 81}}
    start(cluster, startupProbe={**never, "failureThreshold": 30}, livenessProbe={**never, "failureThreshold": 1})
    cluster.advance(100)
    assert restarts(cluster) == 0
    cluster.advance(210)
    assert restarts(cluster) == 1
    said = [one["message"] for one in cluster.held.list(state.EVENTS, "default") if one["reason"] == "Killing"]
    assert said == ["Container c failed startup probe, will be restarted"]
