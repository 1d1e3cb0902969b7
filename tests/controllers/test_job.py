"""A Job runs pods until enough have succeeded, or too many have failed."""

import pytest

from app.cluster import state
from app.machinery import objects
from app.machinery.objects import Object
from tests.cluster_driver import Cluster

JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: j}
spec:
  completions: %(completions)s
  parallelism: %(parallelism)s
  backoffLimit: 2
  template:
    metadata: {labels: {app: j}}
    spec:
      restartPolicy: Never
      containers: [{name: c, image: busybox, command: [sh, -c, "%(command)s"]}]
"""


def run(completions: int = 1, parallelism: int = 1, command: str = "echo done") -> tuple[Object, list[Object]]:
    cluster = Cluster()
    cluster.apply(JOB % {"completions": completions, "parallelism": parallelism, "command": command})
    pods = list(cluster.held.list(state.PODS, "default"))
    return cluster.get(state.JOBS, "j"), pods


@pytest.mark.parametrize(("completions", "parallelism"), [(1, 1), (3, 1), (5, 2)])
def test_it_is_complete_when_enough_pods_succeeded(completions: int, parallelism: int) -> None:
    job, pods = run(completions, parallelism)
    assert objects.condition_is_true(job, "Complete")
    assert objects.status_of(job)["succeeded"] == len(pods) == completions
    assert objects.status_of(job)["completionTime"]


def test_it_fails_when_more_pods_failed_than_may() -> None:
    job, pods = run(command="exit 1")
    assert objects.condition_is_true(job, "Failed")
    assert (objects.condition(job, "Failed") or {})["reason"] == "BackoffLimitExceeded"
    assert len(pods) == 3


def test_it_is_active_while_its_pod_runs() -> None:
    job, pods = run(command="sleep 3600")
    assert objects.status_of(job)["active"] == 1
    assert objects.condition(job, "Complete") is None
    assert len(pods) == 1
