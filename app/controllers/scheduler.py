"""Binds pending pods to nodes, one at a time, spreading them (pkg/scheduler, release 1.36).

DIFFERS: filters are those a network playground needs (taints, cordon, node selector and affinity, host ports, the
number of pods, ended ones included); CPU and memory are not counted, and the score is: fewest pods, then fewest of
the same owner.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import placement, podstatus
from app.kinds import pod as pod_kind
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

NAME = "default-scheduler"
DEFAULT_CAPACITY = 110
FREED = 50
"""How many waiting pods are tried again when one pod made room."""
SPREAD_UP_TO = 200
"""Owners with more pods than this are spread by the nodes' totals only."""

UNSCHEDULABLE = "node(s) were unschedulable"
TAINTED = "node(s) had untolerated taint(s)"
MISMATCH = "node(s) didn't match Pod's node affinity/selector"
PORTS_TAKEN = "node(s) didn't have free ports for the requested pod ports"
FULL = "Too many pods"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    resource = change.key[:2]
    if resource == state.PODS:
        if change.key in held.unbound:
            return (change.key,)
        return list(itertools.islice(held.unbound, FREED)) if change.after is None else ()
    if resource == state.NODES and held.unbound and _placement(change.before) != _placement(change.after):
        return list(held.unbound)
    return ()


def _placement(node: Object | None) -> tuple[Any, ...]:
    """What of a node decides which pods it takes."""
    if node is None:
        return ()
    spec = objects.spec_of(node)
    return (
        objects.labels_of(node),
        spec.get("unschedulable"),
        spec.get("taints"),
        _capacity(node),
        _is_up(node),
    )


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    pod = held.get(key)
    if pod is None or held.settings.get("nodes") == 0 or not _is_waiting(pod):
        return ()
    node, refusals = _choose(held, pod, turn)
    if node is None:
        return _failed(held, key, pod, refusals, turn)
    return _bound(key, pod, node, turn)


def _is_waiting(pod: Object) -> bool:
    spec = objects.spec_of(pod)
    return (
        not spec.get("nodeName")
        and not objects.is_terminating(pod)
        and not podstatus.is_terminal(pod)
        and not spec.get("schedulingGates")
        and (spec.get("schedulerName") or NAME) == NAME
    )


# --- choosing ----------------------------------------------------------------------------------


def _choose(held: state.ClusterState, pod: Object, turn: controller.Turn) -> tuple[Object | None, dict[str, int]]:
    """Return the best node, or how many nodes refuse for which reason."""
    by_load: dict[int, list[Object]] = {}
    for node in held.list(state.NODES):
        by_load.setdefault(held.pods_by_node.count(objects.name_of(node)), []).append(node)
    mates = _mates_by_node(held, pod)
    refusals: dict[str, int] = {}
    for load in sorted(by_load):
        nodes = by_load[load]
        if mates is None:
            turn.env.rng.shuffle(nodes)
        fitting: list[Object] = []
        for node in nodes:
            refusal = _refusal(held, pod, node)
            if refusal:
                refusals[refusal] = refusals.get(refusal, 0) + 1
            elif mates is None:
                return node, {}
            else:
                fitting.append(node)
        if fitting:
            return _with_fewest_mates(fitting, mates or {}, turn), {}
    return None, refusals


def _mates_by_node(held: state.ClusterState, pod: Object) -> dict[str, int] | None:
    """Count the pods of the same owner by node; None when there is no owner or too many to count."""
    owner = objects.controller_of(pod)
    if owner is None or held.owned.count(owner["uid"]) > SPREAD_UP_TO:
        return None
    mates: dict[str, int] = {}
    for mate in held.owned_by(owner["uid"]):
        node = str(objects.spec_of(mate).get("nodeName") or "")
        mates[node] = mates.get(node, 0) + 1
    return mates


def _with_fewest_mates(nodes: Sequence[Object], mates: Mapping[str, int], turn: controller.Turn) -> Object:
    fewest = min(mates.get(objects.name_of(node), 0) for node in nodes)
    best = [node for node in nodes if mates.get(objects.name_of(node), 0) == fewest]
    return best[0] if len(best) == 1 else turn.env.rng.choice(best)


def _refusal(held: state.ClusterState, pod: Object, node: Object) -> str:
    """Return why the node does not take the pod, empty when it does, in the order of the scheduler's filters."""
    spec, tolerations = objects.spec_of(node), objects.spec_of(pod).get("tolerations") or ()
    if spec.get("unschedulable") and not placement.tolerates(
        tolerations, {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
    ):
        return UNSCHEDULABLE
    if placement.untolerated(node, tolerations, ("NoSchedule", "NoExecute")):
        return TAINTED
    if not _is_up(node) and not placement.tolerates(
        tolerations, {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
    ):
        return TAINTED
    if not placement.wants(objects.spec_of(pod), node):
        return MISMATCH
    if _port_taken(held, pod, node):
        return PORTS_TAKEN
    if held.pods_by_node.count(objects.name_of(node)) >= _capacity(node):
        return FULL
    return ""


def _capacity(node: Object) -> int:
    allocatable = objects.dig(node, "status", "allocatable", "pods")
    return int(allocatable) if allocatable is not None else DEFAULT_CAPACITY


def _is_up(node: Object) -> bool:
    found = objects.condition(node, "Ready")
    return found is None or found.get("status") == "True"


def _port_taken(held: state.ClusterState, pod: Object, node: Object) -> bool:
    wanted = list(_host_ports(pod))
    if not wanted:
        return False
    taken = [
        claim
        for other in held.pods_on(objects.name_of(node))
        if podstatus.is_active(other)
        for claim in _host_ports(other)
    ]
    return any(_conflict(one, other) for one in wanted for other in taken)


_EVERYWHERE = "0.0.0.0"


def _conflict(one: tuple[str, str, int], other: tuple[str, str, int]) -> bool:
    """Two claims conflict on the same address, or when one is for all (pkg/scheduler/framework HostPortInfo)."""
    return one[1:] == other[1:] and (one[0] == other[0] or _EVERYWHERE in (one[0], other[0]))


def _host_ports(pod: Object) -> Iterable[tuple[str, str, int]]:
    """Yield the address, protocol and number of each host port a pod claims."""
    for container in objects.spec_of(pod).get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield str(port.get("hostIP") or _EVERYWHERE), port.get("protocol") or "TCP", int(port["hostPort"])


# --- telling -----------------------------------------------------------------------------------


def _bound(key: Key, pod: Object, node: Object, turn: controller.Turn) -> Sequence[controller.Write]:
    name = objects.name_of(node)
    found = pod_kind.topology_of(node)
    bound: Draft = {**pod, "spec": {**objects.spec_of(pod), "nodeName": name}}
    if found:
        bound = objects.with_path(bound, ("metadata", "labels"), {**objects.labels_of(pod), **found})
    scheduled = podstatus.condition(pod, "PodScheduled", True, turn.env.timestamp())
    said = f"Successfully assigned {key.namespace}/{key.name} to {name}"
    return (
        controller.Update(key, objects.with_condition(bound, scheduled)),
        controller.Record(pod, "Normal", "Scheduled", said, NAME),
    )


def _failed(
    held: state.ClusterState, key: Key, pod: Object, refusals: Mapping[str, int], turn: controller.Turn
) -> Sequence[controller.Write]:
    message = _message(held.count(state.NODES), refusals)
    known = objects.condition(pod, "PodScheduled")
    if known is not None and known.get("status") == "False" and known.get("message") == message:
        return ()
    condition = podstatus.condition(pod, "PodScheduled", False, turn.env.timestamp(), "Unschedulable", message)
    return (
        controller.Update(key, objects.with_condition(pod, condition)),
        controller.Record(pod, "Warning", "FailedScheduling", message, NAME),
    )


def _message(nodes: int, refusals: Mapping[str, int]) -> str:
    """Say in the scheduler's words why no node takes the pod (framework.FitError, release 1.36)."""
    if not nodes:
        return "no nodes available to schedule pods"
    reasons = sorted(f"{count} {reason}" for reason, count in refusals.items())
    full = sum(count for reason, count in refusals.items() if reason in (FULL, PORTS_TAKEN))
    helpless = [f"{full} No preemption victims found for incoming pod"] if full else []
    if nodes - full:
        helpless.append(f"{nodes - full} Preemption is not helpful for scheduling")
    return (
        f"0/{nodes} nodes are available: {', '.join(reasons)}. no new claims to deallocate, preemption: "
        f"0/{nodes} nodes are available: {', '.join(sorted(helpless))}."
    )


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.unbound)


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
