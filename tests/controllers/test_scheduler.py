"""Pods are bound to nodes that take them, spread out; the others wait, and the scheduler's words say why."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app.cluster import state
from app.engine import commands
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

NODE_1, NODE_2 = Key("", "nodes", "", "node-1"), Key("", "nodes", "", "node-2")
TAINT = {"key": "team", "value": "db", "effect": "NoSchedule"}
HELPLESS = (
    "no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
)


def pod(name: str = "one", **spec: Any) -> dict[str, Any]:
    containers = [{"name": "c", "image": "nginx", "ports": spec.pop("ports", [])}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}}


def made(cluster: Cluster, name: str = "one", **spec: Any) -> Object:
    cluster.say(commands.Create("you", pod(name, **spec)))
    return cluster.get(state.PODS, name)


def refusal(found: Object) -> str:
    assert not found["spec"].get("nodeName")
    condition = objects.condition(found, "PodScheduled")
    assert condition is not None
    assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
    return str(condition["message"])


def test_a_bound_pod_carries_its_nodes_zone() -> None:
    cluster = Cluster()
    found = made(cluster)
    node = cluster.get(state.NODES, found["spec"]["nodeName"], "")
    zone = "topology.kubernetes.io/zone"
    assert objects.labels_of(found)[zone] == objects.labels_of(node)[zone]
    said = [one["message"] for one in cluster.held.list(state.EVENTS, "default") if one["reason"] == "Scheduled"]
    assert said == [f"Successfully assigned default/one to {objects.name_of(node)}"]


def test_pods_of_one_owner_are_spread() -> None:
    cluster = Cluster(nodes=3)
    cluster.apply(
        """
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web}
spec:
  replicas: 6
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
"""
    )
    where = Counter(found["spec"]["nodeName"] for found in cluster.held.list(state.PODS, "default"))
    assert max(where.values()) - min(where.values()) <= 1


@pytest.mark.parametrize(
    ("spec", "nodes", "reasons"),
    [
        ({"nodeSelector": {"disk": "ssd"}}, {}, "2 node(s) didn't match Pod's node affinity/selector"),
        ({}, {"unschedulable": True}, "2 node(s) were unschedulable"),
        ({}, {"taints": [TAINT]}, "2 node(s) had untolerated taint(s)"),
        ({"tolerations": [{"key": "team", "value": "web"}]}, {"taints": [TAINT]}, "2 node(s) had untolerated taint(s)"),
    ],
)
def test_a_pod_no_node_takes_waits_with_the_schedulers_words(
    spec: dict[str, Any], nodes: dict[str, Any], reasons: str
) -> None:
    cluster = Cluster()
    for key in (NODE_1, NODE_2):
        cluster.patch(key, {"spec": nodes})
    message = f"0/2 nodes are available: {reasons}. {HELPLESS}"
    assert refusal(made(cluster, **spec)) == message
    warned = [one for one in cluster.held.list(state.EVENTS, "default") if one["reason"] == "FailedScheduling"]
    assert [(one["type"], one["message"]) for one in warned] == [("Warning", message)]


@pytest.mark.parametrize(
    "toleration",
    [
        {"key": "team", "value": "db"},
        {"key": "team", "operator": "Exists"},
        {"operator": "Exists"},
        {"key": "team", "operator": "Equal", "value": "db", "effect": "NoSchedule"},
    ],
)
def test_a_tolerated_taint_does_not_matter(toleration: dict[str, Any]) -> None:
    cluster = Cluster()
    for key in (NODE_1, NODE_2):
        cluster.patch(key, {"spec": {"taints": [TAINT]}})
    assert made(cluster, tolerations=[toleration])["spec"]["nodeName"]


def test_reasons_are_counted_by_node() -> None:
    cluster = Cluster()
    cluster.patch(NODE_1, {"spec": {"unschedulable": True}})
    cluster.patch(NODE_2, {"metadata": {"labels": {"disk": "hdd"}}})
    told = refusal(made(cluster, nodeSelector={"disk": "ssd"}))
    reasons = "1 node(s) didn't match Pod's node affinity/selector, 1 node(s) were unschedulable"
    assert told == f"0/2 nodes are available: {reasons}. {HELPLESS}"


def test_without_nodes_there_is_nothing_to_choose_from() -> None:
    cluster = Cluster()
    for key in (NODE_1, NODE_2):
        cluster.say(commands.Delete("you", key))
    assert refusal(made(cluster)) == "no nodes available to schedule pods"


@pytest.mark.parametrize(
    ("operator", "values", "bound"),
    [
        ("In", ["zone-a"], "node-1"),
        ("NotIn", ["zone-a"], "node-2"),
        ("In", ["zone-x"], None),
        ("Exists", None, "any"),
        ("DoesNotExist", None, None),
    ],
)
def test_required_node_affinity_holds(operator: str, values: list[str] | None, bound: str | None) -> None:
    cluster = Cluster()
    expression: dict[str, Any] = {"key": "topology.kubernetes.io/zone", "operator": operator}
    if values:
        expression["values"] = values
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    node = made(cluster, affinity=affinity)["spec"].get("nodeName")
    assert node == bound or (bound == "any" and node)


def test_a_host_port_is_there_once_per_node() -> None:
    cluster = Cluster()
    ports = [{"containerPort": 80, "hostPort": 8080}]
    where = {made(cluster, name, ports=ports)["spec"]["nodeName"] for name in ("a", "b")}
    assert where == {"node-1", "node-2"}
    told = refusal(made(cluster, "c", ports=ports))
    assert told.startswith("0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. ")
    cluster.say(commands.Delete("you", Key("", "pods", "default", "a")))
    assert cluster.get(state.PODS, "c")["spec"]["nodeName"]


def test_a_full_node_takes_no_more_until_a_node_is_added() -> None:
    cluster = Cluster()
    for key in (NODE_1, NODE_2):
        cluster.say(commands.Patch("you", key, {"status": {"allocatable": {"pods": "2"}}}, subresource="status"))
    assert made(cluster, "a")["spec"]["nodeName"] and made(cluster, "b")["spec"]["nodeName"]
    told = refusal(made(cluster, "c"))
    assert told == (
        "0/2 nodes are available: 2 Too many pods. no new claims to deallocate, preemption: "
        "0/2 nodes are available: 2 No preemption victims found for incoming pod."
    )
    cluster.say(commands.Patch("you", NODE_1, {"status": {"allocatable": {"pods": "3"}}}, subresource="status"))
    assert cluster.get(state.PODS, "c")["spec"]["nodeName"] == "node-1"


def test_an_uncordoned_node_takes_what_waits() -> None:
    cluster = Cluster()
    for key in (NODE_1, NODE_2):
        cluster.patch(key, {"spec": {"unschedulable": True}})
    refusal(made(cluster))
    cluster.patch(NODE_2, {"spec": {"unschedulable": None}})
    assert cluster.get(state.PODS, "one")["spec"]["nodeName"] == "node-2"
    assert objects.condition_is_true(cluster.get(state.PODS, "one"), "PodScheduled")


@pytest.mark.parametrize("spec", [{"schedulerName": "mine"}, {"schedulingGates": [{"name": "wait"}]}])
def test_pods_of_other_schedulers_and_gated_ones_are_left_alone(spec: dict[str, Any]) -> None:
    found = made(Cluster(), **spec)
    assert not found["spec"].get("nodeName")
    assert objects.condition(found, "PodScheduled") is None


def test_a_bare_control_plane_schedules_nothing() -> None:
    found = made(Cluster(nodes=0))
    assert not found["spec"].get("nodeName") and objects.condition(found, "PodScheduled") is None
