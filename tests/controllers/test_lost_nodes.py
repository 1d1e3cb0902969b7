"""A node whose kubelet falls silent: its pods leave the endpoints after a while, and their place after a longer one."""

import pytest

from app.cluster import state
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster
from tests.engine.situations import GOOD, deployment, service

WEB = deployment("containers: [{name: web, image: nginx}]", replicas=2) + service(GOOD)
NODE = Key("", "nodes", "", "node-1")


def kubelet(cluster: Cluster, says: str) -> None:
    cluster.patch(NODE, {"metadata": {"annotations": {"podlane.dev/kubelet": says}}})


def stopped() -> Cluster:
    cluster = Cluster()
    cluster.apply(WEB)
    kubelet(cluster, "stopped")
    return cluster


def ready(cluster: Cluster) -> list[bool]:
    return sorted(
        bool(endpoint["conditions"]["ready"])
        for one in cluster.held.slices_of("default", "web")
        for endpoint in one["endpoints"]
    )


def lost_pod(cluster: Cluster) -> objects.Object:
    [pod] = [pod for pod in cluster.held.pods_on("node-1") if objects.namespace_of(pod) == "default"]
    return pod


def test_for_fifty_seconds_nobody_notices() -> None:
    cluster = stopped()
    cluster.advance(49)
    assert ready(cluster) == [True, True]


def test_then_the_node_is_unknown_and_its_pods_serve_no_more() -> None:
    cluster = stopped()
    cluster.advance(51)
    node = cluster.get(state.NODES, "node-1", "")
    assert (objects.condition(node, "Ready") or {})["status"] == "Unknown"
    assert [taint["effect"] for taint in objects.spec_of(node)["taints"]] == ["NoSchedule", "NoExecute"]
    assert ready(cluster) == [False, True]
    assert objects.status_of(lost_pod(cluster))["phase"] == "Running"
    assert "NodeNotReady" in {event["reason"] for event in cluster.held.list(state.EVENTS, "default")}


def test_after_five_minutes_its_pods_are_replaced_and_stay_terminating() -> None:
    cluster = stopped()
    cluster.advance(51)
    cluster.advance(301)
    assert objects.is_terminating(lost_pod(cluster))
    assert ready(cluster) == [False, True, True]


def test_a_kubelet_that_comes_back_cleans_up() -> None:
    cluster = stopped()
    cluster.advance(51)
    cluster.advance(301)
    kubelet(cluster, "simulated")
    assert ready(cluster) == [True, True]
    node = cluster.get(state.NODES, "node-1", "")
    assert objects.condition_is_true(node, "Ready")
    assert not objects.spec_of(node).get("taints")


def test_one_that_comes_back_in_time_keeps_its_pods() -> None:
    cluster = stopped()
    uid = objects.uid_of(lost_pod(cluster))
    cluster.advance(51)
    kubelet(cluster, "simulated")
    cluster.advance(400)
    assert objects.uid_of(lost_pod(cluster)) == uid
    assert ready(cluster) == [True, True]


@pytest.mark.parametrize(
    ("tolerations", "stays", "stays_later"),
    [
        ("[]", False, False),
        ("[{key: a, operator: Exists, effect: NoExecute}]", True, True),
        ("[{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 60}]", True, False),
    ],
)
def test_a_taint_evicts_those_that_do_not_tolerate_it(tolerations: str, stays: bool, stays_later: bool) -> None:
    cluster = Cluster(nodes=1)
    spec = f"{{containers: [{{name: c, image: nginx}}], tolerations: {tolerations}}}"
    cluster.apply(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec: {spec}")
    cluster.patch(NODE, {"spec": {"taints": [{"key": "a", "effect": "NoExecute"}]}})
    assert (cluster.held.find(state.PODS, "default", "p") is not None) is stays
    cluster.advance(61)
    assert (cluster.held.find(state.PODS, "default", "p") is not None) is stays_later
