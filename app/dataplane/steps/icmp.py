"""Echo requests (ping): machines answer them, and no Service does, for its rules speak of ports."""

from __future__ import annotations

from app.dataplane import networks, proxy
from app.dataplane.flow import Flow, Verdict, node_ref, pod_ref, service_ref, stop
from app.dataplane.packet import Protocol
from app.dataplane.steps import service_match
from app.dataplane.trace import Disposition, StepKind
from app.dataplane.world import World, address_kind
from app.machinery import objects

_WHAT = {"ClusterIP": "ClusterIP", "LoadBalancerIP": "load balancer address", "ExternalIP": "external IP"}


def meet_service(world: World, flow: Flow) -> Verdict:
    """Lose what pings a virtual address: in iptables mode nobody answers, the other modes reject it.

    pkg/proxy/nftables/proxier.go (cluster-ips-check) and pkg/proxy/ipvs/proxier.go (KUBE-IPVS-FILTER), release 1.36.
    """
    packet = flow.packet
    if packet.proto is not Protocol.ICMP:
        return None
    own = world.proxy(flow.node)
    for namespace, name in own.holders(packet.dst):
        for port in own.ports(namespace, name):
            by = address_kind(port, packet.dst)
            if by == "ClusterIP" or (by and own.mode == "ipvs") or by == "ExternalIP":
                return _unanswered(flow, port, by, own.mode == "ipvs" or (own.mode == "nftables" and by == "ClusterIP"))
    return None


def meet_load_balancer(world: World, flow: Flow) -> Verdict:
    """Lose what pings a cloud's load balancer: it listens on the Service's ports and on nothing else."""
    if flow.packet.proto is not Protocol.ICMP:
        return None
    for key in world.state.addresses.services.get(flow.packet.dst):
        for port in proxy.service_ports(world.state.get(key)):
            if address_kind(port, flow.packet.dst) == "LoadBalancerIP":
                return _unanswered(flow, port, "LoadBalancerIP", False)
    return None


def _unanswered(flow: Flow, port: proxy.ServicePort, by: str, is_rejected: bool) -> Verdict:
    words = {
        "address": flow.packet.dst,
        "what": _WHAT[by],
        "service": flow.called(port.namespace, port.name),
        "node": flow.node,
    }
    because = (service_ref(port, service_match.FIELD[by]),)
    if is_rejected:
        return stop(flow, "PingRejected", words, Disposition.REFUSED, because, kind=StepKind.SERVICE_MATCH)
    return stop(flow, "PingUnanswered", words, Disposition.DROPPED, because, kind=StepKind.SERVICE_MATCH)


def answer_on_node(world: World, flow: Flow) -> Verdict:
    """Let the node's kernel answer an echo request."""
    if flow.packet.proto is not Protocol.ICMP:
        return None
    flow.server_name = flow.node
    return _answered(flow, flow.node, (node_ref(flow.node),))


def answer_in_pod(world: World, flow: Flow) -> Verdict:
    """Let the pod's kernel answer an echo request, whatever its programs do."""
    if flow.packet.proto is not Protocol.ICMP:
        return None
    pod = flow.server or world.pod(flow.at.namespace, flow.at.name)
    assert pod is not None
    flow.server, flow.server_name = pod, objects.name_of(pod)
    return _answered(flow, flow.server_name, (pod_ref(pod, "status.podIP"),))


def answer_outside(world: World, flow: Flow) -> Verdict:
    """Let the API server's machine and the stand-ins of the world outside answer."""
    address = flow.packet.dst
    if flow.packet.proto is not Protocol.ICMP:
        return None
    if address in world.api_server_addresses():
        flow.server_name = "kube-apiserver"
        return _answered(flow, "The API server's machine", ())
    if networks.STAND_INS.holds(address):
        flow.server_name = address
        return _answered(flow, address, ())
    return None


def _answered(flow: Flow, who: str, because: tuple[objects.ObjectRef, ...]) -> Verdict:
    return stop(flow, "EchoAnswered", {"who": who}, Disposition.DELIVERED, because, kind=StepKind.DELIVER)
