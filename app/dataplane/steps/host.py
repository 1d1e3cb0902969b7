"""What a node itself answers: health checks of Services, and nothing on ports that are not open."""

from __future__ import annotations

import json
from typing import Any

from app.cluster import state
from app.dataplane import phrases, proxy
from app.dataplane.flow import Answer, Flow, Verdict, node_ref, port_ref, service_ref, stop
from app.dataplane.packet import Protocol
from app.dataplane.steps import service_match
from app.dataplane.trace import Disposition, StepKind
from app.dataplane.world import World
from app.kinds import allocators
from app.machinery import objects


def answer_health_check(world: World, flow: Flow) -> Verdict:
    """Answer on a Service's healthCheckNodePort: 200 while this node has a ready endpoint, else 503 (pkg/proxy/healthcheck)."""
    own, packet = world.proxy(flow.node), flow.packet
    if not own.mode or packet.proto is not Protocol.TCP:
        return None
    for namespace, name in own.node_port_holders(packet.dport):
        ports = [port for port in own.ports(namespace, name) if port.health_check_node_port == packet.dport]
        if ports:
            return _health(world, flow, ports[0])
    return None


def _health(world: World, flow: Flow, port: proxy.ServicePort) -> Verdict:
    every, _ = world.proxy(flow.node).endpoints(port)
    count = len({endpoint.ip for endpoint in every if endpoint.ready and endpoint.node == flow.node})
    status = 200 if count else 503
    body = {
        "service": {"namespace": port.namespace, "name": port.name},
        "localEndpoints": count,
        "serviceProxyHealthy": True,
    }
    flow.answer = Answer(status, json.dumps(body, indent="\t"))
    flow.server_name = flow.node
    words = {
        "service": flow.called(port.namespace, port.name),
        "node": flow.node,
        "count": phrases.counted(count, "ready endpoint"),
        "status": status,
    }
    code = "HealthCheckAnswered" if count else "HealthCheckFails"
    because = (service_ref(port, "spec.healthCheckNodePort"), node_ref(flow.node))
    return stop(flow, code, words, Disposition.DELIVERED, because, kind=StepKind.APPLICATION)


def refuse(world: World, flow: Flow) -> Verdict:
    """Refuse a port of the node that nobody listens on, and say what the caller probably meant."""
    own, packet = world.proxy(flow.node), flow.packet
    dport = packet.dport
    words: dict[str, Any] = {"dport": dport, "node": flow.node, "close": "", "number": ""}
    if own.mode in ("nftables", "ipvs") and not own.takes_node_ports(packet.dst) and _is_node_port(world, flow):
        words["mode"] = own.mode
        because = (node_ref(flow.node, "metadata.annotations['podlane.dev/kube-proxy']"),)
        return stop(flow, "NodePortNotOnLoopback", words, Disposition.REFUSED, because, kind=StepKind.DELIVER)
    if allocators.NODE_PORTS.first <= dport <= allocators.NODE_PORTS.last:
        return _closed(world, flow, words)
    meant = next(iter(service_match.services_by_port(world, dport)), None)
    if meant is None:
        return stop(
            flow, "NothingListensOnNode", words, Disposition.REFUSED, (node_ref(flow.node),), kind=StepKind.DELIVER
        )
    words |= {
        "service": flow.called(meant.namespace, meant.name),
        "number": f" {meant.node_port}" if meant.node_port else "",
    }
    is_port = meant.port == dport
    code = "ServicePortAskedAtNode" if is_port else "TargetPortAskedAtNode"
    field = "nodePort" if meant.node_port else "port" if is_port else "targetPort"
    return stop(flow, code, words, Disposition.REFUSED, (port_ref(meant, field),), kind=StepKind.DELIVER)


def _is_node_port(world: World, flow: Flow) -> bool:
    return any(True for _ in world.proxy(flow.node).node_port_holders(flow.packet.dport))


def _closed(world: World, flow: Flow, words: dict[str, Any]) -> Verdict:
    known = {str(number): key for number, key in _known_node_ports(world)}
    close = phrases.closest(str(flow.packet.dport), known) or next(iter(known), "")
    because: tuple[objects.ObjectRef, ...] = (node_ref(flow.node),)
    if close:
        namespace, name, path = known[close]
        words["close"] = f"; Service {flow.called(namespace, name)} has {close}"
        because = (objects.ObjectRef("Service", namespace, name, path),)
    return stop(flow, "NodePortClosed", words, Disposition.REFUSED, because, kind=StepKind.DELIVER)


def _known_node_ports(world: World) -> list[tuple[int, tuple[str, str, str]]]:
    return [
        (port.node_port, (port.namespace, port.name, f"spec.ports[{port.index}].nodePort"))
        for service in world.state.list(state.SERVICES)
        for port in proxy.service_ports(service)
        if port.node_port
    ]
