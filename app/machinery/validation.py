"""Field errors in the API server's words, and the rules that all objects' metadata share.

Mirrors staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go and
pkg/api/validation/objectmeta.go (release 1.36).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.machinery import formats
from app.machinery.formats import (
    cidr,
    config_map_key,
    dns1035_label,
    dns1123_label,
    dns1123_subdomain,
    env_var_name,
    iana_svc_name,
    in_range,
    ip_address,
    label_value,
    non_negative,
    port_number,
    qualified_name,
    special_range,
)

__all__ = [
    "OMITTED",
    "FieldError",
    "FieldErrorType",
    "NameRule",
    "causes",
    "cidr",
    "config_map_key",
    "dns1035_label",
    "dns1123_label",
    "dns1123_subdomain",
    "duplicate",
    "each",
    "env_var_name",
    "forbidden",
    "iana_svc_name",
    "in_range",
    "internal_error",
    "invalid",
    "invalid_each",
    "ip_address",
    "kubectl_sentence",
    "label_value",
    "non_negative",
    "not_found",
    "not_supported",
    "port_number",
    "qualified_name",
    "quote",
    "render_value",
    "required",
    "special_range",
    "too_long",
    "too_many",
    "type_invalid",
    "unique",
    "validate_annotations",
    "validate_labels",
    "validate_object_meta",
]

NameRule = Callable[[str], Sequence[str]]
"""What a kind's name must be: complaints about it, none when it fits."""

ANNOTATIONS_SIZE = 256 * 1024
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


class FieldErrorType(StrEnum):
    """Why a field is refused; the value is the `reason` of the Status cause."""

    REQUIRED = "FieldValueRequired"
    INVALID = "FieldValueInvalid"
    NOT_SUPPORTED = "FieldValueNotSupported"
    DUPLICATE = "FieldValueDuplicate"
    FORBIDDEN = "FieldValueForbidden"
    NOT_FOUND = "FieldValueNotFound"
    TOO_LONG = "FieldValueTooLong"
    TOO_MANY = "FieldValueTooMany"
    TYPE_INVALID = "FieldValueTypeInvalid"
    INTERNAL = "InternalError"


_WORDS = {
    FieldErrorType.REQUIRED: "Required value",
    FieldErrorType.INVALID: "Invalid value",
    FieldErrorType.NOT_SUPPORTED: "Unsupported value",
    FieldErrorType.DUPLICATE: "Duplicate value",
    FieldErrorType.FORBIDDEN: "Forbidden",
    FieldErrorType.NOT_FOUND: "Not found",
    FieldErrorType.TOO_LONG: "Too long",
    FieldErrorType.TOO_MANY: "Too many",
    FieldErrorType.TYPE_INVALID: "Invalid value",
    FieldErrorType.INTERNAL: "Internal error",
}
_WITHOUT_VALUE = (
    FieldErrorType.REQUIRED,
    FieldErrorType.FORBIDDEN,
    FieldErrorType.TOO_LONG,
    FieldErrorType.INTERNAL,
)

OMITTED = object()
"""Stands for a value that the message does not show."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that breaks one rule; as text it is the API server's sentence, to the character."""

    type: FieldErrorType
    field: str
    value: Any
    detail: str = ""

    @property
    def body(self) -> str:
        """The sentence without the field's path, as Status causes carry it."""
        shown = _WORDS[self.type]
        if self.type not in _WITHOUT_VALUE and self.value is not OMITTED:
            shown = f"{shown}: {render_value(self.value)}"
        return f"{shown}: {self.detail}" if self.detail else shown

    def __str__(self) -> str:
        return f"{self.field}: {self.body}"


def required(field: str, detail: str = "") -> FieldError:
    """The field must be there."""
    return FieldError(FieldErrorType.REQUIRED, field, "", detail)


def invalid(field: str, value: Any, detail: str) -> FieldError:
    """The value is malformed or out of bounds."""
    return FieldError(FieldErrorType.INVALID, field, value, detail)


def not_supported(field: str, value: Any, supported: Iterable[str]) -> FieldError:
    """The value is none of a closed set; the set is shown in the order given."""
    shown = ", ".join(quote(choice) for choice in supported)
    return FieldError(FieldErrorType.NOT_SUPPORTED, field, value, f"supported values: {shown}" if shown else "")


def duplicate(field: str, value: Any) -> FieldError:
    """The value must be unique and is not."""
    return FieldError(FieldErrorType.DUPLICATE, field, value)


def forbidden(field: str, detail: str) -> FieldError:
    """The field may not be set here."""
    return FieldError(FieldErrorType.FORBIDDEN, field, "", detail)


def not_found(field: str, value: Any) -> FieldError:
    """The value points at nothing."""
    return FieldError(FieldErrorType.NOT_FOUND, field, value)


def too_long(field: str, value: Any, limit: int) -> FieldError:
    """The value has more bytes than allowed; the value itself is not repeated."""
    return FieldError(FieldErrorType.TOO_LONG, field, value, f"may not be more than {limit} bytes")


def too_many(field: str, count: int, limit: int) -> FieldError:
    """The list has more members than allowed."""
    return FieldError(FieldErrorType.TOO_MANY, field, count, f"must have at most {limit} items")


def type_invalid(field: str, value: Any, detail: str) -> FieldError:
    """The value has another type than the field."""
    return FieldError(FieldErrorType.TYPE_INVALID, field, value, detail)


def internal_error(field: str, detail: str) -> FieldError:
    """Something of ours failed while the field was looked at."""
    return FieldError(FieldErrorType.INTERNAL, field, None, detail)


def invalid_each(field: str, value: Any, complaints: Iterable[str]) -> list[FieldError]:
    """Make one Invalid of each complaint about the value."""
    return [invalid(field, value, complaint) for complaint in complaints]


def each(field: str, values: Sequence[str] | None, rule: NameRule) -> list[FieldError]:
    """Judge every member of a list of strings by one rule."""
    return [
        error
        for position, value in enumerate(values or ())
        for error in invalid_each(f"{field}[{position}]", value, rule(value))
    ]


def unique(field: str, values: Sequence[str] | None) -> list[FieldError]:
    """Report each member of a list that stood in it before."""
    seen: set[str] = set()
    found = []
    for position, value in enumerate(values or ()):
        if value in seen:
            found.append(duplicate(f"{field}[{position}]", value))
        seen.add(value)
    return found


def causes(field_errors: Iterable[FieldError]) -> list[dict[str, str]]:
    """Write field errors as the `details.causes` of a Status object."""
    return [{"reason": error.type.value, "message": error.body, "field": error.field} for error in field_errors]


def kubectl_sentence(kind: str, name: str, field_errors: Sequence[FieldError]) -> str:
    """Write a 422 as kubectl prints it: one error on the line, several as a starred list."""
    lines = list(dict.fromkeys(str(error) for error in field_errors))
    head = f'The {kind} "{name}" is invalid: '
    return head + lines[0] if len(lines) == 1 else head + "".join(f"\n* {line}" for line in lines)


def quote(text: str) -> str:
    """Quote text as Go's strconv.Quote does for what can stand in a manifest."""
    shown = [_ESCAPES.get(char) or (char if char.isprintable() else _hex(char)) for char in text]
    return f'"{"".join(shown)}"'


def render_value(value: Any) -> str:
    """Show a refused value: text quoted, the rest as compact JSON."""
    if isinstance(value, str):
        return quote(value)
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=dict)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\a": "\\a", "\b": "\\b"} | {
    "\f": "\\f",
    "\v": "\\v",
}


def _hex(char: str) -> str:
    code = ord(char)
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def validate_object_meta(meta: Mapping[str, Any], namespaced: bool, name_rule: NameRule) -> list[FieldError]:
    """Check what every object's metadata must obey (ValidateObjectMetaAccessor)."""
    return [
        *_validate_names(meta, name_rule),
        *_validate_namespace(str(meta.get("namespace") or ""), namespaced),
        *validate_labels(meta.get("labels") or {}, "metadata.labels"),
        *validate_annotations(meta.get("annotations") or {}, "metadata.annotations"),
        *_validate_owners(meta.get("ownerReferences") or ()),
        *_validate_finalizers(meta.get("finalizers") or ()),
    ]


def validate_labels(labels: Mapping[str, str], field: str) -> list[FieldError]:
    """Check label keys and values (also those of selectors and pod templates)."""
    found: list[FieldError] = []
    for key, value in sorted(labels.items()):
        found += invalid_each(field, key, formats.qualified_name(key))
        found += invalid_each(field, value, formats.label_value(value))
    return found


def validate_annotations(annotations: Mapping[str, str], field: str) -> list[FieldError]:
    """Check annotation keys, and that all together stay under 256 KiB."""
    found: list[FieldError] = []
    for key in sorted(annotations):
        found += invalid_each(field, key, formats.qualified_name(key.lower()))
    size = sum(len(key.encode()) + len(str(value).encode()) for key, value in annotations.items())
    if size > ANNOTATIONS_SIZE:
        found.append(too_long(field, "", ANNOTATIONS_SIZE))
    return found


def _validate_names(meta: Mapping[str, Any], name_rule: NameRule) -> list[FieldError]:
    found: list[FieldError] = []
    prefix, name = str(meta.get("generateName") or ""), str(meta.get("name") or "")
    if prefix:
        masked = f"{prefix[:-1]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        found += invalid_each("metadata.generateName", prefix, name_rule(masked))
    if not name:
        if not prefix:
            found.append(required("metadata.name", "name or generateName is required"))
        return found
    return found + invalid_each("metadata.name", name, name_rule(name))


def _validate_namespace(namespace: str, namespaced: bool) -> list[FieldError]:
    if not namespaced:
        return [forbidden("metadata.namespace", "not allowed on this type")] if namespace else []
    if not namespace:
        return [required("metadata.namespace")]
    return invalid_each("metadata.namespace", namespace, formats.dns1123_label(namespace))


def _validate_owners(references: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    field = "metadata.ownerReferences"
    found: list[FieldError] = []
    controller = ""
    for reference in references:
        found += [
            invalid(f"{field}.{part}", "", f"{_OWNER_WORDS.get(part, part)} must not be empty")
            for part in ("apiVersion", "kind", "name", "uid")
            if not reference.get(part)
        ]
        if reference.get("controller"):
            shown = f"{reference.get('kind')}/{reference.get('name')}"
            if controller:
                detail = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {shown}'
                )
                found.append(invalid(field, list(references), detail))
            controller = controller or shown
    return found


_OWNER_WORDS = {"apiVersion": "version"}


def _validate_finalizers(finalizers: Sequence[str]) -> list[FieldError]:
    found: list[FieldError] = []
    for name in finalizers:
        found += invalid_each("metadata.finalizers", name, formats.qualified_name(name))
        if "/" not in name and name not in _STANDARD_FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            found.append(invalid("metadata.finalizers", name, detail))
    return found
