"""Stored kinds that limit and rank what may run: ResourceQuota, LimitRange, PriorityClass."""

from __future__ import annotations

from app.kinds import columns
from app.kinds.kind import KEPT, Admission, Column, Kind
from app.machinery import objects
from app.machinery.objects import Draft, Object

_LIMITS = "limits."


def _priority_class_defaults(draft: Draft) -> None:
    """Set the policy and the value (SetDefaults_PriorityClass; the value is a plain int32 in Go)."""
    draft.setdefault("preemptionPolicy", "PreemptLowerPriority")
    draft.setdefault("value", 0)


def _begin_quota(draft: Draft, admission: Admission) -> None:
    """Show the limits with nothing used: nobody counts.

    DIFFERS: a ResourceQuota refuses nothing, and a LimitRange sets nothing.
    """
    hard = objects.spec_of(draft).get("hard")
    draft["status"] = {"hard": dict(hard), "used": dict.fromkeys(hard, "0")} if hard else {}


def _usage(*, of_limits: bool) -> columns.Cell:
    """Show what is used of what (printResourceQuota in pkg/printers/internalversion, release 1.36)."""

    def cell(obj: Object, now: float) -> str:
        hard, used = objects.status_of(obj).get("hard") or {}, objects.status_of(obj).get("used") or {}
        shown = [name for name in sorted(hard) if name.startswith(_LIMITS) == of_limits]
        return ", ".join(f"{name}: {used.get(name, 0)}/{hard[name]}" for name in shown)

    return cell


RESOURCE_QUOTA = Kind(
    group="",
    version="v1",
    kind="ResourceQuota",
    resource="resourcequotas",
    singular="resourcequota",
    short_names=("quota",),
    has_status=True,
    stored=True,
    prepare_create=_begin_quota,
    columns=(
        columns.NAME,
        Column("Request", "string", _usage(of_limits=False)),
        Column("Limit", "string", _usage(of_limits=True)),
        columns.AGE,
    ),
    help=f"How much a namespace may hold. {KEPT}",
)
LIMIT_RANGE = Kind(
    group="",
    version="v1",
    kind="LimitRange",
    resource="limitranges",
    singular="limitrange",
    short_names=("limits",),
    stored=True,
    columns=(columns.NAME, Column("Created At", "date", columns.field("metadata", "creationTimestamp"))),
    help=f"How much each pod of a namespace may ask for. {KEPT}",
)
PRIORITY_CLASS = Kind(
    group="scheduling.k8s.io",
    version="v1",
    kind="PriorityClass",
    resource="priorityclasses",
    singular="priorityclass",
    short_names=("pc",),
    namespaced=False,
    has_generation=True,
    stored=True,
    default=_priority_class_defaults,
    columns=(
        columns.NAME,
        Column("Value", "integer", columns.field("value", default=0)),
        Column("Global-Default", "boolean", columns.field("globalDefault", default=False)),
        columns.AGE,
        Column("PreemptionPolicy", "string", columns.field("preemptionPolicy")),
    ),
    help=f"How important pods are beside others. {KEPT}",
)

KINDS: tuple[Kind, ...] = (RESOURCE_QUOTA, LIMIT_RANGE, PRIORITY_CLASS)
