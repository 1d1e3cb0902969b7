"""Keeps the legacy Endpoints object of every Service with a selector (pkg/controller/endpoint, release 1.36).

Terminating pods are left out at once, ports with the same addresses share a subset, 1,000 addresses are the most.

DIFFERS: subsets and ports are ordered by name; upstream orders them by a hash of their Go structs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import podendpoints, podstatus, port_order
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

MAX_ADDRESSES = 1_000
MANAGED_BY = "endpoints.kubernetes.io/managed-by"
MANAGER = "endpoint-controller"
HEADLESS = "service.kubernetes.io/headless"
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key, resource = change.key, change.key[:2]
    if resource == state.PODS:
        return podendpoints.services_concerned(held, change)
    if resource == state.SERVICES:
        return (key,)
    if resource == state.ENDPOINTS and held.writers.get(key) != MANAGER:
        return (Key(*state.SERVICES, key.namespace, key.name),)
    return ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    service = held.get(key)
    target = Key(*state.ENDPOINTS, key.namespace, key.name)
    present = held.get(target)
    if service is None:
        return (controller.Delete(target),) if present is not None and _is_ours(present) else ()
    spec = objects.spec_of(service)
    if objects.is_terminating(service) or not spec.get("selector") or spec.get("type") == "ExternalName":
        return ()
    pods = _counted_pods(held, service)
    subsets, truncated = _truncated(_subsets(service, pods, _known_addresses(present)))
    labels = _labels(service)
    if present is not None and _is_as_wanted(present, subsets, labels, truncated):
        return ()
    trigger = podendpoints.trigger_time(service, pods, None if present is None else _listed(present))
    return _written(target, present, (subsets, labels, truncated), trigger)


def _listed(present: Object) -> dict[str, bool]:
    """Say which pods the object lists, and whether as ready."""
    return {
        str((address.get("targetRef") or {}).get("name")): ready
        for subset in present.get("subsets") or ()
        for name, ready in (("notReadyAddresses", False), ("addresses", True))
        for address in subset.get(name) or ()
    }


def _is_ours(endpoints: Object) -> bool:
    return objects.labels_of(endpoints).get(MANAGED_BY) == MANAGER


def _is_as_wanted(present: Object, subsets: Sequence[Draft], labels: Mapping[str, str], truncated: bool) -> bool:
    return (
        list(present.get("subsets") or ()) == list(subsets)
        and objects.labels_of(present) == labels
        and (OVER_CAPACITY in objects.annotations_of(present)) == truncated
    )


def _written(
    target: Key,
    present: Object | None,
    wanted: tuple[list[Draft], dict[str, str], bool],
    trigger: str | None,
) -> Sequence[controller.Write]:
    subsets, labels, truncated = wanted
    meta: Draft = (
        dict(objects.metadata(present))
        if present is not None
        else {
            "name": target.name,
            "namespace": target.namespace,
        }
    )
    annotations = dict(meta.get("annotations") or {})
    for name, text in ((podendpoints.TRIGGER, trigger), (OVER_CAPACITY, "truncated" if truncated else None)):
        annotations.pop(name, None)
        if text:
            annotations[name] = text
    meta["labels"] = labels
    meta["annotations"] = annotations
    if not annotations:
        del meta["annotations"]
    made: Draft = {"apiVersion": "v1", "kind": "Endpoints", "metadata": meta}
    if subsets:
        made["subsets"] = subsets
    return (controller.Create(made),) if present is None else (controller.Update(target, made),)


def _counted_pods(held: state.ClusterState, service: Object) -> list[Object]:
    spec = objects.spec_of(service)
    keeps_all = bool(spec.get("publishNotReadyAddresses"))
    return [
        pod
        for pod in held.pods_of(objects.namespace_of(service), spec["selector"])
        if not podstatus.is_terminal(pod) and state.pod_ips(pod) and (keeps_all or not objects.is_terminating(pod))
    ]


def _labels(service: Object) -> dict[str, str]:
    labels = {**objects.labels_of(service), MANAGED_BY: MANAGER}
    labels.pop(HEADLESS, None)
    if objects.spec_of(service).get("clusterIP") in (None, "", "None"):
        labels[HEADLESS] = ""
    return labels


# --- subsets -----------------------------------------------------------------------------------


def _known_addresses(present: Object | None) -> dict[tuple[str, str], Draft]:
    """Return the addresses that are listed, by IP and pod uid: those that stay are stored as the same objects."""
    listed = [
        address
        for subset in (present or {}).get("subsets") or ()
        for name in ("addresses", "notReadyAddresses")
        for address in subset.get(name) or ()
    ]
    return {(one.get("ip", ""), (one.get("targetRef") or {}).get("uid", "")): one for one in listed}


def _subsets(service: Object, pods: Sequence[Object], known: Mapping[tuple[str, str], Draft]) -> list[Draft]:
    """Group addresses by port and ports by addresses (pkg/api/v1/endpoints/util.go RepackSubsets, release 1.36)."""
    family = (objects.spec_of(service).get("ipFamilies") or ("IPv4",))[0]
    ready: dict[podendpoints.PortTuple | None, dict[tuple[str, str], Draft]] = {}
    unready: dict[podendpoints.PortTuple | None, dict[tuple[str, str], Draft]] = {}
    keeps_all = bool(objects.spec_of(service).get("publishNotReadyAddresses"))
    service_ports = objects.spec_of(service).get("ports") or ()
    for pod in pods:
        addresses = podendpoints.address_of(pod, family)
        if not addresses:
            continue
        ip = addresses[0]
        term = (ip, objects.uid_of(pod))
        address = _address(service, pod, ip)
        if known.get(term) == address:
            address = known[term]
        offered = ready if keeps_all or podstatus.is_ready(pod) else unready
        for port in _offers(service_ports, pod):
            offered.setdefault(port, {})[term] = address
    return _merged(ready, unready)


def _merged(
    ready: Mapping[podendpoints.PortTuple | None, Mapping[tuple[str, str], Draft]],
    unready: Mapping[podendpoints.PortTuple | None, Mapping[tuple[str, str], Draft]],
) -> list[Draft]:
    by_addresses: dict[tuple[Any, ...], list[podendpoints.PortTuple | None]] = {}
    for port in sorted({*ready, *unready}, key=lambda port: port or ("", "", 0, "")):
        up, down = sorted(ready.get(port, ())), sorted(unready.get(port, ()))
        by_addresses.setdefault((tuple(up), tuple(down)), []).append(port)
    found = []
    for (up, down), ports in by_addresses.items():
        subset: Draft = {}
        if up:
            subset["addresses"] = [ready[ports[0]][known] for known in up]
        if down:
            subset["notReadyAddresses"] = [unready[ports[0]][known] for known in down]
        named = [_port(port) for port in sorted(ports, key=port_order.in_endpoints) if port is not None]
        if named:
            subset["ports"] = named
        found.append(subset)
    return found


def _offers(service_ports: Sequence[Mapping[str, Any]], pod: Object) -> list[podendpoints.PortTuple | None]:
    """Return what the pod offers to the Service; to a headless Service without ports, its bare address."""
    return list(podendpoints.resolved_ports(service_ports, pod)) if service_ports else [None]


def _address(service: Object, pod: Object, ip: str) -> Draft:
    made: Draft = {"ip": ip}
    hostname, node = podendpoints.hostname_for(pod, service), objects.spec_of(pod).get("nodeName")
    if hostname:
        made["hostname"] = hostname
    if node:
        made["nodeName"] = node
    made["targetRef"] = podendpoints.reference_to(pod)
    return made


def _port(port: podendpoints.PortTuple) -> Draft:
    name, protocol, number, app_protocol = port
    made: Draft = {"port": number, "protocol": protocol}
    if name:
        made = {"name": name, **made}
    if app_protocol:
        made["appProtocol"] = app_protocol
    return made


def _truncated(subsets: list[Draft]) -> tuple[list[Draft], bool]:
    """Cut to 1,000 addresses, ready ones first, each subset in proportion (truncateEndpoints, release 1.36)."""
    ready = sum(len(subset.get("addresses") or ()) for subset in subsets)
    unready = sum(len(subset.get("notReadyAddresses") or ()) for subset in subsets)
    if ready + unready <= MAX_ADDRESSES:
        return subsets, False
    kept_ready = min(ready, MAX_ADDRESSES)
    room = {"addresses": kept_ready, "notReadyAddresses": MAX_ADDRESSES - kept_ready}
    total = {"addresses": ready, "notReadyAddresses": unready}
    cut: list[Draft] = []
    for subset in subsets:
        shorter = {name: part for name, part in subset.items() if name not in room}
        for name in room:
            addresses = subset.get(name) or []
            share = math.ceil(len(addresses) / total[name] * min(room[name], total[name])) if addresses else 0
            taken = addresses[: min(share, room[name])]
            if taken:
                shorter[name] = taken
        if "addresses" in shorter or "notReadyAddresses" in shorter:
            cut.append(shorter)
    return cut, True


def _every(held: state.ClusterState) -> Iterable[Key]:
    """Name all Services, and those whose Endpoints were left behind."""
    services = dict.fromkeys(held.keys(state.SERVICES))
    services.update((Key(*state.SERVICES, key.namespace, key.name), None) for key in held.keys(state.ENDPOINTS))
    return services


CONTROLLER = controller.Controller(MANAGER, _interested, _reconcile, _every)
