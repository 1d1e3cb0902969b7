"""Which endpoint gets the packet, or why none does (nat: KUBE-SVC, KUBE-SVL; filter: REJECT and DROP)."""

from __future__ import annotations

from app.cluster.affinity import PinKey
from app.dataplane import diagnosis, networks, phrases, proxy
from app.dataplane.flow import Flow, Verdict, node_ref, service_ref, stop
from app.dataplane.proxy import Choice
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import Draw, Matched, NodeProxy, Picked, World
from app.machinery.objects import ObjectRef


def choose(world: World, flow: Flow) -> Verdict:
    """Take the usable endpoints for the way the packet came, and pick one of them."""
    matched = flow.matched
    if matched is None or flow.entry or flow.continued:
        return None
    own = world.proxy(flow.node)
    every, usable = own.endpoints(matched.port)
    is_local = uses_local(own, flow, matched)
    endpoints = usable.local if is_local else usable.cluster
    if is_local and not endpoints and own.dialect.falls_back:
        endpoints, is_local = usable.cluster or tuple(one for one in every if one.ready), False
        flow.unanswerable = matched.by != "ClusterIP"
    policy = "internalTrafficPolicy" if matched.by == "ClusterIP" else "externalTrafficPolicy"
    flow.considered = own.considered(matched.port, endpoints, policy if is_local else "")
    if not endpoints:
        return _none_usable(world, flow, own, usable)
    pin: PinKey | None = None
    names: tuple[str, ...] = ()
    if matched.port.affinity_seconds:
        pin = PinKey(flow.node, matched.port.text, matched.port.protocol.value, flow.packet.src)
        names = tuple(endpoint.text for endpoint in endpoints)
    turn = f"ipvs:{flow.node} {matched.port.text}/{matched.port.protocol.value}" if own.dialect.in_turn else ""
    picked = world.chance.pick(Draw(len(endpoints), names, pin, matched.port.affinity_seconds, turn))
    flow.endpoint, flow.usable, flow.picked = endpoints[picked.index], endpoints, picked.index
    flow.prefix = "SVL" if is_local else "SVC"
    _say_chosen(flow, own, usable.local_choice if is_local else usable.cluster_choice, picked)
    return None


def uses_local(own: NodeProxy, flow: Flow, matched: Matched) -> bool:
    """Say whether only endpoints on this node count: pods and the node itself are spared externalTrafficPolicy Local."""
    if matched.by == "ClusterIP":
        return matched.port.internal_local
    if not matched.port.external_local:
        return False
    return not (networks.PODS.holds(flow.packet.src) or own.owns(flow.packet.src))


def _say_chosen(flow: Flow, own: NodeProxy, choice: Choice, picked: Picked) -> None:
    matched, endpoint = flow.matched, flow.endpoint
    assert matched is not None
    assert endpoint is not None
    code = _code(own, matched.port, choice, picked)
    words = {
        "pod": endpoint.pod[1] or endpoint.text,
        "count": phrases.counted(picked.of, "endpoint"),
        "service": flow.called(matched.port.namespace, matched.port.name),
        "node": flow.node,
        "zone": own.labels.get(proxy.ZONE_LABEL, ""),
        "client": flow.packet.src,
        "policy": "internalTrafficPolicy" if matched.by == "ClusterIP" else "externalTrafficPolicy",
    }
    flow.note(StepKind.CHOOSE_ENDPOINT, Action.PERMITTED, code, words, _refs(flow, code), _rule(own, flow, picked))


def _code(own: NodeProxy, port: proxy.ServicePort, choice: Choice, picked: Picked) -> str:
    if picked.how == "pinned":
        return "AffinityKept"
    if own.is_stale(port.namespace, port.name):
        return "StaleEndpointChosen"
    match choice:
        case Choice.TERMINATING | Choice.LOCAL_TERMINATING:
            return "TerminatingEndpointChosen"
        case Choice.LOCAL:
            return "LocalEndpointChosen"
        case Choice.SAME_ZONE:
            return "SameZoneEndpointChosen"
        case Choice.SAME_NODE:
            return "SameNodeEndpointChosen"
        case _:
            if picked.of == 1:
                return "OnlyEndpointChosen"
            return "NextEndpointChosen" if picked.how == "turn" else "EndpointChosen"


def _refs(flow: Flow, code: str) -> tuple[ObjectRef, ...]:
    matched, endpoint = flow.matched, flow.endpoint
    assert matched is not None
    assert endpoint is not None
    piece = ObjectRef("EndpointSlice", matched.port.namespace, endpoint.slice_name, "endpoints")
    pod = (ObjectRef("Pod", *endpoint.pod),) if endpoint.pod[1] else ()
    if code == "AffinityKept":
        return service_ref(matched.port, "spec.sessionAffinity"), piece, *pod
    if code == "LocalEndpointChosen":
        field = "spec.internalTrafficPolicy" if matched.by == "ClusterIP" else "spec.externalTrafficPolicy"
        return service_ref(matched.port, field), piece, *pod
    return piece, *pod


def _rule(own: NodeProxy, flow: Flow, picked: Picked) -> str:
    assert flow.matched is not None
    assert flow.endpoint is not None
    if picked.how == "pinned":
        return own.dialect.pinned(flow.matched.port, flow.endpoint, flow.prefix)
    return own.dialect.balanced(flow.matched.port, flow.usable, flow.picked, flow.prefix)


def _none_usable(world: World, flow: Flow, own: NodeProxy, usable: proxy.Categorized) -> Verdict:
    matched = flow.matched
    assert matched is not None
    if usable.has_endpoints:
        return _no_local(flow, own, matched)
    called = flow.called(matched.port.namespace, matched.port.name)
    found = diagnosis.no_endpoints(world, own, matched.port, called)
    rule = _filter_rule(own, matched, local=False)
    return stop(flow, found.code, found.words, Disposition.REFUSED, found.because, rule, StepKind.CHOOSE_ENDPOINT)


def _no_local(flow: Flow, own: NodeProxy, matched: Matched) -> Verdict:
    port = matched.port
    every, _ = own.endpoints(port)
    others = len([endpoint for endpoint in every if endpoint.ready or (endpoint.serving and endpoint.terminating)])
    inside = matched.by == "ClusterIP"
    words = {
        "service": flow.called(port.namespace, port.name),
        "node": flow.node,
        "others": f"there {'is 1' if others == 1 else f'are {others}'}",
    }
    field = "spec.internalTrafficPolicy" if inside else "spec.externalTrafficPolicy"
    code = "NoLocalEndpointsInside" if inside else "NoLocalEndpointsOutside"
    because = (service_ref(port, field), node_ref(flow.node))
    rule = _filter_rule(own, matched, local=True)
    return stop(flow, code, words, Disposition.DROPPED, because, rule, StepKind.CHOOSE_ENDPOINT)


def _filter_rule(own: NodeProxy, matched: Matched, local: bool) -> str:
    return own.dialect.filtered(matched.port, matched.address, matched.by, local)
