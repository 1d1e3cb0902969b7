"""Counts for every PodDisruptionBudget how many of its pods are healthy, and how many may go.

Mirrors pkg/controller/disruption/disruption.go, release 1.36.

DIFFERS: `disruptedPods` stays empty: a pod that is evicted is marked as going in the same command.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import disruptionbudget, podstatus
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

NAME = "disruption-controller"
COMPONENT = "controllermanager"
SCALED = (state.DEPLOYMENTS, state.REPLICASETS, state.REPLICATION_CONTROLLERS, state.STATEFULSETS)
_KINDS = {
    "Deployment": state.DEPLOYMENTS,
    "ReplicaSet": state.REPLICASETS,
    "ReplicationController": state.REPLICATION_CONTROLLERS,
    "StatefulSet": state.STATEFULSETS,
}


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key, resource = change.key, change.key[:2]
    if resource == disruptionbudget.BUDGETS:
        return (key,)
    if resource == state.PODS:
        seen = [pod for pod in (change.before, change.after) if pod is not None]
        budgets = held.list(disruptionbudget.BUDGETS, key.namespace)
        return [_key_of(budget) for budget in budgets if any(disruptionbudget.covers(budget, pod) for pod in seen)]
    if resource in SCALED and _size(change.before) != _size(change.after):
        return list(held.keys(disruptionbudget.BUDGETS, key.namespace))
    return ()


def _key_of(budget: Object) -> Key:
    return Key(*disruptionbudget.BUDGETS, objects.namespace_of(budget), objects.name_of(budget))


def _size(owner: Object | None) -> int | None:
    if owner is None:
        return None
    count = objects.spec_of(owner).get("replicas")
    return 1 if count is None else int(count)


@dataclass(frozen=True, slots=True)
class _Sum:
    """How many pods there should be, how many of them healthy, and why that cannot be told."""

    expected: int = 0
    desired: int = 0
    failure: str = ""


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    budget = held.get(key)
    if budget is None or objects.is_terminating(budget):
        return ()
    pods = _covered(held, budget)
    wanted = _expected(held, budget, pods)
    healthy = sum(podstatus.is_ready(pod) and not objects.is_terminating(pod) for pod in pods)
    allowed = 0 if wanted.failure or wanted.expected <= 0 else max(healthy - wanted.desired, 0)
    status: Draft = {
        **objects.status_of(budget),
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": wanted.desired,
        "expectedPods": wanted.expected,
        "observedGeneration": objects.metadata(budget).get("generation", 1),
    }
    if wanted.failure:
        status = {**objects.status_of(budget), "disruptionsAllowed": 0}
    told = _told({**budget, "status": status}, allowed, wanted.failure, turn)
    if told == budget:
        return ()
    writes: list[controller.Write] = [controller.Update(key, told)]
    if not pods:
        writes.append(controller.Record(budget, "Normal", "NoPods", "No matching pods found", COMPONENT))
    if wanted.failure:
        said = f"Failed to calculate the number of expected pods: {wanted.failure}"
        writes.append(controller.Record(budget, "Warning", "CalculateExpectedPodCountFailed", said, COMPONENT))
    return writes


def _covered(held: state.ClusterState, budget: Object) -> list[Object]:
    pairs = objects.dig(budget, "spec", "selector", "matchLabels") or {}
    namespace = objects.namespace_of(budget)
    found = held.pods_of(namespace, pairs) if pairs else held.list(state.PODS, namespace)
    return [pod for pod in found if disruptionbudget.covers(budget, pod)]


def _told(budget: Draft, allowed: int, failure: str, turn: controller.Turn) -> Draft:
    """Set the condition DisruptionAllowed (UpdateDisruptionAllowedCondition)."""
    word = "True" if allowed > 0 else "False"
    reason = "SyncFailed" if failure else "SufficientPods" if allowed > 0 else "InsufficientPods"
    known = objects.condition(budget, "DisruptionAllowed") or {}
    condition = {
        "type": "DisruptionAllowed",
        "status": word,
        "observedGeneration": objects.status_of(budget).get("observedGeneration", 0),
        "reason": reason,
        "message": failure,
        "lastTransitionTime": known.get("lastTransitionTime") if known.get("status") == word else None,
    }
    condition["lastTransitionTime"] = condition["lastTransitionTime"] or turn.env.timestamp()
    return budget if condition == known else objects.with_condition(budget, condition)


def _expected(held: state.ClusterState, budget: Object, pods: Sequence[Object]) -> _Sum:
    """Return how many pods should be there, and be healthy (getExpectedPodCount)."""
    spec = objects.spec_of(budget)
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    if least is not None and not isinstance(least, str):
        return _Sum(len(pods), int(least))
    if least is None and most is None:
        return _Sum()
    expected, failure = _scale(held, pods)
    if failure:
        return _Sum(failure=failure)
    if most is not None:
        return _Sum(expected, max(expected - _part(most, expected), 0))
    return _Sum(expected, _part(least, expected))


def _part(value: Any, of: int) -> int:
    return math.ceil(of * int(value[:-1]) / 100) if isinstance(value, str) else int(value)


def _scale(held: state.ClusterState, pods: Sequence[Object]) -> tuple[int, str]:
    """Add up the sizes of what made the pods; pods that nothing made do not count (getExpectedScale)."""
    sizes: dict[str, int] = {}
    for pod in pods:
        reference = objects.controller_of(pod)
        owner = _owner(held, pod, reference)
        outer = _owner(held, owner, objects.controller_of(owner)) if owner is not None else None
        top = outer if outer is not None else owner
        if top is not None:
            sizes[objects.uid_of(top)] = _size(top) or 0
        elif reference is not None:
            return 0, _no_scale(pod, reference)
    return sum(sizes.values()), ""


def _owner(held: state.ClusterState, of: Object, reference: Any) -> Object | None:
    resource = _KINDS.get(str((reference or {}).get("kind") or ""))
    found = held.find(resource, objects.namespace_of(of), str(reference["name"])) if resource else None
    return found if found is not None and objects.uid_of(found) == reference.get("uid") else None


def _no_scale(pod: Object, reference: Any) -> str:
    if reference.get("kind") in ("DaemonSet", "Job"):
        group = str(reference.get("apiVersion") or "").partition("/")[0]
        return f"{reference['kind'].lower()}s.{group} does not implement the scale subresource"
    return f'found no controllers for pod "{objects.name_of(pod)}"'


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(disruptionbudget.BUDGETS))


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
