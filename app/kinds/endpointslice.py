"""EndpointSlice: a part of a Service's addresses, with what is known of each. kube-proxy and DNS read only these.

Mirrors pkg/apis/discovery/{v1/defaults.go,validation/validation.go} (release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kinds import columns
from app.kinds.kind import Admission, Column, Kind
from app.machinery import formats, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
SERVICE_NAME = "kubernetes.io/service-name"
MAX_ENDPOINTS = 1000
MAX_PORTS = 20000
MAX_ADDRESSES = 100
MAX_HINTS = 8
_TYPES = ("FQDN", "IPv4", "IPv6")
_PROTOCOLS = ("SCTP", "TCP", "UDP")

Part = Mapping[str, Any]


def default(draft: Draft) -> None:
    """Say TCP and the empty name where a port says nothing."""
    ports = draft.get("ports")
    if ports and any(not p.get("protocol") or p.get("name") is None for p in ports):
        draft["ports"] = [
            {**port, "name": port.get("name") or "", "protocol": port.get("protocol") or "TCP"} for port in ports
        ]
    endpoints = draft.get("endpoints")
    if endpoints and any(endpoint.get("conditions") is None for endpoint in endpoints):
        # No pointer in Go: an endpoint that says nothing shows that it says nothing.
        draft["endpoints"] = [{**endpoint, "conditions": endpoint.get("conditions") or {}} for endpoint in endpoints]
    draft.setdefault("endpoints", [])
    draft.setdefault("ports", None)


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Warn about addresses that are names."""
    if draft.get("addressType") == "FQDN":
        admission.warnings.append("spec.addressType: FQDN endpoints are deprecated")


def validate(obj: Object) -> list[FieldError]:
    """Check an EndpointSlice (ValidateEndpointSlice)."""
    kind = obj.get("addressType")
    found: list[FieldError] = []
    if not kind:
        found.append(validation.required("addressType"))
    elif kind not in _TYPES:
        found.append(validation.not_supported("addressType", kind, _TYPES))
    found += _validate_endpoints(obj.get("endpoints") or (), str(kind))
    return found + _validate_ports(obj.get("ports") or ())


def _validate_endpoints(endpoints: Sequence[Part], kind: str) -> list[FieldError]:
    if len(endpoints) > MAX_ENDPOINTS:
        return [validation.too_many("endpoints", len(endpoints), MAX_ENDPOINTS)]
    found: list[FieldError] = []
    for position, endpoint in enumerate(endpoints):
        path = f"endpoints[{position}]"
        found += _validate_addresses(endpoint.get("addresses") or (), kind, f"{path}.addresses")
        for name, rule in (("nodeName", validation.dns1123_subdomain), ("hostname", validation.dns1123_label)):
            if endpoint.get(name):
                found += validation.invalid_each(f"{path}.{name}", endpoint[name], rule(endpoint[name]))
        hints = endpoint.get("hints") or {}
        found += _validate_hints(hints.get("forZones") or (), f"{path}.hints.forZones", formats.label_value)
        found += _validate_hints(hints.get("forNodes") or (), f"{path}.hints.forNodes", validation.dns1123_subdomain)
    return found


def _validate_hints(hints: Sequence[Part], path: str, rule: validation.NameRule) -> list[FieldError]:
    if len(hints) > MAX_HINTS:
        return [validation.too_many(path, len(hints), MAX_HINTS)]
    found: list[FieldError] = []
    seen: set[str] = set()
    for position, hint in enumerate(hints):
        name, field = str(hint.get("name") or ""), f"{path}[{position}].name"
        if name in seen:
            found.append(validation.duplicate(field, name))
        seen.add(name)
        found += validation.invalid_each(field, name, rule(name))
    return found


def _validate_addresses(addresses: Sequence[str], kind: str, path: str) -> list[FieldError]:
    if not addresses:
        return [validation.required(path, "must contain at least 1 address")]
    if len(addresses) > MAX_ADDRESSES:
        return [validation.too_many(path, len(addresses), MAX_ADDRESSES)]
    found: list[FieldError] = []
    for position, text in enumerate(addresses):
        if kind == "FQDN":
            found += validation.invalid_each(f"{path}[{position}]", text, validation.dns1123_subdomain(text))
        elif kind in ("IPv4", "IPv6"):
            found += _validate_ip(text, kind, path, position)
    return found


def _validate_ip(text: str, kind: str, path: str, position: int) -> list[FieldError]:
    parsed = formats.to_address(text)
    if parsed is not None and f"IPv{parsed.version}" != kind:
        article = "an IPv4" if kind == "IPv4" else "an IPv6"
        return [validation.invalid(path, text, f"must be {article} address")]
    complaints = validation.ip_address(text) or validation.special_range(text)
    return validation.invalid_each(f"{path}[{position}]", text, complaints)


def _validate_ports(ports: Sequence[Part]) -> list[FieldError]:
    if len(ports) > MAX_PORTS:
        return [validation.too_many("ports", len(ports), MAX_PORTS)]
    found: list[FieldError] = []
    names: set[str] = set()
    for position, port in enumerate(ports):
        path, name = f"ports[{position}]", str(port.get("name") or "")
        if name:
            found += validation.invalid_each(f"{path}.name", name, validation.dns1123_label(name))
        if name in names:
            found.append(validation.duplicate(f"{path}.name", name))
        names.add(name)
        protocol = port.get("protocol")
        if protocol not in _PROTOCOLS:
            found.append(validation.not_supported(f"{path}.protocol", protocol or "", _PROTOCOLS))
        said = port.get("appProtocol")
        if said is not None:
            found += validation.invalid_each(f"{path}.appProtocol", said, validation.qualified_name(said))
    return found


def validate_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse a changed address type."""
    if obj.get("addressType") == old.get("addressType"):
        return []
    return [validation.invalid("addressType", obj.get("addressType"), "field is immutable")]


def _ports(obj: Object, now: float) -> str:
    ports = obj.get("ports") or ()
    return columns.more([str(port.get("port") or "*") for port in ports]) if ports else columns.UNSET


def _addresses(obj: Object, now: float) -> str:
    found = [text for endpoint in obj.get("endpoints") or () for text in endpoint.get("addresses") or ()]
    return columns.more(found) if found else columns.UNSET


KIND = Kind(
    group="discovery.k8s.io",
    version="v1",
    kind="EndpointSlice",
    resource="endpointslices",
    singular="endpointslice",
    has_generation=True,
    default=default,
    prepare_create=prepare_create,
    validate=validate,
    validate_update=validate_update,
    columns=(
        columns.NAME,
        Column("AddressType", "string", columns.field("addressType"), description="IPv4, IPv6 or FQDN."),
        Column("Ports", "string", _ports, description="The pods' ports."),
        Column("Endpoints", "string", _addresses, description="Addresses, ready or not."),
        columns.AGE,
    ),
    help="The addresses of the pods behind a Service, and which of them are ready.",
)
