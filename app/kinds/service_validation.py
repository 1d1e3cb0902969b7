"""What a Service must obey, in the API server's words.

Mirrors ValidateService and ValidateServiceUpdate in pkg/apis/core/validation/validation.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kinds import pod_validation
from app.machinery import formats, objects, validation
from app.machinery.objects import Object
from app.machinery.validation import FieldError

Part = Mapping[str, Any]

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_AFFINITIES = ("ClientIP", "None")
_POLICIES = ("Cluster", "Local")
_FAMILIES = ("IPv4", "IPv6")
_FAMILY_POLICIES = ("PreferDualStack", "RequireDualStack", "SingleStack")
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
_ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"
_KUBELET_PORT = 10250
_LONGEST_AFFINITY = 86400


def is_headless(spec: Part) -> bool:
    """Say whether the Service has no virtual address of its own: clusterIP None."""
    first = (spec.get("clusterIPs") or [spec.get("clusterIP")])[0]
    return bool(first == "None" or spec.get("clusterIP") == "None")


def is_externally_accessible(spec: Part) -> bool:
    """Say whether traffic from outside the cluster may reach the Service (ExternallyAccessible)."""
    kind = spec.get("type")
    return kind in ("LoadBalancer", "NodePort") or bool(kind == "ClusterIP" and spec.get("externalIPs"))


def needs_health_check(spec: Part) -> bool:
    """Say whether the cloud must ask each node if it has local endpoints."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


def validate(obj: Object) -> list[FieldError]:
    """Check a Service, in the order in which the API server reports."""
    spec = objects.spec_of(obj)
    ports = spec.get("ports") or ()
    found: list[FieldError] = []
    if not ports and not is_headless(spec) and spec.get("type") != "ExternalName":
        found.append(validation.required("spec.ports"))
    found += _validate_by_type(spec, ports)
    names: set[str] = set()
    for position, port in enumerate(ports):
        found += _validate_port(port, f"spec.ports[{position}]", names, needs_name=len(ports) > 1)
    found += validation.validate_labels(spec.get("selector") or {}, "spec.selector")
    found += _validate_affinity(spec)
    found += validate_cluster_ips(spec)
    found += _validate_external_ips(spec)
    found += _choice(spec, "type", _TYPES)
    found += _validate_port_numbers(spec, ports)
    found += _validate_load_balancer(spec)
    found += _validate_policies(spec)
    return found + _validate_status(obj)


def _validate_by_type(spec: Part, ports: Sequence[Part]) -> list[FieldError]:
    kind = spec.get("type")
    found: list[FieldError] = []
    if kind == "LoadBalancer":
        for position, port in enumerate(ports):
            if port.get("port") == _KUBELET_PORT:
                detail = f"may not expose port {_KUBELET_PORT} externally since it is used by kubelet"
                found.append(validation.invalid(f"spec.ports[{position}]", _KUBELET_PORT, detail))
    if kind in ("LoadBalancer", "NodePort") and is_headless(spec):
        found.append(validation.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services"))
    if kind == "ExternalName":
        found += [
            validation.forbidden(f"spec.{name}", "may not be set for ExternalName services")
            for name in ("clusterIPs", "ipFamilies", "ipFamilyPolicy")
            if spec.get(name)
        ]
        name = str(spec.get("externalName") or "").removesuffix(".")
        if name:
            found += validation.invalid_each("spec.externalName", name, validation.dns1123_subdomain(name))
        else:
            found.append(validation.required("spec.externalName"))
    return found


def _validate_port(port: Part, path: str, names: set[str], *, needs_name: bool) -> list[FieldError]:
    name = str(port.get("name") or "")
    found: list[FieldError] = []
    if name:
        found += validation.invalid_each(f"{path}.name", name, validation.dns1123_label(name))
        if name in names:
            found.append(validation.duplicate(f"{path}.name", name))
        names.add(name)
    elif needs_name:
        found.append(validation.required(f"{path}.name"))
    number = port.get("port") or 0
    found += validation.invalid_each(f"{path}.port", number, validation.port_number(number))
    found += _choice(port, "protocol", _PROTOCOLS, path)
    found += pod_validation.port_or_name(port.get("targetPort"), f"{path}.targetPort")
    if port.get("appProtocol") is not None:
        said = str(port["appProtocol"])
        found += validation.invalid_each(f"{path}.appProtocol", said, validation.qualified_name(said))
    return found


def _validate_affinity(spec: Part) -> list[FieldError]:
    found = _choice(spec, "sessionAffinity", _AFFINITIES)
    config = spec.get("sessionAffinityConfig")
    if spec.get("sessionAffinity") == "ClientIP":
        timeout = objects.dig(config, "clientIP", "timeoutSeconds")
        field = "spec.sessionAffinityConfig.clientIP.timeoutSeconds"
        if timeout is None:
            found.append(validation.required(field, "session affinity of type ClientIP requires it"))
        elif not 0 < timeout <= _LONGEST_AFFINITY:
            detail = f"must be greater than 0 and less than {_LONGEST_AFFINITY}"
            found.append(validation.invalid(field, timeout, detail))
    elif spec.get("sessionAffinity") == "None" and config is not None:
        found.append(
            validation.forbidden("spec.sessionAffinityConfig", "must not be set when session affinity is None")
        )
    return found


def validate_cluster_ips(spec: Part) -> list[FieldError]:
    """Check the fields about addresses and families against each other (ValidateServiceClusterIPsRelatedFields)."""
    if spec.get("type") == "ExternalName":
        return []
    ips, families = list(spec.get("clusterIPs") or ()), list(spec.get("ipFamilies") or ())
    found = _validate_singular(spec.get("clusterIP") or "", ips)
    seen: set[str] = set()
    for position, family in enumerate(families):
        if family not in _FAMILIES:
            found.append(validation.not_supported(f"spec.ipFamilies[{position}]", family, _FAMILIES))
        if family in seen:
            found.append(validation.duplicate(f"spec.ipFamilies[{position}]", family))
        seen.add(family)
    if spec.get("ipFamilyPolicy") is not None:
        found += _choice(spec, "ipFamilyPolicy", _FAMILY_POLICIES)
    malformed = _malformed_ips(ips)
    found += malformed
    if len(ips) > 2:
        found.append(validation.invalid("spec.clusterIPs", ips, "may only hold up to 2 values"))
    if malformed:
        return found
    if len(ips) > 1 and len({family_of(ip) for ip in ips}) < 2:
        detail = "may specify no more than one IP for each IP family"
        found.append(validation.invalid("spec.clusterIPs", ips, detail))
    return found if found or is_headless(spec) else _families_fit(ips, families)


def _validate_singular(single: str, ips: list[str]) -> list[FieldError]:
    if not single:
        detail = "must be empty when `clusterIP` is not specified"
        return [validation.invalid("spec.clusterIPs", ips, detail)] if ips else []
    if not ips:
        return [validation.required("spec.clusterIPs")]
    if single != ips[0]:
        return [validation.invalid("spec.clusterIPs", ips, "first value must match `clusterIP`")]
    return []


def _malformed_ips(ips: list[str]) -> list[FieldError]:
    found: list[FieldError] = []
    for position, ip in enumerate(ips):
        if position == 0 and ip == "None":
            if len(ips) > 1:
                found.append(validation.invalid("spec.clusterIPs", ips, "'None' must be the first and only value"))
            continue
        found += validation.invalid_each(f"spec.clusterIPs[{position}]", ip, validation.ip_address(ip))
    return found


def _families_fit(ips: list[str], families: list[str]) -> list[FieldError]:
    found: list[FieldError] = []
    for position, (ip, family) in enumerate(zip(ips, families, strict=False)):
        if family_of(ip) != family:
            detail = f"expected an {family} value as indicated by `ipFamilies[{position}]`"
            found.append(validation.invalid(f"spec.clusterIPs[{position}]", ip, detail))
    return found


def family_of(ip: str) -> str:
    """Return the family of an address, empty when it is none."""
    address = formats.to_address(ip)
    return "" if address is None else f"IPv{address.version}"


def _validate_external_ips(spec: Part) -> list[FieldError]:
    found: list[FieldError] = []
    for position, ip in enumerate(spec.get("externalIPs") or ()):
        complaints = validation.ip_address(ip) or validation.special_range(ip)
        found += validation.invalid_each(f"spec.externalIPs[{position}]", ip, complaints)
    return found


def _validate_port_numbers(spec: Part, ports: Sequence[Part]) -> list[FieldError]:
    found: list[FieldError] = []
    if spec.get("type") == "ClusterIP":
        for position, port in enumerate(ports):
            if port.get("nodePort"):
                detail = "may not be used when `type` is 'ClusterIP'"
                found.append(validation.forbidden(f"spec.ports[{position}].nodePort", detail))
    held: set[tuple[Any, Any]] = set()
    for position, port in enumerate(ports):
        pair = (port.get("protocol"), port.get("nodePort"))
        if port.get("nodePort") and pair in held:
            found.append(validation.duplicate(f"spec.ports[{position}].nodePort", port["nodePort"]))
        held.add(pair)
    seen: set[tuple[Any, Any]] = set()
    for position, port in enumerate(ports):
        pair = (port.get("protocol"), port.get("port"))
        if pair in seen:
            found.append(validation.duplicate(f"spec.ports[{position}]", _shown_port(port)))
        seen.add(pair)
    return found


def _shown_port(port: Part) -> dict[str, Any]:
    """Show a port as the server's own record of protocol and number prints, everything else empty."""
    return {
        "Name": "",
        "Protocol": port.get("protocol"),
        "AppProtocol": None,
        "Port": port.get("port") or 0,
        "TargetPort": 0,
        "NodePort": 0,
    }


def _validate_load_balancer(spec: Part) -> list[FieldError]:
    is_balancer = spec.get("type") == "LoadBalancer"
    found: list[FieldError] = []
    ranges = spec.get("loadBalancerSourceRanges") or ()
    if ranges:
        if not is_balancer:
            found.append(validation.forbidden("spec.LoadBalancerSourceRanges", _ONLY_LOAD_BALANCER))
        for position, text in enumerate(ranges):
            field = f"spec.LoadBalancerSourceRanges[{position}]"
            found += validation.invalid_each(field, text.strip(), validation.cidr(text.strip()))
    if spec.get("allocateLoadBalancerNodePorts") is not None and not is_balancer:
        found.append(validation.forbidden("spec.allocateLoadBalancerNodePorts", _ONLY_LOAD_BALANCER))
    name = spec.get("loadBalancerClass")
    if name is not None:
        if is_balancer:
            found += validation.invalid_each("spec.loadBalancerClass", name, validation.qualified_name(name))
        else:
            found.append(validation.forbidden("spec.loadBalancerClass", _ONLY_LOAD_BALANCER))
    return found


def _validate_policies(spec: Part) -> list[FieldError]:
    found: list[FieldError] = []
    external = spec.get("externalTrafficPolicy")
    if is_externally_accessible(spec):
        found += _choice(spec, "externalTrafficPolicy", _POLICIES)
    elif external:
        detail = "may only be set for externally-accessible services"
        found.append(validation.invalid("spec.externalTrafficPolicy", external, detail))
    found += _validate_health_check(spec)
    if spec.get("internalTrafficPolicy") is not None:
        found += _choice(spec, "internalTrafficPolicy", _POLICIES)
    if spec.get("trafficDistribution") is not None:
        found += _choice(spec, "trafficDistribution", _DISTRIBUTIONS)
    return found


def _validate_health_check(spec: Part) -> list[FieldError]:
    node_port = spec.get("healthCheckNodePort") or 0
    if needs_health_check(spec):
        return validation.invalid_each("spec.healthCheckNodePort", node_port, validation.port_number(node_port))
    if node_port:
        detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
        return [validation.invalid("spec.healthCheckNodePort", node_port, detail)]
    return []


def _validate_status(obj: Object) -> list[FieldError]:
    ingress = objects.dig(obj, "status", "loadBalancer", "ingress") or ()
    if ingress and objects.spec_of(obj).get("type") != "LoadBalancer":
        detail = "may only be used when `spec.type` is 'LoadBalancer'"
        return [validation.forbidden("status.loadBalancer.ingress", detail)]
    return []


def validate_update(obj: Object, old: Object) -> list[FieldError]:
    """Refuse what may not change: the first address and family, a load balancer's class."""
    new, was = objects.spec_of(obj), objects.spec_of(old)
    found: list[FieldError] = []
    if "ExternalName" not in (new.get("type"), was.get("type")):
        found += _validate_kept(new, was, "clusterIPs", "secondary cluster IP")
        found += _validate_kept(new, was, "ipFamilies", "secondary IP family")
    balancers = new.get("type") == was.get("type") == "LoadBalancer"
    if balancers and new.get("loadBalancerClass") != was.get("loadBalancerClass"):
        shown = new.get("loadBalancerClass")
        found.append(validation.invalid("spec.loadBalancerClass", shown, "may not change once set"))
    return found


def _validate_kept(new: Part, was: Part, name: str, second: str) -> list[FieldError]:
    now, before = list(new.get(name) or ()), list(was.get(name) or ())
    if not before:
        return []
    if not now or now[0] != before[0]:
        return [validation.invalid(f"spec.{name}[0]", now, "may not change once set")]
    if len(before) > 1:
        if len(now) == 1:
            if new.get("ipFamilyPolicy") != "SingleStack":
                detail = f"must be 'SingleStack' to release the {second}"
                return [validation.invalid("spec.ipFamilyPolicy", new.get("ipFamilyPolicy"), detail)]
        elif now[1] != before[1]:
            return [validation.invalid(f"spec.{name}[1]", now, "may not change once set")]
    return []


def _choice(part: Part, name: str, allowed: tuple[str, ...], path: str = "spec") -> list[FieldError]:
    value = part.get(name)
    if value is None or value == "":
        return [validation.required(f"{path}.{name}")]
    return [] if value in allowed else [validation.not_supported(f"{path}.{name}", value, allowed)]
