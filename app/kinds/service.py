"""Service: one stable name, address and port in front of pods that come and go.

Mirrors pkg/apis/core/v1/defaults.go, pkg/registry/core/service/{strategy.go,storage} and
pkg/api/service/warnings.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kinds import columns, service_allocation, service_validation
from app.kinds.kind import Admission, Column, Kind
from app.machinery import labels, objects, validation
from app.machinery.objects import Draft, Object

AFFINITY_TIMEOUT = 10800
_NODE_PORT_TYPES = ("NodePort", "LoadBalancer")
_ADDRESS_FIELDS = ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy")


def default(draft: Draft) -> None:
    """Fill in the defaults that need no look at the cluster (SetDefaults_Service)."""
    spec = dict(draft.get("spec") or {})
    draft["spec"] = spec
    spec["type"] = kind = spec.get("type") or "ClusterIP"
    spec["sessionAffinity"] = affinity = spec.get("sessionAffinity") or "None"
    if not spec.get("selector"):
        spec.pop("selector", None)
    if affinity == "None":
        spec.pop("sessionAffinityConfig", None)
    elif affinity == "ClientIP" and objects.dig(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds") is None:
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": AFFINITY_TIMEOUT}}
    if spec.get("ports"):
        spec["ports"] = [_port_defaults(port) for port in spec["ports"]]
    if service_validation.is_externally_accessible(spec) and not spec.get("externalTrafficPolicy"):
        spec["externalTrafficPolicy"] = "Cluster"
    if kind in ("ClusterIP", *_NODE_PORT_TYPES) and not spec.get("internalTrafficPolicy"):
        spec["internalTrafficPolicy"] = "Cluster"
    if kind == "LoadBalancer" and spec.get("allocateLoadBalancerNodePorts") is None:
        spec["allocateLoadBalancerNodePorts"] = True
    _drop_empty(spec)
    _default_ingress(draft)


def _port_defaults(port: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(port)
    filled["protocol"] = filled.get("protocol") or "TCP"
    if filled.get("targetPort") in (None, "", 0):
        filled["targetPort"] = filled.get("port") or 0
    for name in ("name", "nodePort"):
        if not filled.get(name):
            filled.pop(name, None)
    return filled


def _drop_empty(spec: Draft) -> None:
    """Leave out what the API leaves out when it is empty."""
    for name in ("externalName", "externalIPs", "loadBalancerIP", "loadBalancerSourceRanges", "healthCheckNodePort"):
        if not spec.get(name):
            spec.pop(name, None)
    for name in ("publishNotReadyAddresses", "clusterIP", "clusterIPs", "externalTrafficPolicy"):
        if not spec.get(name):
            spec.pop(name, None)
    for name in [name for name, value in spec.items() if value is None]:
        del spec[name]


def _default_ingress(draft: Draft) -> None:
    points = objects.dig(draft, "status", "loadBalancer", "ingress")
    if points and any(point.get("ip") and not point.get("ipMode") for point in points):
        filled = [{**point, "ipMode": point.get("ipMode") or "VIP"} if point.get("ip") else point for point in points]
        status = draft["status"]
        draft["status"] = {**status, "loadBalancer": {**status["loadBalancer"], "ingress": filled}}


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Give a new Service its address and its node ports; its status is empty."""
    draft["status"] = {"loadBalancer": {}}
    service_allocation.mirror_single_ip(draft["spec"], None)
    service_allocation.set_families(draft, None)
    service_allocation.allocate(draft, None, admission)
    _warn(draft, admission)


def prepare_update(draft: Draft, old: Object, admission: Admission) -> None:
    """Keep what the client left out, drop what the new type has no use for, allocate what it newly needs."""
    spec, was = draft["spec"], objects.spec_of(old)
    _carry_over(spec, was)
    _drop_by_type(spec, was)
    service_allocation.mirror_single_ip(spec, was)
    service_allocation.set_families(draft, old)
    service_allocation.allocate(draft, old, admission)
    if spec.get("type") != "LoadBalancer" and objects.dig(draft, "status", "loadBalancer", "ingress"):
        draft["status"] = {**draft["status"], "loadBalancer": {}}
    _warn(draft, admission)


def _carry_over(spec: Draft, was: Mapping[str, Any]) -> None:
    """Patch the addresses and node ports that the client left out back in (patchAllocatedValues)."""
    kept = ("ClusterIP", *_NODE_PORT_TYPES)
    if spec["type"] in kept and was.get("type") in kept:
        if not spec.get("clusterIP") and was.get("clusterIP"):
            spec["clusterIP"] = was["clusterIP"]
        if not spec.get("clusterIPs") and was.get("clusterIPs") and spec.get("clusterIP") == was["clusterIP"]:
            spec["clusterIPs"] = was["clusterIPs"]
    if spec["type"] in _NODE_PORT_TYPES and was.get("type") in _NODE_PORT_TYPES:
        _carry_node_ports(spec, was)
    if service_validation.needs_health_check(spec) and service_validation.needs_health_check(was):
        if not spec.get("healthCheckNodePort") and was.get("healthCheckNodePort"):
            spec["healthCheckNodePort"] = was["healthCheckNodePort"]


def _carry_node_ports(spec: Draft, was: Mapping[str, Any]) -> None:
    """Match ports by name; a node port that another port of the new Service asks for is not taken from it."""
    asked = {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}
    by_name = {port.get("name", ""): port for port in was.get("ports") or ()}
    for port in spec.get("ports") or ():
        before = by_name.get(port.get("name", ""))
        if before is not None and not port.get("nodePort") and before.get("nodePort") not in (None, *asked):
            port["nodePort"] = before["nodePort"]


def _drop_by_type(spec: Draft, was: Mapping[str, Any]) -> None:
    """Clear fields that belong to the old type, unless the client changed them (dropTypeDependentFields)."""
    same = {name: spec.get(name) == was.get(name) for name in (*_ADDRESS_FIELDS, *_BY_TYPE)}
    needs_address = spec["type"] != "ExternalName"
    needed_address = was.get("type") != "ExternalName"
    if needed_address and not needs_address:
        for name in _ADDRESS_FIELDS:
            if same[name]:
                spec.pop(name, None)
    if _had_node_ports(was) and spec["type"] not in _NODE_PORT_TYPES and _same_node_ports(spec, was):
        for port in spec.get("ports") or ():
            port.pop("nodePort", None)
    gone = {
        "healthCheckNodePort": not service_validation.needs_health_check(spec),
        "allocateLoadBalancerNodePorts": spec["type"] != "LoadBalancer",
        "loadBalancerClass": spec["type"] != "LoadBalancer",
        "externalTrafficPolicy": not service_validation.is_externally_accessible(spec),
    }
    for name, is_gone in gone.items():
        if is_gone and same[name]:
            spec.pop(name, None)


_BY_TYPE = ("healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass", "externalTrafficPolicy")


def _had_node_ports(was: Mapping[str, Any]) -> bool:
    return was.get("type") in _NODE_PORT_TYPES


def _same_node_ports(spec: Mapping[str, Any], was: Mapping[str, Any]) -> bool:
    """Say whether the client asks for no node port that the Service did not have."""
    before = {port.get("nodePort") for port in was.get("ports") or ()}
    return all(port.get("nodePort") in (None, *before) for port in spec.get("ports") or ())


def _warn(draft: Draft, admission: Admission) -> None:
    """Say what the API server would warn about (GetWarningsForService)."""
    spec, warnings = draft["spec"], admission.warnings
    hints = "service.kubernetes.io/topology-aware-hints"
    if hints in objects.annotations_of(draft):
        warnings.append(f"annotation {hints} is deprecated, please use service.kubernetes.io/topology-mode instead")
    if spec.get("externalIPs"):
        warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
    if service_validation.is_headless(spec):
        for field, shown in (("loadBalancerIP", "loadBalancerIP"), ("externalIPs", "externalIPs")):
            if spec.get(field):
                warnings.append(f"spec.{shown} is ignored for headless services")
        if spec.get("sessionAffinity") != "None":
            warnings.append("spec.SessionAffinity is ignored for headless services")
    if spec["type"] == "ExternalName":
        if spec.get("externalIPs"):
            warnings.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    elif spec.get("externalName"):
        warnings.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.get("trafficDistribution") == "PreferClose":
        warnings.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')


# --- columns -----------------------------------------------------------------------------------


def _cluster_ip(obj: Object, now: float) -> str:
    spec = objects.spec_of(obj)
    return next(iter(spec.get("clusterIPs") or ()), None) or spec.get("clusterIP") or columns.NONE


def _external_ip(obj: Object, now: float) -> str:
    """Show every address: the server renders its tables wide, so nothing is cut at 16 characters."""
    spec = objects.spec_of(obj)
    external = list(spec.get("externalIPs") or ())
    if spec.get("type") == "ExternalName":
        return str(spec.get("externalName") or "")
    if spec.get("type") == "LoadBalancer":
        points = objects.dig(obj, "status", "loadBalancer", "ingress") or ()
        found = sorted({point.get("ip") or point.get("hostname") or "" for point in points} - {""})
        return ",".join([*found, *external]) or "<pending>"
    return ",".join(external) or columns.NONE


def ports_text(spec: Mapping[str, Any]) -> str:
    """Write a Service's ports as `80/TCP,443:30443/TCP`, `<none>` when there are none."""
    shown = [
        f"{port.get('port')}{':' + str(port['nodePort']) if port.get('nodePort') else ''}/{port.get('protocol', 'TCP')}"
        for port in spec.get("ports") or ()
    ]
    return ",".join(shown) or columns.NONE


COLUMNS = (
    columns.NAME,
    Column("Type", "string", columns.field("spec", "type"), description="How the Service is reached."),
    Column("Cluster-IP", "string", _cluster_ip, description="Its address inside the cluster."),
    Column("External-IP", "string", _external_ip, description="Its address outside the cluster."),
    Column(
        "Port(s)",
        "string",
        lambda obj, now: ports_text(objects.spec_of(obj)),
        description="Service port, node port, protocol.",
    ),
    columns.AGE,
    Column(
        "Selector",
        "string",
        lambda obj, now: labels.format_pairs(objects.spec_of(obj).get("selector") or {}),
        priority=1,
        description="The labels a pod needs, all of them.",
    ),
)

FIELD_HELP = {
    "metadata.name": "The name other pods use: it becomes a DNS name inside the cluster.",
    "spec.type": (
        "ClusterIP: inside the cluster only. NodePort: also a port on every node. "
        "LoadBalancer: also an address outside. ExternalName: another DNS name."
    ),
    "spec.selector": "The labels a pod needs to receive traffic: all of them. Extra labels on the pod do not matter.",
    "spec.ports[].name": "A name for the port; needed as soon as there is more than one.",
    "spec.ports[].port": "The Service's own port: what clients put after the name or the ClusterIP.",
    "spec.ports[].targetPort": (
        "The pod's port that traffic is sent to: a number, or the name of a container port. The same as port if left out."
    ),
    "spec.ports[].nodePort": "The port opened on every node (30000-32767); chosen for you if left out.",
    "spec.ports[].protocol": "TCP unless said otherwise; UDP and SCTP are the others.",
    "spec.ports[].appProtocol": "A hint for proxies about what is spoken on this port; changes no routing.",
    "spec.clusterIP": "The stable address inside the cluster, chosen for you. None makes the Service headless.",
    "spec.externalName": "The DNS name that this Service is an alias of; only for type ExternalName.",
    "spec.externalIPs": "Addresses outside that the nodes answer for, if somebody routes them there.",
    "spec.sessionAffinity": "ClientIP sends the same client to the same pod; None picks anew for each connection.",
    "spec.sessionAffinityConfig.clientIP.timeoutSeconds": "How long a client stays with its pod without a new request.",
    "spec.externalTrafficPolicy": (
        "Cluster: any node passes traffic from outside on to any pod. Local: only to pods on that node, and the client's "
        "address stays."
    ),
    "spec.internalTrafficPolicy": "Local: clients in the cluster reach only pods on their own node.",
    "spec.trafficDistribution": "A preference for pods in the client's zone or on its node.",
    "spec.publishNotReadyAddresses": "Send traffic to pods that are not ready, too.",
    "spec.loadBalancerClass": "Which load balancer is responsible; the cloud's own if left out.",
    "spec.loadBalancerSourceRanges": "The client networks that may use the load balancer.",
    "spec.loadBalancerIP": "An address asked of the cloud; deprecated.",
    "spec.allocateLoadBalancerNodePorts": "Whether a LoadBalancer also opens node ports.",
    "spec.healthCheckNodePort": "Where the cloud asks a node whether it has local pods.",
    "spec.ipFamilies": "IPv4, IPv6 or both; this cluster has IPv4.",
    "spec.ipFamilyPolicy": "Whether the Service wants one address family or two.",
}

KIND = Kind(
    group="",
    version="v1",
    kind="Service",
    resource="services",
    singular="service",
    short_names=("svc",),
    categories=("all",),
    has_status=True,
    name_rule=validation.dns1123_label,
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=service_validation.validate,
    validate_update=service_validation.validate_update,
    columns=COLUMNS,
    help="A stable name, address and port in front of the pods that its selector matches.",
    field_help=FIELD_HELP,
)
