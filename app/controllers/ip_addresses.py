"""Keeps one IPAddress for each ClusterIP that a Service holds (pkg/registry/core/service/ipallocator, release 1.36).

DIFFERS: upstream writes the IPAddress just before the Service that asks for it, here it follows; and one whose parent
never was is left alone, where upstream deletes it after a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import serviceaddresses
from app.machinery import formats, objects
from app.machinery.objects import Draft, Key

NAME = "ip-allocator"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    if change.key[:2] == state.SERVICES:
        before = state.cluster_ips(change.before) if change.before is not None else []
        after = state.cluster_ips(change.after) if change.after is not None else []
        return [_key_of(ip) for ip in (*before, *after)] if before != after else ()
    if change.key[:2] == serviceaddresses.IPADDRESSES and held.writers.get(change.key) != NAME:
        return (change.key,)
    return ()


def _key_of(ip: str) -> Key:
    return Key(*serviceaddresses.IPADDRESSES, "", ip)


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    holder, present = held.addresses.cluster_ips.get(key.name), held.get(key)
    if holder is None:
        if present is None or objects.is_terminating(present) or not _is_ours(present):
            return ()
        return (controller.Delete(key),)
    wanted = _address(key.name, holder)
    if present is None:
        return (controller.Create(wanted),)
    labels = {**objects.labels_of(present), **wanted["metadata"]["labels"]}
    mended = {**present, "spec": wanted["spec"], "metadata": {**objects.metadata(present), "labels": labels}}
    return (controller.Update(key, mended),) if mended != present else ()


def _is_ours(present: objects.Object) -> bool:
    return objects.labels_of(present).get(serviceaddresses.MANAGED_BY) == serviceaddresses.ALLOCATOR


def _address(ip: str, holder: Key) -> Draft:
    address = formats.to_address(ip)
    family = "IPv4" if address is None else f"IPv{address.version}"
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IPAddress",
        "metadata": {
            "name": ip,
            "labels": {serviceaddresses.FAMILY: family, serviceaddresses.MANAGED_BY: serviceaddresses.ALLOCATOR},
        },
        "spec": {
            "parentRef": {"group": "", "resource": "services", "namespace": holder.namespace, "name": holder.name},
        },
    }


def _every(held: state.ClusterState) -> Iterable[Key]:
    keys = {_key_of(ip): None for ip in held.addresses.cluster_ips}
    keys.update(dict.fromkeys(held.keys(serviceaddresses.IPADDRESSES)))
    return keys


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
