"""How pods stand behind Services: which Services a changed pod concerns, which port a target port means on it.

Shared by the controllers of EndpointSlices and Endpoints (pkg/controller/util/endpoint, release 1.36).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from app.cluster import journal, state
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time"

PortTuple = tuple[str, str, int, str]
"""(name, protocol, number, appProtocol) of one endpoint port."""


def services_concerned(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    """Return the Services whose endpoints a pod's change may alter: when only labels changed, those that gain or lose it.

    Mirrors GetServicesToUpdateOnPodChange, staging/src/k8s.io/endpointslice/util, release 1.36.
    """
    before, after = change.before, change.after
    present = after if after is not None else before
    assert present is not None
    if before is None or after is None:
        return services_of(held, present)
    changed = _looks(before) != _looks(after)
    if objects.labels_of(before) == objects.labels_of(after):
        return services_of(held, after) if changed else ()
    old, new = dict.fromkeys(services_of(held, before)), dict.fromkeys(services_of(held, after))
    if changed:
        return old | new
    return [*(key for key in old if key not in new), *(key for key in new if key not in old)]


def services_of(held: state.ClusterState, pod: Object) -> list[Key]:
    """Return the Services that select the pod."""
    namespace = objects.namespace_of(pod)
    found = held.selecting(state.SERVICES, namespace, objects.labels_of(pod))
    return [Key(*state.SERVICES, namespace, objects.name_of(service)) for service in found]


def _looks(pod: Object) -> tuple[Any, ...]:
    """What of a pod an endpoint shows (podEndpointsChanged)."""
    spec = objects.spec_of(pod)
    return (
        objects.is_terminating(pod),
        podstatus.is_ready(pod),
        podstatus.is_terminal(pod),
        state.pod_ips(pod),
        spec.get("nodeName"),
        spec.get("hostname"),
        spec.get("subdomain"),
    )


def address_of(pod: Object, family: str) -> list[str]:
    """Return the pod's addresses of an IP family."""
    return [ip for ip in state.pod_ips(pod) if (":" in ip) == (family == "IPv6")]


def hostname_for(pod: Object, service: Object) -> str:
    """Return the hostname the pod has within the Service's domain, empty when none (ShouldSetHostname)."""
    spec = objects.spec_of(pod)
    return str(spec.get("hostname") or "") if spec.get("subdomain") == objects.name_of(service) else ""


def reference_to(pod: Object) -> Draft:
    """Return the `targetRef` of an endpoint."""
    meta = objects.metadata(pod)
    return {"kind": "Pod", "namespace": meta.get("namespace"), "name": meta.get("name"), "uid": meta.get("uid")}


def has_named_targets(service_ports: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether some target port is a name, so that pods may differ in what it means."""
    return any(isinstance(_target(port), str) for port in service_ports)


def resolved_ports(service_ports: Sequence[Mapping[str, Any]], pod: Object) -> Iterator[PortTuple]:
    """Yield what a Service's ports come to on the pod; a name the pod does not have is left out."""
    for port in service_ports:
        protocol = str(port.get("protocol") or "TCP")
        number = target_number(pod, _target(port), protocol)
        if number:
            yield (str(port.get("name") or ""), protocol, number, str(port.get("appProtocol") or ""))


def ports_listed(ports: Iterable[Mapping[str, Any]]) -> tuple[PortTuple, ...]:
    """Read the ports that a slice or a subset lists."""
    return tuple(
        (
            str(port.get("name") or ""),
            str(port.get("protocol") or "TCP"),
            int(port.get("port") or 0),
            str(port.get("appProtocol") or ""),
        )
        for port in ports
    )


def _target(port: Mapping[str, Any]) -> Any:
    target = port.get("targetPort")
    return port.get("port") if target in (None, "", 0) else target


def target_number(pod: Object, target: Any, protocol: str) -> int:
    """Return the port a target port means on this pod, 0 when its name is not there (podutil.FindPort)."""
    if not isinstance(target, str):
        return int(target)
    spec = objects.spec_of(pod)
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    for container in (*(spec.get("containers") or ()), *sidecars):
        for port in container.get("ports") or ():
            if port.get("name") == target and (port.get("protocol") or "TCP") == protocol:
                return int(port["containerPort"])
    return 0


def trigger_time(service: Object, pods: Sequence[Object], was: Mapping[str, bool] | None) -> str | None:
    """Return when the change began that endpoints written now answer to (trigger_time_tracker.go).

    `was` says which pods are listed and whether as ready; None before anything was written for the Service.
    DIFFERS: upstream remembers the times it saw; here a pod counts that is new or whose readiness is not the listed one.
    """
    changes = [
        str(found.get("lastTransitionTime") or "")
        for pod in pods
        if (found := podstatus.ready_condition(pod))
        and (was is None or was.get(objects.name_of(pod)) is not podstatus.is_ready(pod))
    ]
    if was is None:
        changes.append(str(objects.metadata(service).get("creationTimestamp") or ""))
    return min(filter(None, changes), default=None)
