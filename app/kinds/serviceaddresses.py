"""IPAddress: one ClusterIP that is taken, and by what; ServiceCIDR: a range that ClusterIPs come from.

Mirrors pkg/apis/networking/validation/validation.go and pkg/registry/networking/{ipaddress,servicecidr} (release 1.36).

DIFFERS: further ranges are asked in the order in which they were made, when those before are used up.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from app.kinds import columns
from app.kinds.kind import Admission, Kind
from app.machinery import formats, objects, validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

IPADDRESSES = ("networking.k8s.io", "ipaddresses")
SERVICECIDRS = ("networking.k8s.io", "servicecidrs")
MANAGED_BY = "ipaddress.kubernetes.io/managed-by"
ALLOCATOR = "ipallocator.k8s.io"
FAMILY = "ipaddress.kubernetes.io/ip-family"


def canonical_ip(name: str) -> Sequence[str]:
    """Complain unless the name is an IP address in canonical form (ValidateIPAddressName)."""
    address = formats.to_address(name)
    if address is None:
        return validation.ip_address(name)
    return [] if str(address) == name else [f'not a valid IP address: must be in canonical form ("{address}")']


def validate_ip_address(obj: Object) -> list[FieldError]:
    """Check that the address says what it is taken by (validateIPAddressParentReference)."""
    parent = objects.spec_of(obj).get("parentRef")
    if parent is None:
        return [validation.required("spec.parentRef")]
    path, found = "spec.parentRef", list[FieldError]()
    if parent.get("group"):
        found += validation.invalid_each(
            f"{path}.group", parent["group"], validation.dns1123_subdomain(parent["group"])
        )
    for part in ("resource", "name"):
        value = str(parent.get(part) or "")
        if not value:
            found.append(validation.required(f"{path}.{part}"))
        else:
            found += validation.invalid_each(f"{path}.{part}", value, path_segment(value))
    if parent.get("namespace"):
        found += validation.invalid_each(f"{path}.namespace", parent["namespace"], path_segment(parent["namespace"]))
    return found


def path_segment(value: str) -> Sequence[str]:
    """Complain about what cannot be one step of a URL's path (path.ValidatePathSegmentName)."""
    if value in (".", ".."):
        return [f"may not be '{value}'"]
    return [f"may not contain '{sign}'" for sign in ("/", "%") if sign in value]


def validate_ip_address_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse another parent."""
    now, before = objects.spec_of(obj).get("parentRef"), objects.spec_of(old).get("parentRef")
    return [] if now == before else [validation.invalid("spec.parentRef", now, "field is immutable")]


def _parent(obj: Object, now: float) -> str:
    parent = objects.spec_of(obj).get("parentRef")
    if not parent:
        return columns.NONE
    group = f".{parent['group']}" if parent.get("group") else ""
    place = f"/{parent['namespace']}" if parent.get("namespace") else ""
    return f"{parent.get('resource', '')}{group}".lower() + f"{place}/{parent.get('name', '')}"


IP_ADDRESS = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="IPAddress",
    resource="ipaddresses",
    singular="ipaddress",
    short_names=("ip",),
    namespaced=False,
    name_rule=canonical_ip,
    validate=validate_ip_address,
    validate_update=validate_ip_address_update,
    columns=(columns.NAME, columns.text("ParentRef", _parent)),
    help="A ClusterIP that is taken, and the Service that has it.",
)


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Begin without a status."""
    draft["status"] = {}


def validate_service_cidr(obj: Object) -> list[FieldError]:
    """Check the ranges: one, or one of each family, in canonical form (ValidateServiceCIDR)."""
    ranges = objects.spec_of(obj).get("cidrs") or ()
    if not ranges:
        return [validation.required("spec.cidrs", "at least one CIDR required")]
    if len(ranges) > 2:
        return [validation.invalid("spec.cidrs", list(ranges), "may only hold up to 2 values")]
    found: list[FieldError] = []
    for position, text in enumerate(ranges):
        found += validation.invalid_each(f"spec.cidrs[{position}]", text, _canonical_cidr(str(text)))
    if not found and len({ipaddress.ip_network(text).version for text in ranges}) < len(ranges):
        detail = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
        found.append(validation.invalid("spec.cidrs", list(ranges), detail))
    return found


def _canonical_cidr(text: str) -> Sequence[str]:
    complaints = formats.cidr(text)
    if complaints:
        return complaints
    network = str(ipaddress.ip_network(text))
    return [] if network == text else [f'must be in canonical form ("{network}")']


def validate_service_cidr_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse other ranges; a second family may be added (ValidateServiceCIDRUpdate)."""
    now, before = list(objects.spec_of(obj).get("cidrs") or ()), list(objects.spec_of(old).get("cidrs") or ())
    if now == before or (len(before) == 1 and len(now) == 2 and now[0] == before[0]):
        return []
    return [validation.invalid("spec.cidrs", now, "field is immutable")]


SERVICE_CIDR = Kind(
    group="networking.k8s.io",
    version="v1",
    kind="ServiceCIDR",
    resource="servicecidrs",
    singular="servicecidr",
    namespaced=False,
    has_status=True,
    prepare_create=prepare_create,
    validate=validate_service_cidr,
    validate_update=validate_service_cidr_update,
    columns=(
        columns.NAME,
        columns.text("CIDRs", lambda obj, now: ",".join(objects.spec_of(obj).get("cidrs") or ())),
        columns.AGE,
    ),
    help="A range of addresses that ClusterIPs come from.",
)
