"""Host ports: a port of the node that leads to a container's port (CNI plugin portmap, chain CNI-HOSTPORT-DNAT)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.cluster import state
from app.dataplane import networks
from app.dataplane.flow import Flow, Verdict, pod_ref
from app.dataplane.packet import Packet
from app.dataplane.trace import StepKind
from app.dataplane.world import World, is_finished
from app.machinery import objects
from app.machinery.objects import Object

_EVERYWHERE = frozenset({"", "0.0.0.0"})


def rewrite_destination(world: World, flow: Flow) -> Verdict:
    """Hand a packet for the node itself to the pod on it that claimed the port with `hostPort`."""
    if flow.matched is not None or flow.entry or not world.proxy(flow.node).owns(flow.packet.dst):
        return None
    packet = flow.packet
    for pod, path, port in _claims(world, flow.node):
        claimed = (port["hostPort"], port.get("protocol") or "TCP")
        if claimed != (packet.dport, packet.proto.value) or port.get("hostIP") not in {None, *_EVERYWHERE, packet.dst}:
            continue
        address = next(iter(state.pod_ips(pod)), "")
        if not address:
            continue
        source = world.proxy(flow.node).address if networks.LOOPBACK.holds(packet.src) else packet.src
        after = Packet(packet.proto, source, packet.sport, address, port["containerPort"])
        words = {
            "address": packet.dst,
            "dport": packet.dport,
            "pod": objects.name_of(pod),
            "target": f"{address}:{port['containerPort']}",
        }
        flow.rewrite(StepKind.DNAT, "HostPortRewritten", words, after, (pod_ref(pod, f"{path}.hostPort"),))
        return None
    return None


def _claims(world: World, node: str) -> Iterator[tuple[Object, str, Mapping[str, Any]]]:
    """Yield the host ports of the pods on a node; pods on the host's network need no rule."""
    for pod in world.state.pods_on(node):
        spec = objects.spec_of(pod)
        if spec.get("hostNetwork") or is_finished(pod):
            continue
        for at, container in enumerate(spec.get("containers") or ()):
            for number, port in enumerate(container.get("ports") or ()):
                if port.get("hostPort"):
                    yield pod, f"spec.containers[{at}].ports[{number}]", port
