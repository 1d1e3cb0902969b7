"""The life of a pod, row by row: phase, Ready, what kubectl shows, the endpoint, whether new traffic comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.kinds import registry
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

ONE = Key("", "pods", "default", "one")
PROBE = {"readinessProbe": {"httpGet": {"port": 80}}}
WEB = {"name": "c", "image": "nginx", **PROBE}


def with_pod(mode: clock.TimeMode = clock.TimeMode.INSTANT, **more: Any) -> Cluster:
    cluster = Cluster(mode=mode)
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80}], **more.pop("service", {})}
    cluster.say(
        commands.Create("you", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
    )
    meta = {"name": "one", "labels": {"app": "web"}, **more.pop("metadata", {})}
    wanted = {"containers": [WEB], **more}
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": wanted}))
    return cluster


def annotate(cluster: Cluster, name: str, value: str) -> None:
    cluster.patch(ONE, {"metadata": {"annotations": {name: value}}})


def unschedulable() -> Cluster:
    return with_pod(nodeSelector={"no": "where"})


def pulling() -> Cluster:
    return with_pod(clock.TimeMode.MANUAL)


def initializing() -> Cluster:
    return with_pod(clock.TimeMode.MANUAL, initContainers=[{"name": "first", "image": "busybox", "command": ["true"]}])


def started() -> Cluster:
    return with_pod(metadata={"annotations": {"podlane.dev/ready": "false"}})


def published() -> Cluster:
    return with_pod(
        metadata={"annotations": {"podlane.dev/ready": "false"}}, service={"publishNotReadyAddresses": True}
    )


def ready() -> Cluster:
    return with_pod()


def failing() -> Cluster:
    cluster = ready()
    annotate(cluster, "podlane.dev/listen", "")
    cluster.advance(31)
    return cluster


def crashing() -> Cluster:
    cluster = ready()
    annotate(cluster, "podlane.dev/crash", "true")
    return cluster


def draining() -> Cluster:
    cluster = with_pod(
        clock.TimeMode.MANUAL, containers=[{**WEB, "lifecycle": {"preStop": {"sleep": {"seconds": 20}}}}]
    )
    cluster.advance(5)
    cluster.say(commands.Delete("you", ONE))
    return cluster


def draining_unready() -> Cluster:
    cluster = draining()
    annotate(cluster, "podlane.dev/ready", "false")
    cluster.advance(1)  # the proxies hear of it
    return cluster


def ended(code: int) -> Callable[[], Cluster]:
    script = {"name": "c", "image": "busybox", "command": ["sh", "-c", f"exit {code}"]}
    return lambda: with_pod(containers=[script], restartPolicy="Never")


def without_image() -> Cluster:
    return with_pod(containers=[{"name": "c", "image": "nginx:nosuchtag"}])


def without_image_for_long() -> Cluster:
    cluster = without_image()
    cluster.advance(15)
    return cluster


def forced() -> Cluster:
    cluster = ready()
    cluster.say(commands.Delete("you", ONE, grace_seconds=0))
    return cluster


def relabelled() -> Cluster:
    cluster = ready()
    cluster.patch(ONE, {"metadata": {"labels": {"app": "other"}}})
    return cluster


LISTED = {"ready": True, "serving": True, "terminating": False}
DOWN = {"ready": False, "serving": False, "terminating": False}
ROWS: list[tuple[str, Callable[[], Cluster], str, str, str, dict[str, bool] | None, str]] = [
    # what happened, phase, Ready, STATUS, endpoint, where Endpoints has it
    ("no node takes it", unschedulable, "Pending", "", "Pending", None, ""),
    ("bound and pulling", pulling, "Pending", "False", "ContainerCreating", None, ""),
    ("bound with init containers", initializing, "Pending", "False", "Init:0/1", None, ""),
    ("started and the probe has not passed", started, "Running", "False", "Running", DOWN, "notReadyAddresses"),
    ("the same with publishNotReadyAddresses", published, "Running", "False", "Running", {**DOWN, "ready": True}, "addresses"),
    ("the probe passed", ready, "Running", "True", "Running", LISTED, "addresses"),
    ("the probe failed three times", failing, "Running", "False", "Running", DOWN, "notReadyAddresses"),
    ("the program crashed", crashing, "Running", "False", "CrashLoopBackOff", DOWN, "notReadyAddresses"),
    ("deleted and draining", draining, "Running", "True", "Terminating", {**LISTED, "ready": False, "terminating": True}, ""),
    ("deleted and not ready", draining_unready, "Running", "False", "Terminating", {**DOWN, "terminating": True}, ""),
    ("ended well", ended(0), "Succeeded", "False", "Completed", None, ""),
    ("ended badly", ended(3), "Failed", "False", "Error", None, ""),
    ("the image is not there", without_image, "Pending", "False", "ErrImagePull", DOWN, "notReadyAddresses"),
    ("the image is still not there", without_image_for_long, "Pending", "False", "ImagePullBackOff", DOWN, "notReadyAddresses"),
    ("labelled out of the Service", relabelled, "Running", "True", "Running", None, ""),
    ("deleted by force", forced, "", "", "", None, ""),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row[0].replace(" ", "-") for row in ROWS])
def test_a_pods_life_shows_as_in_a_real_cluster(row: tuple[Any, ...]) -> None:
    _, way, phase, is_ready, shown, endpoint, place = row
    cluster = way()
    pod = cluster.held.get(ONE)
    if pod is None:
        assert phase == ""
    else:
        ready_condition = objects.condition(pod, "Ready") or {}
        cells = {column.name: column.cell(pod, cluster.now) for column in registry.of(pod).columns}
        assert (pod["status"]["phase"], ready_condition.get("status", ""), cells["Status"]) == (phase, is_ready, shown)
    listed = [one for found in cluster.held.slices_of("default", "web") for one in found["endpoints"] or ()]
    assert [one["conditions"] for one in listed] == ([] if endpoint is None else [endpoint])
    subsets = cluster.get(state.ENDPOINTS, "web").get("subsets") or ()
    assert [name for one in subsets for name in ("addresses", "notReadyAddresses") if name in one] == (
        [place] if place else []
    )


def ask(cluster: Cluster, **more: Any) -> dict[str, Any]:
    address = cluster.get(state.SERVICES, "web")["spec"]["clusterIP"]
    return cluster.send({"node": "node-1"}, f"http://{address}", **more)


@pytest.mark.parametrize(
    ("way", "outcome"),
    [
        (started, "refused"),
        (published, "ok"),
        (ready, "ok"),
        (failing, "refused"),
        (crashing, "refused"),
        (draining, "ok"),  # nobody else is left
        (draining_unready, "refused"),
        (without_image, "refused"),
    ],
    ids=lambda way: getattr(way, "__name__", way),
)
def test_new_traffic_comes_as_the_endpoint_says(way: Callable[[], Cluster], outcome: str) -> None:
    cluster = way()
    answer = ask(cluster)
    assert answer["summary"]["by_outcome"] == {outcome: 1}, answer["results"][0]["trace"]


def test_a_pod_that_is_draining_gets_nothing_while_another_is_ready() -> None:
    cluster = draining()
    other = {"name": "two", "labels": {"app": "web"}}
    cluster.say(
        commands.Create("you", {"apiVersion": "v1", "kind": "Pod", "metadata": other, "spec": {"containers": [WEB]}})
    )
    cluster.advance(5)
    answer = ask(cluster, count=20)
    assert answer["summary"]["by_pod"] == {"default/two": 20}
