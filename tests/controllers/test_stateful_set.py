"""A StatefulSet's pods: stable names, made in order, replaced from the highest down."""

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

KEY = Key(*state.STATEFULSETS, "default", "ss")
SET = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ss}
spec:
  serviceName: ss
  replicas: %(replicas)s
  podManagementPolicy: %(policy)s
  selector: {matchLabels: {app: ss}}
  template:
    metadata: {labels: {app: ss}}
    spec: {containers: [{name: c, image: "%(image)s"}]}
---
apiVersion: v1
kind: Service
metadata: {name: ss}
spec: {clusterIP: None, selector: {app: ss}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: curlimages/curl, command: [sleep, infinity]}]}
"""


def manifest(replicas: int = 3, policy: str = "OrderedReady", image: str = "nginx:1.27") -> str:
    return SET % {"replicas": replicas, "policy": policy, "image": image}


def names(cluster: Cluster) -> list[str]:
    return sorted(
        objects.name_of(pod) for pod in cluster.held.list(state.PODS, "default") if pod["metadata"]["name"] != "client"
    )


def made_and_gone(cluster: Cluster) -> list[str]:
    events = [e for e in cluster.held.list(state.EVENTS, "default") if e["involvedObject"]["kind"] == "StatefulSet"]
    return [e["message"] for e in sorted(events, key=lambda e: int(e["metadata"]["resourceVersion"]))]


def status(cluster: Cluster) -> dict[str, object]:
    return dict(objects.status_of(cluster.get(state.STATEFULSETS, "ss")))


def test_each_pod_waits_until_the_one_before_is_ready() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.apply(manifest())
    assert names(cluster) == ["ss-0"]
    for _ in range(60):
        cluster.advance(0.1)
        unready = [n for n in names(cluster) if not objects.condition_is_true(cluster.get(state.PODS, n), "Ready")]
        assert unready in ([], names(cluster)[-1:])
    assert names(cluster) == ["ss-0", "ss-1", "ss-2"]
    assert made_and_gone(cluster) == [f"Create Pod ss-{n} in StatefulSet ss successful" for n in range(3)]


def test_parallel_pods_do_not_wait() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.apply(manifest(policy="Parallel"))
    assert names(cluster) == ["ss-0", "ss-1", "ss-2"]


def test_pods_carry_their_name_their_index_and_their_revision() -> None:
    cluster = Cluster()
    cluster.apply(manifest())
    pod = cluster.get(state.PODS, "ss-1")
    labels = objects.labels_of(pod)
    assert labels["statefulset.kubernetes.io/pod-name"] == "ss-1"
    assert labels["apps.kubernetes.io/pod-index"] == "1"
    assert status(cluster)["updateRevision"] == f"ss-{labels['controller-revision-hash']}"
    assert (objects.spec_of(pod)["hostname"], objects.spec_of(pod)["subdomain"]) == ("ss-1", "ss")


def test_status_counts_pods_and_revisions() -> None:
    cluster = Cluster()
    cluster.apply(manifest(2))
    found = status(cluster)
    for name in ("replicas", "readyReplicas", "availableReplicas", "currentReplicas", "updatedReplicas"):
        assert found[name] == 2
    assert found["currentRevision"] == found["updateRevision"]


def test_scaling_down_takes_the_highest_first_and_one_at_a_time() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.apply(manifest(3))
    for _ in range(4):
        cluster.advance(2)
    cluster.patch(KEY, {"spec": {"replicas": 1}})
    assert objects.is_terminating(cluster.get(state.PODS, "ss-2"))
    assert not objects.is_terminating(cluster.get(state.PODS, "ss-1"))
    for _ in range(3):
        cluster.advance(2)
    assert names(cluster) == ["ss-0"]
    assert made_and_gone(cluster)[3:] == [f"Delete Pod ss-{n} in StatefulSet ss successful" for n in (2, 1)]


def test_a_new_template_replaces_pods_from_the_highest_down() -> None:
    cluster = Cluster()
    cluster.apply(manifest(2))
    before = status(cluster)
    cluster.apply(manifest(2, image="nginx:1.28"))
    assert {objects.spec_of(cluster.get(state.PODS, n))["containers"][0]["image"] for n in names(cluster)} == {
        "nginx:1.28"
    }
    # Each creation counts up the Event of the first one.
    assert made_and_gone(cluster) == [
        "Delete Pod ss-1 in StatefulSet ss successful",
        "Create Pod ss-1 in StatefulSet ss successful",
        "Delete Pod ss-0 in StatefulSet ss successful",
        "Create Pod ss-0 in StatefulSet ss successful",
    ]
    after = status(cluster)
    assert after["currentRevision"] == after["updateRevision"] != before["currentRevision"]


def test_a_partition_leaves_lower_pods_at_the_old_revision() -> None:
    cluster = Cluster()
    cluster.apply(manifest(3))
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    template = {"spec": {"containers": [{"name": "c", "image": "nginx:1.28"}]}}
    cluster.patch(KEY, {"spec": {"updateStrategy": rolling, "template": template}})
    images = [objects.spec_of(cluster.get(state.PODS, f"ss-{n}"))["containers"][0]["image"] for n in range(3)]
    assert images == ["nginx:1.27", "nginx:1.27", "nginx:1.28"]
    cluster.say(commands.Delete("you", Key("", "pods", "default", "ss-0")))
    assert objects.spec_of(cluster.get(state.PODS, "ss-0"))["containers"][0]["image"] == "nginx:1.27"


def test_a_pod_that_goes_comes_back_under_its_name_with_another_address() -> None:
    cluster = Cluster()
    cluster.apply(manifest(2))
    before = cluster.get(state.PODS, "ss-0")
    cluster.say(commands.Delete("you", Key("", "pods", "default", "ss-0")))
    after = cluster.get(state.PODS, "ss-0")
    assert objects.uid_of(after) != objects.uid_of(before)
    assert state.pod_ips(after) != state.pod_ips(before)


@pytest.mark.parametrize("name", ["ss-0.ss", "ss-1.ss.default.svc.cluster.local"])
def test_each_pod_has_a_name_of_its_own_in_dns(name: str) -> None:
    cluster = Cluster()
    cluster.apply(manifest(2))
    result = cluster.send({"pod": "default/client"}, f"http://{name}")["results"][0]
    assert (result["outcome"], result["served_by"]["name"]) == ("ok", name[:4])


def test_a_pod_left_over_by_an_orphaning_deletion_is_adopted() -> None:
    cluster = Cluster()
    cluster.apply(manifest(1))
    uid = objects.uid_of(cluster.get(state.PODS, "ss-0"))
    cluster.say(commands.Delete("you", KEY, propagation="Orphan"))
    assert objects.controller_of(cluster.get(state.PODS, "ss-0")) is None
    cluster.apply(manifest(1))
    pod = cluster.get(state.PODS, "ss-0")
    assert objects.uid_of(pod) == uid
    assert (objects.controller_of(pod) or {})["kind"] == "StatefulSet"


def test_claims_are_made_once_and_outlive_their_pod() -> None:
    claims = (
        "  volumeClaimTemplates:\n  - metadata: {name: data}\n    spec:\n      accessModes: [ReadWriteOnce]\n"
        "      resources: {requests: {storage: 1Gi}}\n  selector:"
    )
    cluster = Cluster()
    cluster.apply(manifest(1).replace("  selector:", claims, 1))
    assert objects.spec_of(cluster.get(state.PODS, "ss-0"))["volumes"][0] == {
        "name": "data",
        "persistentVolumeClaim": {"claimName": "data-ss-0"},
    }
    cluster.patch(KEY, {"spec": {"replicas": 0}})
    assert cluster.get(("", "persistentvolumeclaims"), "data-ss-0")
