"""The cloud's load balancer: picks a node that passes its health check, or connects to a node port itself."""

from __future__ import annotations

from collections.abc import Sequence

from app.cluster import state
from app.dataplane import phrases, proxy
from app.dataplane.flow import Flow, Verdict, node_ref, service_ref, stop, to_node
from app.dataplane.packet import Packet
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import Draw, World
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef


def pick_node(world: World, flow: Flow) -> Verdict:
    """Send the packet to one of the healthy nodes: with externalTrafficPolicy Local, those with a ready endpoint."""
    service = _holder(world, flow.packet.dst)
    if service is None:
        words = {"address": flow.packet.dst}
        return stop(flow, "LoadBalancerAddressUnknown", words, Disposition.DROPPED, kind=StepKind.LOAD_BALANCE)
    port = _port(service, flow.packet)
    if port is None:
        return _closed(service, flow)
    nodes = [objects.name_of(node) for node in world.state.list(state.NODES) if _is_ready(node)]
    if not nodes:
        return stop(flow, "NoNodes", {}, Disposition.DROPPED, kind=StepKind.LOAD_BALANCE)
    healthy = [node for node in nodes if _is_healthy(world, node, port)]
    if not healthy:
        because = (service_ref(port, "spec.externalTrafficPolicy"),)
        words = {"service": flow.called(port.namespace, port.name)}
        return stop(flow, "NoHealthyNode", words, Disposition.DROPPED, because, kind=StepKind.LOAD_BALANCE)
    return _send(world, flow, port, healthy)


def _send(world: World, flow: Flow, port: proxy.ServicePort, healthy: Sequence[str]) -> Verdict:
    node = healthy[world.chance.pick(Draw(len(healthy))).index]
    health = " whose health check says it has a ready endpoint" if port.external_local else ""
    words = {"node": node, "count": phrases.counted(len(healthy), "node"), "health": health}
    because = (service_ref(port, "status.loadBalancer.ingress"), node_ref(node))
    flow.note(StepKind.LOAD_BALANCE, Action.FORWARDED, "LoadBalancerPickedNode", words, because)
    flow.load_balanced = True
    if flow.packet.dst not in port.load_balancer_ips and port.node_port:
        after = Packet(flow.packet.proto, flow.packet.dst, flow.packet.sport, world.proxy(node).address, port.node_port)
        proxied = {"port": port.node_port, "node": node}
        flow.rewrite(StepKind.LOAD_BALANCE, "LoadBalancerProxied", proxied, after, because[:1])
    return to_node(node)


def _holder(world: World, address: str) -> Object | None:
    for key in world.state.addresses.services.get(address):
        service = world.state.get(key)
        if service is not None and address in state.load_balancer_ips(service):
            return service
    return None


def _port(service: Object, packet: Packet) -> proxy.ServicePort | None:
    for port in proxy.service_ports(service):
        if port.port == packet.dport and port.protocol is packet.proto:
            return port
    return None


def _closed(service: Object, flow: Flow) -> Verdict:
    name, namespace = objects.name_of(service), objects.namespace_of(service)
    ports = [f"{port.port}/{port.protocol}" for port in proxy.service_ports(service)]
    words = {
        "service": flow.called(namespace, name),
        "ports": phrases.listed(ports),
        "dport": f"{flow.packet.dport}/{flow.packet.proto}",
    }
    ref = (ObjectRef("Service", namespace, name, "spec.ports"),)
    return stop(flow, "LoadBalancerPortClosed", words, Disposition.DROPPED, ref, kind=StepKind.LOAD_BALANCE)


def _is_ready(node: Object) -> bool:
    ready = objects.condition(node, "Ready")
    return ready is None or ready.get("status") == "True"


def _is_healthy(world: World, node: str, port: proxy.ServicePort) -> bool:
    """Say what the health check would: policy Local counts distinct local ready endpoints, Cluster takes every node."""
    if not port.external_local:
        return True
    every, _ = world.proxy(node).endpoints(port)
    return any(endpoint.ready and endpoint.node == node for endpoint in every)
