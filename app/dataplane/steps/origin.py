"""Where a connection begins: a pod, a node, or the world outside."""

from __future__ import annotations

from app.cluster import state
from app.dataplane import networks
from app.dataplane.flow import Flow, Move, Verdict, node_ref, pod_ref, stop, to_node
from app.dataplane.packet import Packet, Place, PlaceKind, Protocol
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import World
from app.machinery import objects
from app.machinery.objects import ObjectRef


def _far_end(packet: Packet) -> str:
    return f"{packet.dst} (ICMP)" if packet.proto is Protocol.ICMP else f"{packet.dst}:{packet.dport}"


def leave_pod(world: World, flow: Flow) -> Verdict:
    """A pod's packet goes to its node; what is meant for the pod itself never leaves it."""
    client, packet = flow.client, flow.packet
    if client.kind != "pod":
        return None
    words = {"client": client.name, "to": _far_end(packet), "node": client.node}
    flow.note(StepKind.ORIGIN, Action.FORWARDED, "PodConnects", words, (pod_ref((client.namespace, client.name)),))
    own = world.pod(client.namespace, client.name)
    if own is not None and objects.spec_of(own).get("hostNetwork"):
        return to_node(client.node)
    if networks.LOOPBACK.holds(packet.dst) or packet.dst == client.address:
        return Move(Place(PlaceKind.POD, client.name, client.namespace))
    return to_node(client.node)


def leave_node(world: World, flow: Flow) -> Verdict:
    """A node's own packet meets the node's rules at once."""
    client, packet = flow.client, flow.packet
    if client.kind != "node":
        return None
    words = {"node": client.name, "to": _far_end(packet)}
    flow.note(StepKind.ORIGIN, Action.FORWARDED, "NodeConnects", words, (node_ref(client.name),))
    return to_node(client.name)


def leave_port_forward(world: World, flow: Flow) -> Verdict:
    """What kubectl port-forward carries enters the pod by its loopback: no Service, rule or policy stands before it."""
    client, packet = flow.client, flow.packet
    if client.kind != "port_forward":
        return None
    words = {"node": client.node, "pod": client.name, "to": _far_end(packet)}
    because = (pod_ref((client.namespace, client.name)),)
    flow.note(StepKind.ORIGIN, Action.FORWARDED, "PortForwardConnects", words, because)
    return Move(Place(PlaceKind.POD, client.name, client.namespace))


def leave_api_server(world: World, flow: Flow) -> Verdict:
    """What the API server proxies goes straight to the pod's node: no Service's rules are on its way."""
    client, packet = flow.client, flow.packet
    if client.kind != "api_server":
        return None
    words = {"to": _far_end(packet)}
    flow.note(StepKind.ORIGIN, Action.FORWARDED, "APIServerConnects", words)
    pods = [pod for pod in world.pods_at(packet.dst) if not objects.is_terminating(pod)] or world.pods_at(packet.dst)
    node = next((str(objects.spec_of(pod).get("nodeName") or "") for pod in pods), "")
    return to_node(node) if node else _lost(world, flow)


def leave_outside(world: World, flow: Flow) -> Verdict:
    """A packet from outside enters where its address leads, or where it was asked to."""
    packet = flow.packet
    words = {"client": flow.client.address, "to": _far_end(packet)}
    flow.note(StepKind.ORIGIN, Action.FORWARDED, "OutsideConnects", words)
    if flow.asked.via:
        node = flow.asked.via
        flow.note(StepKind.ROUTE, Action.FORWARDED, "EntersAsAsked", {"node": node}, (node_ref(node),))
        return to_node(node)
    return _by_address(world, flow)


def _by_address(world: World, flow: Flow) -> Verdict:
    address = flow.packet.dst
    node = world.node_at(address)
    if node:
        words = {"address": address, "node": node}
        flow.note(StepKind.ROUTE, Action.FORWARDED, "NodeAddressReached", words, (node_ref(node, "status.addresses"),))
        return to_node(node)
    for key in world.state.addresses.services.get(address):
        service = world.state.get(key)
        if service is None:
            continue
        if address in state.load_balancer_ips(service):
            return _to_load_balancer(flow, key.namespace, key.name, address)
        if address in (objects.spec_of(service).get("externalIPs") or ()):
            return _to_external_ip(world, flow, key.namespace, key.name, address)
    return _lost(world, flow)


def _to_load_balancer(flow: Flow, namespace: str, name: str, address: str) -> Verdict:
    ref = ObjectRef("Service", namespace, name, "status.loadBalancer.ingress")
    words = {"address": address, "service": flow.called(namespace, name)}
    flow.note(StepKind.ROUTE, Action.FORWARDED, "LoadBalancerReached", words, (ref,))
    return Move(Place(PlaceKind.LOAD_BALANCER, address))


def _to_external_ip(world: World, flow: Flow, namespace: str, name: str, address: str) -> Verdict:
    nodes = [objects.name_of(node) for node in world.state.list(state.NODES)]
    if not nodes:
        return stop(flow, "NoNodes", {}, Disposition.DROPPED)
    ref = ObjectRef("Service", namespace, name, "spec.externalIPs")
    words = {"address": address, "service": flow.called(namespace, name), "node": nodes[0]}
    flow.note(StepKind.ROUTE, Action.FORWARDED, "ExternalIPRouted", words, (ref,))
    return to_node(nodes[0])


def _lost(world: World, flow: Flow) -> Verdict:
    address = flow.packet.dst
    words = {"address": address}
    if address in world.api_server_addresses():
        return Move(Place(PlaceKind.OUTSIDE, "kube-apiserver"))
    if networks.SERVICES.holds(address):
        key = world.state.addresses.cluster_ips.get(address)
        held = (ObjectRef("Service", key.namespace, key.name, "spec.clusterIP"),) if key else ()
        return stop(
            flow, "NoRouteToServiceNetwork", {**words, "network": networks.SERVICES.text}, Disposition.DROPPED, held
        )
    if networks.PODS.holds(address):
        ref = tuple(pod_ref(pod, "status.podIP") for pod in world.pods_at(address))
        return stop(flow, "NoRouteToPodNetwork", {**words, "network": networks.PODS.text}, Disposition.DROPPED, ref)
    if networks.LOAD_BALANCERS.holds(address):
        return stop(flow, "LoadBalancerAddressUnknown", words, Disposition.DROPPED)
    if networks.NODES.holds(address):
        return stop(flow, "NoSuchNode", words, Disposition.NO_ROUTE)
    return Move(Place(PlaceKind.OUTSIDE, address))
