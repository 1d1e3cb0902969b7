"""What Deployments, ReplicaSets and ReplicationControllers share: templates, selectors, hashes, columns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from app.cluster import clock
from app.kinds import columns, pod_defaults, pod_validation
from app.kinds.kind import Column
from app.machinery import errors, labels, validation
from app.machinery.objects import Draft
from app.machinery.validation import FieldError

_OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")


def pod_template_hash(template: Mapping[str, Any]) -> str:
    """Return the hash that names a Deployment's ReplicaSet after its template.

    FNV-1a over a dump of the template, its decimal digits mapped to the name alphabet
    (pkg/controller/controller_utils.go ComputeHash, release 1.36).
    DIFFERS: the dump is canonical JSON, not Go's; so the same template has another hash than in a real cluster.
    """
    dump = json.dumps(template, sort_keys=True, separators=(",", ":")).encode()
    return safe_encode(str(fnv1a_32(dump)))


def fnv1a_32(octets: bytes) -> int:
    """Return the 32-bit FNV-1a hash."""
    found = 0x811C9DC5
    for octet in octets:
        found = (found ^ octet) * 0x01000193 & 0xFFFFFFFF
    return found


def safe_encode(text: str) -> str:
    """Map every character to the alphabet of random names (rand.SafeEncodeString, release 1.36)."""
    alphabet = clock.NAME_ALPHABET
    return "".join(alphabet[ord(char) % len(alphabet)] for char in text)


def default_template(spec: Draft) -> None:
    """Fill in the defaults of `spec.template`."""
    if isinstance(spec.get("template"), Mapping):
        spec["template"] = pod_defaults.template_defaults(spec["template"])


def validate_template(template: Mapping[str, Any] | None, path: str, always: bool = True) -> list[FieldError]:
    """Check a pod template: labels, annotations, pod spec, and that it restarts always."""
    template = template or {}
    meta = template.get("metadata") or {}
    spec = template.get("spec") or {}
    found = [
        *validation.validate_labels(meta.get("labels") or {}, f"{path}.labels"),
        *validation.validate_annotations(meta.get("annotations") or {}, f"{path}.annotations"),
        *pod_validation.validate_spec(spec, f"{path}.spec"),
    ]
    restart = spec.get("restartPolicy")
    if always and restart in ("OnFailure", "Never"):
        found.append(validation.not_supported(f"{path}.spec.restartPolicy", restart, ("Always",)))
    if always and spec.get("activeDeadlineSeconds") is not None:
        detail = "activeDeadlineSeconds in ReplicaSet is not Supported"
        found.append(validation.forbidden(f"{path}.spec.activeDeadlineSeconds", detail))
    return found


def validate_selector(selector: Mapping[str, Any], path: str) -> list[FieldError]:
    """Check a matchLabels/matchExpressions selector (ValidateLabelSelector)."""
    found = validation.validate_labels(selector.get("matchLabels") or {}, f"{path}.matchLabels")
    for position, expression in enumerate(selector.get("matchExpressions") or ()):
        found += _validate_expression(expression, f"{path}.matchExpressions[{position}]")
    return found


def _validate_expression(expression: Mapping[str, Any], path: str) -> list[FieldError]:
    found: list[FieldError] = []
    operator, values = expression.get("operator"), expression.get("values") or ()
    if operator in ("In", "NotIn"):
        if not values:
            found.append(validation.required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.append(validation.forbidden(f"{path}.values", detail))
    else:
        found.append(validation.invalid(f"{path}.operator", operator or "", "not a valid selector operator"))
    key = str(expression.get("key") or "")
    found += validation.invalid_each(f"{path}.key", key, validation.qualified_name(key))
    for position, value in enumerate(values):
        found += validation.invalid_each(f"{path}.values[{position}]", value, validation.label_value(str(value)))
    return found


def validate_apps_selector(spec: Mapping[str, Any]) -> list[FieldError]:
    """Check that apps/v1's selector is there and not empty."""
    selector = spec.get("selector")
    if selector is None:
        return [validation.required("spec.selector")]
    found = validate_selector(selector, "spec.selector")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        found.append(validation.invalid("spec.selector", selector, "empty selector is invalid for deployment"))
    return found


def validate_apps_template(spec: Mapping[str, Any]) -> list[FieldError]:
    """Check that the selector, an absent one included, matches the template's labels, and the template itself."""
    try:
        selector = labels.from_label_selector(spec.get("selector"))
    except errors.ApiError as refusal:
        return [validation.invalid("spec.selector", spec.get("selector"), refusal.message)]
    return [*selector_fits_template(selector, spec), *validate_template(spec.get("template"), "spec.template")]


def selector_fits_template(selector: labels.Selector, spec: Mapping[str, Any]) -> list[FieldError]:
    """Check that the pods of the template would be selected."""
    stamped = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels.matches(selector, stamped or {}):
        return []
    detail = "`selector` does not match template `labels`"
    return [validation.invalid("spec.template.metadata.labels", stamped, detail)]


def immutable_selector(spec: Mapping[str, Any], old: Mapping[str, Any]) -> list[FieldError]:
    """Refuse a changed selector: it decides which pods are owned."""
    if spec.get("selector") == old.get("selector"):
        return []
    return [validation.invalid("spec.selector", spec.get("selector"), "field is immutable")]


def validate_replicas(spec: Mapping[str, Any], *fields: str) -> list[FieldError]:
    """Check that the counts named are not negative."""
    return [
        error
        for name in fields
        if spec.get(name) is not None
        for error in validation.invalid_each(f"spec.{name}", spec[name], validation.non_negative(spec[name]))
    ]


COUNTS = (
    Column("Desired", "integer", columns.field("spec", "replicas", default=0), description="Pods asked for."),
    Column("Current", "integer", columns.field("status", "replicas", default=0), description="Pods there are."),
    Column("Ready", "integer", columns.field("status", "readyReplicas", default=0), description="Pods that are ready."),
)


def validate_amount(value: Any, field: str) -> list[FieldError]:
    """Check a number of pods, or a share of them in percent (ValidatePositiveIntOrPercent)."""
    if isinstance(value, str):
        if re.fullmatch(r"\d+%", value):
            return []
        detail = (
            "a valid percent string must be a numeric string followed by an ending '%' "
            "(e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"
        )
        return [validation.invalid(field, value, detail)]
    number = value if isinstance(value, int) else 0
    return validation.invalid_each(field, number, validation.non_negative(number))
