"""Which NetworkPolicies isolate a pod, and what their rules say about one connection.

Semantics of networking.k8s.io/v1 (release 1.36): policies only ever allow; a pod that none selects for a direction is
open in it. The port is the pod's own, after the Service's translation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.cluster import state
from app.dataplane import networks
from app.dataplane.packet import Packet
from app.machinery import labels, objects
from app.machinery.objects import Object

NETWORK_POLICIES = ("networking.k8s.io", "networkpolicies")


class Direction(StrEnum):
    """What a policy isolates a pod for."""

    INGRESS = "Ingress"
    EGRESS = "Egress"

    @property
    def rules(self) -> str:
        """The list in the policy's spec."""
        return self.value.lower()

    @property
    def peers(self) -> str:
        """The list in a rule that names the other side."""
        return "from" if self is Direction.INGRESS else "to"


class Failing(StrEnum):
    """Why no rule of the isolating policies allows a connection."""

    NO_RULES = "NoRules"
    PEER = "Peer"
    PORT = "Port"


@dataclass(frozen=True, slots=True)
class Question:
    """One connection at the door of a pod: who is isolated, who is on the other side, and whose port is asked for."""

    direction: Direction
    pod: Object
    peer: Object | None
    address: str
    packet: Packet

    @property
    def server(self) -> Object | None:
        """The pod whose ports a rule's port names belong to."""
        return self.pod if self.direction is Direction.INGRESS else self.peer


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the policies say: none (open), the one that allows, or why none of them does."""

    isolating: tuple[Object, ...] = ()
    allowed_by: Object | None = None
    failing: Failing | None = None
    rule: int = -1
    """Of the first isolating policy: the rule whose peers match while its ports do not."""


def isolating(held: state.ClusterState, pod: Object, direction: Direction) -> tuple[Object, ...]:
    """Return the policies of the pod's namespace that select it for the direction."""
    found = held.list(NETWORK_POLICIES, objects.namespace_of(pod))
    return tuple(
        policy
        for policy in found
        if direction in types_of(policy)
        and labels.matches(
            labels.from_label_selector(objects.spec_of(policy).get("podSelector") or {}), objects.labels_of(pod)
        )
    )


def types_of(policy: Object) -> Sequence[str]:
    """Return the directions a policy isolates for: Ingress always, Egress when it has egress rules, unless it says."""
    spec = objects.spec_of(policy)
    return spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def judge(held: state.ClusterState, policies: Sequence[Object], question: Question) -> Judgement:
    """Ask policies that isolate a pod about one connection."""
    if not policies:
        return Judgement()
    every = tuple(policies)
    denied: Judgement | None = None
    has_rules = False
    for policy in policies:
        for position, rule in enumerate(objects.spec_of(policy).get(question.direction.rules) or ()):
            has_rules = True
            if not _peer_matches(held, policy, rule, question):
                continue
            if _port_matches(rule, question):
                return Judgement(every, policy)
            if denied is None:
                # A port is blamed only when no other rule allows the connection.
                blamed = (policy, *(one for one in every if one is not policy))
                denied = Judgement(blamed, None, Failing.PORT, position)
    return denied or Judgement(every, None, Failing.PEER if has_rules else Failing.NO_RULES)


def _peer_matches(held: state.ClusterState, policy: Object, rule: Mapping[str, Any], question: Question) -> bool:
    peers = rule.get(question.direction.peers) or ()
    return not peers or any(_is_peer(held, policy, peer, question) for peer in peers)


def _is_peer(held: state.ClusterState, policy: Object, peer: Mapping[str, Any], question: Question) -> bool:
    block = peer.get("ipBlock")
    if block is not None:
        return _in_block(block, question.address)
    if question.peer is None:
        return False
    namespace = objects.namespace_of(question.peer)
    selector = peer.get("namespaceSelector")
    if selector is None:
        if namespace != objects.namespace_of(policy):
            return False
    else:
        home = held.find(state.NAMESPACES, "", namespace)
        if home is None or not labels.matches(labels.from_label_selector(selector), objects.labels_of(home)):
            return False
    chosen = labels.from_label_selector(peer.get("podSelector") or {})
    return labels.matches(chosen, objects.labels_of(question.peer))


def _in_block(block: Mapping[str, Any], address: str) -> bool:
    wanted = networks.parse(str(block.get("cidr") or ""))
    if wanted is None or not wanted.holds(address):
        return False
    cut_out = (networks.parse(str(text)) for text in block.get("except") or ())
    return not any(hole is not None and hole.holds(address) for hole in cut_out)


def _port_matches(rule: Mapping[str, Any], question: Question) -> bool:
    ports = rule.get("ports") or ()
    return not ports or any(_is_port(port, question) for port in ports)


def _is_port(port: Mapping[str, Any], question: Question) -> bool:
    packet = question.packet
    if (port.get("protocol") or "TCP") != packet.proto.value:
        return False
    wanted = port.get("port")
    if wanted is None:
        return True
    if isinstance(wanted, str):
        return packet.dport in named_ports(question.server, wanted, packet.proto.value)
    return int(wanted) <= packet.dport <= int(port.get("endPort") or wanted)


def named_ports(pod: Object | None, name: str, protocol: str) -> list[int]:
    """Return the numbers of a pod's container ports of that name and protocol."""
    return [
        int(port["containerPort"])
        for container in objects.spec_of(pod or {}).get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("name") == name and (port.get("protocol") or "TCP") == protocol
    ]


def listed_ports(policy: Object, direction: Direction, rule: int) -> list[str]:
    """Write the ports of a rule, as kubectl describe does: 80/TCP."""
    rules = objects.spec_of(policy).get(direction.rules) or ()
    found = rules[rule].get("ports") or () if 0 <= rule < len(rules) else ()
    return [_written(port) for port in found]


def _written(port: Mapping[str, Any]) -> str:
    protocol = port.get("protocol") or "TCP"
    if port.get("port") is None:
        return f"any/{protocol}"
    end = f"-{port['endPort']}" if port.get("endPort") else ""
    return f"{port['port']}{end}/{protocol}"
