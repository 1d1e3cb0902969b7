"""A ReplicaSet keeps its number of matching pods: it adopts, releases, replaces, and chooses whom to let go."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.kinds import replicas
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import START, Cluster

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
FLAVOURS = {
    "ReplicaSet": ("apps/v1", state.REPLICASETS, {"matchLabels": {"app": "web"}}),
    "ReplicationController": ("v1", state.REPLICATION_CONTROLLERS, {"app": "web"}),
}


def owner(kind: str, count: int = 2) -> dict[str, Any]:
    version, _, selector = FLAVOURS[kind]
    spec = {"replicas": count, "selector": selector, "template": TEMPLATE}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, "spec": spec}


def pods(cluster: Cluster) -> list[Object]:
    return list(cluster.held.list(state.PODS, "default"))


def pod_key(pod: Object) -> Key:
    return Key("", "pods", "default", objects.name_of(pod))


def bare(name: str, **labels: str) -> dict[str, Any]:
    meta = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": TEMPLATE["spec"]}


@pytest.mark.parametrize("kind", FLAVOURS)
def test_pods_are_made_and_counted(kind: str) -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", owner(kind)))
    found = cluster.get(FLAVOURS[kind][1], "web")
    assert len(pods(cluster)) == 2
    for name in ("replicas", "readyReplicas", "availableReplicas", "fullyLabeledReplicas"):
        assert found["status"][name] == 2
    assert found["status"]["observedGeneration"] == 1


@pytest.mark.parametrize("kind", FLAVOURS)
def test_a_deleted_pod_has_a_successor_with_another_name_and_address(kind: str) -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", owner(kind)))
    before = pods(cluster)
    cluster.say(commands.Delete("you", pod_key(before[0])))
    after = pods(cluster)
    assert len(after) == 2
    (fresh,) = [pod for pod in after if pod_key(pod) not in map(pod_key, before)]
    assert fresh["status"]["podIP"] not in {pod["status"]["podIP"] for pod in before}


@pytest.mark.parametrize("kind", FLAVOURS)
def test_a_pod_labelled_out_is_released_and_replaced_and_labelled_in_adopted(kind: str) -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", owner(kind)))
    stray = pods(cluster)[0]
    cluster.patch(pod_key(stray), {"metadata": {"labels": {"app": "quarantine"}}})
    assert len(pods(cluster)) == 3
    assert objects.controller_of(cluster.get(state.PODS, objects.name_of(stray))) is None
    cluster.patch(pod_key(stray), {"metadata": {"labels": {"app": "web"}}})
    assert len(pods(cluster)) == 2


@pytest.mark.parametrize("kind", FLAVOURS)
def test_matching_orphans_are_adopted_before_pods_are_made(kind: str) -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", bare("mine", app="web", extra="label")))
    cluster.say(commands.Create("you", bare("other", app="db")))
    cluster.say(commands.Create("you", owner(kind)))
    owned = [pod for pod in pods(cluster) if objects.controller_of(pod)]
    assert len(owned) == 2 and "mine" in map(objects.name_of, owned)


def test_a_failed_pod_is_replaced() -> None:
    cluster = Cluster(nodes=0)
    cluster.say(commands.Create("you", owner("ReplicaSet", 1)))
    (first,) = pods(cluster)
    cluster.say(commands.Patch("you", pod_key(first), {"status": {"phase": "Failed"}}, subresource="status"))
    assert len(pods(cluster)) == 2


def test_events_name_each_pod() -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", owner("ReplicaSet", 1)))
    (only,) = pods(cluster)
    cluster.patch(Key("apps", "replicasets", "default", "web"), {"spec": {"replicas": 0}})
    said = {(one["reason"], one["message"]) for one in cluster.held.list(state.EVENTS, "default")}
    name = objects.name_of(only)
    assert {("SuccessfulCreate", f"Created pod: {name}"), ("SuccessfulDelete", f"Deleted pod: {name}")} <= said


def victim(name: str, **about: Any) -> Object:
    status: dict[str, Any] = {"phase": about.get("phase", "Running")}
    since = clock.timestamp(START - about.get("ready_for", 1000))
    status["conditions"] = [
        {"type": "Ready", "status": "True" if about.get("ready", True) else "False", "lastTransitionTime": since}
    ]
    status["containerStatuses"] = [{"restartCount": about.get("restarts", 0)}]
    created = clock.timestamp(START - about.get("age", 5000))
    meta = {"name": name, "uid": name, "creationTimestamp": created, "annotations": about.get("annotations", {})}
    return {"metadata": meta, "spec": {"nodeName": about.get("node", f"node-of-{name}")}, "status": status}


@pytest.mark.parametrize(
    ("goes", "stays"),
    [
        ({"node": ""}, {}),
        ({"phase": "Pending"}, {"phase": "Unknown"}),
        ({"phase": "Unknown"}, {"phase": "Running"}),
        ({"ready": False}, {}),
        ({"annotations": {replicas.DELETION_COST: "-1"}}, {}),
        ({"ready_for": 3}, {"ready_for": 900}),
        ({"restarts": 3}, {"restarts": 1}),
        ({"age": 2000}, {"age": 9000}),
    ],
    ids=str,
)
def test_victims_are_chosen_in_the_real_order(goes: dict[str, Any], stays: dict[str, Any]) -> None:
    rng = clock.env_for(1, 1, START, clock.TimeMode.INSTANT)
    found = [victim("a", **stays), victim("b", **goes)]
    assert [objects.name_of(pod) for pod in replicas.victims(found, 1, rng)] == ["b"]


def test_the_more_crowded_node_gives_one_up() -> None:
    env = clock.env_for(1, 1, START, clock.TimeMode.INSTANT)
    found = [victim("a", node="one"), victim("b", node="two"), victim("c", node="two")]
    assert objects.name_of(replicas.victims(found, 1, env)[0]) in ("b", "c")
