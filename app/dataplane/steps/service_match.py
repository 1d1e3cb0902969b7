"""Which Service a packet is for, by the rules of the node it is on."""

from __future__ import annotations

from collections.abc import Sequence

from app.cluster import state
from app.dataplane import networks, phrases, proxy
from app.dataplane.flow import Flow, Verdict, node_ref, port_ref, service_ref, stop
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import FIREWALL_ANNOTATION, Matched, NodeProxy, World
from app.machinery import objects
from app.machinery.objects import ObjectRef

FIELD = {
    "ClusterIP": "spec.clusterIP",
    "LoadBalancerIP": "status.loadBalancer.ingress",
    "ExternalIP": "spec.externalIPs",
}
"""Where a Service says that it holds an address, by what the address is."""
_CODE = {
    "ClusterIP": "ClusterIPMatched",
    "NodePort": "NodePortMatched",
    "LoadBalancerIP": "LoadBalancerIPMatched",
    "ExternalIP": "ExternalIPMatched",
}


def pass_firewall(world: World, flow: Flow) -> Verdict:
    """A firewall before the node drops what it is told to, of what comes from outside."""
    if flow.client.kind != "external" or flow.entry:
        return None
    closed = objects.annotations_of(world.node(flow.node) or {}).get(FIREWALL_ANNOTATION, "")
    if not any(_covers(part, flow.packet.dport) for part in closed.split(",")):
        return None
    words = {"node": flow.node, "dport": flow.packet.dport}
    because = (node_ref(flow.node, f"metadata.annotations['{FIREWALL_ANNOTATION}']"),)
    return stop(flow, "NodeFirewall", words, Disposition.DROPPED, because)


def _covers(text: str, port: int) -> bool:
    low, dash, high = text.strip().partition("-")
    if not low.isdecimal() or (dash and not high.isdecimal()):
        return False
    return int(low) <= port <= int(high or low)


def match_service(world: World, flow: Flow) -> Verdict:
    """Find the service port the destination belongs to (nat: KUBE-SERVICES, KUBE-NODEPORTS)."""
    if flow.entry:
        return None
    own, packet = world.proxy(flow.node), flow.packet
    if not own.mode:
        return _without_proxy(world, flow)
    matched = own.match(packet.dst, packet.proto, packet.dport)
    if matched is None:
        return _unmatched(world, flow, own)
    flow.matched = matched
    port = matched.port
    words = {
        "address": packet.dst,
        "dport": packet.dport,
        "service": flow.called(port.namespace, port.name),
        "inside": "" if flow.client.kind == "external" else ": the node acts for the load balancer at once",
    }
    flow.note(
        StepKind.SERVICE_MATCH, Action.PERMITTED, _CODE[matched.by], words, _matched_refs(matched), _rule(own, matched)
    )
    return None


def _matched_refs(matched: Matched) -> tuple[ObjectRef, ...]:
    if matched.by == "NodePort":
        return (port_ref(matched.port, "nodePort"),)
    return service_ref(matched.port, FIELD[matched.by]), port_ref(matched.port, "port")


def _rule(own: NodeProxy, matched: Matched) -> str:
    """Return the rule that leads to the endpoints; without endpoints there is none, only the filter's."""
    usable = own.endpoints(matched.port)[1]
    inside = usable.local if matched.port.internal_local else usable.cluster
    if not (inside if matched.by == "ClusterIP" else usable.has_endpoints):
        return ""
    return own.dialect.matched(matched.port, matched.address, matched.by)


def check_source(world: World, flow: Flow) -> Verdict:
    """Drop what loadBalancerSourceRanges do not list; iptables writes that rule only while there are endpoints."""
    matched = flow.matched
    if matched is None or matched.by != "LoadBalancerIP" or not matched.port.source_ranges or flow.entry:
        return None
    own, port = world.proxy(flow.node), matched.port
    if not own.dialect.checks_source_first and not own.endpoints(port)[1].has_endpoints:
        return None
    if any(_in_range(text, flow.packet.src) for text in port.source_ranges):
        return None
    words = {
        "source": flow.packet.src,
        "service": flow.called(port.namespace, port.name),
        "ranges": phrases.listed(port.source_ranges),
    }
    rule = own.dialect.source_refused(port, matched.address)
    because = (service_ref(port, "spec.loadBalancerSourceRanges"),)
    return stop(flow, "SourceNotAllowed", words, Disposition.DROPPED, because, rule, StepKind.SERVICE_MATCH)


def _in_range(text: str, address: str) -> bool:
    found = networks.parse(text)
    return found is not None and found.holds(address)


# --- when no rule matches -----------------------------------------------------------------------


def _unmatched(world: World, flow: Flow, own: NodeProxy) -> Verdict:
    if own.kept:
        now = NodeProxy(world, own.name, own.labels, own.mode, own.addresses, {})
        found = now.match(flow.packet.dst, flow.packet.proto, flow.packet.dport)
        if found is not None:
            return _stale(flow, found)
    holders = list(own.holders(flow.packet.dst))
    if holders:
        return _wrong_port(flow, own, holders)
    if networks.SERVICES.holds(flow.packet.dst):
        return _unallocated(world, flow, own)
    _say_direct(world, flow)
    return None


def _stale(flow: Flow, found: Matched) -> Verdict:
    packet, port = flow.packet, found.port
    words = {
        "node": flow.node,
        "service": flow.called(port.namespace, port.name),
        "address": packet.dst,
        "dport": packet.dport,
    }
    fate = Disposition.REFUSED if found.by == "NodePort" else Disposition.DROPPED
    because = (*_matched_refs(found), node_ref(flow.node))
    return stop(flow, "StaleRulesWithoutService", words, fate, because, kind=StepKind.SERVICE_MATCH)


def _without_proxy(world: World, flow: Flow) -> Verdict:
    packet = flow.packet
    own = world.proxy(flow.node)
    now = NodeProxy(world, own.name, own.labels, "iptables", own.addresses, {})
    found = now.match(packet.dst, packet.proto, packet.dport)
    if found is None:
        return None
    words = {"node": flow.node, "address": packet.dst, "dport": packet.dport}
    fate = Disposition.REFUSED if found.by == "NodePort" else Disposition.DROPPED
    because = (node_ref(flow.node, "metadata.annotations['podlane.dev/kube-proxy']"),)
    return stop(flow, "NoProxyOnNode", words, fate, because, kind=StepKind.SERVICE_MATCH)


def _wrong_port(flow: Flow, own: NodeProxy, holders: Sequence[tuple[str, str]]) -> Verdict:
    """Say why the address is right and the port is not; a load balancer's address goes on to the load balancer."""
    ports = [port for holder in holders for port in own.ports(*holder)]
    address, dport = flow.packet.dst, flow.packet.dport
    if not any(address == port.cluster_ip or address in port.external_ips for port in ports):
        return None
    code, field, port = _blamed_port(ports, dport)
    is_cluster_ip = any(address == each.cluster_ip for each in ports)
    answers = own.dialect.refuses_wrong_port and (is_cluster_ip or own.mode == "ipvs")
    words = {
        "service": flow.called(port.namespace, port.name),
        "ports": phrases.listed([str(number) for number in dict.fromkeys(each.port for each in ports)]),
        "port": port.port,
        "dport": dport,
        "hint": "",
        "has": phrases.listed([each.protocol.value for each in ports if each.port == dport]),
        "protocol": flow.packet.proto.value,
    }
    fate = Disposition.REFUSED if answers else Disposition.DROPPED
    because = (port_ref(port, field),)
    rule = own.dialect.wrong_port if answers else ""
    return stop(flow, code, words, fate, because, rule, StepKind.SERVICE_MATCH)


def _blamed_port(ports: Sequence[proxy.ServicePort], dport: int) -> tuple[str, str, proxy.ServicePort]:
    for port in ports:
        if port.port == dport:
            return "ProtocolNotInService", "protocol", port
    for port in ports:
        if port.node_port == dport:
            return "NodePortAskedAtClusterIP", "nodePort", port
    for port in ports:
        if port.target_port == dport:
            return "TargetPortAskedAtClusterIP", "targetPort", port
    return "PortNotInService", "port", ports[0]


def _unallocated(world: World, flow: Flow, own: NodeProxy) -> Verdict:
    address = flow.packet.dst
    known = world.state.addresses.cluster_ips
    close = phrases.closest(address, known)
    words = {
        "address": address,
        "network": networks.SERVICES.text,
        "close": f"; {close} is that of Service {flow.called(known[close].namespace, known[close].name)}"
        if close
        else "",
    }
    because = (ObjectRef("Service", known[close].namespace, known[close].name, "spec.clusterIP"),) if close else ()
    rule = own.dialect.unallocated
    return stop(flow, "UnallocatedServiceIP", words, Disposition.DROPPED, because, rule, StepKind.SERVICE_MATCH)


def _say_direct(world: World, flow: Flow) -> None:
    """Note, on the client's own node, that no Service takes part."""
    if flow.node != flow.client.node or flow.asked.scheme == "dns":
        return
    address = flow.packet.dst
    pods = world.pods_at(address)
    node = world.node_at(address)
    if node:
        what = f"it is the address of {'this node' if node == flow.node else node}"
    elif pods:
        what = f"it is the address of pod {objects.name_of(pods[0])} itself"
    else:
        what = "no Service holds it"
    words = {"node": flow.node, "address": address, "what": what}
    flow.note(StepKind.SERVICE_MATCH, Action.PERMITTED, "NoServiceMatched", words)


def services_by_port(world: World, number: int) -> list[proxy.ServicePort]:
    """Return the service ports that have the number as port or targetPort, Services with node ports first."""
    found = [
        port
        for service in world.state.list(state.SERVICES)
        for port in proxy.service_ports(service)
        if number in (port.port, port.target_port)
    ]
    return sorted(found, key=lambda port: (not port.node_port, port.port != number))
