"""Rollouts keep their promises: never fewer than the minimum, never more than the surge, one step at a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest

from app.cluster import clock, journal, state
from app.engine import commands
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

WEB = Key("apps", "deployments", "default", "web")
PROBE = {"httpGet": {"path": "/", "port": 9999}}


def deployment(replicas: int, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "c", "image": "nginx:1"}]},
            },
            **spec,
        },
    }


def with_image(image: str, **container: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image, **container}]}}}}


def running(replicas: int, mode: clock.TimeMode = clock.TimeMode.INSTANT, **spec: Any) -> Cluster:
    cluster = Cluster(mode=mode)
    cluster.say(commands.Create("you", deployment(replicas, **spec)))
    cluster.advance(30)
    return cluster


def sets(cluster: Cluster) -> list[Object]:
    found = list(cluster.held.list(state.REPLICASETS, "default"))
    return sorted(found, key=lambda one: int(objects.annotations_of(one)["deployment.kubernetes.io/revision"]))


def sizes(cluster: Cluster) -> list[int]:
    return [one["spec"]["replicas"] for one in sets(cluster)]


def scalings(cluster: Cluster, first: int = 0) -> list[tuple[str, int, int]]:
    """Say how ReplicaSets were scaled since that entry, as (old or new, before, after), by the Events."""
    names: list[str] = []
    found = []
    for entry in cluster.entries[first:]:
        body = entry.body
        if not isinstance(body, journal.ObjectChanged) or body.after is None or body.after.get("kind") != "Event":
            continue
        told = re.fullmatch(r"Scaled (?:up|down) replica set (\S+) from (\d+) to (\d+)", body.after["message"])
        if told and body.after["involvedObject"]["name"] == "web":
            names += [told[1]] if told[1] not in names else []
            found.append((told[1], int(told[2]), int(told[3])))
    new = next((name for name, before, _ in found if before == 0), "")
    return [("new" if name == new else "old", before, after) for name, before, after in found]


def bounds(cluster: Cluster, first: int) -> Iterable[tuple[int, int]]:
    """Yield (pods wanted by all ReplicaSets, ready pods) after every entry since that one."""
    ready: dict[Key, bool] = {}
    wanted: dict[Key, int] = {}
    for position, entry in enumerate(cluster.entries):
        body = entry.body
        if not isinstance(body, journal.ObjectChanged) or body.key.namespace != "default":
            continue
        if body.key.resource == "pods":
            ready[body.key] = (
                body.after is not None and podstatus.is_ready(body.after) and podstatus.is_active(body.after)
            )
        elif body.key.resource == "replicasets":
            wanted[body.key] = body.after["spec"]["replicas"] if body.after is not None else 0
        if position >= first:
            yield sum(wanted.values()), sum(ready.values())


def test_a_new_deployment_reports_as_the_real_one_does() -> None:
    cluster = running(3)
    found = cluster.get(state.DEPLOYMENTS, "web")
    conditions = {one["type"]: (one["status"], one["reason"], one["message"]) for one in found["status"]["conditions"]}
    (only,) = sets(cluster)
    assert {name: found["status"][name] for name in ("replicas", "readyReplicas", "availableReplicas")} == {
        "replicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
    }
    assert found["status"]["observedGeneration"] == objects.metadata(found)["generation"] == 1
    assert conditions == {
        "Available": ("True", "MinimumReplicasAvailable", "Deployment has minimum availability."),
        "Progressing": (
            "True",
            "NewReplicaSetAvailable",
            f'ReplicaSet "{objects.name_of(only)}" has successfully progressed.',
        ),
    }
    assert objects.annotations_of(found)["deployment.kubernetes.io/revision"] == "1"
    assert scalings(cluster) == [("new", 0, 3)]


def test_without_a_scheduler_nothing_becomes_available() -> None:
    cluster = Cluster(nodes=0)
    cluster.say(commands.Create("you", deployment(10)))
    found = cluster.get(state.DEPLOYMENTS, "web")
    (only,) = sets(cluster)
    conditions = {one["type"]: (one["status"], one["reason"]) for one in found["status"]["conditions"]}
    counts = {name: count for name, count in found["status"].items() if name != "conditions"}
    assert counts == {
        "observedGeneration": 1,
        "replicas": 10,
        "updatedReplicas": 10,
        "unavailableReplicas": 10,
        "terminatingReplicas": 0,
    }
    assert conditions == {
        "Available": ("False", "MinimumReplicasUnavailable"),
        "Progressing": ("True", "ReplicaSetUpdated"),
    }
    assert found["status"]["conditions"][-1]["message"] == f'ReplicaSet "{objects.name_of(only)}" is progressing.'


def test_pods_are_named_after_their_replica_set_and_carry_its_hash() -> None:
    cluster = running(2)
    (only,) = sets(cluster)
    hashed = objects.labels_of(only)["pod-template-hash"]
    assert objects.name_of(only) == f"web-{hashed}"
    assert re.fullmatch(r"[bcdfghjklmnpqrstvwxz2456789]{1,10}", hashed)
    for pod in cluster.held.list(state.PODS, "default"):
        assert re.fullmatch(rf"web-{hashed}-[bcdfghjklmnpqrstvwxz2456789]{{5}}", objects.name_of(pod))
        assert objects.labels_of(pod)["pod-template-hash"] == hashed
        assert objects.controller_of(pod) == objects.controller_reference(only)


TRACES = {
    1: [("new", 0, 1), ("old", 1, 0)],
    4: [
        ("new", 0, 1),
        ("old", 4, 3),
        ("new", 1, 2),
        ("old", 3, 2),
        ("new", 2, 3),
        ("old", 2, 1),
        ("new", 3, 4),
        ("old", 1, 0),
    ],
}


@pytest.mark.parametrize("replicas", TRACES)
def test_a_rollout_takes_the_measured_steps(replicas: int) -> None:
    cluster = running(replicas)
    first = len(cluster.entries)
    cluster.patch(WEB, with_image("nginx:2"))
    assert scalings(cluster, first) == TRACES[replicas]


def test_a_rollout_of_ten_begins_as_measured_and_ends_whole() -> None:
    cluster = running(10)
    first = len(cluster.entries)
    cluster.patch(WEB, with_image("nginx:2"))
    steps = scalings(cluster, first)
    assert steps[:4] == [("new", 0, 3), ("old", 10, 8), ("new", 3, 5), ("old", 8, 7)]
    assert sizes(cluster) == [0, 10]


@pytest.mark.parametrize("mode", [clock.TimeMode.INSTANT, clock.TimeMode.MANUAL])
@pytest.mark.parametrize(
    ("replicas", "rolling", "surge", "unavailable"),
    [
        (1, {}, 1, 0),
        (4, {}, 1, 1),
        (10, {}, 3, 2),
        (3, {"maxSurge": 0, "maxUnavailable": 0}, 0, 1),
        (5, {"maxSurge": "100%", "maxUnavailable": 0}, 5, 0),
        (5, {"maxSurge": 0, "maxUnavailable": "40%"}, 0, 2),
    ],
)
def test_a_rollout_stays_within_its_fenceposts(
    replicas: int, rolling: dict[str, Any], surge: int, unavailable: int, mode: clock.TimeMode
) -> None:
    if rolling == {"maxSurge": 0, "maxUnavailable": 0}:
        rolling = {"maxSurge": 0, "maxUnavailable": "10%"}
    cluster = running(replicas, mode, strategy={"type": "RollingUpdate", "rollingUpdate": rolling})
    first = len(cluster.entries)
    cluster.patch(WEB, with_image("nginx:2"))
    for _ in range(40):
        cluster.advance(1)
    assert sizes(cluster) == [0, replicas]
    for wanted, ready in bounds(cluster, first):
        assert wanted <= replicas + surge
        assert ready >= replicas - unavailable


def test_a_rollout_whose_pods_never_get_ready_stops_and_keeps_serving() -> None:
    cluster = running(10)
    cluster.patch(WEB, with_image("nginx:2", readinessProbe=PROBE))
    assert sizes(cluster) == [8, 5]
    pods = list(cluster.held.list(state.PODS, "default"))
    assert (len(pods), sum(podstatus.is_ready(pod) for pod in pods)) == (13, 8)
    cluster.advance(700)
    assert sizes(cluster) == [8, 5]
    conditions = {one["type"]: one for one in cluster.get(state.DEPLOYMENTS, "web")["status"]["conditions"]}
    stuck = objects.name_of(sets(cluster)[-1])
    assert conditions["Progressing"]["status"] == "False"
    assert conditions["Progressing"]["reason"] == "ProgressDeadlineExceeded"
    assert conditions["Progressing"]["message"] == f'ReplicaSet "{stuck}" has timed out progressing.'


def test_going_back_to_an_old_template_uses_its_replica_set_again() -> None:
    cluster = running(2)
    before = objects.name_of(sets(cluster)[0])
    cluster.patch(WEB, with_image("nginx:2"))
    cluster.patch(WEB, with_image("nginx:1"))
    assert [objects.name_of(one) for one in sets(cluster)][-1] == before
    assert len(sets(cluster)) == 2
    assert objects.annotations_of(cluster.get(state.DEPLOYMENTS, "web"))["deployment.kubernetes.io/revision"] == "3"


def test_recreate_stops_all_old_pods_before_the_first_new_one() -> None:
    cluster = running(3, strategy={"type": "Recreate"})
    first = len(cluster.entries)
    cluster.patch(WEB, with_image("nginx:2"))
    assert sizes(cluster) == [0, 3]
    assert scalings(cluster, first) == [("old", 3, 0), ("new", 0, 3)]
    present: set[Key] = set(cluster.held.keys(state.PODS, "default"))
    old_gone = max(n for n, e in enumerate(cluster.entries) if _is_pod(e, journal.ChangeType.DELETED))
    new_made = min(n for n, e in enumerate(cluster.entries) if _is_pod(e, journal.ChangeType.ADDED, present))
    assert old_gone < new_made


def _is_pod(entry: journal.Entry, kind: journal.ChangeType, among: set[Key] | None = None) -> bool:
    body = entry.body
    return (
        isinstance(body, journal.ObjectChanged)
        and body.key[:3] == ("", "pods", "default")
        and body.type is kind
        and (among is None or body.key in among)
    )


def test_scaling_changes_no_template_and_no_pod_that_stays() -> None:
    cluster = running(3)
    before = set(cluster.held.keys(state.PODS, "default"))
    cluster.patch(WEB, {"spec": {"replicas": 5}})
    assert before < set(cluster.held.keys(state.PODS, "default"))
    assert sizes(cluster) == [5]
    cluster.patch(WEB, {"spec": {"replicas": 0}})
    assert sizes(cluster) == [0]
    assert not list(cluster.held.keys(state.PODS, "default"))


def test_scaling_in_the_middle_of_a_rollout_is_proportional() -> None:
    cluster = running(10)
    cluster.patch(WEB, with_image("nginx:2", readinessProbe=PROBE))
    assert sizes(cluster) == [8, 5]
    cluster.patch(WEB, {"spec": {"replicas": 20}})
    assert sum(sizes(cluster)) == 25
    old, new = sizes(cluster)
    assert (old, new) == (15, 10)


def test_a_paused_deployment_scales_and_does_not_roll() -> None:
    cluster = running(2)
    cluster.patch(WEB, {"spec": {"paused": True}})
    cluster.patch(WEB, with_image("nginx:2"))
    assert sizes(cluster) == [2]
    cluster.patch(WEB, {"spec": {"replicas": 3}})
    assert sizes(cluster) == [3]
    cluster.patch(WEB, {"spec": {"paused": False}})
    assert sizes(cluster) == [0, 3]


def test_replica_sets_beyond_the_history_limit_go() -> None:
    cluster = running(1, revisionHistoryLimit=2)
    for number in range(2, 6):
        cluster.patch(WEB, with_image(f"nginx:{number}"))
    assert sizes(cluster) == [0, 0, 1]


def test_min_ready_seconds_hold_the_rollout_back() -> None:
    cluster = running(2, clock.TimeMode.MANUAL, minReadySeconds=20)
    cluster.advance(30)
    cluster.patch(WEB, with_image("nginx:2"))
    cluster.advance(5)
    assert sizes(cluster) == [2, 1]
    assert cluster.get(state.DEPLOYMENTS, "web")["status"]["availableReplicas"] == 2
    for _ in range(60):
        cluster.advance(1)
    assert sizes(cluster) == [0, 2]


def test_deleting_a_deployment_takes_replica_sets_and_pods_along() -> None:
    cluster = running(2)
    cluster.say(commands.Delete("you", WEB))
    assert not list(cluster.held.list(state.REPLICASETS, "default"))
    assert not list(cluster.held.list(state.PODS, "default"))
