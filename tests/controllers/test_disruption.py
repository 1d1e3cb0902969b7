"""PodDisruptionBudgets: what they count, and whom they let go."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import state
from app.engine import commands
from app.kinds import disruptionbudget
from app.machinery import errors, objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: nginx}]
"""


def budget(**spec: Any) -> dict[str, Any]:
    spec.setdefault("selector", {"matchLabels": {"app": "web"}})
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "b"}, "spec": spec}


def with_budget(**spec: Any) -> Cluster:
    cluster = Cluster()
    cluster.apply(WEB)
    cluster.say(commands.Create("you", budget(**spec)))
    return cluster


def counts(cluster: Cluster) -> tuple[int, ...]:
    status = cluster.get(disruptionbudget.BUDGETS, "b")["status"]
    return tuple(status[name] for name in ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"))


def evict(cluster: Cluster, name: str) -> Any:
    deletion = commands.Delete("you", Key(*state.PODS, "default", name))
    return cluster.say(commands.Evict("you", deletion))


def pods(cluster: Cluster) -> list[str]:
    return [objects.name_of(pod) for pod in cluster.held.list(state.PODS, "default")]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ({"minAvailable": 3}, (1, 4, 3, 4)),
        ({"minAvailable": 5}, (0, 4, 5, 4)),
        ({"minAvailable": "50%"}, (2, 4, 2, 4)),
        ({"minAvailable": "60%"}, (1, 4, 3, 4)),
        ({"maxUnavailable": 1}, (1, 4, 3, 4)),
        ({"maxUnavailable": "30%"}, (2, 4, 2, 4)),
        ({"maxUnavailable": 0}, (0, 4, 4, 4)),
        ({"minAvailable": 1, "selector": {"matchLabels": {"app": "nobody"}}}, (0, 0, 1, 0)),
        ({"minAvailable": 1, "selector": {}}, (3, 4, 1, 4)),
    ],
)
def test_a_budget_counts_as_upstream_counts(spec: dict[str, Any], found: tuple[int, ...]) -> None:
    cluster = with_budget(**spec)
    assert counts(cluster) == found
    condition = objects.condition(cluster.get(disruptionbudget.BUDGETS, "b"), "DisruptionAllowed")
    assert condition is not None
    reason = "SufficientPods" if found[0] else "InsufficientPods"
    assert (condition["status"], condition["reason"]) == (str(bool(found[0])), reason)


def test_scaling_is_counted_at_once() -> None:
    cluster = with_budget(maxUnavailable=1)
    cluster.patch(Key(*state.DEPLOYMENTS, "default", "web"), {"spec": {"replicas": 6}})
    assert counts(cluster) == (1, 6, 5, 6)


def test_pods_without_an_owner_count_only_for_a_number() -> None:
    cluster = Cluster()
    pod = {
        "metadata": {"name": "alone", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "c", "image": "nginx"}]},
    }
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Pod", **pod}))
    cluster.say(commands.Create("you", budget(minAvailable=1)))
    assert counts(cluster) == (0, 1, 1, 1)
    cluster.patch(Key(*disruptionbudget.BUDGETS, "default", "b"), {"spec": {"minAvailable": "50%"}})
    assert counts(cluster) == (0, 1, 0, 0)


def test_an_eviction_within_the_budget_is_a_deletion() -> None:
    cluster = with_budget(minAvailable=3)
    first = pods(cluster)[0]
    gone = evict(cluster, first)
    assert objects.condition(gone, "DisruptionTarget") == {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": gone["status"]["conditions"][-1]["lastTransitionTime"],
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }
    assert first not in pods(cluster)
    assert counts(cluster) == (1, 4, 3, 4)  # a replacement is ready again


def test_an_eviction_beyond_the_budget_is_refused() -> None:
    cluster = with_budget(minAvailable=4)
    revision = cluster.held.revision
    with pytest.raises(errors.OverBudget) as refusal:
        evict(cluster, pods(cluster)[0])
    assert (refusal.value.code, refusal.value.reason) == (429, "TooManyRequests")
    assert refusal.value.message == "Cannot evict pod as it would violate the pod's disruption budget."
    assert refusal.value.details["causes"] == [
        {"reason": "DisruptionBudget", "message": "The disruption budget b needs 4 healthy pods and has 4 currently"}
    ]
    assert cluster.held.revision == revision


def test_two_budgets_for_a_pod_are_more_than_eviction_understands() -> None:
    cluster = with_budget(minAvailable=1)
    cluster.say(commands.Create("you", {**budget(minAvailable=1), "metadata": {"name": "c"}}))
    with pytest.raises(errors.ApiError, match="more than one PodDisruptionBudget"):
        evict(cluster, pods(cluster)[0])


@pytest.mark.parametrize(("policy", "goes"), [(None, False), ("IfHealthyBudget", False), ("AlwaysAllow", True)])
def test_a_pod_that_is_not_ready_goes_by_the_policy(policy: str | None, goes: bool) -> None:
    cluster = with_budget(minAvailable=4, **({"unhealthyPodEvictionPolicy": policy} if policy else {}))
    sick = pods(cluster)[0]
    cluster.patch(Key(*state.PODS, "default", sick), {"metadata": {"annotations": {"podlane.dev/ready": "false"}}})
    assert counts(cluster) == (0, 3, 4, 4)
    if goes:
        evict(cluster, sick)
        assert sick not in pods(cluster)
    else:
        with pytest.raises(errors.OverBudget):
            evict(cluster, sick)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"minAvailable": 1, "maxUnavailable": 1}, "minAvailable and maxUnavailable cannot be both set"),
        ({"minAvailable": "120%"}, 'spec.minAvailable: Invalid value: "120%": must not be greater than 100%'),
        ({"maxUnavailable": -1}, "spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0"),
        ({"minAvailable": "half"}, "a valid percent string must be a numeric string followed by an ending '%'"),
        (
            {"minAvailable": 1, "unhealthyPodEvictionPolicy": "Never"},
            'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
        ),
    ],
)
def test_a_budget_that_says_nothing_sound_is_refused(spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        Cluster().say(commands.Create("you", budget(**spec)))
    assert sentence in refusal.value.message
