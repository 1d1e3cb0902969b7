"""ReplicaSet: keeps a number of pods that match its selector.

Mirrors pkg/apis/apps/v1/defaults.go and pkg/apis/apps/validation/validation.go (release 1.36).
"""

from __future__ import annotations

from app.kinds import columns, workloads
from app.kinds.kind import Admission, Column, Kind
from app.machinery import objects
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError


def default(draft: Draft) -> None:
    """Fill in the defaults of a ReplicaSet and its template."""
    spec = dict(draft.get("spec") or {})
    draft["spec"] = spec
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    workloads.default_template(spec)


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Start with no pods counted."""
    draft["status"] = {"replicas": 0}


def validate(obj: Object) -> list[FieldError]:
    """Check a ReplicaSet (ValidateReplicaSetSpec)."""
    spec = objects.spec_of(obj)
    return [
        *workloads.validate_replicas(spec, "replicas", "minReadySeconds"),
        *workloads.validate_apps_selector(spec),
        *workloads.validate_apps_template(spec),
    ]


def validate_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a changed selector."""
    return workloads.immutable_selector(objects.spec_of(obj), objects.spec_of(old))


KIND = Kind(
    group="apps",
    version="v1",
    kind="ReplicaSet",
    resource="replicasets",
    singular="replicaset",
    short_names=("rs",),
    categories=("all",),
    has_generation=True,
    has_status=True,
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_update=validate_update,
    columns=(
        columns.NAME,
        *workloads.COUNTS,
        columns.AGE,
        *columns.workload("spec", "template", "spec"),
        Column("Selector", "string", columns.label_selector("spec", "selector"), priority=1),
    ),
    help="Keeps a number of pods running that match its selector. Deployments make these; you rarely do.",
    field_help={
        "spec.replicas": "How many pods there should be.",
        "spec.selector": "Which pods count; it cannot be changed later.",
        "spec.template": "What each new pod looks like; pods that are there stay as they are.",
        "spec.minReadySeconds": "How long a pod must be ready before it counts as available.",
    },
)
