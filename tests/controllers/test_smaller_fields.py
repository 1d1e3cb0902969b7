"""Fields of workloads that few set, and what comes of them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from app.cluster import clock, state
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

API = {"Job": "batch/v1", "StatefulSet": "apps/v1", "ReplicaSet": "apps/v1", "DaemonSet": "apps/v1"}


def workload(kind: str, **spec: Any) -> str:
    container = {"name": "c", "image": "busybox" if kind == "Job" else "nginx"}
    pod: dict[str, Any] = {"containers": [container]}
    if kind == "Job":
        pod["restartPolicy"] = "Never"
    template = {"metadata": {"labels": {"app": "w"}}, "spec": pod}
    selector = {} if kind == "Job" else {"selector": {"matchLabels": {"app": "w"}}}
    obj = {
        "apiVersion": API[kind],
        "kind": kind,
        "metadata": {"name": "w"},
        "spec": {**selector, "template": template, **spec},
    }
    return yaml.safe_dump(obj)


def names(cluster: Cluster) -> list[str]:
    return sorted(objects.name_of(pod) for pod in cluster.held.list(state.PODS, "default"))


@pytest.mark.parametrize("start", [0, 5])
def test_a_stateful_set_counts_its_pods_from_its_ordinals_start(start: int) -> None:
    cluster = Cluster()
    cluster.apply(workload("StatefulSet", serviceName="w", replicas=3, ordinals={"start": start}))
    assert names(cluster) == [f"w-{start + index}" for index in range(3)]


def test_a_suspended_job_waits_until_it_is_resumed() -> None:
    cluster = Cluster()
    cluster.apply(workload("Job", suspend=True))
    job = cluster.get(state.JOBS, "w")
    assert not names(cluster)
    assert objects.condition_is_true(job, "Suspended")
    cluster.patch(Key("batch", "jobs", "default", "w"), {"spec": {"suspend": False}})
    assert len(names(cluster)) == 1
    assert objects.condition_is_true(cluster.get(state.JOBS, "w"), "Complete")


@pytest.mark.parametrize(("kind", "resource"), [("ReplicaSet", "replicasets"), ("StatefulSet", "statefulsets")])
def test_a_pod_is_available_when_it_was_ready_for_min_ready_seconds(kind: str, resource: str) -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    more = {"serviceName": "w"} if kind == "StatefulSet" else {}
    cluster.apply(workload(kind, replicas=1, minReadySeconds=30, **more))
    for _ in range(20):
        cluster.advance(1)
    status = objects.status_of(cluster.get(("apps", resource), "w"))
    assert status["readyReplicas"] == 1
    assert not status.get("availableReplicas")
    for _ in range(30):
        cluster.advance(1)
    assert objects.status_of(cluster.get(("apps", resource), "w"))["availableReplicas"] == 1


@pytest.mark.parametrize("strategy", ["RollingUpdate", "OnDelete"])
def test_a_daemon_set_replaces_its_pods_only_when_its_strategy_says_so(strategy: str) -> None:
    cluster = Cluster(nodes=3)
    cluster.apply(workload("DaemonSet", updateStrategy={"type": strategy}))
    before = names(cluster)
    assert len(before) == 3
    changed = workload("DaemonSet", updateStrategy={"type": strategy}).replace("image: nginx", "image: httpd")
    cluster.apply(changed)
    replaced = set(names(cluster)) - set(before)
    assert len(replaced) == (3 if strategy == "RollingUpdate" else 0)
    status = objects.status_of(cluster.get(("apps", "daemonsets"), "w"))
    assert status.get("updatedNumberScheduled", 0) == len(replaced)
    assert status["numberAvailable"] == 3


@pytest.mark.parametrize("most", [1, 2])
def test_a_daemon_sets_rolling_update_takes_no_more_pods_away_than_max_unavailable(most: int) -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL, nodes=4)
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": most}}
    cluster.apply(workload("DaemonSet", updateStrategy=rolling))
    for _ in range(10):
        cluster.advance(1)
    cluster.apply(workload("DaemonSet", updateStrategy=rolling).replace("image: nginx", "image: httpd"))
    seen = set()
    for _ in range(400):
        cluster.advance(0.5)
        status = objects.status_of(cluster.get(("apps", "daemonsets"), "w"))
        seen.add(4 - status.get("numberAvailable", 0))
    assert max(seen) == most
    assert objects.status_of(cluster.get(("apps", "daemonsets"), "w"))["updatedNumberScheduled"] == 4
