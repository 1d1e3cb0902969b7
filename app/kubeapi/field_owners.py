"""Who writes, and whether an application takes what others own: from a write's query and headers."""

from __future__ import annotations

from app.kubeapi.call import Call, flag

LONGEST = 128


def field_manager(call: Call) -> str:
    """Return the field manager that the caller names, or what its User-Agent begins with."""
    named: str = call.request.query_params.get("fieldManager", "")
    return named or call.request.headers.get("user-agent", "").partition("/")[0][:LONGEST] or "unknown"


def force(call: Call) -> bool:
    """Say whether an application takes fields from their owners."""
    return flag(call.request.query_params.get("force"))
