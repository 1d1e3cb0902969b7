"""Lets each node's proxy catch up with Services and EndpointSlices, a moment after they changed.

The lag between controllers and each node's rules is real and worth seeing; in instant time there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import clock, journal, state, surroundings
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Key

ANNOTATION = "podlane.dev/kube-proxy"
DELAY_ANNOTATION = "podlane.dev/kube-proxy-delay"
LAG = (0.05, 0.3)


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    if held.mode is clock.TimeMode.INSTANT:
        return ()
    resource = change.key[:2]
    if resource == state.NODES:
        return (change.key,)
    if resource in (state.SERVICES, state.ENDPOINTSLICES):
        return [Key(*state.NODES, "", name) for name in held.proxies.synced]
    return ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    node = held.get(key)
    if held.mode is clock.TimeMode.INSTANT or node is None or not objects.annotations_of(node).get(ANNOTATION):
        return ()
    if key.name not in held.proxies.synced:
        return (controller.SyncRules((key.name,)),)
    if not held.proxies.is_behind(key.name):
        return (controller.Requeue(None),)
    declared = objects.annotations_of(node).get(DELAY_ANNOTATION, "")
    if declared == "stopped":
        return (controller.Requeue(None),)
    if turn.fired:
        return (controller.SyncRules((key.name,)),)
    delay = surroundings.duration(declared)
    return (controller.Requeue(turn.env.rng.uniform(*LAG) if delay is None else delay),)


def _every(held: state.ClusterState) -> Iterable[Key]:
    return [] if held.mode is clock.TimeMode.INSTANT else list(held.keys(state.NODES))


CONTROLLER = controller.Controller("kube-proxy", _interested, _reconcile, _every)
