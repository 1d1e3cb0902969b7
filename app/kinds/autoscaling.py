"""HorizontalPodAutoscaler: kept and shown, not simulated; served as autoscaling/v2 and, the same objects, as v1.

Mirrors pkg/apis/autoscaling/{v2/defaults.go,v1/conversion.go,validation/validation.go} (release 1.36).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.kinds import columns
from app.kinds.kind import KEPT, Admission, Kind, Version
from app.machinery import objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

METRICS_ANNOTATION = "autoscaling.alpha.kubernetes.io/metrics"
"""Where v1 keeps the metrics it has no field for."""
_CPU_PERCENT = 80
_V1_TARGET, _V1_CURRENT = "targetCPUUtilizationPercentage", "currentCPUUtilizationPercentage"

Part = Mapping[str, Any]


def default(draft: Draft) -> None:
    """Fill in the defaults: one pod at least, and 80% of the CPU asked for (SetDefaults_HorizontalPodAutoscaler)."""
    spec = dict(objects.spec_of(draft))
    if spec.get("minReplicas") is None:
        spec["minReplicas"] = 1
    if not spec.get("metrics"):
        spec["metrics"] = [_cpu(_CPU_PERCENT)]
    draft["spec"] = spec


def _cpu(percent: int) -> Draft:
    return {
        "type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}},
    }


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Begin with nothing measured."""
    draft["status"] = {"currentMetrics": None, "desiredReplicas": 0}


def validate(obj: Object) -> list[FieldError]:
    """Check the bounds and the target (validateHorizontalPodAutoscalerSpec, in part)."""
    spec = objects.spec_of(obj)
    least, most, target = spec.get("minReplicas"), spec.get("maxReplicas") or 0, spec.get("scaleTargetRef") or {}
    found: list[FieldError] = []
    if least is not None and least < 1:
        found.append(validation.invalid("spec.minReplicas", least, "must be greater than or equal to 1"))
    if most < 1:
        found.append(validation.invalid("spec.maxReplicas", most, "must be greater than 0"))
    if least is not None and most < least:
        detail = "must be greater than or equal to `minReplicas`"
        found.append(validation.invalid("spec.maxReplicas", most, detail))
    found += [validation.required(f"spec.scaleTargetRef.{part}") for part in ("kind", "name") if not target.get(part)]
    return found


def shown_as_v1(obj: Object) -> Object:
    """Show an object in the older form: one field for the CPU, an annotation for the rest."""
    spec, status = dict(objects.spec_of(obj)), dict(objects.status_of(obj))
    metrics, current = spec.pop("metrics", None) or (), status.pop("currentMetrics", None) or ()
    for name in ("behavior", "conditions"):
        spec.pop(name, None)
        status.pop(name, None)
    percent, others = _split(metrics)
    if percent is not None:
        spec[_V1_TARGET] = percent
    measured = next((objects.dig(one, "resource", "current", "averageUtilization") for one in current), None)
    if measured is not None:
        status[_V1_CURRENT] = measured
    status.setdefault("currentReplicas", 0)
    meta = dict(objects.metadata(obj))
    if others:
        meta["annotations"] = {**(meta.get("annotations") or {}), METRICS_ANNOTATION: json.dumps(others)}
    return {**obj, "apiVersion": "autoscaling/v1", "metadata": meta, "spec": spec, "status": status}


def _split(metrics: Sequence[Part]) -> tuple[int | None, list[Part]]:
    percent: int | None = None
    others = []
    for metric in metrics:
        found = objects.dig(metric, "resource", "target", "averageUtilization")
        if percent is None and found is not None and objects.dig(metric, "resource", "name") == "cpu":
            percent = int(found)
        else:
            others.append(metric)
    return percent, others


def kept_from_v1(draft: Draft) -> Draft:
    """Read the older form, as it is kept: in the newer one.

    DIFFERS: the annotation holds the metrics in their v2 form; upstream writes the v2beta1 form there.
    """
    spec = dict(objects.spec_of(draft))
    percent = spec.pop(_V1_TARGET, None)
    meta = dict(objects.metadata(draft))
    annotations = dict(meta.get("annotations") or {})
    metrics = _written(annotations.pop(METRICS_ANNOTATION, ""))
    if percent is not None:
        metrics = [_cpu(percent), *metrics]
    if metrics:
        spec["metrics"] = metrics
    if annotations:
        meta["annotations"] = annotations
    else:
        meta.pop("annotations", None)
    kept = {**draft, "apiVersion": "autoscaling/v2", "metadata": meta, "spec": spec}
    status = dict(objects.status_of(draft))
    measured = status.pop(_V1_CURRENT, None)
    if measured is not None:
        now = {"name": "cpu", "current": {"averageUtilization": measured, "averageValue": "0"}}
        status["currentMetrics"] = [{"type": "Resource", "resource": now}]
    if status:
        kept["status"] = status
    return kept


def _written(text: str) -> list[Any]:
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _target(obj: Object, now: float) -> str:
    target = objects.spec_of(obj).get("scaleTargetRef") or {}
    return f"{target.get('kind', '')}/{target.get('name', '')}"


def _metrics(obj: Object, now: float) -> str:
    """Write up to two metrics as `cpu: 12%/80%` (formatHPAMetrics)."""
    asked, measured = objects.spec_of(obj).get("metrics") or (), objects.status_of(obj).get("currentMetrics") or ()
    if not asked:
        return columns.NONE
    found = [_metric(one, measured[place] if place < len(measured) else {}) for place, one in enumerate(asked)]
    shown = ", ".join(found[:2])
    return f"{shown} + {len(found) - 2} more..." if len(found) > 2 else shown


def _metric(asked: Part, measured: Part) -> str:
    kind = str(asked.get("type") or "")
    part = kind[:1].lower() + kind[1:]
    source, current = asked.get(part) or {}, (measured.get(part) or {}).get("current") or {}
    target = source.get("target") or {}
    name = f"{source.get('name')}: " if kind == "Resource" else ""
    if target.get("averageUtilization") is not None:
        now = current.get("averageUtilization")
        return f"{name}{columns.UNKNOWN if now is None else f'{now}%'}/{target['averageUtilization']}%"
    if target.get("averageValue") is not None:
        suffix = "" if kind in ("Resource", "Pods") else " (avg)"
        return f"{name}{current.get('averageValue') or columns.UNKNOWN}/{target['averageValue']}{suffix}"
    return f"{name}{current.get('value') or columns.UNKNOWN}/{target.get('value', columns.UNKNOWN)}"


HORIZONTAL_POD_AUTOSCALER = Kind(
    group="autoscaling",
    version="v2",
    kind="HorizontalPodAutoscaler",
    resource="horizontalpodautoscalers",
    singular="horizontalpodautoscaler",
    short_names=("hpa",),
    categories=("all",),
    has_status=True,
    stored=True,
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    columns=(
        columns.NAME,
        columns.text("Reference", _target),
        columns.text("Targets", _metrics),
        columns.text("MinPods", lambda obj, now: str(objects.spec_of(obj).get("minReplicas") or columns.UNSET)),
        columns.count("MaxPods", "spec", "maxReplicas"),
        columns.count("Replicas", "status", "currentReplicas"),
        columns.AGE,
    ),
    help=f"Scales a workload by its load. {KEPT}",
)
HORIZONTAL_POD_AUTOSCALER_V1 = replace(
    HORIZONTAL_POD_AUTOSCALER,
    version="v1",
    version_of=Version(HORIZONTAL_POD_AUTOSCALER, shown_as_v1, kept_from_v1),
)
