"""Where a node sends a packet next: to a pod of its own, to another node, to itself, or out of the cluster."""

from __future__ import annotations

from app.cluster import state
from app.dataplane import networks
from app.dataplane.flow import Flow, Move, Verdict, node_ref, pod_ref, service_ref, stop, to_node
from app.dataplane.packet import Packet, Place, PlaceKind
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import World
from app.kinds import images
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef


def onward(world: World, flow: Flow) -> Verdict:
    """Route by the destination as it is after the rules."""
    address = flow.packet.dst
    if flow.endpoint is not None and flow.matched is not None and address == flow.client.address:
        off = _hairpin_off(world, flow)
        if off is not None:
            return off
    pods = world.pods_at(address)
    node = world.node_at(address)
    if node or networks.LOOPBACK.holds(address):
        return _to_host(world, flow, node or flow.node, pods)
    if pods:
        return _to_pod(flow, _living(pods))
    if address in world.api_server_addresses():
        return _to_api_server(flow)
    return _nobody(world, flow)


def _hairpin_off(world: World, flow: Flow) -> Verdict:
    if not world.is_off("hairpin"):
        return None
    because = (ObjectRef("ConfigMap", "kube-system", "podlane", "data.hairpin"),)
    return stop(flow, "HairpinOff", {}, Disposition.DROPPED, because)


def _living(pods: list[Object]) -> Object:
    """Return the pod that has the address: one still being deleted only when it is the last."""
    return next((pod for pod in pods if not objects.is_terminating(pod)), pods[0])


def _to_pod(flow: Flow, pod: Object) -> Verdict:
    name, home = objects.name_of(pod), str(objects.spec_of(pod).get("nodeName") or "")
    words = {"address": flow.packet.dst, "pod": name, "node": home}
    if home == flow.node:
        flow.note(StepKind.ROUTE, Action.FORWARDED, "RoutedToPodHere", words, (pod_ref(pod, "status.podIP"),))
        return Move(pod_place(flow, pod))
    words["what"] = f"{name} on"
    flow.note(StepKind.ROUTE, Action.FORWARDED, "RoutedToNode", words, (pod_ref(pod, "spec.nodeName"),))
    return to_node(home)


def pod_place(flow: Flow, pod: Object) -> Place:
    """Return the place of a pod; those that answer names are the DNS."""
    kind = PlaceKind.DNS if flow.asked.scheme == "dns" else PlaceKind.POD
    return Place(kind, objects.name_of(pod), objects.namespace_of(pod))


def _to_host(world: World, flow: Flow, node: str, pods: list[Object]) -> Verdict:
    packet = flow.packet
    if node != flow.node:
        words = {"address": packet.dst, "what": "the address of", "node": node}
        flow.note(StepKind.ROUTE, Action.FORWARDED, "RoutedToNode", words, (node_ref(node, "status.addresses"),))
        return to_node(node)
    if networks.LOOPBACK.holds(packet.dst):
        pods = [pod for pod in world.state.pods_on(node) if objects.spec_of(pod).get("hostNetwork")]
    listening = [pod for pod in pods if images.listens(pod, packet.dport, packet.proto.value, packet.dst) is not None]
    chosen = listening or (pods if flow.endpoint is not None else [])
    if chosen:
        here = {"address": packet.dst, "dport": packet.dport, "node": node}
        flow.note(StepKind.ROUTE, Action.FORWARDED, "RoutedToHost", here, (pod_ref(chosen[0], "spec.hostNetwork"),))
        flow.server = chosen[0]
        return Move(pod_place(flow, chosen[0]))
    return None


def _to_api_server(flow: Flow) -> Verdict:
    words = {"address": flow.packet.dst, "node": flow.node}
    because = (ObjectRef("Service", "default", "kubernetes"),)
    flow.note(StepKind.ROUTE, Action.FORWARDED, "RoutedToAPIServer", words, because)
    return Move(Place(PlaceKind.OUTSIDE, "kube-apiserver"))


def _nobody(world: World, flow: Flow) -> Verdict:
    """The address belongs to no pod and no node."""
    address = flow.packet.dst
    if flow.endpoint is not None:
        return _dead_endpoint(flow)
    if networks.PODS.holds(address):
        return stop(flow, "NoSuchPodAddress", {"address": address, "was": ""}, Disposition.NO_ROUTE)
    if networks.SERVICES.holds(address):
        words = {"address": address, "network": networks.SERVICES.text, "close": ""}
        return stop(flow, "UnallocatedServiceIP", words, Disposition.DROPPED)
    if networks.NODES.holds(address) and address != flow.client.address:
        return stop(flow, "NoSuchNode", {"address": address}, Disposition.NO_ROUTE)
    return _leave(world, flow)


def _dead_endpoint(flow: Flow) -> Verdict:
    matched, endpoint = flow.matched, flow.endpoint
    assert matched is not None
    assert endpoint is not None
    port = matched.port
    piece = ObjectRef("EndpointSlice", port.namespace, endpoint.slice_name, "endpoints")
    words = {
        "address": endpoint.ip,
        "node": flow.node,
        "slice": endpoint.slice_name,
        "service": flow.called(port.namespace, port.name),
    }
    if endpoint.pod[1]:
        because = (piece, ObjectRef("Pod", *endpoint.pod), node_ref(flow.node))
        return stop(flow, "EndpointGone", words, Disposition.NO_ROUTE, because)
    if not (networks.PODS.holds(endpoint.ip) or networks.NODES.holds(endpoint.ip)):
        return Move(Place(PlaceKind.OUTSIDE, endpoint.ip))
    return stop(flow, "HandmadeEndpointDead", words, Disposition.NO_ROUTE, (piece, service_ref(port, "")))


def _leave(world: World, flow: Flow) -> Verdict:
    """Leave the cluster: to the load balancer whose address it is, or to the world; pods get their node's address."""
    packet = flow.packet
    held = any(
        packet.dst in state.load_balancer_ips(service)
        for key in world.state.addresses.services.get(packet.dst)
        if (service := world.state.get(key)) is not None
    )
    own = world.proxy(flow.node)
    if networks.PODS.holds(packet.src) and own.address:
        after = Packet(packet.proto, own.address, packet.sport, packet.dst, packet.dport)
        flow.rewrite(StepKind.MASQUERADE, "MasqueradedLeaving", {"address": own.address}, after, (node_ref(flow.node),))
    flow.note(StepKind.ROUTE, Action.FORWARDED, "RoutedOutside", {"address": packet.dst, "node": flow.node})
    if held or networks.LOAD_BALANCERS.holds(packet.dst):
        return Move(Place(PlaceKind.LOAD_BALANCER, packet.dst))
    return Move(Place(PlaceKind.OUTSIDE, packet.dst))
