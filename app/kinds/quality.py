"""The quality-of-service class of a pod.

Mirrors pkg/apis/core/v1/helper/qos/qos.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_COUNTED = ("cpu", "memory")


def of_service(spec: Mapping[str, Any]) -> str:
    """Return Guaranteed, Burstable or BestEffort, by the cpu and memory that the containers ask for."""
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    wants = [_positive(container, "requests") for container in containers]
    limits = [_positive(container, "limits") for container in containers]
    if not any(wants) and not any(limits):
        return "BestEffort"
    all_limited = all(len(limit) == len(_COUNTED) for limit in limits)
    return "Guaranteed" if all_limited and wants == limits else "Burstable"


def _positive(container: Mapping[str, Any], name: str) -> dict[str, str]:
    amounts = (container.get("resources") or {}).get(name) or {}
    return {key: str(amounts[key]) for key in _COUNTED if str(amounts.get(key, "0")) not in ("0", "")}
