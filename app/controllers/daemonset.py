"""Keeps one pod of a DaemonSet on every node that should have one, and replaces old ones node by node.

Mirrors pkg/controller/daemon (daemon_controller.go, update.go), release 1.36.

DIFFERS: a failed pod is replaced at once, without a back-off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, journal, state
from app.controllers import controller
from app.kinds import daemon, podstatus, replicas, revisions
from app.machinery import labels, objects
from app.machinery.objects import Draft, Key, Object

COMPONENT = "daemonset-controller"


@dataclass(frozen=True, slots=True)
class Crew:
    """A DaemonSet, its present revision, the nodes that should have a pod, and the pods by node."""

    owner: Object
    revision: Object
    nodes: dict[str, Object]
    pods: dict[str, list[Object]]

    def active(self, node: str) -> list[Object]:
        """Return the pods of a node that count."""
        return [pod for pod in self.pods.get(node, []) if podstatus.is_active(pod)]

    def old_and_new(self, pods: Sequence[Object]) -> tuple[Object | None, Object | None]:
        """Return the first pod of an old template, and the first of the present one."""
        old = next((pod for pod in pods if not self.is_new(pod)), None)
        return old, next((pod for pod in pods if self.is_new(pod)), None)

    def is_new(self, pod: Object) -> bool:
        """Say whether a pod has the present template."""
        return revisions.carried_by(pod) == objects.labels_of(self.revision)[revisions.HASH_LABEL]


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.DAEMONSETS:
        return (key,)
    if key[:2] == state.NODES and _placement(change.before) != _placement(change.after):
        return list(held.keys(state.DAEMONSETS))
    if key[:2] not in (state.PODS, revisions.CONTROLLER_REVISIONS):
        return ()
    return controller.owners(change, state.DAEMONSETS, "DaemonSet")


def _placement(node: Object | None) -> tuple[Any, ...]:
    if node is None:
        return ()
    return objects.labels_of(node), objects.spec_of(node).get("taints"), objects.spec_of(node).get("unschedulable")


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    owner = held.get(key)
    if owner is None or objects.is_terminating(owner):
        return ()
    known = revisions.owned(held, owner)
    revision = revisions.present(known, owner)
    if revision is None:
        made = revisions.remembered(held, owner, known)
        return (controller.put(held, revisions.key_of(made), made),) if made is not None else ()
    claims = _adoptions(held, owner)
    if claims:
        return claims
    nodes = {objects.name_of(node): node for node in held.list(state.NODES)}
    pods: dict[str, list[Object]] = {}
    for pod in held.owned_by(objects.uid_of(owner)):
        if pod.get("kind") == "Pod":
            pods.setdefault(daemon.node_of(pod), []).append(pod)
    crew = Crew(owner, revision, nodes, pods)
    return _manned(held, crew, turn) or _replaced(held, crew, turn) or _status(key, crew, turn)


def _adoptions(held: state.ClusterState, owner: Object) -> list[controller.Write]:
    selector = objects.spec_of(owner).get("selector") or {}
    pairs = selector.get("matchLabels") or {}
    matching = labels.from_label_selector(selector)
    writes: list[controller.Write] = []
    for pod in held.pods_of(objects.namespace_of(owner), pairs) if pairs else ():
        if objects.controller_of(pod) is None and podstatus.is_active(pod):
            if labels.matches(matching, objects.labels_of(pod)):
                writes.append(controller.Update(controller.pod_key(pod), objects.adopted(pod, owner)))
    return writes


# --- one pod a node ----------------------------------------------------------------------------


def _manned(held: state.ClusterState, crew: Crew, turn: controller.Turn) -> list[controller.Write]:
    """Make what is missing, delete what is too much or out of place (podsShouldBeOnNode)."""
    writes: list[controller.Write] = []
    taken: set[str] = set()
    for name, node in crew.nodes.items():
        pods = crew.pods.get(name, [])
        for pod in pods:
            if podstatus.is_terminal(pod) and not objects.is_terminating(pod):
                told = f"Found failed daemon pod {objects.namespace_of(pod)}/{objects.name_of(pod)} on node {name}, will try to kill it"
                writes.append(controller.Record(crew.owner, "Warning", "FailedDaemonPod", told, COMPONENT))
                writes += _deletion(crew, pod)
        present = [pod for pod in pods if podstatus.is_active(pod)]
        if not present and daemon.runs_on(crew.owner, node) and not any(not podstatus.is_terminal(p) for p in pods):
            writes += _creation(held, crew, name, taken, turn)
        elif present and not daemon.stays_on(crew.owner, node):
            writes += [one for pod in present for one in _deletion(crew, pod)]
        else:
            writes += [one for pod in _excess(crew, present, turn) for one in _deletion(crew, pod)]
    for name, pods in crew.pods.items():
        if name not in crew.nodes:
            writes += [one for pod in pods if podstatus.is_active(pod) for one in _deletion(crew, pod)]
    return writes


def _excess(crew: Crew, present: Sequence[Object], turn: controller.Turn) -> list[Object]:
    """Return who is too many on a node: with maxSurge the old pod stands beside the new one until that is available."""
    if not daemon.surges(crew.owner) or len(present) < 2:
        return list(present[1:])
    old, new = crew.old_and_new(present)
    if old is None or new is None:
        return list(present[1:])
    others = [pod for pod in present if pod is not old and pod is not new]
    return [old, *others] if not podstatus.is_ready(old) or _available(crew, new, turn) else others


def _creation(
    held: state.ClusterState, crew: Crew, node: str, taken: set[str], turn: controller.Turn
) -> list[controller.Write]:
    if not replicas.may_create(held, crew.owner):
        return []
    name = replicas.free_name(held, crew.owner, taken, turn.env)
    made = daemon.pod_for(crew.owner, crew.revision, node, name)
    said = controller.Record(crew.owner, "Normal", "SuccessfulCreate", f"Created pod: {name}", COMPONENT)
    return [controller.Create(made), said]


def _deletion(crew: Crew, pod: Object) -> list[controller.Write]:
    told = f"Deleted pod: {objects.name_of(pod)}"
    return [
        controller.Delete(controller.pod_key(pod)),
        controller.Record(crew.owner, "Normal", "SuccessfulDelete", told, COMPONENT),
    ]


# --- a rolling update --------------------------------------------------------------------------


def _replaced(held: state.ClusterState, crew: Crew, turn: controller.Turn) -> list[controller.Write]:
    """Delete old pods, unavailable ones at once, others as far as maxUnavailable goes (rollingUpdate)."""
    if not daemon.is_rolling(crew.owner):
        return []
    wanted = [name for name, node in crew.nodes.items() if daemon.runs_on(crew.owner, node)]
    if daemon.surges(crew.owner):
        return _surged(held, crew, wanted, turn)
    room = max(daemon.share(crew.owner, "maxUnavailable", 1, len(wanted)), 1)
    writes: list[controller.Write] = []
    candidates: list[Object] = []
    for name in wanted:
        pods = crew.active(name)
        if not pods or not _available(crew, pods[0], turn):
            room -= 1
            if pods and not crew.is_new(pods[0]):
                writes += _deletion(crew, pods[0])
        elif not crew.is_new(pods[0]):
            candidates.append(pods[0])
    for pod in candidates[: max(room, 0)]:
        writes += _deletion(crew, pod)
    return writes


def _surged(
    held: state.ClusterState, crew: Crew, wanted: Sequence[str], turn: controller.Turn
) -> list[controller.Write]:
    """Make new pods beside old ones: at once where the old one is not available, elsewhere as far as maxSurge goes."""
    room = daemon.share(crew.owner, "maxSurge", 0, len(wanted))
    at_once: list[str] = []
    candidates: list[str] = []
    for name in wanted:
        old, new = crew.old_and_new(crew.active(name))
        if old is None:
            continue
        if new is not None:
            room -= 1
        elif _available(crew, old, turn):
            candidates.append(name)
        else:
            at_once.append(name)
    taken: set[str] = set()
    chosen = [*at_once, *candidates[: max(room, 0)]]
    return [one for name in chosen for one in _creation(held, crew, name, taken, turn)]


def _available(crew: Crew, pod: Object, turn: controller.Turn) -> bool:
    return podstatus.is_available(pod, int(objects.spec_of(crew.owner).get("minReadySeconds") or 0), turn.env)


# --- status ------------------------------------------------------------------------------------


def _status(key: Key, crew: Crew, turn: controller.Turn) -> Sequence[controller.Write]:
    """Report the counts (updateDaemonSetStatus)."""
    counts = dict.fromkeys(("desired", "current", "misscheduled", "ready", "available", "updated"), 0)
    waiting: list[float] = []
    for name, node in crew.nodes.items():
        pods = [pod for pod in crew.pods.get(name, []) if not podstatus.is_terminal(pod)]
        if not daemon.runs_on(crew.owner, node):
            counts["misscheduled"] += bool(pods)
            continue
        counts["desired"] += 1
        if not pods:
            continue
        counts["current"] += 1
        counts["updated"] += crew.is_new(pods[0])
        if podstatus.is_ready(pods[0]):
            counts["ready"] += 1
            if _available(crew, pods[0], turn):
                counts["available"] += 1
            else:
                min_ready = int(objects.spec_of(crew.owner).get("minReadySeconds") or 0)
                waiting.append(podstatus.ready_since(pods[0]) + min_ready - turn.env.now)
    status: Draft = {
        "currentNumberScheduled": counts["current"],
        "numberMisscheduled": counts["misscheduled"],
        "desiredNumberScheduled": counts["desired"],
        "numberReady": counts["ready"],
        "observedGeneration": objects.metadata(crew.owner).get("generation", 1),
    }
    for name, count in (
        ("updatedNumberScheduled", counts["updated"]),
        ("numberAvailable", counts["available"]),
        ("numberUnavailable", counts["desired"] - counts["available"]),
    ):
        if count:
            status[name] = count
    writes: list[controller.Write] = []
    if objects.status_of(crew.owner) != status:
        writes.append(controller.Update(key, {**crew.owner, "status": status}))
    if waiting:
        writes.append(controller.Requeue(max(min(waiting), 0.0) + 0.01, clock.TimerKind.DELAY))
    return writes


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.DAEMONSETS))


CONTROLLER = controller.Controller(COMPONENT, _interested, _reconcile, _every)
