"""What a pod's status says: phases and conditions as the controllers read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cluster import clock
from app.machinery import objects
from app.machinery.objects import Object

TERMINAL_PHASES = ("Succeeded", "Failed")


def phase_of(pod: Object) -> str:
    """Return `status.phase`, Pending when absent."""
    return str(objects.status_of(pod).get("phase") or "Pending")


def is_terminal(pod: Object) -> bool:
    """Say whether all containers have ended for good (podutil.IsPodTerminal, release 1.36)."""
    return objects.status_of(pod).get("phase") in TERMINAL_PHASES


def is_active(pod: Object) -> bool:
    """Say whether the pod counts for its controller: not ended, not being deleted (controller.IsPodActive)."""
    return not is_terminal(pod) and not objects.is_terminating(pod)


def ready_condition(pod: Object) -> Mapping[str, Any] | None:
    """Return the pod's Ready condition; a plain loop, for it is asked of every pod of a Service at once."""
    for condition in (pod.get("status") or {}).get("conditions") or ():
        if condition.get("type") == "Ready":
            found: Mapping[str, Any] = condition
            return found
    return None


def is_ready(pod: Object) -> bool:
    """Say whether the pod's Ready condition is True (podutil.IsPodReady, release 1.36)."""
    found = ready_condition(pod)
    return found is not None and found.get("status") == "True"


def ready_since(pod: Object) -> float:
    """Return when the Ready condition last changed, in seconds since 1970; 0 when it never did."""
    found = ready_condition(pod)
    return instant(found.get("lastTransitionTime") if found else None)


def instant(text: Any) -> float:
    """Read a timestamp that anybody may have written, as seconds since 1970; 0 when it is none."""
    try:
        return clock.seconds(text) if text else 0.0
    except (TypeError, ValueError, AttributeError):
        return 0.0


def is_available(pod: Object, min_ready_seconds: int, env: clock.Env) -> bool:
    """Say whether the pod has been ready for long enough (podutil.IsPodAvailable); at once in instant time."""
    if not is_ready(pod):
        return False
    if not min_ready_seconds or env.mode is clock.TimeMode.INSTANT:
        return True
    return ready_since(pod) + min_ready_seconds <= env.now


def restarts(pod: Object) -> int:
    """Return the highest restart count of the pod's containers."""
    statuses = objects.status_of(pod).get("containerStatuses") or ()
    return max((int(status.get("restartCount") or 0) for status in statuses), default=0)


def condition(pod: Object, kind: str, is_true: bool, now: str, reason: str = "", message: str = "") -> dict[str, Any]:
    """Make a pod condition; its transition time moves only when its status does."""
    present = objects.condition(pod, kind)
    status = "True" if is_true else "False"
    since = now
    if present is not None and present.get("status") == status:
        since = present.get("lastTransitionTime") or now
    made: dict[str, Any] = {"type": kind, "status": status, "lastProbeTime": None, "lastTransitionTime": since}
    if reason:
        made["reason"] = reason
    if message:
        made["message"] = message
    return made
