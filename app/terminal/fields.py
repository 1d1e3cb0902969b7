"""Values that a container takes from its pod's own fields, for its environment and its files (the downward API).

Mirrors pkg/fieldpath and pkg/api/v1/resource (release 1.36).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from app.cluster import state
from app.machinery import objects
from app.machinery.objects import Object

_ONE_KEY = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


def of(held: state.ClusterState, pod: Object, path: str) -> str:
    """Return what a field of the pod says, as text; empty when it says nothing."""
    one = _ONE_KEY.fullmatch(path)
    if one is not None:
        return str((objects.metadata(pod).get(one[1]) or {}).get(one[2]) or "")
    if path in ("metadata.labels", "metadata.annotations"):
        found = objects.metadata(pod).get(path.partition(".")[2]) or {}
        return "\n".join(f'{name}="{_quoted(str(text))}"' for name, text in sorted(found.items()))
    if path in ("status.podIP", "status.podIPs"):
        addresses = state.pod_ips(pod)
        return ",".join(addresses) if path.endswith("s") else next(iter(addresses), "")
    if path in ("status.hostIP", "status.hostIPs"):
        node = held.find(state.NODES, "", str(objects.spec_of(pod).get("nodeName") or ""))
        return next(iter(state.node_addresses(node)), "") if node else ""
    return str(objects.dig(pod, *path.split(".")) or "")


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def of_resources(container: Mapping[str, Any], reference: Mapping[str, Any]) -> str:
    """Return a container's request or limit, counted in the divisor; what is not set is what a node has."""
    kind, _, name = str(reference.get("resource") or "").partition(".")
    unset = {"cpu": "2", "memory": "8Gi"}.get(name, "0") if kind == "limits" else "0"
    text = objects.dig(container, "resources", kind, name) or unset
    amount, divisor = _number(str(text)), _number(str(reference.get("divisor") or "1")) or 1.0
    return str(math.ceil(amount / divisor - 1e-9))


def _number(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(m|[kKMGTP]i?)?", text)
    if found is None:
        return 0.0
    suffix = found[2] or ""
    if suffix == "m":
        return float(found[1]) / 1000
    base = 1024.0 if suffix.endswith("i") else 1000.0
    power = " kMGTP".index(suffix[0].replace("K", "k")) if suffix else 0
    return float(found[1]) * float(base**power)
