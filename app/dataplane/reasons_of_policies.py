"""The reasons of NetworkPolicies: what may leave a client, what may reach a server."""

from __future__ import annotations

from app.dataplane.reason import Reason, Stage
from app.dataplane.trace import Disposition

_SPEC = "networking.k8s.io/v1 NetworkPolicy"
_DROPPED = (Disposition.DROPPED,)

PASSING = (
    Reason(
        "EgressAllowed",
        "A policy lets it leave",
        "NetworkPolicy {policy} allows {pod} to send to {peer}, port {dport}/{protocol}.",
        Stage.LEAVING,
        source=_SPEC,
    ),
    Reason(
        "IngressAllowed",
        "A policy lets it in",
        "NetworkPolicy {policy} allows {peer} to reach {pod} on port {dport}/{protocol}.",
        Stage.POD,
        source=_SPEC,
    ),
    Reason(
        "PolicyNotEnforced",
        "A policy is there, nobody enforces it",
        "NetworkPolicy {policy} does not allow this, but the network plugin of this cluster enforces no policies.",
        Stage.POD,
        source="a network plugin without policy support",
    ),
)

FAILING = (
    Reason(
        "EgressDeniedByDefault",
        "The client may send nothing",
        "{policy} isolates {pod} for egress and has no rule: nothing may leave it.",
        Stage.LEAVING,
        "Add an egress rule that allows this destination.",
        _SPEC,
        _DROPPED,
        "what isolates the client has rules",
    ),
    Reason(
        "EgressPeerNotAllowed",
        "The client may not send there",
        "{policy} isolates {pod} for egress, and no rule's `to` matches {peer}.",
        Stage.LEAVING,
        "Add a `to` that selects this destination, with its namespace.",
        _SPEC,
        _DROPPED,
        "a rule for this destination was found",
    ),
    Reason(
        "EgressPortNotAllowed",
        "The client may not send to that port",
        "{policy} allows {pod} to send to {peer}, but on {ports}, not on {dport}/{protocol}.",
        Stage.LEAVING,
        "Add the pod's port to the rule.",
        _SPEC,
        _DROPPED,
    ),
    Reason(
        "EgressPolicyNamesServicePort",
        "The policy names the Service's port",
        "{policy} allows {pod} port {port}, the port of Service {service}; policies are checked after the translation, "
        "and the pod's port is {dport}.",
        Stage.LEAVING,
        "Write the pod's port (targetPort) into the policy.",
        _SPEC,
        _DROPPED,
    ),
    Reason(
        "EgressToDNSNotAllowed",
        "The client may not ask DNS",
        "{policy} isolates {pod} for egress and allows no question to cluster DNS ({peer}, port {dport}/{protocol}): "
        "the name {name} is never looked up.",
        Stage.NAME,
        "Allow egress to kube-dns in kube-system, UDP and TCP 53.",
        _SPEC,
        (Disposition.DROPPED, Disposition.NAME_ERROR),
        "the question reached cluster DNS",
    ),
    Reason(
        "IngressDeniedByDefault",
        "Nobody may reach the pod",
        "{policy} isolates {pod} for ingress and has no rule: nothing may reach it.",
        Stage.POD,
        "Add an ingress rule that allows this client.",
        _SPEC,
        _DROPPED,
        "no policy without rules isolates the pod",
    ),
    Reason(
        "IngressPeerNotAllowed",
        "The client is not let in",
        "{policy} isolates {pod} for ingress, and no rule's `from` matches {peer}.",
        Stage.POD,
        "Add a `from` that selects this client, with its namespace.",
        _SPEC,
        _DROPPED,
        "no policy asks who the client is",
    ),
    Reason(
        "IngressPortNotAllowed",
        "That port is not let in",
        "{policy} lets {peer} reach {pod}, but on {ports}, not on {dport}/{protocol}.",
        Stage.POD,
        "Add the pod's port to the rule.",
        _SPEC,
        _DROPPED,
    ),
    Reason(
        "IngressPolicyNamesServicePort",
        "The policy names the Service's port",
        "{policy} lets {peer} reach {pod} on port {port}, the port of Service {service}; policies are checked after the "
        "translation, and the pod's port is {dport}.",
        Stage.POD,
        "Write the pod's port (targetPort) into the policy.",
        _SPEC,
        _DROPPED,
    ),
)
