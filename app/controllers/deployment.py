"""Rolls a Deployment out: one ReplicaSet per pod template, scaled up and down so that enough pods stay available.

Mirrors pkg/controller/deployment (sync.go, rolling.go, recreate.go, progress.go), release 1.36. Each turn does one step,
as upstream's sync does; the change it makes provokes the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.cluster import clock, journal, state
from app.controllers import controller
from app.kinds import replicas, rollouts, workloads
from app.machinery import labels, objects
from app.machinery.objects import Draft, Key, Object

COMPONENT = "deployment-controller"
HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"
NOT_COPIED = (
    "kubectl.kubernetes.io/last-applied-configuration",
    REVISION,
    "deployment.kubernetes.io/revision-history",
    DESIRED,
    MAX_REPLICAS,
    "deprecated.deployment.rollback.to",
)
"""Annotations of a Deployment that its ReplicaSets do not take over."""


@dataclass(frozen=True, slots=True)
class Sets:
    """The ReplicaSets of a Deployment: the one of the present template, and the older ones, oldest first."""

    new: Object | None
    old: list[Object]

    @property
    def all(self) -> list[Object]:
        """All of them, oldest first, the new one last."""
        return [*self.old, self.new] if self.new is not None else list(self.old)


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.DEPLOYMENTS:
        return (key,)
    if key[:2] != state.REPLICASETS:
        return ()
    owners = controller.owners(change, state.DEPLOYMENTS, "Deployment")
    if change.after is not None and objects.controller_of(change.after) is None:
        for selecting in held.selecting(state.DEPLOYMENTS, key.namespace, objects.labels_of(change.after)):
            owners[Key(*state.DEPLOYMENTS, key.namespace, objects.name_of(selecting))] = None
    return owners


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    deployment = held.get(key)
    if deployment is None:
        return ()
    if objects.is_terminating(deployment):
        return ()
    owned, adoptions = _replica_sets(held, deployment)
    if adoptions:
        return adoptions
    sets = _sorted_sets(deployment, owned)
    step = _marked_revision(key, deployment, sets)
    paused = bool(objects.spec_of(deployment).get("paused"))
    if not step and (paused or _is_scaling(deployment, sets)):
        step = _scaled(deployment, sets)
    if not step and not paused:
        recreates = _strategy(deployment) == "Recreate"
        step = _recreate(held, deployment, sets) if recreates else _roll(held, deployment, sets)
    return step or _finished(key, deployment, sets, turn)


def _strategy(deployment: Object) -> str:
    return str((objects.spec_of(deployment).get("strategy") or {}).get("type") or "RollingUpdate")


# --- the ReplicaSets ---------------------------------------------------------------------------


def _replica_sets(held: state.ClusterState, deployment: Object) -> tuple[list[Object], list[controller.Write]]:
    """Return the ReplicaSets it controls, and the adoption of matching ones that nobody controls."""
    uid = objects.uid_of(deployment)
    owned = [
        found
        for found in held.owned_by(uid)
        if found.get("kind") == "ReplicaSet" and (objects.controller_of(found) or {}).get("uid") == uid
    ]
    selector = labels.from_label_selector(objects.spec_of(deployment).get("selector"))
    adoptions: list[controller.Write] = []
    for found in held.list(state.REPLICASETS, objects.namespace_of(deployment)):
        if objects.controller_of(found) is not None or objects.is_terminating(found):
            continue
        if labels.matches(selector, objects.labels_of(found)):
            adoptions.append(controller.Update(_key_of(found), objects.adopted(found, deployment)))
    return owned, adoptions


def _sorted_sets(deployment: Object, owned: Sequence[Object]) -> Sets:
    """Tell the ReplicaSet of the present template from the others (deploymentutil.FindNewReplicaSet)."""
    ordered = sorted(owned, key=lambda found: (_created(found), _revision(found)))
    template = objects.spec_of(deployment).get("template") or {}
    new = next((found for found in ordered if _template_of(found) == template), None)
    return Sets(new, [found for found in ordered if found is not new])


def _created(found: Object) -> str:
    return str(objects.metadata(found).get("creationTimestamp") or "")


def _revision(found: Object) -> int:
    text = objects.annotations_of(found).get(REVISION, "0")
    return int(text) if text.isdecimal() else 0


def _template_of(found: Object) -> Draft:
    """Return the ReplicaSet's template as the Deployment wrote it: without the hash label."""
    template = dict(objects.spec_of(found).get("template") or {})
    meta = dict(template.get("metadata") or {})
    kept = {name: value for name, value in (meta.get("labels") or {}).items() if name != HASH_LABEL}
    meta["labels"] = kept
    return {**template, "metadata": meta}


def _key_of(found: Object) -> Key:
    return Key(*state.REPLICASETS, objects.namespace_of(found), objects.name_of(found))


def _new_set(held: state.ClusterState, deployment: Object, sets: Sets, count: int) -> list[controller.Write]:
    """Create the ReplicaSet of the present template (getNewReplicaSet, sync.go)."""
    spec = objects.spec_of(deployment)
    template = spec.get("template") or {}
    hashed = workloads.pod_template_hash(template)
    name = f"{objects.name_of(deployment)}-{hashed}"
    namespace = objects.namespace_of(deployment)
    attempt = 0
    while held.find(state.REPLICASETS, namespace, name) is not None:
        attempt += 1
        name = f"{objects.name_of(deployment)}-{hashed}{attempt}"
    stamp = {HASH_LABEL: name.removeprefix(f"{objects.name_of(deployment)}-")}
    meta = dict(template.get("metadata") or {})
    meta["labels"] = {**(meta.get("labels") or {}), **stamp}
    selector = dict(spec.get("selector") or {})
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), **stamp}
    made: Draft = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": dict(meta["labels"]),
            "annotations": {
                **_copied_annotations(deployment),
                **_size_annotations(deployment),
                REVISION: str(_last_revision(sets.old) + 1),
            },
            "ownerReferences": [objects.controller_reference(deployment)],
        },
        "spec": {
            "replicas": count,
            "selector": selector,
            "template": {**template, "metadata": meta},
        },
    }
    if spec.get("minReadySeconds"):
        made["spec"]["minReadySeconds"] = spec["minReadySeconds"]
    writes: list[controller.Write] = [controller.Create(made)]
    if count:
        writes.append(_scaling_said(deployment, name, 0, count))
    return writes


def _copied_annotations(deployment: Object) -> dict[str, str]:
    found = objects.annotations_of(deployment)
    return {name: text for name, text in found.items() if name not in NOT_COPIED}


def _size_annotations(deployment: Object) -> dict[str, str]:
    count = replicas.desired(deployment)
    return {DESIRED: str(count), MAX_REPLICAS: str(count + rollouts.fenceposts(deployment).surge)}


def _last_revision(sets: Sequence[Object]) -> int:
    return max((_revision(found) for found in sets), default=0)


def _marked_revision(key: Key, deployment: Object, sets: Sets) -> list[controller.Write]:
    """Give the ReplicaSet of the present template the highest revision, and its copied fields; a roll-back moves it up."""
    if sets.new is None:
        return []
    wanted = _last_revision(sets.old) + 1
    revision = str(max(wanted, _revision(sets.new)))
    spec = objects.spec_of(sets.new)
    min_ready = objects.spec_of(deployment).get("minReadySeconds") or None
    annotations = {**objects.annotations_of(sets.new), **_copied_annotations(deployment), REVISION: revision}
    updated = objects.with_path(sets.new, ("metadata", "annotations"), annotations)
    if (spec.get("minReadySeconds") or None) != min_ready:
        updated = objects.with_path(updated, ("spec", "minReadySeconds"), min_ready)
    writes: list[controller.Write] = []
    if updated != sets.new:
        writes.append(controller.Update(_key_of(sets.new), updated))
    elif objects.annotations_of(deployment).get(REVISION) != revision:
        marked = {**objects.annotations_of(deployment), REVISION: revision}
        writes.append(controller.Update(key, objects.with_path(deployment, ("metadata", "annotations"), marked)))
    return writes


def _scale_set(deployment: Object, found: Object, count: int) -> list[controller.Write]:
    """Set a ReplicaSet's replicas and say so (scaleReplicaSet, sync.go)."""
    present = replicas.desired(found)
    annotations = {**objects.annotations_of(found), **_size_annotations(deployment)}
    scaled = objects.with_path(found, ("metadata", "annotations"), annotations)
    if count != present:
        scaled = objects.with_path(scaled, ("spec", "replicas"), count)
    if scaled == found:
        return []
    writes: list[controller.Write] = [controller.Update(_key_of(found), scaled)]
    if count != present:
        writes.append(_scaling_said(deployment, objects.name_of(found), present, count))
    return writes


def _scaling_said(deployment: Object, name: str, before: int, after: int) -> controller.Record:
    way = "up" if after > before else "down"
    said = f"Scaled {way} replica set {name} from {before} to {after}"
    return controller.Record(deployment, "Normal", "ScalingReplicaSet", said, COMPONENT)


# --- scaling -----------------------------------------------------------------------------------


def _is_scaling(deployment: Object, sets: Sets) -> bool:
    """Say whether the wanted number changed since the ReplicaSets were last sized (isScalingEvent, sync.go)."""
    wanted = str(replicas.desired(deployment))
    return any(
        replicas.desired(found) > 0
        and objects.annotations_of(found).get(DESIRED) is not None
        and objects.annotations_of(found)[DESIRED] != wanted
        for found in sets.all
    )


def _scaled(deployment: Object, sets: Sets) -> list[controller.Write]:
    """Scale without rolling: the only live ReplicaSet, or all of them in proportion (scale, sync.go)."""
    live = [found for found in sets.all if replicas.desired(found) > 0]
    if len(live) <= 1:
        only = live[0] if live else sets.new or (sets.old[-1] if sets.old else None)
        return _scale_set(deployment, only, replicas.desired(deployment)) if only is not None else []
    if sets.new is not None and rollouts.is_saturated(deployment, sets.new):
        return [write for found in sets.old for write in _scale_set(deployment, found, 0)]
    if _strategy(deployment) != "RollingUpdate":
        return []
    counts = rollouts.proportions(deployment, live, MAX_REPLICAS)
    return [write for found, count in counts for write in _scale_set(deployment, found, count)]


# --- rolling update ----------------------------------------------------------------------------


def _roll(held: state.ClusterState, deployment: Object, sets: Sets) -> list[controller.Write]:
    """Do one step of a rolling update: up if there is room, else down (rolloutRolling, rolling.go)."""
    count = rollouts.new_set_replicas(deployment, sets.all, sets.new)
    if sets.new is None:
        return _new_set(held, deployment, sets, count)
    step = _scale_set(deployment, sets.new, count)
    if step:
        return step
    live = [found for found in sets.old if replicas.desired(found) > 0]
    if live:
        for found, fewer in rollouts.scale_down(deployment, sets.all, sets.new, live):
            step += _scale_set(deployment, found, fewer)
    return step


def _recreate(held: state.ClusterState, deployment: Object, sets: Sets) -> list[controller.Write]:
    """Stop all old pods, wait for them to be gone, then start the new ones (rolloutRecreate, recreate.go)."""
    down = [write for found in sets.old if replicas.desired(found) > 0 for write in _scale_set(deployment, found, 0)]
    if down:
        return down
    if any(_has_pods(held, found) for found in sets.old):
        return []
    if sets.new is None:
        return _new_set(held, deployment, sets, replicas.desired(deployment))
    return _scale_set(deployment, sets.new, replicas.desired(deployment))


def _has_pods(held: state.ClusterState, found: Object) -> bool:
    pods = (pod for pod in held.owned_by(objects.uid_of(found)) if pod.get("kind") == "Pod")
    return any(objects.status_of(pod).get("phase") not in ("Failed", "Succeeded") for pod in pods)


# --- status ------------------------------------------------------------------------------------


def _finished(key: Key, deployment: Object, sets: Sets, turn: controller.Turn) -> Sequence[controller.Write]:
    """Report counts and conditions, forget old ReplicaSets, watch the deadline."""
    status = rollouts.status(deployment, sets.all, sets.new, turn.env)
    writes: list[controller.Write] = []
    if status != objects.status_of(deployment):
        writes.append(controller.Update(key, {**deployment, "status": status}))
    elif rollouts.is_complete(deployment, status):
        writes += _forgotten(deployment, sets)
    deadline = rollouts.deadline(deployment, status)
    if deadline is None:
        writes.append(controller.Requeue(None))
    elif deadline > turn.env.now:
        writes.append(controller.Requeue(deadline - turn.env.now + 1, clock.TimerKind.CLOCK, move=True))
    return writes


def _forgotten(deployment: Object, sets: Sets) -> list[controller.Write]:
    """Delete the oldest empty ReplicaSets beyond the history limit (cleanupDeployment, sync.go)."""
    limit = objects.spec_of(deployment).get("revisionHistoryLimit")
    excess = len(sets.old) - (10 if limit is None else int(limit))
    if excess <= 0:
        return []
    oldest = sorted(sets.old, key=_revision)[:excess]
    return [
        controller.Delete(_key_of(found))
        for found in oldest
        if not objects.status_of(found).get("replicas") and not replicas.desired(found)
    ]


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.DEPLOYMENTS))


CONTROLLER = controller.Controller(COMPONENT, _interested, _reconcile, _every)
