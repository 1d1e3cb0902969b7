"""A DaemonSet has one pod on every node that should have one."""

from app.cluster import state
from app.engine import commands
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

KEY = Key(*state.DAEMONSETS, "default", "ds")
SET = """
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ds}
spec:
  selector: {matchLabels: {app: ds}}
  template:
    metadata: {labels: {app: ds}}
    spec: {containers: [{name: c, image: "nginx:1.27"}]}
"""


def homes(cluster: Cluster) -> list[str]:
    return sorted(str(objects.spec_of(pod).get("nodeName")) for pod in cluster.held.list(state.PODS, "default"))


def counts(cluster: Cluster) -> tuple[int, ...]:
    found = objects.status_of(cluster.get(state.DAEMONSETS, "ds"))
    names = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return tuple(found.get(name, 0) for name in names)


def test_one_pod_on_every_node() -> None:
    cluster = Cluster(nodes=3)
    cluster.apply(SET)
    assert homes(cluster) == ["node-1", "node-2", "node-3"]
    assert counts(cluster) == (3, 3, 3, 3, 3)


def test_a_deleted_pod_is_replaced_on_its_node() -> None:
    cluster = Cluster()
    cluster.apply(SET)
    gone = next(iter(cluster.held.list(state.PODS, "default")))
    cluster.say(commands.Delete("you", Key("", "pods", "default", objects.name_of(gone))))
    assert homes(cluster) == ["node-1", "node-2"]


def test_a_node_selector_leaves_nodes_out() -> None:
    cluster = Cluster()
    cluster.patch(Key("", "nodes", "", "node-2"), {"metadata": {"labels": {"disk": "fast"}}})
    cluster.apply(SET.replace("spec: {containers", "spec: {nodeSelector: {disk: fast}, containers"))
    assert homes(cluster) == ["node-2"]
    cluster.patch(Key("", "nodes", "", "node-1"), {"metadata": {"labels": {"disk": "fast"}}})
    assert homes(cluster) == ["node-1", "node-2"]
    cluster.patch(Key("", "nodes", "", "node-2"), {"metadata": {"labels": {"disk": None}}})
    assert homes(cluster) == ["node-1"]


def test_a_cordoned_node_gets_its_pod_all_the_same_a_tainted_one_does_not() -> None:
    cluster = Cluster()
    cluster.patch(Key("", "nodes", "", "node-1"), {"spec": {"unschedulable": True}})
    cluster.patch(Key("", "nodes", "", "node-2"), {"spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}})
    cluster.apply(SET)
    assert homes(cluster) == ["node-1"]


def test_a_new_template_goes_from_node_to_node() -> None:
    cluster = Cluster()
    cluster.apply(SET)
    cluster.apply(SET.replace("1.27", "1.28"))
    images = {objects.spec_of(pod)["containers"][0]["image"] for pod in cluster.held.list(state.PODS, "default")}
    assert images == {"nginx:1.28"}
    assert homes(cluster) == ["node-1", "node-2"]
    assert counts(cluster) == (2, 2, 2, 2, 2)


def test_its_pods_go_with_it() -> None:
    cluster = Cluster()
    cluster.apply(SET)
    cluster.say(commands.Delete("you", KEY))
    assert homes(cluster) == []


def test_with_surge_the_old_pod_stays_until_the_new_one_is_available() -> None:
    cluster = Cluster(nodes=3)
    strategy = "  updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}\n"
    cluster.apply(SET.replace("  template:", f"{strategy}  template:"))
    old = {objects.name_of(pod) for pod in cluster.held.list(state.PODS, "default")}
    failing = {"name": "c", "image": "nginx:1.29", "readinessProbe": {"tcpSocket": {"port": 9999}}}
    cluster.patch(KEY, {"spec": {"template": {"spec": {"containers": [failing]}}}})
    present = {objects.name_of(pod) for pod in cluster.held.list(state.PODS, "default")}
    assert old < present
    assert len(present) == 4
    cluster.patch(KEY, {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "nginx:1.28"}]}}}})
    found = list(cluster.held.list(state.PODS, "default"))
    assert len(found) == 3
    assert {pod["spec"]["containers"][0]["image"] for pod in found} == {"nginx:1.28"}
    assert homes(cluster) == ["node-1", "node-2", "node-3"]
