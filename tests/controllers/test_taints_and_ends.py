"""What keeps pods off a node, and what keeps a namespace: told in taints, conditions and causes."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import state
from app.engine import commands
from app.machinery import errors, objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

NODE = Key(*state.NODES, "", "node-1")


def taints(cluster: Cluster) -> list[tuple[str, str]]:
    return [(one["key"], one["effect"]) for one in cluster.get(state.NODES, "node-1", "")["spec"].get("taints") or ()]


def test_a_cordoned_node_is_tainted_until_it_is_open_again() -> None:
    cluster = Cluster()
    mine = {"key": "mine", "effect": "NoSchedule", "value": "x"}
    cluster.patch(NODE, {"spec": {"unschedulable": True, "taints": [mine]}})
    assert taints(cluster) == [("mine", "NoSchedule"), ("node.kubernetes.io/unschedulable", "NoSchedule")]
    cluster.patch(NODE, {"spec": {"unschedulable": None}})
    assert taints(cluster) == [("mine", "NoSchedule")]


@pytest.mark.parametrize(
    ("condition", "taint"),
    [
        ("MemoryPressure", "memory-pressure"),
        ("DiskPressure", "disk-pressure"),
        ("PIDPressure", "pid-pressure"),
        ("NetworkUnavailable", "network-unavailable"),
    ],
)
def test_a_node_that_runs_short_takes_no_new_pods(condition: str, taint: str) -> None:
    cluster = Cluster()
    for status, found in (("True", [(f"node.kubernetes.io/{taint}", "NoSchedule")]), ("False", [])):
        node = cluster.get(state.NODES, "node-1", "")
        changed = objects.with_condition(node, {"type": condition, "status": status})
        patch = {"status": {"conditions": changed["status"]["conditions"]}}
        cluster.say(commands.Patch("you", NODE, patch, subresource="status"))
        assert taints(cluster) == found


def test_a_namespace_says_what_keeps_it() -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "term"}}))
    kept: dict[str, Any] = {"name": "k", "namespace": "term", "finalizers": ["example.com/hold"]}
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": kept}))
    cluster.say(commands.Delete("you", Key(*state.NAMESPACES, "", "term")))
    namespace = cluster.get(state.NAMESPACES, "term", "")
    told = {one["type"]: (one["status"], one["message"]) for one in namespace["status"]["conditions"]}
    assert told["NamespaceContentRemaining"] == (
        "True",
        "Some resources are remaining: configmaps. has 1 resource instances",
    )
    assert told["NamespaceFinalizersRemaining"] == (
        "True",
        "Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
    )
    assert told["NamespaceDeletionDiscoveryFailure"] == ("False", "All resources successfully discovered")
    made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s2", "namespace": "term"}}
    with pytest.raises(errors.Forbidden) as refusal:
        cluster.say(commands.Create("you", {**made, "spec": {"ports": [{"port": 80}]}}))
    assert refusal.value.message == (
        'services "s2" is forbidden: unable to create new content in namespace term because it is being terminated'
    )
    assert refusal.value.details == {
        "name": "s2",
        "kind": "services",
        "group": "",
        "causes": [
            {
                "reason": "NamespaceTerminating",
                "message": "namespace term is being terminated",
                "field": "metadata.namespace",
            }
        ],
    }
    cluster.patch(Key("", "configmaps", "term", "k"), {"metadata": {"finalizers": None}})
    assert cluster.held.get(Key(*state.NAMESPACES, "", "term")) is None


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_first_namespaces_stay(name: str) -> None:
    with pytest.raises(errors.Forbidden) as refusal:
        Cluster().say(commands.Delete("you", Key(*state.NAMESPACES, "", name)))
    assert refusal.value.message == f'namespaces "{name}" is forbidden: this namespace may not be deleted'
    assert refusal.value.details == {"name": name, "kind": "namespaces", "group": ""}
