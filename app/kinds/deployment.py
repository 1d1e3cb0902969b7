"""Deployment: keeps a number of pods of one template, and replaces them step by step when it changes.

Mirrors pkg/apis/apps/v1/defaults.go and pkg/apis/apps/validation/validation.go (release 1.36).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kinds import columns, workloads
from app.kinds.kind import Admission, Column, Kind
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

_QUARTER = "25%"


def default(draft: Draft) -> None:
    """Fill in the defaults of a Deployment and its template."""
    spec = dict(draft.get("spec") or {})
    draft["spec"] = spec
    for name, value in (("replicas", 1), ("revisionHistoryLimit", 10), ("progressDeadlineSeconds", 600)):
        if spec.get(name) is None:
            spec[name] = value
    spec["strategy"] = _strategy(spec.get("strategy") or {})
    workloads.default_template(spec)


def _strategy(strategy: Mapping[str, Any]) -> dict[str, Any]:
    filled = {**strategy, "type": strategy.get("type") or "RollingUpdate"}
    if filled["type"] == "RollingUpdate":
        rolling = dict(filled.get("rollingUpdate") or {})
        for name in ("maxSurge", "maxUnavailable"):
            if rolling.get(name) is None:
                rolling[name] = _QUARTER
        filled["rollingUpdate"] = rolling
    elif filled.get("rollingUpdate") is None:
        filled.pop("rollingUpdate", None)
    return filled


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Start with an empty status."""
    draft["status"] = {}


def validate(obj: Object) -> list[FieldError]:
    """Check a Deployment (ValidateDeploymentSpec)."""
    spec = objects.spec_of(obj)
    found = [
        *workloads.validate_replicas(spec, "replicas"),
        *workloads.validate_apps_selector(spec),
        *workloads.validate_apps_template(spec),
        *_validate_strategy(spec.get("strategy") or {}),
        *workloads.validate_replicas(spec, "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"),
    ]
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= (spec.get("minReadySeconds") or 0):
        detail = "must be greater than minReadySeconds"
        found.append(validation.invalid("spec.progressDeadlineSeconds", deadline, detail))
    return found


def _validate_strategy(strategy: Mapping[str, Any]) -> list[FieldError]:
    kind, rolling = strategy.get("type"), strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is None:
            return []
        detail = "may not be specified when strategy `type` is 'Recreate'"
        return [validation.forbidden("spec.strategy.rollingUpdate", detail)]
    if kind != "RollingUpdate":
        return [validation.not_supported("spec.strategy", dict(strategy), ("Recreate", "RollingUpdate"))]
    path = "spec.strategy.rollingUpdate"
    unavailable, surge = (rolling or {}).get("maxUnavailable"), (rolling or {}).get("maxSurge")
    found = [
        *workloads.validate_amount(unavailable, f"{path}.maxUnavailable"),
        *workloads.validate_amount(surge, f"{path}.maxSurge"),
    ]
    if _is_zero(unavailable) and _is_zero(surge):
        detail = "may not be 0 when `maxSurge` is 0"
        found.append(validation.invalid(f"{path}.maxUnavailable", unavailable, detail))
    percent = re.fullmatch(r"(\d+)%", str(unavailable))
    if percent and int(percent[1]) > 100:
        found.append(validation.invalid(f"{path}.maxUnavailable", unavailable, "must not be greater than 100%"))
    return found


def _is_zero(value: Any) -> bool:
    return value in (0, None) or bool(re.fullmatch(r"0+%", str(value)))


def validate_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a changed selector."""
    return workloads.immutable_selector(objects.spec_of(obj), objects.spec_of(old))


def _ready(obj: Object, now: float) -> str:
    return f"{objects.status_of(obj).get('readyReplicas', 0)}/{objects.spec_of(obj).get('replicas', 0)}"


FIELD_HELP = {
    "metadata.name": "The Deployment's name; its pods' names begin with it.",
    "spec.replicas": "How many pods there should be.",
    "spec.selector": "Which pods count as this Deployment's own; it cannot be changed later.",
    "spec.template": "What each pod looks like; changing it replaces the pods.",
    "spec.template.metadata.labels": "The labels of each pod: the selector above and your Services look at them.",
    "spec.template.spec.containers[].image": "What runs in each pod.",
    "spec.template.spec.containers[].ports[].containerPort": (
        "A note for people: which port the program listens on. Leaving it out blocks nothing."
    ),
    "spec.strategy.type": "RollingUpdate replaces pods step by step; Recreate stops all of them first.",
    "spec.strategy.rollingUpdate.maxSurge": "How many pods more than asked for there may be during an update.",
    "spec.strategy.rollingUpdate.maxUnavailable": "How many pods fewer than asked for may be available meanwhile.",
    "spec.minReadySeconds": "How long a pod must be ready before it counts as available.",
    "spec.revisionHistoryLimit": "How many old ReplicaSets are kept to go back to.",
    "spec.progressDeadlineSeconds": "After how long without progress the update is called stuck.",
    "spec.paused": "While true, changes of the template replace nothing.",
}

KIND = Kind(
    group="apps",
    version="v1",
    kind="Deployment",
    resource="deployments",
    singular="deployment",
    short_names=("deploy",),
    categories=("all",),
    has_generation=True,
    has_status=True,
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_update=validate_update,
    columns=(
        columns.NAME,
        Column("Ready", "string", _ready, description="Ready pods of those asked for."),
        Column("Up-to-date", "string", columns.field("status", "updatedReplicas", default=0)),
        Column("Available", "string", columns.field("status", "availableReplicas", default=0)),
        columns.AGE,
        *columns.workload("spec", "template", "spec"),
        Column("Selector", "string", columns.label_selector("spec", "selector"), priority=1),
    ),
    help="Keeps a number of equal pods running and replaces them step by step when their template changes.",
    field_help=FIELD_HELP,
)
