"""ReplicaSet and ReplicationController: keep the wanted number of pods that match a selector.

Upstream too has one controller for both (pkg/controller/replicaset, pkg/controller/replication, release 1.36): adopts
matching orphans, releases pods whose labels stop matching, creates what is missing and deletes what is too much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, journal, state
from app.controllers import controller
from app.kinds import podstatus, replicas
from app.machinery import labels, objects
from app.machinery.objects import Draft, Key, Object

BURST = 500
"""Pods created or deleted in one turn (BurstReplicas)."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """Which of the two it is: its resource, its kind, the component that speaks in its Events."""

    resource: state.Resource
    kind: str
    component: str


@dataclass(frozen=True, slots=True)
class Herd:
    """The pods of one owner: those it counts, those being deleted, and the writes that settle whose they are."""

    active: list[Object]
    terminating: int
    claims: list[controller.Write]


REPLICASETS = Flavour(state.REPLICASETS, "ReplicaSet", "replicaset-controller")
REPLICATION = Flavour(state.REPLICATION_CONTROLLERS, "ReplicationController", "replication-controller")


def _interested(flavour: Flavour, held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == flavour.resource:
        return () if held.writers.get(key) == flavour.component else (key,)
    if key[:2] != state.PODS or _looks(change.before) == _looks(change.after):
        return ()
    owners = controller.owners(change, flavour.resource, flavour.kind)
    if change.after is not None and objects.controller_of(change.after) is None:
        selecting = held.selecting(flavour.resource, key.namespace, objects.labels_of(change.after))
        for owner_object in selecting:
            owners[Key(*flavour.resource, key.namespace, objects.name_of(owner_object))] = None
    return owners


def _looks(pod: Object | None) -> tuple[Any, ...]:
    """What of a pod counts for its owner."""
    if pod is None:
        return ()
    meta = objects.metadata(pod)
    return (
        podstatus.ready_condition(pod),
        podstatus.is_terminal(pod),
        meta.get("labels"),
        meta.get("ownerReferences"),
        meta.get("deletionTimestamp"),
    )


def _reconcile(
    flavour: Flavour, held: state.ClusterState, key: Key, turn: controller.Turn
) -> Sequence[controller.Write]:
    owner = held.get(key)
    if owner is None:
        return ()
    herd = _herd(flavour, held, owner)
    writes = list(herd.claims)
    if not objects.is_terminating(owner):
        writes += _to_scale(flavour, held, owner, herd, turn)
    return writes or _status(key, owner, herd, turn)


# --- whose pods --------------------------------------------------------------------------------


def _herd(flavour: Flavour, held: state.ClusterState, owner: Object) -> Herd:
    """Claim and release pods (controller.PodControllerRefManager, release 1.36)."""
    selector = _selector(owner)
    active: list[Object] = []
    claims: list[controller.Write] = []
    terminating = 0
    uid = objects.uid_of(owner)
    for pod in held.owned_by(uid):
        if pod.get("kind") != "Pod" or (objects.controller_of(pod) or {}).get("uid") != uid:
            continue
        if not labels.matches(selector, objects.labels_of(pod)):
            if not objects.is_terminating(pod):
                claims.append(_released(pod, uid))
        elif podstatus.is_active(pod):
            active.append(pod)
        elif not podstatus.is_terminal(pod):
            terminating += 1
    if not objects.is_terminating(owner):
        for pod in _orphans(held, owner, selector):
            claims.append(controller.Update(controller.pod_key(pod), objects.adopted(pod, owner)))
            active.append(pod)
    return Herd(active, terminating, claims)


def _selector(owner: Object) -> labels.Selector:
    declared = objects.spec_of(owner).get("selector") or {}
    if owner.get("kind") == "ReplicationController":
        return labels.from_equality(declared)
    return labels.from_label_selector(declared)


def _orphans(held: state.ClusterState, owner: Object, selector: labels.Selector) -> list[Object]:
    pairs = state.equality_selector(owner)
    namespace = objects.namespace_of(owner)
    if pairs is None:
        return []
    candidates = held.pods_of(namespace, pairs) if pairs else held.list(state.PODS, namespace)
    return [
        pod
        for pod in candidates
        if objects.controller_of(pod) is None
        and podstatus.is_active(pod)
        and labels.matches(selector, objects.labels_of(pod))
    ]


def _released(pod: Object, uid: str) -> controller.Update:
    references = [reference for reference in objects.owner_references(pod) if reference.get("uid") != uid]
    released = objects.with_path(pod, ("metadata", "ownerReferences"), references or None)
    return controller.Update(controller.pod_key(pod), released)


# --- how many ----------------------------------------------------------------------------------


def _to_scale(
    flavour: Flavour, held: state.ClusterState, owner: Object, herd: Herd, turn: controller.Turn
) -> list[controller.Write]:
    missing = replicas.desired(owner) - len(herd.active)
    if missing > 0:
        return _creations(flavour, held, owner, min(missing, BURST), turn)
    writes: list[controller.Write] = []
    for pod in replicas.victims(herd.active, min(-missing, BURST), turn.env) if missing < 0 else ():
        name = objects.name_of(pod)
        writes.append(controller.Delete(controller.pod_key(pod)))
        writes.append(_said(flavour, owner, "SuccessfulDelete", f"Deleted pod: {name}"))
    return writes


def _creations(
    flavour: Flavour, held: state.ClusterState, owner: Object, count: int, turn: controller.Turn
) -> list[controller.Write]:
    if not replicas.may_create(held, owner):
        return []
    template = objects.spec_of(owner).get("template") or {}
    writes: list[controller.Write] = []
    taken: set[str] = set()
    for _ in range(count):
        name = replicas.free_name(held, owner, taken, turn.env)
        writes.append(controller.Create(replicas.pod_from_template(owner, template, name)))
        writes.append(_said(flavour, owner, "SuccessfulCreate", f"Created pod: {name}"))
    return writes


def _said(flavour: Flavour, owner: Object, reason: str, message: str) -> controller.Record:
    return controller.Record(owner, "Normal", reason, message, flavour.component)


# --- status ------------------------------------------------------------------------------------


def _status(key: Key, owner: Object, herd: Herd, turn: controller.Turn) -> Sequence[controller.Write]:
    """Report the counts (calculateStatus, pkg/controller/replicaset/replica_set_utils.go, release 1.36)."""
    min_ready = int(objects.spec_of(owner).get("minReadySeconds") or 0)
    template = objects.spec_of(owner).get("template") or {}
    stamped = (template.get("metadata") or {}).get("labels") or {}
    ready = [pod for pod in herd.active if podstatus.is_ready(pod)]
    available = [pod for pod in ready if podstatus.is_available(pod, min_ready, turn.env)]
    counts = {
        "fullyLabeledReplicas": sum(stamped.items() <= objects.labels_of(pod).items() for pod in herd.active),
        "readyReplicas": len(ready),
        "availableReplicas": len(available),
    }
    status: Draft = {"replicas": len(herd.active), **{name: count for name, count in counts.items() if count}}
    if owner.get("kind") == "ReplicaSet":
        status["terminatingReplicas"] = herd.terminating
    status["observedGeneration"] = objects.metadata(owner).get("generation", 1)
    if objects.status_of(owner).get("conditions"):
        status["conditions"] = objects.status_of(owner)["conditions"]
    writes: list[controller.Write] = []
    if objects.status_of(owner) != status:
        writes.append(controller.Update(key, {**owner, "status": status}))
    if len(available) < len(ready):
        waiting = [podstatus.ready_since(pod) + min_ready - turn.env.now for pod in ready]
        writes.append(_look_again(min(after for after in waiting if after > 0)))
    return writes


def _look_again(after: float) -> controller.Requeue:
    return controller.Requeue(after + 0.01, clock.TimerKind.DELAY)


def _every(flavour: Flavour, held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(flavour.resource))


def _controller(flavour: Flavour) -> controller.Controller:
    return controller.Controller(
        flavour.component,
        lambda held, change: _interested(flavour, held, change),
        lambda held, key, turn: _reconcile(flavour, held, key, turn),
        lambda held: _every(flavour, held),
    )


REPLICASET_CONTROLLER = _controller(REPLICASETS)
REPLICATION_CONTROLLER = _controller(REPLICATION)
