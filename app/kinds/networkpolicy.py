"""NetworkPolicy: which traffic the pods it selects may send and receive.

Mirrors pkg/apis/networking/{v1/defaults.go,validation/validation.go} (release 1.36).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from app.kinds import columns, workloads
from app.kinds.kind import Kind
from app.machinery import formats, objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_TYPES = ("Egress", "Ingress")

Part = Mapping[str, Any]


def default(draft: Draft) -> None:
    """Say TCP where a port says nothing, and which directions the policy is about (SetDefaults_NetworkPolicy)."""
    spec: Draft = dict(draft.get("spec") or {})
    spec.setdefault("podSelector", {})
    for direction in ("ingress", "egress"):
        rules = spec.get(direction)
        if rules and any(not port.get("protocol") for rule in rules for port in rule.get("ports") or ()):
            spec[direction] = [_rule_defaults(rule) for rule in rules]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    draft["spec"] = spec


def _rule_defaults(rule: Part) -> Draft:
    ports = [{**port, "protocol": port.get("protocol") or "TCP"} for port in rule.get("ports") or ()]
    return {**rule, "ports": ports} if ports else dict(rule)


def validate(obj: Object) -> list[FieldError]:
    """Check a NetworkPolicy (ValidateNetworkPolicySpec)."""
    spec = objects.spec_of(obj)
    found = workloads.validate_selector(spec.get("podSelector") or {}, "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for position, rule in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{position}]"
            for place, port in enumerate(rule.get("ports") or ()):
                found += _validate_port(port, f"{path}.ports[{place}]")
            for place, peer in enumerate(rule.get(peers) or ()):
                found += _validate_peer(peer, f"{path}.{peers}[{place}]")
    return found + _validate_types(spec.get("policyTypes") or ())


def _validate_types(types: Sequence[str]) -> list[FieldError]:
    if len(types) > len(_TYPES):
        return [validation.invalid("spec.policyTypes", list(types), "may not specify more than two policyTypes")]
    return [
        validation.not_supported(f"spec.policyTypes[{position}]", kind, _TYPES)
        for position, kind in enumerate(types)
        if kind not in _TYPES
    ]


def _validate_port(port: Part, path: str) -> list[FieldError]:
    found: list[FieldError] = []
    protocol, number, last = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol not in _PROTOCOLS:
        found.append(validation.not_supported(f"{path}.protocol", protocol or "", _PROTOCOLS))
    if isinstance(number, int):
        found += validation.invalid_each(f"{path}.port", number, validation.port_number(number))
    elif number is not None:
        found += validation.invalid_each(f"{path}.port", number, validation.iana_svc_name(str(number)))
    if last is None:
        return found
    if number is None:
        return [*found, validation.required(f"{path}.port", "must be specified when `endPort` is specified")]
    if not isinstance(number, int):
        detail = "may not specify endPort when port is non-numeric"
        return [*found, validation.invalid(f"{path}.endPort", last, detail)]
    if last < number:
        detail = "must be greater than or equal to `port`"
        found.append(validation.invalid(f"{path}.endPort", last, detail))
    return found + validation.invalid_each(f"{path}.endPort", last, validation.port_number(last))


def _validate_peer(peer: Part, path: str) -> list[FieldError]:
    pods, namespaces, block = peer.get("podSelector"), peer.get("namespaceSelector"), peer.get("ipBlock")
    if pods is None and namespaces is None and block is None:
        return [validation.required(path, "must specify a peer")]
    if block is not None and (pods is not None or namespaces is not None):
        return [validation.forbidden(path, "may not specify both ipBlock and another peer")]
    if block is not None:
        return _validate_block(block, f"{path}.ipBlock")
    return [
        *workloads.validate_selector(pods or {}, f"{path}.podSelector"),
        *workloads.validate_selector(namespaces or {}, f"{path}.namespaceSelector"),
    ]


def _validate_block(block: Part, path: str) -> list[FieldError]:
    whole = str(block.get("cidr") or "")
    if not whole:
        return [validation.required(f"{path}.cidr")]
    wrong = validation.invalid_each(f"{path}.cidr", whole, formats.cidr(whole))
    if wrong:
        return wrong
    found: list[FieldError] = []
    network = ipaddress.ip_network(whole, strict=False)
    for position, text in enumerate(block.get("except") or ()):
        place = f"{path}.except[{position}]"
        complaints = formats.cidr(text)
        if complaints:
            found += validation.invalid_each(place, text, complaints)
            continue
        part = ipaddress.ip_network(text, strict=False)
        inside = part.version == network.version and part.subnet_of(network)  # type: ignore[arg-type]
        if not inside or part == network:
            found.append(validation.invalid(place, text, "must be a strict subset of `cidr`"))
    return found


NETWORK_POLICY = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="NetworkPolicy",
    resource="networkpolicies",
    singular="networkpolicy",
    short_names=("netpol",),
    has_generation=True,
    default=default,
    validate=validate,
    columns=(
        columns.NAME,
        columns.text("Pod-Selector", lambda obj, now: columns.selector(objects.spec_of(obj).get("podSelector"))),
        columns.AGE,
    ),
    help="Says which traffic pods may send and receive.",
)
