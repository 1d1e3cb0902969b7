"""Removes the pods of a node that is gone (pkg/controller/podgc, release 1.36).

The conditions of a node are left to whoever writes them: DIFFERS, upstream marks a silent node Unknown after 50 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import clock, journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Key

SOON = 1.0
"""DIFFERS: upstream waits 40 s and a sweep; on a bare control plane so do we, elsewhere a learner should see the end."""
QUARANTINE = 40.0


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.NODES and (change.after is None or change.before is None):
        return list(held.pods_by_node.get(key.name))
    if key[:2] == state.PODS and _is_stranded(held, key):
        return (key,)
    return ()


def _is_stranded(held: state.ClusterState, key: Key) -> bool:
    pod = held.get(key)
    node = objects.spec_of(pod).get("nodeName") if pod is not None else None
    return bool(node) and held.find(state.NODES, "", str(node)) is None


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    if not _is_stranded(held, key):
        return (controller.Requeue(None),)
    if turn.fired:
        return (controller.Delete(key, final=True),)
    if held.settings.get("nodes") == 0:
        return (controller.Requeue(QUARANTINE, clock.TimerKind.CLOCK),)
    return (controller.Requeue(SOON),)


def _every(held: state.ClusterState) -> Iterable[Key]:
    gone = [node for node in list(held.pods_by_node.terms) if held.find(state.NODES, "", node) is None]
    return [key for node in gone for key in held.pods_by_node.get(node)]


CONTROLLER = controller.Controller("pod-garbage-collector", _interested, _reconcile, _every)
