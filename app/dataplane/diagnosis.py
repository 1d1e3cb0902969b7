"""Why a service port has no endpoint: from the rules back to slices, pods, labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import state
from app.dataplane import phrases, proxy, selection
from app.dataplane.flow import node_ref, pod_ref, port_ref, service_ref
from app.dataplane.world import NodeProxy, World, is_finished, is_ready
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A reason's code, the words of its sentence, and what is to blame."""

    code: str
    words: Mapping[str, Any]
    because: tuple[ObjectRef, ...]


def no_endpoints(world: World, own: NodeProxy, port: proxy.ServicePort, called: str) -> Diagnosis:
    """Say why a service port has no usable endpoint on this node."""
    words: dict[str, Any] = {
        "service": called,
        "port": port.port,
        "target": port.target_port,
        "node": own.name,
    }
    if own.is_stale(port.namespace, port.name) and _has_endpoints_now(world, port):
        return Diagnosis("StaleRulesWithoutEndpoints", words, (service_ref(port, ""), node_ref(own.name)))
    service = own.view(port.namespace, port.name).service
    assert service is not None
    selector = selection.selector_of(service)
    slices = world.state.slices_of(port.namespace, port.name)
    if not selector:
        return _handmade(port, words, slices)
    pods = world.state.pods_of(port.namespace, selector)
    if not pods:
        return _nothing_selected(world, port, service, words)
    return _no_pod_serves(port, pods, slices, words)


def _has_endpoints_now(world: World, port: proxy.ServicePort) -> bool:
    view = world.state.service_view(port.namespace, port.name)
    return any(
        endpoint.ready
        for present in proxy.service_ports(view.service)
        if (present.port_name, present.protocol) == (port.port_name, port.protocol)
        for endpoint in proxy.endpoints_of(view, present)
    )


def _handmade(port: proxy.ServicePort, words: dict[str, Any], slices: Sequence[Object]) -> Diagnosis:
    if not any(piece.get("endpoints") for piece in slices):
        return Diagnosis("ServiceWithoutSelector", words, (service_ref(port, "spec.selector"),))
    refs = (ObjectRef("EndpointSlice", port.namespace, objects.name_of(slices[0]), "endpoints"),)
    return Diagnosis("HandmadeEndpointsUnusable", words, (*refs, service_ref(port, "spec.ports")))


def _nothing_selected(world: World, port: proxy.ServicePort, service: Object, words: dict[str, Any]) -> Diagnosis:
    selector = selection.selector_of(service)
    total = sum(1 for _ in world.state.keys(state.PODS, port.namespace))
    close = selection.closest(world.state, service)
    words |= {
        "selector": phrases.selector(selector),
        "total": phrases.counted(total, "pod"),
        "near": phrases.near_misses(close),
    }
    blamed = tuple(pod_ref(pod, f"metadata.labels['{verdict.key}']") for pod, verdict in close[:3])
    return Diagnosis("SelectorMatchesNothing", words, (service_ref(port, "spec.selector"), *blamed))


def _no_pod_serves(
    port: proxy.ServicePort, pods: Sequence[Object], slices: Sequence[Object], words: dict[str, Any]
) -> Diagnosis:
    """Sort the selected pods by what keeps each from serving, and blame what is nearest to mending itself."""
    finished = [pod for pod in pods if is_finished(pod)]
    terminating = [pod for pod in pods if objects.is_terminating(pod) and not is_finished(pod)]
    alive = [pod for pod in pods if not is_finished(pod) and not objects.is_terminating(pod)]
    addressless = [pod for pod in alive if not state.pod_ips(pod)]
    unready = [pod for pod in alive if state.pod_ips(pod) and not is_ready(pod)]
    ready = [pod for pod in alive if state.pod_ips(pod) and is_ready(pod)]
    words["count"] = phrases.counted(len(pods), "pod")
    words["none"] = phrases.none_of(len(pods))
    if ready:
        if isinstance(port.target_port, str) and not _any_names(ready, port.target_port, port.protocol.value):
            because = (port_ref(port, "targetPort"), *(pod_ref(pod, "spec.containers[0].ports") for pod in ready[:3]))
            return Diagnosis("TargetPortNameMissing", words, because)
        return Diagnosis("EndpointsBehind", words, _slice_refs(port, slices))
    for code, blamed, path in (
        ("PodsNotReady", unready, "status.conditions"),
        ("PodsNotRunning", addressless, "status.podIP"),
        ("PodsTerminating", terminating, "metadata.deletionTimestamp"),
    ):
        if blamed:
            words["pods"] = phrases.pods_with_state(blamed)
            return Diagnosis(code, words, tuple(pod_ref(pod, path) for pod in blamed[:3]))
    words["pods"] = phrases.pods_with_state(finished)
    return Diagnosis("PodsFinished", words, tuple(pod_ref(pod, "status.phase") for pod in finished[:3]))


def _slice_refs(port: proxy.ServicePort, slices: Sequence[Object]) -> tuple[ObjectRef, ...]:
    if not slices:
        return (service_ref(port, ""),)
    return tuple(
        ObjectRef("EndpointSlice", port.namespace, objects.name_of(piece), "endpoints") for piece in slices[:3]
    )


def _any_names(pods: Sequence[Object], name: str, protocol: str) -> bool:
    return any(name in port_names(pod, protocol) for pod in pods)


def port_names(pod: Object, protocol: str) -> list[str]:
    """Return the names of the pod's container ports of a protocol (FindPort looks for these)."""
    return [
        port["name"]
        for container in objects.spec_of(pod).get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("name") and (port.get("protocol") or "TCP") == protocol
    ]
