"""Plays the cloud: gives a Service of type LoadBalancer an address after a while, and takes it back.

Events and finalizer as the service controller of a cloud controller manager has them
(staging/src/k8s.io/cloud-provider/controllers/service, release 1.36).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any

from app.cluster import journal, state, surroundings
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
COMPONENT = "service-controller"
POOL = ipaddress.IPv4Network("203.0.113.0/24")
FIRST = 10
CURSOR = "load-balancer"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    if change.key == surroundings.SETTINGS:
        return [key for key in held.keys(state.SERVICES) if _is_wanted(held.get(key) or {})]
    return (change.key,) if change.key[:2] == state.SERVICES else ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    service = held.get(key)
    provisioning = surroundings.provisioning(held)
    if service is None:
        return ()
    if provisioning is None:
        return (controller.Requeue(None),)
    if _is_wanted(service):
        return _ensure(held, key, service, turn, provisioning)
    if FINALIZER in (objects.metadata(service).get("finalizers") or ()):
        return _clean_up(key, service)
    return ()


def _is_wanted(service: Object) -> bool:
    spec = objects.spec_of(service)
    return (
        spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass") and not objects.is_terminating(service)
    )


def _ensure(
    held: state.ClusterState, key: Key, service: Object, turn: controller.Turn, provisioning: float
) -> Sequence[controller.Write]:
    finalizers = objects.metadata(service).get("finalizers") or []
    if FINALIZER not in finalizers:
        marked = objects.with_path(service, ("metadata", "finalizers"), [*finalizers, FINALIZER])
        return (_said(service, "EnsuringLoadBalancer", "Ensuring load balancer"), controller.Update(key, marked))
    if objects.dig(service, "status", "loadBalancer", "ingress"):
        return (controller.Requeue(None),)
    if not turn.fired:
        return (controller.Requeue(provisioning),)
    ip, cursor = _address(held, service)
    return (
        *cursor,
        controller.Update(key, _with_ingress(service, {"ingress": [{"ip": ip, "ipMode": "VIP"}]})),
        _said(service, "EnsuredLoadBalancer", "Ensured load balancer"),
    )


def _clean_up(key: Key, service: Object) -> Sequence[controller.Write]:
    left = [name for name in objects.metadata(service)["finalizers"] if name != FINALIZER]
    freed = objects.with_path(_with_ingress(service, {}), ("metadata", "finalizers"), left or None)
    return (
        controller.Requeue(None),
        _said(service, "DeletingLoadBalancer", "Deleting load balancer"),
        controller.Update(key, freed),
        _said(service, "DeletedLoadBalancer", "Deleted load balancer"),
    )


def _address(held: state.ClusterState, service: Object) -> tuple[str, tuple[controller.Write, ...]]:
    """Choose the address that was asked for, else the next free one of the pool."""
    asked = objects.spec_of(service).get("loadBalancerIP")
    if asked:
        return str(asked), ()
    offset = held.cursors.get(CURSOR, FIRST - 1)
    for _ in range(POOL.num_addresses):
        offset = offset + 1 if offset + 1 < POOL.num_addresses - 1 else FIRST
        ip = str(POOL[offset])
        if not held.addresses.services.count(ip):
            break
    return ip, (controller.Cursor(CURSOR, offset),)


def _with_ingress(service: Object, load_balancer: dict[str, Any]) -> Draft:
    return objects.with_status(service, loadBalancer=load_balancer)


def _said(service: Object, reason: str, message: str) -> controller.Record:
    return controller.Record(service, "Normal", reason, message, COMPONENT)


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.SERVICES))


CONTROLLER = controller.Controller("service-controller", _interested, _reconcile, _every)
