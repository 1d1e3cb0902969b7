"""Tells which ServiceCIDRs are ready, and keeps one that is deleted while an address in it is taken.

Mirrors pkg/controller/servicecidrs (release 1.36).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import serviceaddresses
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

NAME = "service-cidr-controller"
FINALIZER = "networking.k8s.io/service-cidr-finalizer"
READY = "Kubernetes Service CIDR is ready"
STILL_USED = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    resource = change.key[:2]
    if resource == serviceaddresses.SERVICECIDRS:
        return list(dict.fromkeys((change.key, *_going(held))))
    if resource == serviceaddresses.IPADDRESSES and change.after is None:
        return _going(held)
    return ()


def _going(held: state.ClusterState) -> list[Key]:
    """Return the ServiceCIDRs that wait to be gone."""
    found = held.list(serviceaddresses.SERVICECIDRS)
    return [_key_of(one) for one in found if objects.is_terminating(one)]


def _key_of(found: Object) -> Key:
    return Key(*serviceaddresses.SERVICECIDRS, "", objects.name_of(found))


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    present = held.get(key)
    if present is None:
        return ()
    meta: Draft = dict(objects.metadata(present))
    finalizers = list(meta.get("finalizers") or ())
    if not objects.is_terminating(present):
        if FINALIZER not in finalizers:
            meta["finalizers"] = [*finalizers, FINALIZER]
        told = _told({**present, "metadata": meta}, "True", "", READY, turn)
        return (controller.Update(key, told),) if told != present else ()
    if FINALIZER not in finalizers:
        return ()
    if _is_used(held, present):
        told = _told({**present, "metadata": meta}, "False", "Terminating", STILL_USED, turn)
        return (controller.Update(key, told),) if told != present else ()
    meta["finalizers"] = [one for one in finalizers if one != FINALIZER]
    return (controller.Update(key, {**present, "metadata": meta}),)


def _told(obj: Draft, status: str, reason: str, message: str, turn: controller.Turn) -> Draft:
    known = objects.condition(obj, "Ready") or {}
    if (known.get("status"), known.get("reason"), known.get("message")) == (status, reason, message):
        return obj
    made = {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": turn.env.timestamp(),
    }
    return objects.with_condition(obj, made)


def _is_used(held: state.ClusterState, going: Object) -> bool:
    """Say whether an address is taken that lies in no other range."""
    own = _networks(going)
    others = [
        network
        for one in held.list(serviceaddresses.SERVICECIDRS)
        if not objects.is_terminating(one)
        for network in _networks(one)
    ]
    taken = (ipaddress.ip_address(key.name) for key in held.keys(serviceaddresses.IPADDRESSES))
    return any(any(ip in network for network in own) and not any(ip in network for network in others) for ip in taken)


def _networks(obj: Object) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text) for text in objects.spec_of(obj).get("cidrs") or ()]


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(serviceaddresses.SERVICECIDRS))


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
