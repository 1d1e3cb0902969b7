"""Where a DaemonSet's pods belong, and what is stamped into them.

Mirrors pkg/controller/daemon/util and daemon_controller.go (NodeShouldRunDaemonPod), release 1.36.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from app.kinds import placement, replicas, revisions
from app.machinery import objects
from app.machinery.objects import Draft, Object

GENERATION_LABEL = "pod-template-generation"
_ALWAYS = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_ON_HOST = ("node.kubernetes.io/network-unavailable", "NoSchedule")


def tolerations(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the tolerations of a DaemonSet's pod: its own, and those that all of them get."""
    known = [dict(found) for found in spec.get("tolerations") or ()]
    wanted = [*_ALWAYS, _ON_HOST] if spec.get("hostNetwork") else list(_ALWAYS)
    for key, effect in wanted:
        made = {"key": key, "operator": "Exists", "effect": effect}
        if made not in known:
            known.append(made)
    return known


def runs_on(owner: Object, node: Object) -> bool:
    """Say whether the node should have a pod of the set."""
    return _fits(owner, node, ("NoSchedule", "NoExecute"))


def stays_on(owner: Object, node: Object) -> bool:
    """Say whether a pod of the set that is on the node may stay."""
    return _fits(owner, node, ("NoExecute",))


def _fits(owner: Object, node: Object, effects: Sequence[str]) -> bool:
    spec: Mapping[str, Any] = objects.dig(owner, "spec", "template", "spec") or {}
    if spec.get("nodeName") and spec["nodeName"] != objects.name_of(node):
        return False
    return placement.wants(spec, node) and not placement.untolerated(node, tolerations(spec), effects)


def pod_for(owner: Object, revision: Object, node: str, name: str) -> Draft:
    """Stamp the pod for a node; the scheduler binds it there, since nothing else matches."""
    template = objects.dig(owner, "spec", "template") or {}
    made = replicas.pod_from_template(owner, template, name)
    made["metadata"]["labels"] = {
        **(made["metadata"].get("labels") or {}),
        revisions.HASH_LABEL: objects.labels_of(revision)[revisions.HASH_LABEL],
        GENERATION_LABEL: str(objects.metadata(owner).get("generation") or 1),
    }
    spec: Draft = dict(made["spec"])
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    affinity = dict(spec.get("affinity") or {})
    by_node = dict(affinity.get("nodeAffinity") or {})
    by_node["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": [term]}
    spec["affinity"] = {**affinity, "nodeAffinity": by_node}
    spec["tolerations"] = tolerations(spec)
    made["spec"] = spec
    return made


def node_of(pod: Object) -> str:
    """Return the node a pod is on or meant for."""
    bound = objects.spec_of(pod).get("nodeName")
    if bound:
        return str(bound)
    required = objects.dig(pod, "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    for term in (required or {}).get("nodeSelectorTerms") or ():
        for one in term.get("matchFields") or ():
            if one.get("key") == "metadata.name" and one.get("values"):
                return str(one["values"][0])
    return ""


def is_rolling(owner: Object) -> bool:
    """Say whether the set replaces pods of an old template by itself."""
    return bool((objects.dig(owner, "spec", "updateStrategy", "type") or "RollingUpdate") == "RollingUpdate")


def surges(owner: Object) -> bool:
    """Say whether a new pod may stand beside the old one of its node (util.AllowsSurge)."""
    return is_rolling(owner) and share(owner, "maxSurge", 0, 100) > 0


def share(owner: Object, field: str, default: Any, of: int) -> int:
    """Resolve maxUnavailable or maxSurge: percentages are rounded up (util.UnavailableCount, util.SurgeCount)."""
    value = objects.dig(owner, "spec", "updateStrategy", "rollingUpdate", field)
    value = default if value is None else value
    if isinstance(value, str) and value.endswith("%"):
        return math.ceil(of * int(value[:-1]) / 100)
    return int(value)
