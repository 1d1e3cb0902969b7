"""Keeps the pods of a StatefulSet: one per ordinal, made in order, replaced from the highest down.

Mirrors pkg/controller/statefulset/stateful_set_control.go, release 1.36: each turn does one step, the change it makes
provokes the next.

DIFFERS: claims are made and kept, but there is no storage behind them: no pod ever waits for its volume.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, journal, state
from app.controllers import controller
from app.kinds import podstatus, replicas, revisions, stateful
from app.machinery import labels, objects
from app.machinery.objects import Draft, Key, Object

COMPONENT = "statefulset-controller"
CLAIMS = ("", "persistentvolumeclaims")


@dataclass(frozen=True, slots=True)
class Set:
    """A StatefulSet with its pods by ordinal and its two revisions: what pods had, and what they get."""

    owner: Object
    pods: dict[int, Object]
    current: Object
    update: Object

    @property
    def monotonic(self) -> bool:
        """Say whether pods wait for each other."""
        return not stateful.is_parallel(self.owner)


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.STATEFULSETS:
        return (key,)
    if key[:2] not in (state.PODS, revisions.CONTROLLER_REVISIONS):
        return ()
    owners = controller.owners(change, state.STATEFULSETS, "StatefulSet")
    if change.after is not None and objects.controller_of(change.after) is None and key[:2] == state.PODS:
        wanted = Key(*state.STATEFULSETS, key.namespace, key.name.rpartition("-")[0])
        if held.get(wanted) is not None:
            owners[wanted] = None
    return owners


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    owner = held.get(key)
    if owner is None or objects.is_terminating(owner):
        return ()
    known = revisions.owned(held, owner)
    update = revisions.present(known, owner)
    if update is None:
        made = revisions.remembered(held, owner, known)
        return (controller.put(held, revisions.key_of(made), made),) if made is not None else ()
    pods, claims = _pods(held, owner)
    if claims:
        return claims
    wanted = str(objects.status_of(owner).get("currentRevision") or "")
    current = next((found for found in known if objects.name_of(found) == wanted), update)
    found = Set(owner, pods, current, update)
    step = _step(held, found, turn)
    if any(not isinstance(write, controller.Requeue) for write in step):
        return step
    # One who only waits still reports what it sees.
    return [*_status(key, found, turn), *step] or _forgotten(known, found)


def _pods(held: state.ClusterState, owner: Object) -> tuple[dict[int, Object], list[controller.Write]]:
    """Return the set's pods by ordinal, and what adopts those that are nobody's."""
    uid = objects.uid_of(owner)
    selector = labels.from_label_selector(objects.spec_of(owner).get("selector") or {})
    pods: dict[int, Object] = {}
    claims: list[controller.Write] = []
    for pod in held.owned_by(uid):
        ordinal = stateful.ordinal_of(owner, objects.name_of(pod)) if pod.get("kind") == "Pod" else None
        if ordinal is not None:
            pods[ordinal] = pod
    for ordinal in stateful.ordinals(owner):
        if ordinal in pods:
            continue
        lone = held.find(state.PODS, objects.namespace_of(owner), stateful.pod_name(owner, ordinal))
        if lone is None or objects.controller_of(lone) is not None or objects.is_terminating(lone):
            continue
        if labels.matches(selector, objects.labels_of(lone)):
            claims.append(controller.Update(controller.pod_key(lone), objects.adopted(lone, owner)))
    return pods, claims


# --- one step ----------------------------------------------------------------------------------


def _step(held: state.ClusterState, found: Set, turn: controller.Turn) -> list[controller.Write]:
    writes: list[controller.Write] = []
    for ordinal in stateful.ordinals(found.owner):
        did, waits = _at(held, found, ordinal, turn)
        writes += did
        if found.monotonic and (did or waits):
            return writes
    did, waits = _condemned(found)
    return [*writes, *did] or ([] if waits else _updated(found))


def _at(
    held: state.ClusterState, found: Set, ordinal: int, turn: controller.Turn
) -> tuple[list[controller.Write], bool]:
    """Return what an ordinal needs, and whether those after it have to wait."""
    pod = found.pods.get(ordinal)
    if pod is None:
        name = stateful.pod_name(found.owner, ordinal)
        if held.find(state.PODS, objects.namespace_of(found.owner), name) is not None:
            return [], True
        return _creation(held, found, ordinal), True
    if objects.is_terminating(pod):
        return [], True
    if podstatus.is_terminal(pod):
        return _deletion(found, pod), True
    min_ready = int(objects.spec_of(found.owner).get("minReadySeconds") or 0)
    if not stateful.is_healthy(pod):
        return [], True
    if not podstatus.is_available(pod, min_ready, turn.env):
        after = podstatus.ready_since(pod) + min_ready - turn.env.now
        return ([controller.Requeue(after + 0.01, clock.TimerKind.DELAY)] if after > 0 else []), True
    return [], False


def _creation(held: state.ClusterState, found: Set, ordinal: int) -> list[controller.Write]:
    owner = found.owner
    if not replicas.may_create(held, owner):
        return []
    name = stateful.pod_name(owner, ordinal)
    revision = found.current if stateful.keeps_current(owner, ordinal) else found.update
    writes: list[controller.Write] = []
    for claim in stateful.claims_for(owner, name):
        meta = claim["metadata"]
        if held.find(CLAIMS, meta["namespace"], meta["name"]) is None:
            writes.append(controller.Create(claim))
            said = f"Create Claim {meta['name']} Pod {name} in StatefulSet {objects.name_of(owner)} success"
            writes.append(controller.Record(owner, "Normal", "SuccessfulCreate", said, COMPONENT))
    writes.append(controller.Create(stateful.pod_for(owner, revision, ordinal)))
    return [*writes, _said(owner, "Create", name)]


def _deletion(found: Set, pod: Object) -> list[controller.Write]:
    return [controller.Delete(controller.pod_key(pod)), _said(found.owner, "Delete", objects.name_of(pod))]


def _said(owner: Object, verb: str, name: str) -> controller.Record:
    message = f"{verb} Pod {name} in StatefulSet {objects.name_of(owner)} successful"
    return controller.Record(owner, "Normal", f"Successful{verb}", message, COMPONENT)


def _condemned(found: Set) -> tuple[list[controller.Write], bool]:
    """Delete pods beyond the wanted ones, the highest first; in order, each waits until the one before is gone."""
    wanted = stateful.ordinals(found.owner)
    writes: list[controller.Write] = []
    waits = False
    for ordinal in sorted((one for one in found.pods if one not in wanted), reverse=True):
        pod = found.pods[ordinal]
        if objects.is_terminating(pod):
            waits = True
        else:
            writes += _deletion(found, pod)
        if found.monotonic:
            break
    return writes, waits


def _updated(found: Set) -> list[controller.Write]:
    """Delete the highest pod that has an old revision, once those above it are healthy."""
    if not stateful.is_rolling(found.owner):
        return []
    lowest = stateful.start_of(found.owner) + (stateful.partition_of(found.owner) or 0)
    hashed = objects.labels_of(found.update)[revisions.HASH_LABEL]
    for ordinal in reversed(stateful.ordinals(found.owner)):
        pod = found.pods.get(ordinal)
        if ordinal < lowest or pod is None:
            return []
        if revisions.carried_by(pod) != hashed and not objects.is_terminating(pod):
            return _deletion(found, pod)
        if not stateful.is_healthy(pod):
            return []
    return []


# --- status ------------------------------------------------------------------------------------


def _status(key: Key, found: Set, turn: controller.Turn) -> list[controller.Write]:
    """Report counts and revisions; a finished rolling update makes the update revision the current one."""
    owner = found.owner
    min_ready = int(objects.spec_of(owner).get("minReadySeconds") or 0)
    pods = [pod for pod in found.pods.values() if not podstatus.is_terminal(pod)]
    ready = [pod for pod in pods if podstatus.phase_of(pod) == "Running" and podstatus.is_ready(pod)]
    alive = [pod for pod in pods if not objects.is_terminating(pod)]
    current, update = found.current, found.update
    counts: dict[str, Any] = {
        "replicas": len(pods),
        "readyReplicas": len(ready),
        "availableReplicas": sum(podstatus.is_available(pod, min_ready, turn.env) for pod in ready),
        "currentReplicas": _carrying(alive, current),
        "updatedReplicas": _carrying(alive, update),
    }
    wanted = replicas.desired(owner)
    if counts["updatedReplicas"] == counts["readyReplicas"] == counts["replicas"] == wanted:
        current, counts["currentReplicas"] = update, counts["updatedReplicas"]
    status: Draft = {
        "observedGeneration": objects.metadata(owner).get("generation", 1),
        **{name: count for name, count in counts.items() if count or name in ("replicas", "availableReplicas")},
        "currentRevision": objects.name_of(current),
        "updateRevision": objects.name_of(update),
        "collisionCount": 0,
    }
    return [] if objects.status_of(owner) == status else [controller.Update(key, {**owner, "status": status})]


def _carrying(pods: Sequence[Object], revision: Object) -> int:
    hashed = objects.labels_of(revision)[revisions.HASH_LABEL]
    return sum(revisions.carried_by(pod) == hashed for pod in pods)


def _forgotten(known: Sequence[Object], found: Set) -> list[controller.Write]:
    """Delete the oldest revisions beyond the history limit that no pod has."""
    limit = objects.spec_of(found.owner).get("revisionHistoryLimit")
    live = {objects.name_of(found.current), objects.name_of(found.update)}
    used = {revisions.carried_by(pod) for pod in found.pods.values()}
    idle = [
        one
        for one in known
        if objects.name_of(one) not in live and objects.labels_of(one)[revisions.HASH_LABEL] not in used
    ]
    spare = len(idle) - (revisions.KEPT if limit is None else int(limit))
    return [controller.Delete(revisions.key_of(one)) for one in idle[: max(spare, 0)]]


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.STATEFULSETS))


CONTROLLER = controller.Controller(COMPONENT, _interested, _reconcile, _every)
