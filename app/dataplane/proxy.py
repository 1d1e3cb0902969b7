"""What kube-proxy makes of Services and EndpointSlices: service ports, endpoints, and which of them are usable.

Mirrors pkg/proxy/{serviceport,endpointslicecache,topology}.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from app.cluster.lag import ServiceView
from app.dataplane import networks
from app.dataplane.packet import Protocol
from app.machinery import objects
from app.machinery.objects import Object

ZONE_LABEL = "topology.kubernetes.io/zone"
DEFAULT_AFFINITY_SECONDS = 10800


class ServicePort(msgspec.Struct, frozen=True, gc=False):
    """One port of one Service, as a proxy knows it."""

    namespace: str
    name: str
    index: int
    port_name: str
    protocol: Protocol
    cluster_ip: str
    port: int
    target_port: int | str
    node_port: int
    external_ips: tuple[str, ...]
    load_balancer_ips: tuple[str, ...]
    source_ranges: tuple[str, ...]
    internal_local: bool
    external_local: bool
    affinity_seconds: int
    health_check_node_port: int

    @property
    def externally_accessible(self) -> bool:
        """Whether traffic from outside can be meant for this port."""
        return bool(self.node_port or self.load_balancer_ips or self.external_ips)

    @property
    def uses_cluster_endpoints(self) -> bool:
        """Whether some traffic may go to endpoints of all nodes."""
        return not self.internal_local or self.externally_accessible

    @property
    def uses_local_endpoints(self) -> bool:
        """Whether some traffic may only go to endpoints of the node it came to."""
        return self.internal_local or (self.external_local and self.externally_accessible)

    @property
    def text(self) -> str:
        """`ns/name` or `ns/name:port`, as rule comments have it."""
        port = f":{self.port_name}" if self.port_name else ""
        return f"{self.namespace}/{self.name}{port}"


class Endpoint(msgspec.Struct, frozen=True, gc=False):
    """One address behind a service port, with what its slice says of it."""

    ip: str
    port: int
    ready: bool
    serving: bool
    terminating: bool
    node: str
    pod: tuple[str, str]
    slice_name: str
    zone_hints: tuple[str, ...] = ()
    node_hints: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """`ip:port`."""
        return f"{self.ip}:{self.port}"


class Choice(StrEnum):
    """Why the usable endpoints are these."""

    ALL_READY = "all ready"
    SAME_NODE = "same node"
    SAME_ZONE = "same zone"
    LOCAL = "local"
    TERMINATING = "terminating"
    LOCAL_TERMINATING = "local terminating"
    NONE = "none"


class Categorized(msgspec.Struct, frozen=True, gc=False):
    """The endpoints a node may use: for policy Cluster, for policy Local, and whether any node has one at all."""

    cluster: tuple[Endpoint, ...]
    cluster_choice: Choice
    local: tuple[Endpoint, ...]
    local_choice: Choice
    has_endpoints: bool


def service_ports(service: Object | None) -> tuple[ServicePort, ...]:
    """Return the ports a proxy programs: none for headless and ExternalName Services (newBaseServiceInfo)."""
    if service is None:
        return ()
    spec = objects.spec_of(service)
    cluster_ip = spec.get("clusterIP") or ""
    if cluster_ip in ("", "None") or spec.get("type") == "ExternalName":
        return ()
    clients = objects.dig(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds") or DEFAULT_AFFINITY_SECONDS
    shared: dict[str, Any] = {
        "namespace": objects.namespace_of(service),
        "name": objects.name_of(service),
        "cluster_ip": cluster_ip,
        "external_ips": tuple(spec.get("externalIPs") or ()),
        "load_balancer_ips": load_balancer_vips(service),
        "source_ranges": source_ranges(service),
        "internal_local": spec.get("internalTrafficPolicy") == "Local",
        "external_local": spec.get("externalTrafficPolicy") == "Local",
        "affinity_seconds": clients if spec.get("sessionAffinity") == "ClientIP" else 0,
        "health_check_node_port": spec.get("healthCheckNodePort") or 0,
    }
    return tuple(
        ServicePort(
            index=index,
            port_name=port.get("name") or "",
            protocol=Protocol(port.get("protocol") or "TCP"),
            port=port["port"],
            target_port=port.get("targetPort") or port["port"],
            node_port=port.get("nodePort") or 0,
            **shared,
        )
        for index, port in enumerate(spec.get("ports") or ())
    )


def load_balancer_vips(service: Object) -> tuple[str, ...]:
    """Return the load balancer addresses a proxy short-circuits: those whose ipMode is not Proxy."""
    ingress = objects.dig(service, "status", "loadBalancer", "ingress") or ()
    return tuple(point["ip"] for point in ingress if point.get("ip") and point.get("ipMode") != "Proxy")


def source_ranges(service: Object) -> tuple[str, ...]:
    """Return loadBalancerSourceRanges of the family; a /0 among them means no restriction."""
    found = [text.strip() for text in objects.spec_of(service).get("loadBalancerSourceRanges") or ()]
    found = [text for text in found if networks.parse(text)]
    return () if any(text.endswith("/0") for text in found) else tuple(found)


def endpoints_of(view: ServiceView, port: ServicePort) -> tuple[Endpoint, ...]:
    """Return the endpoints of a service port, sorted by "ip:port"; a non-terminating double wins."""
    found: dict[str, Endpoint] = {}
    for piece in view.slices:
        if piece.get("addressType", "IPv4") != "IPv4":
            continue
        number = slice_port(piece, port.port_name, port.protocol)
        if number is None:
            continue
        for raw in piece.get("endpoints") or ():
            endpoint = read_endpoint(raw, number, piece)
            present = found.get(endpoint.text)
            if present is None or (present.terminating and not endpoint.terminating):
                found[endpoint.text] = endpoint
    return tuple(found[text] for text in sorted(found))


def slice_port(piece: Object, name: str, protocol: Protocol) -> int | None:
    """Return the number of the slice's port of that name and protocol, None when it has none."""
    for port in piece.get("ports") or ():
        if (port.get("name") or "") == name and (port.get("protocol") or "TCP") == protocol and port.get("port"):
            return int(port["port"])
    return None


def read_endpoint(raw: Mapping[str, Any], port: int, piece: Object) -> Endpoint:
    """Make the record of one endpoint: ready and serving default to true, terminating to false."""
    conditions = raw.get("conditions") or {}
    target = raw.get("targetRef") or {}
    hints = raw.get("hints") or {}
    is_pod = target.get("kind") == "Pod"
    return Endpoint(
        ip=raw["addresses"][0],
        port=port,
        ready=_true_unless_said(conditions.get("ready")),
        serving=_true_unless_said(conditions.get("serving")),
        terminating=bool(conditions.get("terminating")),
        node=raw.get("nodeName") or "",
        pod=(target.get("namespace") or objects.namespace_of(piece), target.get("name") or "") if is_pod else ("", ""),
        slice_name=objects.name_of(piece),
        zone_hints=tuple(zone["name"] for zone in hints.get("forZones") or ()),
        node_hints=tuple(node["name"] for node in hints.get("forNodes") or ()),
    )


def _true_unless_said(value: bool | None) -> bool:
    return value is not False


def categorize_endpoints(
    endpoints: Sequence[Endpoint], port: ServicePort, node: str, node_labels: Mapping[str, str]
) -> Categorized:
    """Decide which endpoints this node's proxy may use (CategorizeEndpoints, pkg/proxy/topology.go, release 1.36).

    Serving-terminating endpoints count only where no ready one exists in that scope.
    """
    ready = [endpoint for endpoint in endpoints if endpoint.ready]
    fading = [endpoint for endpoint in endpoints if endpoint.serving and endpoint.terminating]
    cluster: Sequence[Endpoint] = ()
    cluster_choice = Choice.NONE
    if port.uses_cluster_endpoints:
        cluster, cluster_choice = allowed_by_topology(ready, node, node_labels)
        if not cluster and fading:
            cluster, cluster_choice = fading, Choice.TERMINATING
    local: Sequence[Endpoint] = ()
    local_choice = Choice.NONE
    if port.uses_local_endpoints:
        local, local_choice = _local_endpoints(ready, fading, node)
    return Categorized(tuple(cluster), cluster_choice, tuple(local), local_choice, bool(ready or fading))


def _local_endpoints(
    ready: Iterable[Endpoint], fading: Iterable[Endpoint], node: str
) -> tuple[Sequence[Endpoint], Choice]:
    found = [endpoint for endpoint in ready if endpoint.node == node]
    if found:
        return found, Choice.LOCAL
    found = [endpoint for endpoint in fading if endpoint.node == node]
    return found, Choice.LOCAL_TERMINATING if found else Choice.NONE


def allowed_by_topology(
    ready: Sequence[Endpoint], node: str, node_labels: Mapping[str, str]
) -> tuple[Sequence[Endpoint], Choice]:
    """Apply hints: same node before same zone; one missing hint, or none for here, and hints are ignored."""
    if not ready:
        return (), Choice.NONE
    if all(endpoint.node_hints for endpoint in ready):
        here = [endpoint for endpoint in ready if node in endpoint.node_hints]
        if here:
            return here, Choice.SAME_NODE
    zone = node_labels.get(ZONE_LABEL)
    if zone and all(endpoint.zone_hints for endpoint in ready):
        here = [endpoint for endpoint in ready if zone in endpoint.zone_hints]
        if here:
            return here, Choice.SAME_ZONE
    return ready, Choice.ALL_READY
