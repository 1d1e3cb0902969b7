"""NetworkPolicy at the doors of pods: what may leave the client, what may reach the server.

DIFFERS: a network plugin enforces policies, each in its own place; here they stand at the pod's own door, the client's
after the Service's translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.dataplane import networks, phrases, policies, proxy
from app.dataplane.flow import Flow, Verdict, stop
from app.dataplane.policies import Direction, Failing, Judgement, Question
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import World
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef

_SETTING = "networkPolicy"
_CODES = {
    (Direction.INGRESS, Failing.NO_RULES): "IngressDeniedByDefault",
    (Direction.INGRESS, Failing.PEER): "IngressPeerNotAllowed",
    (Direction.INGRESS, Failing.PORT): "IngressPortNotAllowed",
    (Direction.EGRESS, Failing.NO_RULES): "EgressDeniedByDefault",
    (Direction.EGRESS, Failing.PEER): "EgressPeerNotAllowed",
    (Direction.EGRESS, Failing.PORT): "EgressPortNotAllowed",
}


def check_egress(world: World, flow: Flow) -> Verdict:
    """Ask the policies of the client whether this may leave, at the client's node, once the destination is known."""
    client = flow.client
    if client.kind != "pod" or flow.node != client.node or flow.passed_egress:
        return None
    flow.passed_egress = True
    pod = world.pod(client.namespace, client.name)
    if pod is None or _is_on_host(pod) or flow.packet.dst == client.address:
        return None
    peer = _pod_at(world, flow.packet.dst)
    return _judge(world, flow, Question(Direction.EGRESS, pod, peer, flow.packet.dst, flow.packet))


def check_ingress(world: World, flow: Flow) -> Verdict:
    """Ask the policies of the pod that the packet has come to; its own node and itself are always let in."""
    pod = flow.server or world.pod(flow.at.namespace, flow.at.name)
    if pod is None or _is_on_host(pod):
        return None
    source = flow.packet.src
    if networks.LOOPBACK.holds(flow.packet.dst) or source in _own_addresses(world, pod):
        return None
    return _judge(world, flow, Question(Direction.INGRESS, pod, _pod_at(world, source), source, flow.packet))


def _own_addresses(world: World, pod: Object) -> set[str]:
    node = str(objects.spec_of(pod).get("nodeName") or "")
    own = {str(found.get("ip")) for found in objects.status_of(pod).get("podIPs") or ()}
    return own | set(world.proxy(node).addresses)


def _is_on_host(pod: Object) -> bool:
    return bool(objects.spec_of(pod).get("hostNetwork"))


def _pod_at(world: World, address: str) -> Object | None:
    found = [pod for pod in world.pods_at(address) if not _is_on_host(pod)]
    return next((pod for pod in found if not objects.is_terminating(pod)), next(iter(found), None))


def _judge(world: World, flow: Flow, question: Question) -> Verdict:
    isolating = world.isolating(question.pod, question.direction)
    if not isolating:
        return None
    found = policies.judge(world.state, isolating, question)
    if found.allowed_by is not None:
        code = f"{question.direction.value}Allowed"
        words = {**_words(question), "policy": objects.name_of(found.allowed_by)}
        flow.note(StepKind.NETWORK_POLICY, Action.PERMITTED, code, words, (_ref(found.allowed_by, question),))
        return None
    if world.is_off(_SETTING):
        words = {**_words(question), "policy": objects.name_of(isolating[0])}
        because = (ObjectRef("ConfigMap", "kube-system", "podlane", f"data.{_SETTING}"), _ref(isolating[0], question))
        flow.note(StepKind.NETWORK_POLICY, Action.PERMITTED, "PolicyNotEnforced", words, because)
        return None
    return _blocked(flow, question, found)


def _blocked(flow: Flow, question: Question, found: Judgement) -> Verdict:
    assert found.failing is not None
    code = _CODES[question.direction, found.failing]
    words = {**_words(question), "policy": _names(found.isolating), "ports": ""}
    if found.failing is Failing.PORT:
        listed = policies.listed_ports(found.isolating[0], question.direction, found.rule)
        words["ports"] = phrases.listed(listed)
        port = flow.matched.port if flow.matched is not None else None
        if port is not None and port.port != flow.packet.dport and _names_service_port(listed, port):
            code = f"{question.direction.value}PolicyNamesServicePort"
            words |= {"service": flow.called(port.namespace, port.name), "port": port.port}
    if question.direction is Direction.EGRESS and flow.asked.scheme == "dns":
        code = "EgressToDNSNotAllowed"
        words["name"] = flow.asked.host
    because = tuple(
        _ref(policy, question, found.rule if policy is found.isolating[0] else -1) for policy in found.isolating
    )
    return stop(flow, code, words, Disposition.DROPPED, because[:3], kind=StepKind.NETWORK_POLICY)


def _names_service_port(listed: list[str], port: proxy.ServicePort) -> bool:
    return f"{port.port}/{port.protocol.value}" in listed


def _words(question: Question) -> Mapping[str, Any]:
    other = question.peer
    far = objects.name_of(other) if other is not None else question.address
    if other is not None and objects.namespace_of(other) != objects.namespace_of(question.pod):
        far = f"{objects.namespace_of(other)}/{far}"
    return {
        "pod": objects.name_of(question.pod),
        "peer": far,
        "dport": question.packet.dport,
        "protocol": question.packet.proto.value,
    }


def _names(found: tuple[Object, ...]) -> str:
    names = [objects.name_of(policy) for policy in found]
    return f"NetworkPolicy {names[0]}" if len(names) == 1 else f"NetworkPolicies {phrases.listed(names)}"


def _ref(policy: Object, question: Question, rule: int = -1) -> ObjectRef:
    place = f"spec.{question.direction.rules}" + (f"[{rule}].ports" if rule >= 0 else "")
    return ObjectRef("NetworkPolicy", objects.namespace_of(policy), objects.name_of(policy), place)
