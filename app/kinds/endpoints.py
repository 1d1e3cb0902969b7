"""Endpoints: the older list of a Service's addresses, in one object; kept up to date for programs that read it.

Mirrors pkg/apis/core/v1/defaults.go and ValidateEndpoints (release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kinds import columns
from app.kinds.kind import Admission, Column, Kind
from app.machinery import validation
from app.machinery.objects import Draft, Object
from app.machinery.validation import FieldError

DEPRECATED = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
_PROTOCOLS = ("SCTP", "TCP", "UDP")


def default(draft: Draft) -> None:
    """Say TCP where a port says nothing."""
    subsets = draft.get("subsets")
    if subsets and any(not p.get("protocol") for subset in subsets for p in subset.get("ports") or ()):
        draft["subsets"] = [_subset_defaults(subset) for subset in subsets]


def _subset_defaults(subset: Mapping[str, Any]) -> dict[str, Any]:
    ports = [{**port, "protocol": port.get("protocol") or "TCP"} for port in subset.get("ports") or ()]
    return {**subset, "ports": ports} if ports else dict(subset)


def prepare_create(draft: Draft, admission: Admission) -> None:
    """Warn that the kind is deprecated."""
    admission.warnings.append(DEPRECATED)


def prepare_update(draft: Draft, old: Object, admission: Admission) -> None:
    """Warn that the kind is deprecated."""
    admission.warnings.append(DEPRECATED)


def validate(obj: Object) -> list[FieldError]:
    """Check addresses and ports (ValidateEndpoints)."""
    found: list[FieldError] = []
    for position, subset in enumerate(obj.get("subsets") or ()):
        path = f"subsets[{position}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            found.append(validation.required(path, "must specify `addresses` or `notReadyAddresses`"))
        for name in ("addresses", "notReadyAddresses"):
            for place, point in enumerate(subset.get(name) or ()):
                found += _validate_address(point, f"{path}.{name}[{place}]")
        ports = subset.get("ports") or ()
        for place, port in enumerate(ports):
            found += _validate_port(port, f"{path}.ports[{place}]", needs_name=len(ports) > 1)
    return found


def _validate_address(point: Mapping[str, Any], path: str) -> list[FieldError]:
    ip = str(point.get("ip") or "")
    found = validation.invalid_each(f"{path}.ip", ip, validation.ip_address(ip) or validation.special_range(ip))
    for name, rule in (("hostname", validation.dns1123_label), ("nodeName", validation.dns1123_subdomain)):
        if point.get(name):
            found += validation.invalid_each(f"{path}.{name}", point[name], rule(point[name]))
    return found


def _validate_port(port: Mapping[str, Any], path: str, *, needs_name: bool) -> list[FieldError]:
    found: list[FieldError] = []
    name, number = port.get("name") or "", port.get("port") or 0
    if name:
        found += validation.invalid_each(f"{path}.name", name, validation.dns1123_label(name))
    elif needs_name:
        found.append(validation.required(f"{path}.name"))
    found += validation.invalid_each(f"{path}.port", number, validation.port_number(number))
    if port.get("protocol") not in _PROTOCOLS:
        found.append(validation.not_supported(f"{path}.protocol", port.get("protocol") or "", _PROTOCOLS))
    return found


def _shown(obj: Object, now: float) -> str:
    """Write the first three ready addresses; `<none>` without subsets, empty with none ready (formatEndpoints)."""
    subsets = obj.get("subsets") or ()
    if not subsets:
        return columns.NONE
    found = [
        f"{point['ip']}:{port['port']}" if port else point["ip"]
        for subset in subsets
        for port in subset.get("ports") or (None,)
        for point in subset.get("addresses") or ()
    ]
    return columns.more(found)


KIND = Kind(
    group="",
    version="v1",
    kind="Endpoints",
    resource="endpoints",
    singular="endpoints",
    short_names=("ep",),
    default=default,
    prepare_create=prepare_create,
    prepare_update=prepare_update,
    validate=validate,
    columns=(
        columns.NAME,
        Column("Endpoints", "string", _shown, description="Ready addresses and ports."),
        columns.AGE,
    ),
    help="The older list of a Service's addresses. EndpointSlices have replaced it.",
)
