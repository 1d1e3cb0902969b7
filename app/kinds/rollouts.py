"""The arithmetic of a rollout: fenceposts, steps up and down, counts and conditions of a Deployment.

Mirrors pkg/controller/deployment/util/deployment_util.go, rolling.go and progress.go, release 1.36.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.cluster import clock
from app.kinds import podstatus, replicas
from app.machinery import objects
from app.machinery.objects import Draft, Object

NO_DEADLINE = 2**31 - 1


class Fenceposts(NamedTuple):
    """How far a rollout may go above and below the wanted number of pods."""

    surge: int
    unavailable: int


def fenceposts(deployment: Object) -> Fenceposts:
    """Resolve maxSurge (rounded up) and maxUnavailable (rounded down); both 0 means one may be unavailable."""
    if (objects.spec_of(deployment).get("strategy") or {}).get("type") == "Recreate":
        return Fenceposts(0, 0)
    rolling = (objects.spec_of(deployment).get("strategy") or {}).get("rollingUpdate") or {}
    count = replicas.desired(deployment)
    surge = _share(rolling.get("maxSurge", "25%"), count, math.ceil)
    unavailable = _share(rolling.get("maxUnavailable", "25%"), count, math.floor)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Fenceposts(surge, min(unavailable, count))


def _share(value: Any, of: int, rounded: Any) -> int:
    if isinstance(value, str) and value.endswith("%"):
        return int(rounded(of * int(value[:-1]) / 100))
    return int(value)


def _total(sets: Sequence[Object]) -> int:
    return sum(replicas.desired(found) for found in sets)


def _available(found: Object) -> int:
    return int(objects.status_of(found).get("availableReplicas") or 0)


def new_set_replicas(deployment: Object, sets: Sequence[Object], new: Object | None) -> int:
    """Return how many replicas the new ReplicaSet may have now (NewRSNewReplicas)."""
    count = replicas.desired(deployment)
    present = replicas.desired(new) if new is not None else 0
    if present > count:
        return count
    room = count + fenceposts(deployment).surge - _total(sets)
    return present if room <= 0 else present + min(room, count - present)


def scale_down(
    deployment: Object, sets: Sequence[Object], new: Object, old: Sequence[Object]
) -> list[tuple[Object, int]]:
    """Return old ReplicaSets with their new sizes: first what never got ready, then healthy pods beyond the minimum."""
    minimum = replicas.desired(deployment) - fenceposts(deployment).unavailable
    new_unavailable = replicas.desired(new) - _available(new)
    room = _total(sets) - minimum - new_unavailable
    if room <= 0:
        return []
    sizes = {objects.name_of(found): replicas.desired(found) for found in old}
    for found in old:
        unhealthy = sizes[objects.name_of(found)] - _available(found)
        gone = max(0, min(room, unhealthy))
        sizes[objects.name_of(found)] -= gone
        room -= gone
    spare = sum(_available(found) for found in sets) - minimum
    for found in old:
        gone = max(0, min(spare, sizes[objects.name_of(found)]))
        sizes[objects.name_of(found)] -= gone
        spare -= gone
    return [
        (found, sizes[objects.name_of(found)])
        for found in old
        if sizes[objects.name_of(found)] != replicas.desired(found)
    ]


def is_saturated(deployment: Object, new: Object) -> bool:
    """Say whether the new ReplicaSet carries the whole Deployment already (IsSaturated)."""
    count = replicas.desired(deployment)
    marked = objects.annotations_of(new).get("deployment.kubernetes.io/desired-replicas")
    return replicas.desired(new) == count and marked == str(count) and _available(new) == count


def proportions(deployment: Object, live: Sequence[Object], max_annotation: str) -> list[tuple[Object, int]]:
    """Spread a change of size over the live ReplicaSets, largest first, in proportion (scale, sync.go)."""
    allowed = replicas.desired(deployment) + fenceposts(deployment).surge
    to_add = allowed - _total(live) if replicas.desired(deployment) > 0 else -_total(live)
    ordered = sorted(live, key=lambda found: -replicas.desired(found))
    left = to_add
    sizes: list[tuple[Object, int]] = []
    for found in ordered:
        share = _proportion(found, allowed, to_add, to_add - left, max_annotation) if to_add else 0
        sizes.append((found, max(0, replicas.desired(found) + share)))
        left -= share
    if left and sizes:
        first, size = sizes[0]
        sizes[0] = (first, max(0, size + left))
    return sizes


def _proportion(found: Object, allowed: int, to_add: int, added: int, max_annotation: str) -> int:
    size = replicas.desired(found)
    before = int(objects.annotations_of(found).get(max_annotation) or 0) or allowed
    fraction = int(_half_away(size * allowed / before)) - size if size else 0
    rest = to_add - added
    return min(fraction, rest) if to_add > 0 else max(fraction, rest)


def _half_away(value: float) -> float:
    """Round as Go's integer.RoundToInt32 does: halves away from zero."""
    return math.floor(value + 0.5) if value >= 0 else math.ceil(value - 0.5)


# --- status ------------------------------------------------------------------------------------


def status(deployment: Object, sets: Sequence[Object], new: Object | None, env: clock.Env) -> Draft:
    """Return the Deployment's status: counts from its ReplicaSets, then the conditions."""
    counted = _counts(deployment, sets, new)
    present = {str(c.get("type")): c for c in objects.status_of(deployment).get("conditions") or ()}
    conditions = _conditions(deployment, counted, present, new, env)
    if conditions:
        counted["conditions"] = conditions
    return counted


def _sum(sets: Sequence[Object], name: str) -> int:
    return sum(int(objects.status_of(found).get(name) or 0) for found in sets)


def _counts(deployment: Object, sets: Sequence[Object], new: Object | None) -> Draft:
    available = _sum(sets, "availableReplicas")
    counts = {
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum([new], "replicas") if new is not None else 0,
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, _total(sets) - available),
    }
    made: Draft = {"observedGeneration": objects.metadata(deployment).get("generation", 1)}
    made.update((name, count) for name, count in counts.items() if count)
    made["terminatingReplicas"] = _sum(sets, "terminatingReplicas")
    return made


def is_complete(deployment: Object, counted: Mapping[str, Any]) -> bool:
    """Say whether the rollout has nothing left to do (DeploymentComplete)."""
    count = replicas.desired(deployment)
    return (
        counted.get("updatedReplicas", 0) == count
        and counted.get("replicas", 0) == count
        and counted.get("availableReplicas", 0) == count
        and int(counted.get("observedGeneration", 0)) >= int(objects.metadata(deployment).get("generation", 1))
    )


def _conditions(
    deployment: Object,
    counted: Mapping[str, Any],
    present: Mapping[str, Mapping[str, Any]],
    new: Object | None,
    env: clock.Env,
) -> list[Mapping[str, Any]]:
    found = dict(present)
    enough = counted.get("availableReplicas", 0) >= replicas.desired(deployment) - fenceposts(deployment).unavailable
    found["Available"] = _condition(
        present.get("Available"),
        ("Available", "True" if enough else "False"),
        "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "Deployment has minimum availability." if enough else "Deployment does not have minimum availability.",
        env,
    )
    progress = _progress(deployment, counted, present.get("Progressing"), new, env)
    if progress is not None:
        found["Progressing"] = progress
    return list(found.values())


def _progress(
    deployment: Object,
    counted: Mapping[str, Any],
    present: Mapping[str, Any] | None,
    new: Object | None,
    env: clock.Env,
) -> Mapping[str, Any] | None:
    """Return the Progressing condition (syncRolloutStatus, progress.go); without a deadline there is none."""
    limit = objects.spec_of(deployment).get("progressDeadlineSeconds", 600)
    if limit is None or int(limit) >= NO_DEADLINE or new is None:
        return present
    name = objects.name_of(new)
    done = present is not None and present.get("reason") == "NewReplicaSetAvailable"
    settled = counted.get("updatedReplicas", 0) == counted.get("replicas", 0) and done
    if settled and name in str(present.get("message") if present else ""):
        return present
    if is_complete(deployment, counted):
        said = f'ReplicaSet "{name}" has successfully progressed.'
        return _condition(present, ("Progressing", "True"), "NewReplicaSetAvailable", said, env)
    if present is None:
        said = f'Created new replica set "{name}"'
        return _condition(None, ("Progressing", "True"), "NewReplicaSetCreated", said, env)
    if _has_progressed(deployment, counted) or name not in str(present.get("message") or ""):
        said = f'ReplicaSet "{name}" is progressing.'
        fresh = dict(_condition(present, ("Progressing", "True"), "ReplicaSetUpdated", said, env))
        return {**fresh, "lastUpdateTime": env.timestamp()}
    if present.get("status") == "True" and podstatus.instant(present.get("lastUpdateTime")) + int(limit) < env.now:
        said = f'ReplicaSet "{name}" has timed out progressing.'
        return _condition(present, ("Progressing", "False"), "ProgressDeadlineExceeded", said, env)
    return present


def _has_progressed(deployment: Object, counted: Mapping[str, Any]) -> bool:
    """Say whether the counts moved forward since the last report (DeploymentProgressing)."""
    before = objects.status_of(deployment)

    def old_pods(counts: Mapping[str, Any]) -> int:
        return int(counts.get("replicas", 0)) - int(counts.get("updatedReplicas", 0))

    return old_pods(counted) < old_pods(before) or any(
        counted.get(name, 0) > before.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )


def _condition(
    present: Mapping[str, Any] | None,
    told: tuple[str, str],
    reason: str,
    message: str,
    env: clock.Env,
) -> Mapping[str, Any]:
    kind, status_word = told
    if present is not None and present.get("status") == status_word and present.get("reason") == reason:
        if present.get("message") == message:
            return present
    now = env.timestamp()
    moved = present is None or present.get("status") != status_word
    return {
        "type": kind,
        "status": status_word,
        "lastUpdateTime": now,
        "lastTransitionTime": now if moved or present is None else present.get("lastTransitionTime", now),
        "reason": reason,
        "message": message,
    }


def deadline(deployment: Object, counted: Mapping[str, Any]) -> float | None:
    """Return when the rollout counts as stuck, None when it is complete, failed or has no deadline."""
    limit = objects.spec_of(deployment).get("progressDeadlineSeconds", 600)
    progress = next((c for c in counted.get("conditions") or () if c.get("type") == "Progressing"), None)
    if limit is None or int(limit) >= NO_DEADLINE or progress is None or progress.get("status") != "True":
        return None
    if progress.get("reason") == "NewReplicaSetAvailable":
        return None
    return podstatus.instant(progress.get("lastUpdateTime")) + int(limit)
