"""Keeps the EndpointSlices of every Service with a selector: which pods, ready or not, on which ports.

Mirrors staging/src/k8s.io/endpointslice/reconciler.go and pkg/controller/endpointslice, release 1.36. Packing never
rebalances: pods that leave make slices sparse, newcomers go to the fullest slice that takes them all.

DIFFERS: the order of endpoints in a slice is that of arrival (upstream: none); no batching period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import podendpoints, podstatus, port_order, topology
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

MAX_ENDPOINTS = 100
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
MANAGER = "endpointslice-controller.k8s.io"
HEADLESS = "service.kubernetes.io/headless"
RESERVED_LABELS = (MANAGED_BY, state.SERVICE_NAME_LABEL, HEADLESS)
NAME = "endpointslice-controller"
COMPONENT = "endpoint-slice-controller"

Identity = tuple[tuple[str, ...], str, str, str]
"""What makes an endpoint the same one: addresses, hostname, pod namespace, pod name."""


# --- which Services a change concerns ----------------------------------------------------------


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key, resource = change.key, change.key[:2]
    if resource == state.PODS:
        return podendpoints.services_concerned(held, change)
    if resource == state.SERVICES:
        return (key,)
    if resource == state.ENDPOINTSLICES:
        return () if held.writers.get(key) == NAME else _services_of_slice(change)
    if resource == state.NODES and _node_matters(change):
        pods = held.pods_on(key.name)
        hosts = {service: None for pod in pods for service in podendpoints.services_of(held, pod)}
        return hosts | _shared_out(held)
    return ()


def _shared_out(held: state.ClusterState) -> dict[Key, None]:
    """Return the Services whose hints depend on all nodes."""
    found = (one for one in held.list(state.SERVICES) if topology.is_auto(one))
    return {Key(*state.SERVICES, objects.namespace_of(one), objects.name_of(one)): None for one in found}


def _services_of_slice(change: journal.ObjectChanged) -> Iterable[Key]:
    names = {
        objects.labels_of(obj).get(state.SERVICE_NAME_LABEL): None
        for obj in (change.before, change.after)
        if obj is not None
    }
    return [Key(*state.SERVICES, change.key.namespace, name) for name in names if name]


def _node_matters(change: journal.ObjectChanged) -> bool:
    before, after = change.before, change.after
    return before is None or after is None or topology.counts(before) != topology.counts(after)


def _zone(node: Object) -> str:
    return str(objects.labels_of(node).get("topology.kubernetes.io/zone") or "")


# --- what the slices should hold ---------------------------------------------------------------


@dataclass(slots=True)
class Group:
    """The endpoints of one address family that resolve a Service's ports to the same numbers."""

    family: str
    ports: tuple[podendpoints.PortTuple, ...]
    wanted: dict[Identity, Draft] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What becomes of the slices of one Service."""

    created: list[Draft] = field(default_factory=list)
    updated: list[tuple[Object, Draft]] = field(default_factory=list)
    deleted: list[Object] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """Of a Service that wants its hints shared out: why there are none, by address family; empty where there are."""

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.deleted)


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    service = held.get(key)
    if service is None or objects.is_terminating(service) or not _is_kept(service):
        return ()
    pods, stray = _counted_pods(held, service)
    present = [
        found
        for found in held.slices_of(key.namespace, key.name)
        if objects.labels_of(found).get(MANAGED_BY) == MANAGER and not objects.is_terminating(found)
    ]
    plan = _plan(held, service, pods, present)
    if not plan:
        return ()
    trigger = podendpoints.trigger_time(service, pods, _listed(present) if present else None)
    writes: list[controller.Write] = [controller.Create(_triggered(made, trigger)) for made in plan.created]
    writes += [controller.Update(_key_of(old), _triggered(new, trigger)) for old, new in plan.updated]
    writes += [controller.Delete(_key_of(old)) for old in plan.deleted]
    if stray:
        writes.append(_stray_said(service, stray))
    return [*writes, *_hints_said(service, plan, present)]


def _hints_said(service: Object, plan: Plan, present: Sequence[Object]) -> Iterable[controller.Write]:
    """Say whether the hints that the annotation asks for could be given."""
    for family, refusal in plan.refused.items():
        about = f", addressType: {family}"
        if refusal:
            yield controller.Record(service, "Warning", "TopologyAwareHintsDisabled", refusal + about, COMPONENT)
        elif not any(one.get("hints") for found in present for one in found.get("endpoints") or ()):
            said = topology.ENABLED + about
            yield controller.Record(service, "Normal", "TopologyAwareHintsEnabled", said, COMPONENT)


def _listed(present: Sequence[Object]) -> dict[str, bool]:
    """Say which pods the slices list, and whether as serving."""
    return {
        str(endpoint["targetRef"].get("name")): bool((endpoint.get("conditions") or {}).get("serving"))
        for found in present
        for endpoint in found.get("endpoints") or ()
        if endpoint.get("targetRef")
    }


def _is_kept(service: Object) -> bool:
    spec = objects.spec_of(service)
    return bool(spec.get("selector")) and spec.get("type") != "ExternalName"


def _counted_pods(held: state.ClusterState, service: Object) -> tuple[list[Object], list[Object]]:
    """Return the pods that become endpoints, and those left out because their node is not there."""
    spec = objects.spec_of(service)
    counted: list[Object] = []
    stray: list[Object] = []
    for pod in held.pods_of(objects.namespace_of(service), spec["selector"]):
        if podstatus.is_terminal(pod) or not state.pod_ips(pod):
            continue
        node = objects.spec_of(pod).get("nodeName")
        gone = node and held.find(state.NODES, "", node) is None
        (stray if gone and not spec.get("publishNotReadyAddresses") else counted).append(pod)
    return counted, stray


def _stray_said(service: Object, stray: Sequence[Object]) -> controller.Record:
    namespace, name = objects.namespace_of(service), objects.name_of(service)
    pod = stray[0]
    return controller.Record(
        service,
        "Warning",
        "FailedToUpdateEndpointSlices",
        f"Error updating Endpoint Slices for Service {namespace}/{name}: skipping Pod {objects.name_of(pod)} for "
        f"Service {namespace}/{name}: Node {objects.spec_of(pod)['nodeName']} Not Found",
        COMPONENT,
    )


def _plan(held: state.ClusterState, service: Object, pods: Sequence[Object], present: Sequence[Object]) -> Plan:
    plan = Plan()
    uid = objects.uid_of(service)
    own = [found for found in present if (objects.controller_of(found) or {}).get("uid") == uid]
    plan.deleted += [found for found in present if (objects.controller_of(found) or {}).get("uid") != uid]
    for family in objects.spec_of(service).get("ipFamilies") or ("IPv4",):
        of_family = [found for found in own if found.get("addressType") == family]
        groups = _groups(held, service, pods, family)
        if topology.is_auto(service):
            plan.refused[family] = _share_out(held, groups)
        _plan_family(plan, service, family, groups, of_family)
    families = objects.spec_of(service).get("ipFamilies") or ("IPv4",)
    plan.deleted += [found for found in own if found.get("addressType") not in families]
    _reuse_deleted(plan)
    return plan


def _plan_family(
    plan: Plan,
    service: Object,
    family: str,
    groups: Mapping[frozenset[podendpoints.PortTuple], Group],
    own: Sequence[Object],
) -> None:
    if not groups:
        _plan_placeholder(plan, service, family, own)
        return
    by_ports: dict[frozenset[podendpoints.PortTuple], list[Object]] = {}
    for found in own:
        by_ports.setdefault(_ports_of(found), []).append(found)
    for ports, group in groups.items():
        _pack(plan, service, group, by_ports.pop(ports, []))
    plan.deleted += [found for rest in by_ports.values() for found in rest]


def _plan_placeholder(plan: Plan, service: Object, family: str, own: Sequence[Object]) -> None:
    """Keep one empty slice where no pod matches."""
    empty = next((found for found in own if not found.get("endpoints") and not found.get("ports")), None)
    plan.deleted += [found for found in own if found is not empty]
    if empty is None:
        plan.created.append(_slice(service, family, (), None))
    elif objects.labels_of(empty) != _labels(service):
        plan.updated.append((empty, _relabelled(empty, service)))


# --- packing -----------------------------------------------------------------------------------


def _pack(plan: Plan, service: Object, group: Group, present: Sequence[Object]) -> None:
    """Fit the wanted endpoints into the slices that are there, as upstream's reconcileByPortMapping does."""
    left = dict(group.wanted)
    kept: dict[str, list[Draft]] = {}
    changed: list[Object] = []
    unchanged: list[Object] = []
    for found in present:
        old = found.get("endpoints") or ()
        new = [
            endpoint if endpoint == fresh else fresh  # what did not change stays the same object: diffs are cheap
            for endpoint in old
            if (fresh := left.pop(_identity(endpoint), None)) is not None
        ]
        kept[objects.name_of(found)] = new
        if new and len(new) == len(old) and all(a is b for a, b in zip(old, new, strict=True)):
            unchanged.append(found)
        elif new:
            changed.append(found)
        else:
            plan.deleted.append(found)
    waiting = list(left.values())
    changed.sort(key=lambda found: -len(kept[objects.name_of(found)]))
    for found in changed:
        room = MAX_ENDPOINTS - len(kept[objects.name_of(found)])
        kept[objects.name_of(found)] += waiting[: max(room, 0)]
        waiting = waiting[max(room, 0) :]
    while waiting:
        found_room = _tightest(unchanged, kept, len(waiting)) if len(waiting) < MAX_ENDPOINTS else None
        if found_room is None:
            plan.created.append(_slice(service, group.family, group.ports, waiting[:MAX_ENDPOINTS]))
            waiting = waiting[MAX_ENDPOINTS:]
        else:
            kept[objects.name_of(found_room)] += waiting
            waiting = []
            unchanged.remove(found_room)
            changed.append(found_room)
    for found in changed:
        filled = {**found, "endpoints": kept[objects.name_of(found)]}
        plan.updated.append((found, _relabelled(filled, service)))
    plan.updated += [
        (found, _relabelled(found, service)) for found in unchanged if objects.labels_of(found) != _labels(service)
    ]


def _tightest(slices: Sequence[Object], kept: Mapping[str, Sequence[Draft]], count: int) -> Object | None:
    """Return the fullest slice that can still take all of `count` endpoints."""
    fitting = [found for found in slices if len(kept[objects.name_of(found)]) + count <= MAX_ENDPOINTS]
    return max(fitting, key=lambda found: len(kept[objects.name_of(found)]), default=None)


def _reuse_deleted(plan: Plan) -> None:
    """Turn creations into updates of slices about to be deleted, which keeps their names."""
    for made in list(plan.created):
        spare = next((old for old in plan.deleted if old.get("addressType") == made["addressType"]), None)
        if (
            spare is None
            or (objects.controller_of(spare) or {}).get("uid") != made["metadata"]["ownerReferences"][0]["uid"]
        ):
            continue
        plan.created.remove(made)
        plan.deleted.remove(spare)
        meta = {**objects.metadata(spare), "labels": made["metadata"]["labels"]}
        plan.updated.append(
            (spare, {**spare, "metadata": meta, "endpoints": made["endpoints"], "ports": made["ports"]})
        )


def _groups(
    held: state.ClusterState, service: Object, pods: Sequence[Object], family: str
) -> dict[frozenset[podendpoints.PortTuple], Group]:
    """Sort the pods by the ports that the Service's target ports come to on them."""
    found: dict[frozenset[podendpoints.PortTuple], Group] = {}
    zones: dict[str, str] = {}
    service_ports = objects.spec_of(service).get("ports") or ()
    by_name = podendpoints.has_named_targets(service_ports)
    ports: tuple[podendpoints.PortTuple, ...] = ()
    for pod in pods:
        addresses = podendpoints.address_of(pod, family)
        if not addresses:
            continue
        if by_name or not ports:
            ports = tuple(podendpoints.resolved_ports(service_ports, pod))
        terms = frozenset(ports)
        group = found.get(terms)
        if group is None:
            group = found[terms] = Group(family, ports)
        endpoint = _endpoint(held, service, pod, addresses, zones)
        group.wanted[_identity(endpoint)] = endpoint
    return found


def _share_out(held: state.ClusterState, groups: Mapping[frozenset[podendpoints.PortTuple], Group]) -> str:
    """Give each ready endpoint of a family its zone, in proportion (AddHints); or return why none has one."""
    ready = [one for group in groups.values() for one in group.wanted.values() if one["conditions"]["ready"]]
    zones, refusal = topology.hinted(topology.nodes_of(held), [str(one.get("zone") or "") for one in ready])
    if not refusal:
        for endpoint, zone in zip(ready, zones, strict=True):
            endpoint["hints"] = {"forZones": [{"name": zone}]}
    return refusal


def _endpoint(
    held: state.ClusterState, service: Object, pod: Object, addresses: list[str], zones: dict[str, str]
) -> Draft:
    """Describe a pod as an endpoint (podToEndpoint, staging/src/k8s.io/endpointslice/utils.go, release 1.36)."""
    service_spec = objects.spec_of(service)
    serving, terminating = podstatus.is_ready(pod), objects.is_terminating(pod)
    ready = bool(service_spec.get("publishNotReadyAddresses")) or (serving and not terminating)
    made: Draft = {
        "addresses": addresses,
        "conditions": {"ready": ready, "serving": serving, "terminating": terminating},
    }
    hostname = podendpoints.hostname_for(pod, service)
    if hostname:
        made["hostname"] = hostname
    made["targetRef"] = podendpoints.reference_to(pod)
    node = objects.spec_of(pod).get("nodeName")
    if node:
        made["nodeName"] = node
        if node not in zones:
            found = held.find(state.NODES, "", node)
            zones[node] = _zone(found) if found is not None else ""
        if zones[node]:
            made["zone"] = zones[node]
    distribution = "" if topology.is_auto(service) else str(service_spec.get("trafficDistribution") or "")
    hints = _hints(distribution, made) if ready else None
    if hints:
        made["hints"] = hints
    return made


def _hints(distribution: str, endpoint: Draft) -> Draft | None:
    """Return the hints that `spec.trafficDistribution` asks for (endpointslice/trafficdist, release 1.36)."""
    if distribution not in ("PreferClose", "PreferSameZone", "PreferSameNode"):
        return None
    hints: Draft = {}
    if distribution == "PreferSameNode" and endpoint.get("nodeName"):
        hints["forNodes"] = [{"name": endpoint["nodeName"]}]
    if endpoint.get("zone"):
        hints["forZones"] = [{"name": endpoint["zone"]}]
    return hints or None


def _identity(endpoint: Mapping[str, Any]) -> Identity:
    addresses, target = endpoint.get("addresses") or (), endpoint.get("targetRef") or {}
    return (
        tuple(addresses) if len(addresses) == 1 else tuple(sorted(addresses)),
        endpoint.get("hostname") or "",
        target.get("namespace") or "",
        target.get("name") or "",
    )


# --- the slice objects -------------------------------------------------------------------------


def _slice(
    service: Object, family: str, ports: Sequence[podendpoints.PortTuple], endpoints: list[Draft] | None
) -> Draft:
    name = objects.name_of(service)
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{name}-",
            "namespace": objects.namespace_of(service),
            "labels": _labels(service),
            "ownerReferences": [objects.controller_reference(service)],
        },
        "addressType": family,
        "endpoints": endpoints,
        "ports": [_port(port) for port in sorted(ports, key=port_order.in_slice)] or None,
    }


def _port(port: podendpoints.PortTuple) -> Draft:
    name, protocol, number, app_protocol = port
    made: Draft = {"name": name, "port": number, "protocol": protocol}
    if app_protocol:
        made["appProtocol"] = app_protocol
    return made


def _ports_of(found: Object) -> frozenset[podendpoints.PortTuple]:
    return frozenset(podendpoints.ports_listed(found.get("ports") or ()))


def _labels(service: Object) -> dict[str, str]:
    copied = {name: value for name, value in objects.labels_of(service).items() if name not in RESERVED_LABELS}
    copied[MANAGED_BY] = MANAGER
    copied[state.SERVICE_NAME_LABEL] = objects.name_of(service)
    if objects.spec_of(service).get("clusterIP") in (None, "", "None"):
        copied[HEADLESS] = ""
    return copied


def _relabelled(found: Object, service: Object) -> Draft:
    return objects.with_path(found, ("metadata", "labels"), _labels(service))


def _key_of(found: Object) -> Key:
    return Key(*state.ENDPOINTSLICES, objects.namespace_of(found), objects.name_of(found))


def _triggered(found: Draft, trigger: str | None) -> Draft:
    annotations = {name: value for name, value in objects.annotations_of(found).items() if name != podendpoints.TRIGGER}
    if trigger:
        annotations[podendpoints.TRIGGER] = trigger
    return objects.with_path(found, ("metadata", "annotations"), annotations or None)


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.SERVICES))


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
