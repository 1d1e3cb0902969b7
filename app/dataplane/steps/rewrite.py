"""What the rules do to the header: destination to the endpoint, and the source where the answer must come back."""

from __future__ import annotations

from app.dataplane import networks
from app.dataplane.flow import Flow, Verdict, port_ref, service_ref
from app.dataplane.packet import Packet
from app.dataplane.trace import Action, StepKind
from app.dataplane.world import Matched, NodeProxy, World
from app.machinery.objects import ObjectRef


def rewrite_destination(world: World, flow: Flow) -> Verdict:
    """Replace the destination by the chosen endpoint (DNAT)."""
    matched, endpoint = flow.matched, flow.endpoint
    if matched is None or endpoint is None or flow.entry:
        return None
    packet, port = flow.packet, matched.port
    after = Packet(packet.proto, packet.src, packet.sport, endpoint.ip, endpoint.port)
    words = {
        "address": packet.dst,
        "dport": packet.dport,
        "endpoint": endpoint.text,
        "port": port.port,
        "target": endpoint.port if port.target_port == endpoint.port else f"{port.target_port} ({endpoint.port})",
    }
    dialect = world.proxy(flow.node).dialect
    rule = "" if flow.continued else dialect.rewritten(port, flow.usable, flow.picked)
    flow.rewrite(StepKind.DNAT, "DestinationRewritten", words, after, (port_ref(port, "targetPort"),), rule)
    flow.entry = flow.node
    return None


def rewrite_source(world: World, flow: Flow) -> Verdict:
    """Replace the source by the node's address where the rules ask for it (MASQUERADE), else say that it stays."""
    matched, endpoint = flow.matched, flow.endpoint
    if matched is None or endpoint is None or flow.entry != flow.node or flow.masqueraded:
        return None
    own, packet = world.proxy(flow.node), flow.packet
    code, rule, because = _masquerade(own, flow, matched)
    address = own.address or packet.src
    if not code or address == packet.src:
        flow.masqueraded = bool(code)
        words = {"source": packet.src}
        flow.note(StepKind.MASQUERADE, Action.PERMITTED, "SourceKept", words, because if code else _kept_refs(matched))
        return None
    after = Packet(packet.proto, address, packet.sport, packet.dst, packet.dport)
    words = {
        "address": address,
        "source": packet.src,
        "node": flow.node,
        "pod": endpoint.pod[1] or endpoint.ip,
    }
    flow.masqueraded = True
    flow.rewrite(StepKind.MASQUERADE, code, words, after, because, rule)
    return None


def _kept_refs(matched: Matched) -> tuple[ObjectRef, ...]:
    return () if matched.by == "ClusterIP" else (service_ref(matched.port, "spec.externalTrafficPolicy"),)


def _masquerade(own: NodeProxy, flow: Flow, matched: Matched) -> tuple[str, str, tuple[ObjectRef, ...]]:
    """Return why the source is rewritten, by which rule and field; three times nothing when it is not."""
    endpoint, port, source = flow.endpoint, matched.port, flow.packet.src
    assert endpoint is not None
    policy = (service_ref(port, "spec.externalTrafficPolicy"),)
    if matched.by == "ClusterIP":
        if not networks.PODS.holds(source):
            return "MasqueradedOffCluster", own.dialect.off_cluster(port), (service_ref(port, "spec.clusterIP"),)
    elif not port.external_local:
        return "MasqueradedExternal", own.dialect.external(port), policy
    elif own.owns(source):
        return "MasqueradedLocal", own.dialect.local(port), policy
    if source == endpoint.ip:
        return "MasqueradedHairpin", own.dialect.hairpin(port, endpoint), ()
    return "", "", ()
