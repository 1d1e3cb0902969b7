"""Mirrors Endpoints that people write for a Service without selector into EndpointSlices, which proxies and DNS read.

Mirrors pkg/controller/endpointslicemirroring/{endpointslicemirroring_controller,reconciler,utils}.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import podendpoints
from app.machinery import formats, objects
from app.machinery.objects import Draft, Key, Object

NAME = "endpoint-slice-mirroring-controller"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslicemirroring-controller.k8s.io"
ENDPOINTS_CONTROLLER = "endpoint-controller"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
MAX_PER_SUBSET = 1_000
_NOT_COPIED_LABELS = frozenset({MANAGED_BY, state.SERVICE_NAME_LABEL, "service.kubernetes.io/headless"})
_NOT_COPIED_ANNOTATIONS = frozenset(
    {"endpoints.kubernetes.io/last-change-trigger-time", "kubectl.kubernetes.io/last-applied-configuration"}
)


@dataclass(slots=True)
class Mirror:
    """The endpoints of one address family that offer the same ports."""

    family: str
    ports: tuple[podendpoints.PortTuple, ...]
    endpoints: dict[str, Draft] = field(default_factory=dict)


@dataclass(slots=True)
class Wanted:
    """What the slices of one Endpoints object should hold, and what had to be left out."""

    mirrors: dict[tuple[str, frozenset[podendpoints.PortTuple]], Mirror] = field(default_factory=dict)
    skipped: int = 0
    invalid: int = 0


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key, resource = change.key, change.key[:2]
    if resource == state.ENDPOINTS:
        # Those of Services with a selector are another's, and change with every pod.
        return (key,) if held.writers.get(key) != ENDPOINTS_CONTROLLER else ()
    if resource == state.SERVICES:
        return (Key(*state.ENDPOINTS, key.namespace, key.name),)
    if resource == state.ENDPOINTSLICES and held.writers.get(key) != NAME:
        names = {_mirrored_service(found) for found in (change.before, change.after) if found is not None} - {""}
        return [Key(*state.ENDPOINTS, key.namespace, name) for name in sorted(names)]
    return ()


def _mirrored_service(found: Object) -> str:
    labels = objects.labels_of(found)
    return str(labels.get(state.SERVICE_NAME_LABEL) or "") if labels.get(MANAGED_BY) == MANAGER else ""


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    source, service = held.get(key), held.find(state.SERVICES, key.namespace, key.name)
    present = [
        found
        for found in held.slices_of(key.namespace, key.name)
        if objects.labels_of(found).get(MANAGED_BY) == MANAGER and not objects.is_terminating(found)
    ]
    if source is None or service is None or not _is_mirrored(source, service):
        return [controller.Delete(_key_of(found)) for found in present]
    wanted = _wanted(source)
    writes = list(_changes(source, present, wanted))
    if writes:
        writes += _said(source, wanted)
    return writes


def _is_mirrored(source: Object, service: Object) -> bool:
    if objects.is_terminating(source) or objects.is_terminating(service) or objects.spec_of(service).get("selector"):
        return False
    return objects.labels_of(source).get(SKIP) != "true" and LEADER not in objects.annotations_of(source)


def _wanted(source: Object) -> Wanted:
    wanted = Wanted()
    for subset in source.get("subsets") or ():
        ports = podendpoints.ports_listed(subset.get("ports") or ())
        taken = 0
        for name, is_ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(name) or ():
                if taken >= MAX_PER_SUBSET:
                    wanted.skipped += 1
                    continue
                ip = formats.to_address(str(address.get("ip") or ""))
                if ip is None:
                    wanted.invalid += 1
                    continue
                family = f"IPv{ip.version}"
                mirror = wanted.mirrors.setdefault((family, frozenset(ports)), Mirror(family, ports))
                mirror.endpoints[_identity(address)] = _endpoint(address, is_ready=is_ready)
                taken += 1
    return wanted


def _identity(address: Mapping[str, Any]) -> str:
    """Name an address within its slice (hashEndpoint: addresses, hostname, targetRef)."""
    target = address.get("targetRef") or {}
    return "|".join(
        str(part or "")
        for part in (address.get("ip"), address.get("hostname"), target.get("namespace"), target.get("name"))
    )


def _endpoint(address: Mapping[str, Any], *, is_ready: bool) -> Draft:
    made: Draft = {"addresses": [address["ip"]], "conditions": {"ready": is_ready}}
    for name in ("hostname", "nodeName", "targetRef"):
        if address.get(name):
            made[name] = address[name]
    return made


def _changes(source: Object, present: Sequence[Object], wanted: Wanted) -> Iterator[controller.Write]:
    """Say how the present slices become the wanted ones: kept, changed, made, deleted."""
    left = list(present)
    missing: list[Mirror] = []
    for mirror in wanted.mirrors.values():
        found = next((one for one in left if _holds_ports(one, mirror)), None)
        if found is None:
            missing.append(mirror)
            continue
        left.remove(found)
        yield from _updated(found, source, mirror)
    for mirror in missing:
        # A slice that would go is filled anew instead: its name stays.
        found = next((one for one in left if one.get("addressType") == mirror.family), None)
        if found is None:
            yield controller.Create(_slice(source, mirror))
            continue
        left.remove(found)
        yield from _updated(found, source, mirror)
    yield from (controller.Delete(_key_of(found)) for found in left)


def _holds_ports(found: Object, mirror: Mirror) -> bool:
    listed = podendpoints.ports_listed(found.get("ports") or ())
    return found.get("addressType") == mirror.family and set(listed) == set(mirror.ports)


def _updated(found: Object, source: Object, mirror: Mirror) -> Iterator[controller.Write]:
    made = _slice(source, mirror)
    meta = dict(objects.metadata(found))
    for name in ("labels", "annotations", "ownerReferences"):
        meta.pop(name, None)
        if name in made["metadata"]:
            meta[name] = made["metadata"][name]
    mended: Draft = {**found, "metadata": meta, "endpoints": made["endpoints"], "ports": made["ports"]}
    if mended != found:
        yield controller.Update(_key_of(found), mended)


def _slice(source: Object, mirror: Mirror) -> Draft:
    labels = {name: text for name, text in objects.labels_of(source).items() if name not in _NOT_COPIED_LABELS}
    annotations = {
        name: text for name, text in objects.annotations_of(source).items() if name not in _NOT_COPIED_ANNOTATIONS
    }
    name = objects.name_of(source)
    meta: Draft = {
        "generateName": f"{name}-",
        "namespace": objects.namespace_of(source),
        "labels": {**labels, state.SERVICE_NAME_LABEL: name, MANAGED_BY: MANAGER},
        "ownerReferences": [objects.controller_reference(source)],
    }
    if annotations:
        meta["annotations"] = annotations
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": meta,
        "addressType": mirror.family,
        "endpoints": list(mirror.endpoints.values()),
        "ports": [_port(port) for port in mirror.ports] or None,
    }


def _port(port: podendpoints.PortTuple) -> Draft:
    name, protocol, number, app_protocol = port
    made: Draft = {"name": name, "port": number, "protocol": protocol}
    if app_protocol:
        made["appProtocol"] = app_protocol
    return made


def _said(source: Object, wanted: Wanted) -> Iterator[controller.Write]:
    if wanted.invalid:
        told = f"Skipped {wanted.invalid} invalid IP addresses when mirroring to EndpointSlices"
        yield controller.Record(source, "Warning", "InvalidIPAddress", told, NAME)
    if wanted.skipped:
        told = (
            f"A max of {MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset. "
            f"{wanted.skipped} addresses were skipped"
        )
        yield controller.Record(source, "Warning", "TooManyAddressesToMirror", told, NAME)


def _key_of(found: Object) -> Key:
    return Key(*state.ENDPOINTSLICES, objects.namespace_of(found), objects.name_of(found))


def _every(held: state.ClusterState) -> Iterable[Key]:
    """Name every Endpoints object, and those whose slices were left behind."""
    keys = dict.fromkeys(held.keys(state.ENDPOINTS))
    for found in held.list(state.ENDPOINTSLICES):
        name = _mirrored_service(found)
        if name:
            keys[Key(*state.ENDPOINTS, objects.namespace_of(found), name)] = None
    return keys


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
