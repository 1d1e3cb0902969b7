"""Taints nodes that take no new pods: cordoned ones, and those whose conditions say that something runs short.

Mirrors doNoScheduleTaintingPass in pkg/controller/nodelifecycle/node_lifecycle_controller.go, release 1.36. Whether a node
is ready and heard of is `node_health`'s affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

NAME = "node-lifecycle-taints"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_BY_CONDITION = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}
_KEYS = frozenset({UNSCHEDULABLE, *_BY_CONDITION.values()})


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    return (change.key,) if change.key[:2] == state.NODES and change.after is not None else ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    node = held.get(key)
    if node is None:
        return ()
    wanted = _wanted(node)
    present = list(objects.spec_of(node).get("taints") or ())
    kept = [taint for taint in present if not _is_ours(taint) or taint["key"] in wanted]
    known = {taint["key"] for taint in kept if _is_ours(taint)}
    now = turn.env.timestamp()
    kept += [{"key": name, "effect": "NoSchedule", "timeAdded": now} for name in wanted if name not in known]
    if kept == present:
        return ()
    spec = {name: value for name, value in objects.spec_of(node).items() if name != "taints"}
    return (controller.Update(key, {**node, "spec": {**spec, **({"taints": kept} if kept else {})}}),)


def _is_ours(taint: Draft) -> bool:
    return taint.get("effect") == "NoSchedule" and taint.get("key") in _KEYS


def _wanted(node: Object) -> list[str]:
    found = [name for condition, name in _BY_CONDITION.items() if objects.condition_is_true(node, condition)]
    return [*found, UNSCHEDULABLE] if objects.spec_of(node).get("unschedulable") else found


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.NODES))


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
