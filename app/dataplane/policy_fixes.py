"""The nearest fix where a NetworkPolicy stopped a request: the rule, the peer or the port that it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.cluster import state
from app.dataplane import dns, fixing, selection
from app.dataplane.fixing import Case, Fix
from app.dataplane.policies import NETWORK_POLICIES, Direction
from app.machinery import objects
from app.machinery.objects import Object

Rules = list[dict[str, Any]]
_NAME_LABEL = "kubernetes.io/metadata.name"


def _policy(case: Case) -> Object | None:
    ref = case.blamed("NetworkPolicy")
    return case.cluster.find(NETWORK_POLICIES, ref.namespace, ref.name) if ref else None


def _patched(policy: Object, direction: Direction, rules: Rules, description: str) -> Fix:
    return fixing.merged(policy, NETWORK_POLICIES, {"spec": {direction.rules: rules}}, description)


def _rules(policy: Object, direction: Direction) -> Rules:
    return [dict(rule) for rule in objects.spec_of(policy).get(direction.rules) or ()]


def _port(case: Case) -> dict[str, Any]:
    packet = case.last.before
    return {"port": packet.dport, "protocol": packet.proto.value}


def _add_rule(direction: Direction) -> Callable[[Case], Iterator[Fix]]:
    def make(case: Case) -> Iterator[Fix]:
        policy = _policy(case)
        if policy is None:
            return
        address = case.last.before.src if direction is Direction.INGRESS else case.last.before.dst
        peer, words = _peer(case, policy, address)
        rule = {direction.peers: [peer], "ports": [_port(case)]}
        verb = "in" if direction is Direction.INGRESS else "out to"
        description = f"Let {words} in" if verb == "in" else f"Let it {verb} {words}"
        yield _patched(policy, direction, [*_rules(policy, direction), rule], description)

    return make


def _peer(case: Case, policy: Object, address: str) -> tuple[dict[str, Any], str]:
    """Return a peer that matches who has the address, and how a sentence names it."""
    found = [case.cluster.get(key) for key in case.cluster.addresses.pods.get(address)]
    pod = next((one for one in found if one is not None and not objects.spec_of(one).get("hostNetwork")), None)
    if pod is None:
        return {"ipBlock": {"cidr": f"{address}/32"}}, address
    peer: dict[str, Any] = {"podSelector": {"matchLabels": fixing.telling_labels(pod)}}
    namespace = objects.namespace_of(pod)
    if namespace != objects.namespace_of(policy):
        peer["namespaceSelector"] = {"matchLabels": {_NAME_LABEL: namespace}}
    return peer, f"pods like {objects.name_of(pod)}"


def _add_port(direction: Direction, *, instead: bool) -> Callable[[Case], Iterator[Fix]]:
    def make(case: Case) -> Iterator[Fix]:
        policy, ref = _policy(case), case.blamed("NetworkPolicy")
        place = ref.field.partition("[")[2].partition("]")[0] if ref else ""
        if policy is None or not place.isdecimal():
            return
        rules = _rules(policy, direction)
        ports = [dict(port) for port in rules[int(place)].get("ports") or ()]
        wrong = _service_port(case) if instead else None
        kept = [port for port in ports if wrong is None or port.get("port") != wrong]
        rules[int(place)]["ports"] = [*kept, _port(case)]
        verb = "Name" if instead else "Allow"
        yield _patched(policy, direction, rules, f"{verb} the pod's port {case.last.before.dport} in the policy")

    return make


def _service_port(case: Case) -> int:
    return case.completed.request.target.port


def _allow_dns(case: Case) -> Iterator[Fix]:
    """Allow questions to cluster DNS; where that is not enough, the Service's pods as well."""
    policy = _policy(case)
    if policy is None:
        return
    peer = {
        "namespaceSelector": {"matchLabels": {_NAME_LABEL: "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    ports = [{"port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
    rules: Rules = [*_rules(policy, Direction.EGRESS), {"to": [peer], "ports": ports}]
    yield _patched(policy, Direction.EGRESS, rules, "Let it out to cluster DNS")
    service = _meant(case)
    selector = selection.selector_of(service) if service is not None else {}
    if service is not None and selector:
        to: dict[str, Any] = {"podSelector": {"matchLabels": selector}}
        if objects.namespace_of(service) != objects.namespace_of(policy):
            to["namespaceSelector"] = {"matchLabels": {_NAME_LABEL: objects.namespace_of(service)}}
        words = f"Let it out to cluster DNS and to the pods of {objects.name_of(service)}"
        yield _patched(policy, Direction.EGRESS, [*rules, {"to": [to]}], words)


def _meant(case: Case) -> Object | None:
    """Return the Service that the name in the request means, as far as its first two labels tell."""
    name, _, rest = dns.normal(case.completed.request.target.host).partition(".")
    namespace = rest.partition(".")[0] or case.completed.request.origin.namespace
    return case.cluster.find(state.SERVICES, namespace, name)


MAKERS: Mapping[str, Callable[[Case], Iterator[Fix]]] = {
    "IngressDeniedByDefault": _add_rule(Direction.INGRESS),
    "IngressPeerNotAllowed": _add_rule(Direction.INGRESS),
    "IngressPortNotAllowed": _add_port(Direction.INGRESS, instead=False),
    "IngressPolicyNamesServicePort": _add_port(Direction.INGRESS, instead=True),
    "EgressDeniedByDefault": _add_rule(Direction.EGRESS),
    "EgressPeerNotAllowed": _add_rule(Direction.EGRESS),
    "EgressPortNotAllowed": _add_port(Direction.EGRESS, instead=False),
    "EgressPolicyNamesServicePort": _add_port(Direction.EGRESS, instead=True),
    "EgressToDNSNotAllowed": _allow_dns,
}
