"""ConfigMap: plain values for pods; the playground's own settings are one, kube-system/podlane.

Mirrors pkg/apis/core/validation/validation.go ValidateConfigMap (release 1.36).
"""

from __future__ import annotations

from app.kinds import columns
from app.kinds.kind import Column, Kind
from app.machinery import validation
from app.machinery.objects import Object
from app.machinery.validation import FieldError

SIZE = 1024 * 1024


def validate(obj: Object) -> list[FieldError]:
    """Check keys and the total size."""
    found: list[FieldError] = []
    plain, binary = obj.get("data") or {}, obj.get("binaryData") or {}
    for name, values in (("data", plain), ("binaryData", binary)):
        for key in sorted(values):
            found += validation.invalid_each(f"{name}[{key}]", key, validation.config_map_key(key))
    for key in sorted(plain.keys() & binary.keys()):
        detail = "duplicate of key present in binaryData"
        found.append(validation.invalid(f"data[{key}]", key, detail))
    size = sum(len(str(value).encode()) for value in (*plain.values(), *binary.values()))
    if size > SIZE:
        found.append(validation.too_long("", "", SIZE))
    return found


def validate_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse any change of an immutable ConfigMap."""
    if not old.get("immutable"):
        return []
    detail = "field is immutable when `immutable` is set"
    found = [] if obj.get("immutable") else [validation.forbidden("immutable", detail)]
    return found + [
        validation.forbidden(name, detail) for name in ("data", "binaryData") if obj.get(name) != old.get(name)
    ]


def _count(obj: Object, now: float) -> int:
    return len(obj.get("data") or {}) + len(obj.get("binaryData") or {})


KIND = Kind(
    group="",
    version="v1",
    kind="ConfigMap",
    resource="configmaps",
    singular="configmap",
    short_names=("cm",),
    validate=validate,
    validate_update=validate_update,
    columns=(columns.NAME, Column("Data", "string", _count, description="Number of values."), columns.AGE),
    help="Plain values that pods can read.",
    field_help={"data": "Names and texts.", "immutable": "While true, nothing in it can change."},
)
