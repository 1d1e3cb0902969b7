"""What becomes of a pod on a simulated node: its start, its probes, its crashes, its end."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

ONE = Key("", "pods", "default", "one")
NGINX = {"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}
EXITS = {"name": "c", "image": "busybox"}
FAILS = {"name": "c", "image": "busybox", "command": ["sh", "-c", "exit 3"]}
STAYS = {"name": "c", "image": "busybox", "command": ["sleep", "infinity"]}


def start(cluster: Cluster, *containers: dict[str, Any], name: str = "one", **more: Any) -> Object:
    meta = {"name": name, **more.pop("metadata", {})}
    spec = {"containers": list(containers or (NGINX,)), **more}
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}))
    return cluster.get(state.PODS, name)


def one(cluster: Cluster) -> Object:
    return cluster.get(state.PODS, "one")


def annotate(cluster: Cluster, name: str, value: str | None) -> Object:
    cluster.patch(ONE, {"metadata": {"annotations": {name: value}}})
    return one(cluster)


def set_image(cluster: Cluster, image: str) -> None:
    change = [{"op": "replace", "path": "/spec/containers/0/image", "value": image}]
    cluster.say(commands.Patch("you", ONE, change, commands.PatchType.JSON))


def said(cluster: Cluster, reason: str) -> list[str]:
    return [found["message"] for found in cluster.held.list(state.EVENTS, "default") if found["reason"] == reason]


def container(pod: Object, position: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = pod["status"]["containerStatuses"][position]
    return found


def waiting_for(pod: Object) -> str:
    return str(container(pod)["state"]["waiting"]["reason"])


# --- starting ----------------------------------------------------------------------------------


def test_a_started_pod_reports_all_a_real_one_does() -> None:
    cluster = Cluster()
    pod = start(cluster)
    node = cluster.get(state.NODES, pod["spec"]["nodeName"], "")
    status = pod["status"]
    assert status["phase"] == "Running"
    assert status["podIP"].startswith(node["spec"]["podCIDR"].rpartition(".")[0])
    assert status["podIPs"] == [{"ip": status["podIP"]}]
    assert status["hostIP"] == state.node_addresses(node)[0]
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
        "PodScheduled": "True",
    }
    found = container(pod)
    assert (found["name"], found["ready"], found["started"], found["restartCount"]) == ("c", True, True, 0)
    assert found["image"] == "docker.io/library/nginx:latest"
    assert found["imageID"].startswith("docker.io/library/nginx@sha256:")
    assert found["containerID"].startswith("containerd://")
    assert set(found["state"]) == {"running"}
    for reason in ("Pulled", "Created", "Started"):
        assert len(said(cluster, reason)) == 1


def test_a_pod_knows_at_which_revision_it_started() -> None:
    cluster = Cluster()
    before = cluster.held.revision
    marked = int(objects.annotations_of(start(cluster))["podlane.dev/started-at-revision"])
    assert before < marked < cluster.held.revision


def test_in_live_time_a_start_takes_between_half_a_second_and_two() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    start(cluster)
    cluster.advance(0.4)
    assert podstatus.phase_of(one(cluster)) == "Pending"
    cluster.advance(1.3)
    assert podstatus.phase_of(one(cluster)) == "Running"


def test_pods_of_a_node_without_a_kubelet_stay_as_clients_write_them() -> None:
    cluster = Cluster(nodes=0)
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "far"}}))
    pod = start(cluster, nodeName="far")
    assert podstatus.phase_of(pod) == "Pending" and not state.pod_ips(pod)
    cluster.say(commands.Delete("you", ONE))
    assert objects.is_terminating(one(cluster))


def test_addresses_are_never_shared_and_a_successor_has_a_new_one() -> None:
    cluster = Cluster(nodes=1)
    first = start(cluster)["status"]["podIP"]
    second = start(cluster, name="two")["status"]["podIP"]
    cluster.say(commands.Delete("you", ONE))
    third = start(cluster)["status"]["podIP"]
    assert len({first, second, third}) == 3


def test_a_pod_of_the_host_network_has_the_nodes_address() -> None:
    pod = start(Cluster(), hostNetwork=True)
    assert pod["status"]["podIP"] == pod["status"]["hostIP"]


@pytest.mark.parametrize(
    ("containers", "policy", "phase", "reason"),
    [
        ([STAYS], "Always", "Running", ""),
        ([EXITS], "Always", "Running", "CrashLoopBackOff"),
        ([EXITS], "OnFailure", "Succeeded", ""),
        ([EXITS], "Never", "Succeeded", ""),
        ([FAILS], "Always", "Running", "CrashLoopBackOff"),
        ([FAILS], "OnFailure", "Running", "CrashLoopBackOff"),
        ([FAILS], "Never", "Failed", ""),
    ],
)
def test_what_a_container_does_decides_the_phase(
    containers: list[dict[str, Any]], policy: str, phase: str, reason: str
) -> None:
    pod = start(Cluster(), *containers, restartPolicy=policy)
    assert podstatus.phase_of(pod) == phase
    assert (container(pod)["state"].get("waiting") or {}).get("reason", "") == reason
    assert podstatus.is_ready(pod) == (reason == "" and phase == "Running")


def test_an_image_that_cannot_be_pulled_says_so_and_backs_off() -> None:
    cluster = Cluster()
    pod = start(cluster, {"name": "c", "image": "nginx:nosuchtag"})
    assert podstatus.phase_of(pod) == "Pending"
    assert waiting_for(pod) == "ErrImagePull"
    cluster.advance(11)
    assert waiting_for(one(cluster)) == "ImagePullBackOff"
    assert "Error: ErrImagePull" in said(cluster, "Failed")
    set_image(cluster, "nginx")
    assert podstatus.is_ready(one(cluster))


def test_init_containers_come_first_and_sidecars_stay() -> None:
    sidecar = {**STAYS, "name": "side", "restartPolicy": "Always"}
    pod = start(Cluster(), NGINX, initContainers=[{**EXITS, "name": "prepare"}, sidecar])
    first, second = pod["status"]["initContainerStatuses"]
    assert first["state"]["terminated"]["reason"] == "Completed"
    assert "running" in second["state"] and second["ready"]
    assert podstatus.is_ready(pod)


def test_an_init_container_that_fails_holds_the_others_back() -> None:
    pod = start(Cluster(), NGINX, initContainers=[{**FAILS, "name": "prepare"}])
    assert podstatus.phase_of(pod) == "Pending"
    assert waiting_for(pod) == "PodInitializing"
    initialized = objects.condition(pod, "Initialized")
    assert initialized is not None
    assert initialized["message"] == "containers with incomplete status: [prepare]"


# --- readiness ---------------------------------------------------------------------------------


def test_readiness_is_broken_and_mended_at_once() -> None:
    cluster = Cluster()
    start(cluster)
    broken = annotate(cluster, "podlane.dev/ready", "false")
    for kind in ("Ready", "ContainersReady"):
        found = objects.condition(broken, kind)
        assert found is not None
        assert (found["status"], found["reason"]) == ("False", "ContainersNotReady")
        assert found["message"] == "containers with unready status: [c]"
    assert podstatus.phase_of(broken) == "Running"
    assert podstatus.is_ready(annotate(cluster, "podlane.dev/ready", None))


PROBES = {
    "http": ({"httpGet": {"path": "/", "port": 80}}, True),
    "named port": ({"httpGet": {"path": "/", "port": "web"}}, True),
    "wrong port": ({"httpGet": {"path": "/", "port": 81}}, False),
    "tcp": ({"tcpSocket": {"port": 80}}, True),
    "tcp wrong": ({"tcpSocket": {"port": 81}}, False),
    "grpc": ({"grpc": {"port": 80}}, True),
    "exec": ({"exec": {"command": ["true"]}}, True),
}


@pytest.mark.parametrize("name", PROBES)
def test_a_readiness_probe_passes_where_something_listens(name: str) -> None:
    probe, passes = PROBES[name]
    cluster = Cluster()
    named = {"name": "c", "image": "nginx", "ports": [{"name": "web", "containerPort": 80}], "readinessProbe": probe}
    pod = start(cluster, named)
    assert podstatus.is_ready(pod) == passes
    assert bool(said(cluster, "Unhealthy")) != passes


def test_a_failing_probe_says_what_refused_it() -> None:
    cluster = Cluster()
    pod = start(cluster, {**NGINX, "readinessProbe": {"httpGet": {"path": "/up", "port": 81}}})
    ip = pod["status"]["podIP"]
    told = f'Readiness probe failed: Get "http://{ip}:81/up": dial tcp {ip}:81: connect: connection refused'
    assert said(cluster, "Unhealthy") == [told]


def test_the_first_probe_waits_for_its_initial_delay() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    start(cluster, {**NGINX, "readinessProbe": {"tcpSocket": {"port": 80}, "initialDelaySeconds": 20}})
    cluster.advance(15)
    assert podstatus.phase_of(one(cluster)) == "Running" and not podstatus.is_ready(one(cluster))
    cluster.advance(10)
    assert podstatus.is_ready(one(cluster))


def test_a_probe_that_begins_to_fail_counts_after_three_periods_and_passing_again_mends_it() -> None:
    cluster = Cluster()
    start(cluster, {**NGINX, "readinessProbe": {"tcpSocket": {"port": 80}}})
    annotate(cluster, "podlane.dev/listen", "")
    cluster.advance(29)
    assert podstatus.is_ready(one(cluster))
    cluster.advance(2)
    assert not podstatus.is_ready(one(cluster))
    assert len(said(cluster, "Unhealthy")) == 1
    assert podstatus.is_ready(annotate(cluster, "podlane.dev/listen", None))


def test_a_probe_that_fails_for_a_moment_changes_nothing() -> None:
    cluster = Cluster()
    start(cluster, {**NGINX, "readinessProbe": {"tcpSocket": {"port": 80}}})
    annotate(cluster, "podlane.dev/listen", "")
    cluster.advance(20)
    annotate(cluster, "podlane.dev/listen", None)
    cluster.advance(60)
    assert podstatus.is_ready(one(cluster)) and not said(cluster, "Unhealthy")


def test_readiness_gates_wait_for_their_conditions() -> None:
    cluster = Cluster()
    pod = start(cluster, readinessGates=[{"conditionType": "example.com/up"}])
    found = objects.condition(pod, "Ready")
    assert found is not None and found["reason"] == "ReadinessGatesNotReady"
    assert objects.condition_is_true(pod, "ContainersReady")
    conditions = [*pod["status"]["conditions"], {"type": "example.com/up", "status": "True"}]
    cluster.say(commands.Patch("you", ONE, {"status": {"conditions": conditions}}, subresource="status"))
    assert podstatus.is_ready(one(cluster))


def test_a_startup_probe_holds_readiness_back_until_it_passes() -> None:
    probe = {"tcpSocket": {"port": 81}}
    cluster = Cluster()
    pod = start(cluster, {**NGINX, "startupProbe": probe})
    assert not container(pod)["started"] and not podstatus.is_ready(pod)
    mended = annotate(cluster, "podlane.dev/listen", "80,81")
    assert container(mended)["started"] and podstatus.is_ready(mended)


# --- crashes -----------------------------------------------------------------------------------


def test_a_crashing_pod_keeps_its_address_and_backs_off_longer_each_time() -> None:
    cluster = Cluster()
    ip = start(cluster)["status"]["podIP"]
    broken = annotate(cluster, "podlane.dev/crash", "true")
    assert (waiting_for(broken), container(broken)["restartCount"]) == ("CrashLoopBackOff", 1)
    assert container(broken)["lastState"]["terminated"]["reason"] == "Error"
    assert not podstatus.is_ready(broken) and podstatus.phase_of(broken) == "Running"
    counts = []
    for seconds in (9, 2, 18, 3, 36, 5):
        cluster.advance(seconds)
        counts.append(container(one(cluster))["restartCount"])
    assert counts == [1, 2, 2, 3, 3, 4]
    assert one(cluster)["status"]["podIP"] == ip


def test_a_mended_crash_runs_again_at_once_in_instant_time() -> None:
    cluster = Cluster()
    start(cluster)
    annotate(cluster, "podlane.dev/crash", "true")
    mended = annotate(cluster, "podlane.dev/crash", None)
    assert podstatus.is_ready(mended) and container(mended)["restartCount"] == 2


def test_a_failing_liveness_probe_restarts_the_container_in_place() -> None:
    cluster = Cluster()
    ip = start(cluster, {**NGINX, "livenessProbe": {"tcpSocket": {"port": 80}}})["status"]["podIP"]
    annotate(cluster, "podlane.dev/listen", "")
    cluster.advance(31)
    pod = one(cluster)
    assert container(pod)["restartCount"] == 1 and pod["status"]["podIP"] == ip
    assert "Container c failed liveness probe, will be restarted" in said(cluster, "Killing")


def test_another_image_restarts_the_container() -> None:
    cluster = Cluster()
    start(cluster)
    set_image(cluster, "nginx:1.29")
    found = container(one(cluster))
    assert (found["image"], found["restartCount"]) == ("docker.io/library/nginx:1.29", 1)
    assert said(cluster, "Killing") == ["Container c definition changed, will be restarted"]


# --- the end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lifecycle", "grace", "still", "gone"),
    [
        ({}, 30, 0.2, 1.2),
        ({"preStop": {"sleep": {"seconds": 5}}}, 30, 5.1, 6.3),
        ({"preStop": {"exec": {"command": ["sleep", "8"]}}}, 30, 8.1, 9.3),
        ({"preStop": {"sleep": {"seconds": 20}}}, 20, 19.5, 20.5),
    ],
)
def test_a_pod_ends_after_its_hook_within_its_grace(
    lifecycle: dict[str, Any], grace: int, still: float, gone: float
) -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    start(cluster, {**NGINX, "lifecycle": lifecycle}, terminationGracePeriodSeconds=grace)
    cluster.advance(3)
    cluster.say(commands.Delete("you", ONE))
    assert podstatus.is_ready(one(cluster)) and objects.is_terminating(one(cluster))
    assert said(cluster, "Killing") == ["Stopping container c"]
    cluster.advance(still)
    assert cluster.held.get(ONE) is not None
    cluster.advance(gone - still)
    assert cluster.held.get(ONE) is None


def test_readiness_counts_while_a_pod_ends() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    start(cluster, {**NGINX, "lifecycle": {"preStop": {"sleep": {"seconds": 20}}}})
    cluster.advance(3)
    cluster.say(commands.Delete("you", ONE))
    broken = annotate(cluster, "podlane.dev/ready", "false")
    assert objects.is_terminating(broken) and not podstatus.is_ready(broken)
    assert len(said(cluster, "Killing")) == 1


def test_finalizers_keep_a_stopped_pod() -> None:
    cluster = Cluster()
    start(cluster, metadata={"finalizers": ["example.com/wait"]})
    cluster.say(commands.Delete("you", ONE))
    kept = one(cluster)
    assert objects.is_terminating(kept) and podstatus.is_terminal(kept)
    cluster.patch(ONE, {"metadata": {"finalizers": None}})
    assert cluster.held.get(ONE) is None


def test_no_timer_outlives_its_pod() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    start(cluster, {**NGINX, "readinessProbe": {"tcpSocket": {"port": 80}}})
    cluster.advance(5)
    annotate(cluster, "podlane.dev/listen", "")
    cluster.say(commands.Delete("you", ONE, grace_seconds=0))
    assert [timer.id for timer in cluster.held.timers if "one" in timer.id.key] == []
