"""How a pod is evicted: deleted, if the budget that covers it allows that now.

Mirrors pkg/registry/core/pod/storage/eviction.go (release 1.36). The check and the deletion are one command, so that
of two callers at once only as many succeed as the budget allows.
"""

from __future__ import annotations

from typing import Any

from app.engine import admission, commands, deletion, run
from app.kinds import disruptionbudget, podstatus
from app.machinery import errors, objects
from app.machinery.objects import Key, Object

REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


def evict(under_way: run.Run, command: commands.Evict) -> Object:
    """Evict a pod, or say which budget is in the way."""
    asked = command.deletion
    pod = under_way.state.get(asked.key)
    if pod is None:
        raise errors.not_found(asked.key)
    if not _goes_anyway(pod):
        budgets = disruptionbudget.of_pod(under_way.state, pod)
        if len(budgets) > 1:
            raise errors.ApiError(SEVERAL)
        if budgets:
            _check(budgets[0], pod)
    if not objects.is_terminating(pod):
        _mark(under_way, asked.key, pod)
    return deletion.checked(under_way, asked)


def _goes_anyway(pod: Object) -> bool:
    """Say whether no budget counts the pod any more, or yet (canIgnorePDB)."""
    return podstatus.phase_of(pod) in ("Succeeded", "Failed", "Pending") or objects.is_terminating(pod)


def _check(budget: Object, pod: Object) -> None:
    status = objects.status_of(budget)
    healthy, desired = int(status.get("currentHealthy") or 0), int(status.get("desiredHealthy") or 0)
    if not podstatus.is_ready(pod):
        policy = objects.spec_of(budget).get("unhealthyPodEvictionPolicy")
        if policy == "AlwaysAllow" or (healthy >= desired and desired > 0):
            return
    name = objects.name_of(budget)
    if int(status.get("observedGeneration") or 0) < int(objects.metadata(budget).get("generation") or 0):
        told = f"The disruption budget {name} is still being processed by the server."
        raise errors.OverBudget(REFUSED, {**_cause(told), "retryAfterSeconds": 10})
    if int(status.get("disruptionsAllowed") or 0) > 0:
        return
    told = f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
    failed = objects.condition(budget, "DisruptionAllowed") or {}
    if failed.get("reason") == "SyncFailed":
        told = (
            f"The disruption budget {name} does not allow evicting pods currently because it failed sync: "
            f"{failed.get('message')}"
        )
    raise errors.OverBudget(REFUSED, _cause(told))


def _cause(told: str) -> dict[str, Any]:
    return {"causes": [{"reason": "DisruptionBudget", "message": told}]}


def _mark(under_way: run.Run, key: Key, pod: Object) -> None:
    """Say in the pod's status why it goes."""
    reason = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": under_way.env.timestamp(),
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }
    admission.store_update(under_way, key, pod, objects.with_condition(pod, reason))
