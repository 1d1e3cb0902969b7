"""PodDisruptionBudget: how many pods must stay healthy while others are evicted.

Mirrors pkg/apis/policy/validation/validation.go and pkg/registry/policy/poddisruptionbudget (release 1.36).
"""

from __future__ import annotations

from app.cluster import state
from app.kinds import columns, workloads
from app.kinds.kind import Admission, Kind
from app.machinery import labels, objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

BUDGETS = ("policy", "poddisruptionbudgets")
COUNTS = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
_UNHEALTHY_POLICIES = ("AlwaysAllow", "IfHealthyBudget")


def of_pod(held: state.ClusterState, pod: Object) -> list[Object]:
    """Return the budgets that cover the pod."""
    found = held.list(BUDGETS, objects.namespace_of(pod))
    return [budget for budget in found if covers(budget, pod)]


def covers(budget: Object, pod: Object) -> bool:
    """Say whether the budget's selector matches the pod: an absent one matches nothing, an empty one everything."""
    selector = labels.from_label_selector(objects.spec_of(budget).get("selector"))
    return labels.matches(selector, objects.labels_of(pod))


def _begin(draft: Draft, admission: Admission) -> None:
    """Begin with nothing counted."""
    draft["status"] = dict.fromkeys(COUNTS, 0)


def _validate(obj: Object) -> list[FieldError]:
    spec = objects.spec_of(obj)
    least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
    found: list[FieldError] = []
    if least is not None and most is not None:
        detail = "minAvailable and maxUnavailable cannot be both set"
        found.append(validation.invalid("spec", dict(spec), detail))
    for name, value in (("minAvailable", least), ("maxUnavailable", most)):
        if value is None:
            continue
        path = f"spec.{name}"
        faults = workloads.validate_amount(value, path)
        found += faults
        if not faults and isinstance(value, str) and int(value[:-1]) > 100:
            found.append(validation.invalid(path, value, "must not be greater than 100%"))
    policy = spec.get("unhealthyPodEvictionPolicy")
    if policy is not None and policy not in _UNHEALTHY_POLICIES:
        found.append(validation.not_supported("spec.unhealthyPodEvictionPolicy", policy, _UNHEALTHY_POLICIES))
    return found


KIND = Kind(
    group="policy",
    version="v1",
    kind="PodDisruptionBudget",
    resource="poddisruptionbudgets",
    singular="poddisruptionbudget",
    short_names=("pdb",),
    has_generation=True,
    has_status=True,
    prepare_create=_begin,
    validate=_validate,
    columns=(
        columns.NAME,
        columns.text("Min Available", columns.field("spec", "minAvailable", default="N/A")),
        columns.text("Max Unavailable", columns.field("spec", "maxUnavailable", default="N/A")),
        columns.count("Allowed Disruptions", "status", "disruptionsAllowed"),
        columns.AGE,
    ),
    help="Limits how many of the pods it selects may be evicted at once, as when a node is drained.",
)
