"""What a write is asked for in its query, checked before the write is looked at.

Mirrors staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go (release 1.36).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.datastructures import QueryParams

from app.kubeapi import field_owners, options
from app.kubeapi.options import Fault

_STRICTNESS = ("", "Ignore", "Strict", "Warn")
_NAMES: Mapping[str, str] = {
    "POST": "CreateOptions",
    "PUT": "UpdateOptions",
    "PATCH": "PatchOptions",
    "DELETE": "DeleteOptions",
}


def check(method: str, query: QueryParams, *, applies: bool = False) -> None:
    """Refuse options that make no sense, all of them at once; `applies` says that a patch is a configuration."""
    name = _NAMES.get(method)
    if name is None:
        return
    faults = [*_dry_run(query.getlist("dryRun"))]
    if method == "PATCH":
        faults += _application(query, applies)
    if method != "DELETE":
        faults += [*_owner_name(query.get("fieldManager", "")), *_strictness(query.get("fieldValidation", ""))]
    if faults:
        raise options.invalid(faults, name)


def _application(query: QueryParams, applies: bool) -> list[Fault]:
    if applies and not query.get("fieldManager"):
        return [("fieldManager", "FieldValueRequired", "Required value: is required for apply patch")]
    if not applies and "force" in query:
        return [("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch")]
    return []


def _dry_run(values: list[str]) -> list[Fault]:
    values = [value for value in values if value]
    if all(value == "All" for value in values):
        return []
    shown = ", ".join(json.dumps(value) for value in values)
    return [options.unsupported("dryRun", f"[]string{{{shown}}}", ("All",))]


def _strictness(value: str) -> list[Fault]:
    return [] if value in _STRICTNESS else [options.unsupported("fieldValidation", json.dumps(value), _STRICTNESS)]


def _owner_name(value: str) -> list[Fault]:
    faults = []
    if len(value.encode("utf-8", "replace")) > field_owners.LONGEST:
        detail = f"Too long: may not be more than {field_owners.LONGEST} bytes"
        faults.append(("fieldManager", "FieldValueTooLong", detail))
    if not value.isprintable():
        detail = f"Invalid value: {json.dumps(value)}: should only contain printable characters"
        faults.append(("fieldManager", "FieldValueInvalid", detail))
    return faults
