"""Who writes and how, from a write's query: field manager, force (metav1 validation.ValidatePatchOptions, release 1.36)."""

from __future__ import annotations

import json

from app.kubeapi import status
from app.kubeapi.call import Call, flag

LONGEST_MANAGER = 128

_OPTIONS = {"POST": "CreateOptions", "PUT": "UpdateOptions", "PATCH": "PatchOptions"}


def field_manager(call: Call, *, required: bool = False) -> str:
    """Return the field manager that the caller names, or what its User-Agent begins with."""
    named = call.request.query_params.get("fieldManager", "")
    if not named:
        if required:
            raise _invalid(call, "fieldManager", "FieldValueRequired", "Required value: is required for apply patch")
        return call.request.headers.get("user-agent", "").partition("/")[0][:LONGEST_MANAGER] or "unknown"
    if len(named.encode()) > LONGEST_MANAGER:
        detail = f"Too long: may not be more than {LONGEST_MANAGER} bytes"
        raise _invalid(call, "fieldManager", "FieldValueTooLong", detail)
    if not named.isprintable():
        shown = json.dumps(named, ensure_ascii=False)
        detail = f"Invalid value: {shown}: should only contain printable characters"
        raise _invalid(call, "fieldManager", "FieldValueInvalid", detail)
    return named


def force(call: Call, *, applies: bool) -> bool:
    """Say whether an application takes fields from their owners; any other patch may not ask for that."""
    asked = call.request.query_params.get("force")
    if asked is not None and not applies:
        detail = "Forbidden: may not be specified for non-apply patch"
        raise _invalid(call, "force", "FieldValueForbidden", detail)
    return flag(asked)


def _invalid(call: Call, field: str, reason: str, detail: str) -> status.Refusal:
    kind = _OPTIONS.get(call.request.method, "PatchOptions")
    return status.Refusal(
        422,
        "Invalid",
        f'{kind}.meta.k8s.io "" is invalid: {field}: {detail}',
        {"group": "meta.k8s.io", "kind": kind, "causes": [{"reason": reason, "message": detail, "field": field}]},
    )
