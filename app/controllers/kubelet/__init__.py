"""Plays the kubelet of nodes that carry `podlane.dev/kubelet: simulated`: starts, probes, restarts and stops pods.

What each container does is known from its image (`kinds.images`) and the faults in its pod's annotations; nodes
without the annotation have no kubelet here, and their pods' status is whatever clients write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import clock, journal, state
from app.controllers import controller
from app.controllers.kubelet import parts, probing, restarts, start, stop
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object

PARTS = (state.PODS[1], parts.READINESS, parts.LIVENESS, parts.STOP)


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.PODS:
        return _of_pod(held, key, change.after)
    if key[:2] == state.NODES and change.after is not None and _gains_kubelet(change):
        return [one for pod in held.pods_by_node.get(key.name) for one in _of_pod(held, pod, held.get(pod))]
    return ()


def _gains_kubelet(change: journal.ObjectChanged) -> bool:
    assert change.after is not None
    before = objects.annotations_of(change.before) if change.before is not None else {}
    return objects.annotations_of(change.after).get(parts.ANNOTATION) != before.get(parts.ANNOTATION)


def _of_pod(held: state.ClusterState, key: Key, pod: Object | None) -> list[Key]:
    if pod is None:
        known = (clock.TimerId(parts.NAME, objects.key_text(parts.key_for(part, key))) for part in PARTS)
        return [objects.key_from_text(one.key) for one in known if one in held.timers.pending]
    if not parts.is_simulated(held, pod):
        return []
    if objects.is_terminating(pod):
        return [parts.key_for(parts.STOP, key), *_probed(key, pod)]
    if podstatus.is_terminal(pod):
        return []
    return [key, *_probed(key, pod)]


def _probed(key: Key, pod: Object) -> list[Key]:
    if not parts.has_started(pod):
        return []
    live = any(True for kind in ("livenessProbe", "startupProbe") for _ in parts.probes(pod, kind))
    readiness = parts.key_for(parts.READINESS, key)
    return [readiness, parts.key_for(parts.LIVENESS, key)] if live else [readiness]


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    pod = held.get(parts.pod_key(key))
    if pod is None or not parts.is_simulated(held, pod):
        return parts.wait_no_more(held, key)
    if key.resource == parts.STOP:
        return stop.reconcile(held, key, pod, turn) if objects.is_terminating(pod) else ()
    if podstatus.is_terminal(pod):
        return parts.wait_no_more(held, key)
    if key.resource == parts.READINESS:
        return probing.reconcile_readiness(held, key, pod, turn)
    if key.resource == parts.LIVENESS:
        return probing.reconcile_liveness(held, key, pod, turn)
    if objects.is_terminating(pod):
        return parts.wait_no_more(held, key)
    if parts.has_started(pod):
        return restarts.reconcile(held, key, pod, turn)
    return start.reconcile(held, key, pod, turn)


def _every(held: state.ClusterState) -> Iterable[Key]:
    return [one for pod in held.keys(state.PODS) for one in _of_pod(held, pod, held.get(pod))]


CONTROLLER = controller.Controller(parts.NAME, _interested, _reconcile, _every)
