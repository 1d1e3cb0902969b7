"""Notices nodes whose kubelet has fallen silent: their conditions become Unknown, their pods are not ready any more.

Mirrors pkg/controller/nodelifecycle/node_lifecycle_controller.go, release 1.36. A node's kubelet is silent when its
annotation `podlane.dev/kubelet` says `stopped`: what runs there goes on running, and nobody looks after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.cluster import clock, journal, state
from app.controllers import controller
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

NAME = "node-lifecycle-controller"
ANNOTATION = "podlane.dev/kubelet"
GRACE = 50.0
"""Seconds without a heartbeat after which a node counts as lost (NodeMonitorGracePeriod)."""
UNREACHABLE = "node.kubernetes.io/unreachable"
_EFFECTS = ("NoSchedule", "NoExecute")
_CONDITIONS = ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
_HEALTHY = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    if change.key[:2] != state.NODES or change.after is None:
        return ()
    before = objects.annotations_of(change.before).get(ANNOTATION) if change.before is not None else None
    now = objects.annotations_of(change.after).get(ANNOTATION)
    return (change.key,) if now == "stopped" or before == "stopped" else ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    node = held.get(key)
    if node is None:
        return ()
    told = objects.annotations_of(node).get(ANNOTATION)
    is_lost = (objects.condition(node, "Ready") or {}).get("status") == "Unknown"
    if told != "stopped":
        back = _back(key, node, turn) if is_lost and told == "simulated" else []
        return [controller.Requeue(None), *back]
    if is_lost:
        return _pods_unready(held, node, turn)
    if not turn.fired:
        return (controller.Requeue(GRACE, clock.TimerKind.CLOCK),)
    return [*_lost(key, node, turn), *_pods_unready(held, node, turn)]


def _lost(key: Key, node: Object, turn: controller.Turn) -> list[controller.Write]:
    now = turn.env.timestamp()
    told: Draft = {**node}
    for kind in _CONDITIONS:
        told = objects.with_condition(
            told, _condition(node, kind, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.", now)
        )
    taints = [taint for taint in objects.spec_of(node).get("taints") or () if taint.get("key") != UNREACHABLE]
    taints += [{"key": UNREACHABLE, "effect": effect, "timeAdded": now} for effect in _EFFECTS]
    told["spec"] = {**objects.spec_of(node), "taints": taints}
    said = f"Node {key.name} status is now: NodeNotReady"
    return [controller.Update(key, told), controller.Record(node, "Normal", "NodeNotReady", said, NAME)]


def _back(key: Key, node: Object, turn: controller.Turn) -> list[controller.Write]:
    now = turn.env.timestamp()
    told: Draft = {**node}
    for kind, (status, reason, message) in _HEALTHY.items():
        told = objects.with_condition(told, _condition(node, kind, status, reason, message, now))
    taints = [taint for taint in objects.spec_of(node).get("taints") or () if taint.get("key") != UNREACHABLE]
    spec = {name: value for name, value in objects.spec_of(node).items() if name != "taints"}
    told["spec"] = {**spec, **({"taints": taints} if taints else {})}
    said = f"Node {key.name} status is now: NodeReady"
    return [
        controller.Update(key, told),
        controller.Record(node, "Normal", "NodeReady", said, "kubelet", host=key.name),
    ]


def _condition(node: Object, kind: str, status: str, reason: str, message: str, now: str) -> dict[str, Any]:
    known = objects.condition(node, kind) or {}
    return {
        "type": kind,
        "status": status,
        "lastHeartbeatTime": known.get("lastHeartbeatTime") or now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def _pods_unready(held: state.ClusterState, node: Object, turn: controller.Turn) -> list[controller.Write]:
    """Mark the node's pods not ready, so that their endpoints go (MarkPodsNotReady)."""
    writes: list[controller.Write] = []
    for pod in held.pods_on(objects.name_of(node)):
        if not podstatus.is_ready(pod):
            continue
        ready = {
            **(objects.condition(pod, "Ready") or {}),
            "status": "False",
            "lastTransitionTime": turn.env.timestamp(),
        }
        writes.append(controller.Update(controller.pod_key(pod), objects.with_condition(pod, ready)))
        writes.append(controller.Record(pod, "Warning", "NodeNotReady", "Node is not ready", "node-controller"))
    return writes


def _every(held: state.ClusterState) -> Iterable[Key]:
    return [
        Key(*state.NODES, "", objects.name_of(node))
        for node in held.list(state.NODES)
        if objects.annotations_of(node).get(ANNOTATION) == "stopped"
    ]


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
