"""What the controllers that keep a number of equal pods have in common: stamping pods, choosing victims."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import clock, state
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Draft, Object

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_PHASE_RANK = {"Pending": 0, "Unknown": 1, "Running": 2}
NAME_BASE = 58
"""A generated name keeps this much of its prefix, so that five more characters make 63."""


def desired(owner: Object) -> int:
    """Return `spec.replicas`, 1 when absent."""
    replicas = objects.spec_of(owner).get("replicas")
    return 1 if replicas is None else int(replicas)


def pod_from_template(owner: Object, template: Mapping[str, Any], name: str) -> Draft:
    """Stamp a pod from a template (controller.GetPodFromTemplate, release 1.36); it shares the template's parts."""
    prototype = template.get("metadata") or {}
    meta: Draft = {
        "generateName": f"{objects.name_of(owner)}-",
        "name": name,
        "namespace": objects.namespace_of(owner),
        "ownerReferences": [objects.controller_reference(owner)],
    }
    for part in ("labels", "annotations"):
        if prototype.get(part):
            meta[part] = dict(prototype[part])
    if prototype.get("finalizers"):
        meta["finalizers"] = list(prototype["finalizers"])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": dict(template.get("spec") or {})}


def free_name(held: state.ClusterState, owner: Object, taken: set[str], env: clock.Env) -> str:
    """Draw a name for a pod of the owner that no pod has, and that is not among those taken; it is from now on."""
    base = f"{objects.name_of(owner)}-"[:NAME_BASE]
    name = base + env.name_suffix()
    while name in taken or held.find(state.PODS, objects.namespace_of(owner), name) is not None:
        name = base + env.name_suffix()
    taken.add(name)
    return name


def may_create(held: state.ClusterState, owner: Object) -> bool:
    """Say whether new pods of the owner would be admitted: not while its namespace goes."""
    home = held.find(state.NAMESPACES, "", objects.namespace_of(owner))
    return home is None or not objects.is_terminating(home)


def victims(pods: Sequence[Object], count: int, env: clock.Env) -> list[Object]:
    """Return the pods to delete first when scaling down (controller.ActivePodsWithRanks, release 1.36)."""
    if count >= len(pods):
        return list(pods)
    crowd: dict[str, int] = {}
    for pod in pods:
        node = str(objects.spec_of(pod).get("nodeName") or "")
        crowd[node] = crowd.get(node, 0) + 1
    return sorted(pods, key=lambda pod: _victim_rank(pod, crowd, env))[:count]


def _victim_rank(pod: Object, crowd: Mapping[str, int], env: clock.Env) -> tuple[Any, ...]:
    node = str(objects.spec_of(pod).get("nodeName") or "")
    ready = podstatus.is_ready(pod)
    return (
        bool(node),
        _PHASE_RANK.get(podstatus.phase_of(pod), 1),
        ready,
        _deletion_cost(pod),
        -crowd[node],
        _age_bucket(env.now - podstatus.ready_since(pod)) if ready else 0,
        -podstatus.restarts(pod),
        _age_bucket(env.now - _created(pod)),
        objects.uid_of(pod),
    )


def _deletion_cost(pod: Object) -> int:
    try:
        return int(objects.annotations_of(pod).get(DELETION_COST, "0"))
    except ValueError:
        return 0


def _created(pod: Object) -> float:
    return podstatus.instant(objects.metadata(pod).get("creationTimestamp"))


def _age_bucket(age: float) -> int:
    """Return the power of two an age falls in: ages of one bucket count as equal (logarithmic scale-down)."""
    return int(math.log2(age)) if age >= 1 else -1
