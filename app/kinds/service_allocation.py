"""A Service's address family, ClusterIP and node ports: asked for, or chosen.

Mirrors pkg/registry/core/service/storage/alloc.go (release 1.36). A refusal here comes before validation, alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.cluster import state
from app.kinds import allocators, service_validation
from app.kinds.kind import Admission
from app.machinery import errors, objects, validation
from app.machinery.objects import Draft, Key, Object
from app.machinery.validation import FieldError

FAMILIES = ("IPv4",)
"""What the cluster is configured for, its default first."""

_NODE_PORT_TYPES = ("NodePort", "LoadBalancer")


def mirror_single_ip(spec: Draft, was: Mapping[str, Any] | None) -> None:
    """Keep `clusterIPs` in step with a `clusterIP` that a client changed alone (normalizeClusterIPs)."""
    single, several = spec.get("clusterIP"), spec.get("clusterIPs")
    if was is None:
        if single and not several:
            spec["clusterIPs"] = [single]
    elif single != was.get("clusterIP") and (not several or several == was.get("clusterIPs")):
        if single:
            spec["clusterIPs"] = [single]
        else:
            spec.pop("clusterIPs", None)


def set_families(draft: Draft, old: Object | None) -> None:
    """Fill in ipFamilies and ipFamilyPolicy, refusing what this single-stack cluster cannot do (initIPFamilyFields)."""
    spec = draft["spec"]
    if spec["type"] == "ExternalName":
        return
    _raise(draft, service_validation.validate_cluster_ips(spec))
    was = objects.spec_of(old) if old is not None else {}
    headless = service_validation.is_headless(spec)
    families = list(spec.get("ipFamilies") or _inferred(spec) or (headless and was.get("ipFamilies")) or ())
    policy = spec.get("ipFamilyPolicy") or was.get("ipFamilyPolicy")
    if headless and not spec.get("selector"):
        _set_for_any_cluster(spec, families, policy)
        return
    _raise(draft, _refuse_families(spec, families, policy))
    spec["ipFamilies"] = families or [FAMILIES[0]]
    spec["ipFamilyPolicy"] = policy or "SingleStack"


def _inferred(spec: Mapping[str, Any]) -> list[str]:
    ips = [ip for ip in spec.get("clusterIPs") or () if ip != "None"]
    return [service_validation.family_of(ip) for ip in ips]


def _set_for_any_cluster(spec: Draft, families: list[str], policy: str | None) -> None:
    """A headless Service without selector gets no address of ours: it may have both families anywhere."""
    spec["ipFamilyPolicy"] = policy or "RequireDualStack"
    families = families or [FAMILIES[0]]
    if spec["ipFamilyPolicy"] != "SingleStack" and len(families) == 1:
        families.append("IPv6" if families[0] == "IPv4" else "IPv4")
    spec["ipFamilies"] = families


def _refuse_families(spec: Mapping[str, Any], families: list[str], policy: str | None) -> list[FieldError]:
    found: list[FieldError] = []
    single = policy in (None, "SingleStack")
    for what, several in (("cluster IPs", spec.get("clusterIPs") or ()), ("IP families", families)):
        if single and len(several) > 1:
            detail = f"must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
            found.append(validation.invalid("spec.ipFamilyPolicy", policy, detail))
            break
    if policy == "RequireDualStack" and len(FAMILIES) < 2:
        detail = "this cluster is not configured for dual-stack services"
        found.append(validation.invalid("spec.ipFamilyPolicy", policy, detail))
    for position, family in enumerate(families):
        if family not in FAMILIES:
            field = f"spec.ipFamilies[{position}]"
            found.append(validation.invalid(field, family, "not configured on this cluster"))
    return found


def allocate(draft: Draft, old: Object | None, admission: Admission) -> None:
    """Give the Service the ClusterIP, node ports and health check port that it asks for or needs."""
    spec = draft["spec"]
    own = Key(*state.SERVICES, objects.namespace_of(draft), objects.name_of(draft)) if old is not None else None
    _allocate_cluster_ip(draft, own, admission)
    taken = _NodePorts(draft, own, admission)
    if spec["type"] in _NODE_PORT_TYPES:
        chosen = spec["type"] == "NodePort" or bool(spec.get("allocateLoadBalancerNodePorts"))
        taken.fill(chosen=chosen)
    _allocate_health_check(draft, old, taken)


def _allocate_cluster_ip(draft: Draft, own: Key | None, admission: Admission) -> None:
    spec = draft["spec"]
    if spec["type"] == "ExternalName" or service_validation.is_headless(spec):
        return
    ips = spec.get("clusterIPs") or []
    if not ips:
        chosen = allocators.free_cluster_ip(admission.state, admission.env)
        if chosen is None:
            detail = "failed to allocate IP: range is full"
            _raise(draft, [validation.invalid("spec.clusterIPs", [], detail)])
        spec["clusterIP"], spec["clusterIPs"] = chosen, [chosen]
        return
    if own is not None and _held(admission, own) == ips[0]:
        return
    if own is not None and _held(admission, own) is not None:
        return  # a changed address: validation says that it may not change
    refused = allocators.refuse_cluster_ip(admission.state, ips[0], own)
    if refused:
        detail = f"failed to allocate IP {ips[0]}: {refused}"
        _raise(draft, [validation.invalid("spec.clusterIPs", ips, detail)])


def _held(admission: Admission, own: Key) -> str | None:
    """Return the first ClusterIP (or None, the word) that the stored Service has."""
    stored = admission.state.get(own)
    return objects.spec_of(stored).get("clusterIP") if stored is not None else None


@dataclass(slots=True)
class _NodePorts:
    """The node ports of one Service while they are given out; the same number may serve two protocols."""

    draft: Draft
    own: Key | None
    admission: Admission
    given: set[tuple[int, str]] = field(default_factory=set)
    by_port: dict[int, int] = field(default_factory=dict)

    def fill(self, *, chosen: bool) -> None:
        """Take the node ports asked for, then choose the missing ones; one port number has one node port."""
        ports = self.draft["spec"].get("ports") or ()
        for position, port in enumerate(ports):
            if port.get("nodePort"):
                self._take(port, f"spec.ports[{position}].nodePort")
        for port in ports:
            if chosen and not port.get("nodePort"):
                port["nodePort"] = self._shared(port) or self.choose()
                self._note(port)

    def _take(self, port: Mapping[str, Any], path: str) -> None:
        number, pair = port["nodePort"], (port["nodePort"], str(port.get("protocol")))
        if pair in self.given:
            self.refuse(path, number, "provided port is already allocated")
        refused = allocators.refuse_node_port(self.admission.state, number, self.own)
        if refused:
            self.refuse(path, number, refused)
        self._note(port)

    def _shared(self, port: Mapping[str, Any]) -> int:
        """Return the node port of the same port number under another protocol, 0 when there is none."""
        number = self.by_port.get(port.get("port") or 0, 0)
        return 0 if (number, str(port.get("protocol"))) in self.given else number

    def _note(self, port: Mapping[str, Any]) -> None:
        self.given.add((port["nodePort"], str(port.get("protocol"))))
        self.by_port.setdefault(port.get("port") or 0, port["nodePort"])

    def choose(self) -> int:
        """Return a free node port."""
        reserved = {number for number, _ in self.given}
        number = allocators.free_node_port(self.admission.state, self.admission.env, reserved)
        if number is None:
            raise errors.Unavailable(
                "failed to allocate a nodePort: range is full",
                plain="All node ports from 30000 to 32767 are in use; delete a Service that has one.",
            )
        return number

    def refuse(self, path: str, number: int, detail: str) -> None:
        """Refuse the Service because of this node port."""
        _raise(self.draft, [validation.invalid(path, number, detail)])


def _allocate_health_check(draft: Draft, old: Object | None, taken: _NodePorts) -> None:
    spec = draft["spec"]
    if not service_validation.needs_health_check(spec):
        return
    asked, path = spec.get("healthCheckNodePort"), "spec.healthCheckNodePort"
    was = objects.spec_of(old) if old is not None else {}
    if not asked:
        spec["healthCheckNodePort"] = taken.choose()
    elif service_validation.needs_health_check(was):
        if asked != was.get("healthCheckNodePort"):
            detail = (
                "cannot change healthCheckNodePort on loadBalancer service with externalTraffic=Local during update"
            )
            taken.refuse(path, asked, detail)
    else:
        refused = allocators.refuse_node_port(taken.admission.state, asked, taken.own)
        if refused:
            taken.refuse(path, asked, refused)


def _raise(draft: Draft, found: list[FieldError]) -> None:
    if found:
        raise errors.Invalid("Service", objects.name_of(draft), found)
