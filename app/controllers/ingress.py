"""Writes into each Ingress the address under which its controller is reached, as Ingress controllers do themselves.

An address of a LoadBalancer Service in front of the controller's pods, else the nodes' that the pods run on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import ingress as ingress_kind
from app.kinds import ingress_controllers
from app.machinery import objects
from app.machinery.objects import Key, Object

NAME = "ingress-controller"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    resource = change.key[:2]
    if resource == ingress_kind.INGRESSES:
        return (change.key,)
    if not held.count(ingress_kind.INGRESSES):
        return ()
    if (
        resource == ingress_kind.INGRESS_CLASSES
        or (resource == state.SERVICES and _is_front(change))
        or _is_controller(change)
    ):
        return list(held.keys(ingress_kind.INGRESSES))
    return ()


def _is_front(change: journal.ObjectChanged) -> bool:
    return any(
        found is not None and objects.spec_of(found).get("type") == "LoadBalancer"
        for found in (change.before, change.after)
    )


def _is_controller(change: journal.ObjectChanged) -> bool:
    return change.key[:2] == state.PODS and any(
        found is not None and ingress_controllers.name_of(found) for found in (change.before, change.after)
    )


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    ingress = held.get(key)
    if ingress is None or objects.is_terminating(ingress):
        return ()
    own = _controller_name(held, ingress)
    pods = _pods(held, own) if own else []
    if not pods:
        return ()
    wanted = {"ingress": [{"ip": ip} for ip in _addresses(held, pods)]}
    if not wanted["ingress"] or objects.status_of(ingress).get("loadBalancer") == wanted:
        return ()
    told = controller.Record(ingress, "Normal", "Sync", "Scheduled for sync", "nginx-ingress-controller")
    return (controller.Update(key, objects.with_status(ingress, loadBalancer=wanted)), told)


def _controller_name(held: state.ClusterState, ingress: Object) -> str:
    named = objects.spec_of(ingress).get("ingressClassName") or objects.annotations_of(ingress).get(
        ingress_kind.CLASS_ANNOTATION
    )
    found = held.find(ingress_kind.INGRESS_CLASSES, "", str(named)) if named else None
    return str(objects.spec_of(found).get("controller") or "") if found is not None else ""


def _pods(held: state.ClusterState, own: str) -> list[Object]:
    """Return the ready pods that run the Ingress controller of that name."""
    return [
        pod
        for pod in held.list(state.PODS)
        if objects.condition_is_true(pod, "Ready") and ingress_controllers.name_of(pod) == own
    ]


def _addresses(held: state.ClusterState, pods: Sequence[Object]) -> list[str]:
    fronts: dict[str, None] = {}
    for pod in pods:
        for service in held.selecting(state.SERVICES, objects.namespace_of(pod), objects.labels_of(pod)):
            for point in objects.dig(service, "status", "loadBalancer", "ingress") or ():
                fronts[str(point.get("ip") or "")] = None
    found = [ip for ip in fronts if ip]
    return found or sorted({str(objects.status_of(pod).get("hostIP") or "") for pod in pods} - {""})


def _every(held: state.ClusterState) -> Iterable[Any]:
    return list(held.keys(ingress_kind.INGRESSES))


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
