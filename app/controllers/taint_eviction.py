"""Evicts pods from nodes whose NoExecute taints they do not tolerate, or no longer.

Mirrors pkg/controller/tainteviction/taint_eviction.go, release 1.36.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.cluster import clock, journal, state
from app.controllers import controller
from app.kinds import placement, podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object

NAME = "taint-eviction-controller"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.NODES:
        before = _taints(change.before) if change.before is not None else []
        now = _taints(change.after) if change.after is not None else []
        return list(held.pods_by_node.get(key.name)) if before != now else ()
    if key[:2] != state.PODS or change.after is None:
        return ()
    node = objects.spec_of(change.after).get("nodeName")
    was_there = change.before is not None and objects.spec_of(change.before).get("nodeName") == node
    found = held.find(state.NODES, "", str(node)) if node and not was_there else None
    return (key,) if found is not None and _taints(found) else ()


def _taints(node: Object) -> list[Mapping[str, Any]]:
    return [taint for taint in objects.spec_of(node).get("taints") or () if taint.get("effect") == "NoExecute"]


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    pod = held.get(key)
    node = held.find(state.NODES, "", str(objects.spec_of(pod).get("nodeName") or "")) if pod is not None else None
    if pod is None or node is None or objects.is_terminating(pod) or podstatus.is_terminal(pod):
        return (controller.Requeue(None),)
    taints = _taints(node)
    seconds = _patience(taints, objects.spec_of(pod).get("tolerations") or ())
    if not taints or seconds is None:
        return (controller.Requeue(None),)
    if seconds > 0 and not turn.fired:
        return (controller.Requeue(seconds, clock.TimerKind.CLOCK),)
    told = f"Marking for deletion Pod {key.namespace}/{key.name}"
    return (controller.Record(pod, "Normal", "TaintManagerEviction", told, NAME), controller.Delete(key))


def _patience(taints: Sequence[Mapping[str, Any]], tolerations: Sequence[Mapping[str, Any]]) -> float | None:
    """Return how long the pod may stay: None for ever, 0 not at all, else the shortest tolerationSeconds."""
    shortest: float | None = None
    for taint in taints:
        using = [one for one in tolerations if placement.tolerates([one], taint)]
        if not using:
            return 0.0
        limits = [float(one["tolerationSeconds"]) for one in using if one.get("tolerationSeconds") is not None]
        if limits:
            shortest = min([*limits, *([] if shortest is None else [shortest])])
    return None if shortest is None else max(shortest, 0.0)


def _every(held: state.ClusterState) -> Iterable[Key]:
    tainted = [objects.name_of(node) for node in held.list(state.NODES) if _taints(node)]
    return [key for name in tainted for key in held.pods_by_node.get(name)]


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
