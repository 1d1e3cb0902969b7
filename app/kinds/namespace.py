"""Namespace: a room of names; Services, pods and selectors never reach across.

Mirrors pkg/registry/core/namespace/strategy.go and the NamespaceLifecycle admission plugin (release 1.36).
"""

from __future__ import annotations

from app.kinds import columns
from app.kinds.kind import Admission, Column, Kind
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

NAME_LABEL = "kubernetes.io/metadata.name"
FINALIZER = "kubernetes"
INITIAL = ("default", "kube-system", "kube-public", "kube-node-lease")
UNDELETABLE = frozenset({"default", "kube-system", "kube-public"})


def default(draft: Draft) -> None:
    """Label the namespace with its own name."""
    name = objects.name_of(draft)
    if name and objects.labels_of(draft).get(NAME_LABEL) != name:
        meta = draft.setdefault("metadata", {})
        meta["labels"] = {**(meta.get("labels") or {}), NAME_LABEL: name}


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Begin active, with the finalizer that keeps the namespace until it is empty."""
    spec = dict(draft.get("spec") or {})
    finalizers = list(spec.get("finalizers") or ())
    spec["finalizers"] = finalizers if FINALIZER in finalizers else [*finalizers, FINALIZER]
    draft["spec"] = spec
    draft["status"] = {"phase": "Active"}


def prepare_update(draft: Draft, old: Object, admission: Admission) -> None:
    """Keep the finalizers: only finalizing changes them."""
    draft["spec"] = old.get("spec") or {}


def validate(obj: Object) -> list[FieldError]:
    """Check that the label says the name."""
    name = objects.name_of(obj)
    said = objects.labels_of(obj).get(NAME_LABEL)
    if name and said != name:
        return [validation.invalid(f"metadata.labels[{NAME_LABEL}]", said, f"must be {name}")]
    return []


def refuse_delete(name: str) -> str:
    """Say why this namespace can never be deleted; empty when it can."""
    return "this namespace may not be deleted" if name in UNDELETABLE else ""


KIND = Kind(
    group="",
    version="v1",
    kind="Namespace",
    resource="namespaces",
    singular="namespace",
    short_names=("ns",),
    namespaced=False,
    has_status=True,
    name_rule=validation.dns1123_label,
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    columns=(
        columns.NAME,
        Column("Status", "string", columns.field("status", "phase"), description="Active or Terminating."),
        columns.AGE,
    ),
    help="A room of names: the same name can be used once in each. A Service selects pods of its own namespace only.",
    field_help={"metadata.name": "The namespace's name; it is part of every Service's DNS name in it."},
)
