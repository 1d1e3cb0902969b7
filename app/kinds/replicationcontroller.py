"""ReplicationController: the ReplicaSet's elder, with a selector of plain pairs.

Mirrors pkg/apis/core/v1/defaults.go and ValidateReplicationController (release 1.36).
"""

from __future__ import annotations

from app.kinds import columns, workloads
from app.kinds.kind import Admission, Column, Kind
from app.machinery import labels, objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError


def default(draft: Draft) -> None:
    """Fill in the defaults: selector and labels are the template's labels when they are left out."""
    spec = dict(draft.get("spec") or {})
    draft["spec"] = spec
    stamped = objects.dig(spec, "template", "metadata", "labels")
    if stamped:
        if not spec.get("selector"):
            spec["selector"] = dict(stamped)
        if not objects.labels_of(draft):
            draft.setdefault("metadata", {})["labels"] = dict(stamped)
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    workloads.default_template(spec)


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Start with no pods counted."""
    draft["status"] = {"replicas": 0}


def validate(obj: Object) -> list[FieldError]:
    """Check a ReplicationController (ValidateReplicationControllerSpec)."""
    spec = objects.spec_of(obj)
    selector = spec.get("selector") or {}
    found = workloads.validate_replicas(spec, "minReadySeconds")
    if not selector:
        found.append(validation.required("spec.selector"))
    found += workloads.validate_replicas(spec, "replicas")
    if spec.get("template") is None:
        return [*found, validation.required("spec.template")]
    if selector:
        found += workloads.selector_fits_template(labels.from_equality(selector), spec)
    return found + workloads.validate_template(spec["template"], "spec.template")


KIND = Kind(
    group="",
    version="v1",
    kind="ReplicationController",
    resource="replicationcontrollers",
    singular="replicationcontroller",
    short_names=("rc",),
    categories=("all",),
    has_generation=True,
    has_status=True,
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    columns=(
        columns.NAME,
        *workloads.COUNTS,
        columns.AGE,
        *columns.workload("spec", "template", "spec"),
        Column(
            "Selector",
            "string",
            lambda obj, now: labels.format_pairs(objects.spec_of(obj).get("selector") or {}),
            priority=1,
        ),
    ),
    help="Keeps a number of pods running that carry its selector's labels. The older form of a ReplicaSet.",
    field_help={
        "spec.replicas": "How many pods there should be.",
        "spec.selector": "The labels that make a pod count; those of the template if left out.",
        "spec.template": "What each new pod looks like.",
    },
)
