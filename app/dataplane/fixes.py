"""The nearest fix for a failed request: the smallest change that would let it arrive. Proposed here, proven by running it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from app.cluster import state, surroundings
from app.cluster.state import ClusterState
from app.dataplane import diagnosis, fixing, ingress_fixes, phrases, pod_fixes, policy_fixes, proxy, selection
from app.dataplane.fixing import Case, Fix
from app.dataplane.sending import Completed
from app.dataplane.trace import Outcome
from app.kinds import allocators, images
from app.machinery import objects
from app.machinery.objects import Object


def nearest_fix(cluster: ClusterState, completed: Completed) -> Fix | None:
    """Return the first candidate, the nearest; it is not yet proven."""
    return next(iter(candidates(cluster, completed)), None)


def candidates(cluster: ClusterState, completed: Completed) -> list[Fix]:
    """Return changes that may let the failed request arrive, the nearest first; none when nothing failed."""
    failed = next((result for result in completed.samples if result.outcome is not Outcome.OK), None)
    trace = failed.verdict if failed else None
    if failed is None or trace is None:
        return []
    make = _MAKERS.get(trace.reason)
    return list(make(Case(cluster, completed, failed, trace))) if make else []


def _patch_service(service: Object, description: str, patch: Mapping[str, Any], command: str = "") -> Fix:
    found = fixing.merged(service, state.SERVICES, patch, description)
    return replace(found, command=fixing.kubectl(service, command)) if command else found


def _with_port(service: Object, index: int, **fields: Any) -> Mapping[str, Any]:
    """Return the merge patch that changes one port: lists are replaced whole."""
    ports = [dict(port) for port in objects.spec_of(service).get("ports") or ()]
    ports[index].update(fields)
    return {"spec": {"ports": ports}}


# --- what the selector misses -------------------------------------------------------------------


def _selector(case: Case) -> Iterator[Fix]:
    service = case.service()
    if service is None:
        return
    wanted = selection.selector_of(service)
    close = selection.closest(case.cluster, service)
    if not close:
        return
    pod, verdict = close[0]
    pairs = {key: value for key, value in wanted.items() if key != verdict.key}
    removed: dict[str, None] = {}
    if verdict.found is not None:
        pairs[verdict.key] = verdict.found
    else:
        removed[verdict.key] = None
        other = next((key for key, value in objects.labels_of(pod).items() if value == verdict.wanted), None)
        if other is not None:
            pairs[other] = verdict.wanted
    if pairs:
        patch = {"spec": {"selector": {**removed, **pairs}}}
        # `set selector` replaces the whole selector, so it can also drop a key.
        command = f"set selector service {objects.name_of(service)} {shlex.quote(phrases.selector(pairs))}"
        yield _patch_service(service, "Change the Service's selector", patch, command)


def _missing_selector(case: Case) -> Iterator[Fix]:
    """Offer the labels of pods that nobody selects and that listen where the Service sends."""
    service = case.service()
    if service is None:
        return
    namespace = objects.namespace_of(service)
    targets = {port.get("targetPort") or port["port"] for port in objects.spec_of(service).get("ports") or ()}
    for pod in case.cluster.list(state.PODS, namespace):
        pairs = fixing.telling_labels(pod)
        listens = {listener.port for listener in images.listeners(pod)} & targets
        if pairs and listens and not case.cluster.selecting(state.SERVICES, namespace, objects.labels_of(pod)):
            command = f"set selector service {objects.name_of(service)} {shlex.quote(phrases.selector(pairs))}"
            yield _patch_service(service, "Give the Service a selector", {"spec": {"selector": pairs}}, command)
            return


# --- ports --------------------------------------------------------------------------------------


def _target_port(case: Case) -> Iterator[Fix]:
    service = case.service()
    if service is None:
        return
    index = case.port_index()
    protocol = (objects.spec_of(service)["ports"][index].get("protocol")) or "TCP"
    for pod in case.pods():
        for listener in images.listeners(pod):
            if listener.protocol == protocol and not listener.address.startswith("127."):
                patch = _with_port(service, index, targetPort=listener.port)
                yield _patch_service(service, f"Set targetPort to {listener.port}, where the program listens", patch)
        return


def _target_name(case: Case) -> Iterator[Fix]:
    service = case.service()
    if service is None:
        return
    index = case.port_index()
    port = objects.spec_of(service)["ports"][index]
    protocol = port.get("protocol") or "TCP"
    for pod in case.pods():
        names = diagnosis.port_names(pod, protocol)
        best = phrases.closest(str(port.get("targetPort")), names) or next(iter(names), "")
        if best:
            yield _patch_service(service, f"Set targetPort to {best}", _with_port(service, index, targetPort=best))
        for listener in images.listeners(pod):
            if listener.protocol == protocol:
                patch = _with_port(service, index, targetPort=listener.port)
                yield _patch_service(service, f"Set targetPort to the number {listener.port}", patch)
        return


def _asked_port(case: Case) -> Iterator[Fix]:
    """Ask for the Service's port instead; the Service itself may well be right."""
    service = case.service()
    if service is None:
        return
    wanted = "UDP" if case.completed.request.target.scheme == "udp" else "TCP"
    for port in objects.spec_of(service).get("ports") or ():
        if (port.get("protocol") or "TCP") == wanted:
            yield _ask(case, port=port["port"], description=f"Use the Service's port {port['port']}")


def _asked_protocol(case: Case) -> Iterator[Fix]:
    service = case.service()
    if service is None:
        return
    port = objects.spec_of(service)["ports"][case.port_index()]
    scheme = str(port.get("protocol") or "TCP").lower()
    yield _ask(case, scheme=scheme, port=port["port"], description=f"Use {scheme.upper()}, as the Service does")


def _asked_node_port(case: Case) -> Iterator[Fix]:
    """Ask for the nodePort that is there, or open one."""
    service = case.service()
    if service is None:
        return
    ports = proxy.service_ports(service)
    for port in ports:
        if port.node_port and port.node_port != case.completed.request.target.port:
            description = f"Use the nodePort {port.node_port}"
            yield _ask(case, port=port.node_port, description=description)
            return
    yield from _open_node_port(case, service)


def _open_node_port(case: Case, service: Object) -> Iterator[Fix]:
    """Make it a NodePort Service with the first free port, and ask a node for that."""
    index = _served_index(case, service)
    address = next((ip for node in case.cluster.list(state.NODES) for ip in state.node_addresses(node)), "")
    if index is None or not address:
        return
    band = allocators.NODE_PORTS
    numbers = range(band.first, band.last + 1)
    number = next((n for n in numbers if not case.cluster.addresses.node_ports.count(n)), None)
    if number is None:
        return
    patch = {"spec": {"type": "NodePort", **_with_port(service, index, nodePort=number)["spec"]}}
    asked = _ask(case, f"Open nodePort {number} and ask a node for it", host=address, port=number)
    opened = _patch_service(service, asked.description, patch)
    yield replace(opened, request=asked.request)


def _served_index(case: Case, service: Object) -> int | None:
    """Return which port of the Service was meant: the one asked for, else its first of that protocol."""
    target = case.completed.request.target
    wanted = "UDP" if target.scheme == "udp" else "TCP"
    ports = objects.spec_of(service).get("ports") or ()
    fitting = [n for n, port in enumerate(ports) if (port.get("protocol") or "TCP") == wanted]
    return next((n for n in fitting if ports[n]["port"] == target.port), fitting[0] if fitting else None)


def _headless_port(case: Case) -> Iterator[Fix]:
    for pod in case.pods():
        for listener in images.listeners(pod):
            yield _ask(case, port=listener.port, description=f"Use the pod's own port {listener.port}")
            return
    service = case.service()
    if service is None:
        return
    for pod in case.cluster.pods_of(objects.namespace_of(service), selection.selector_of(service)):
        for listener in images.listeners(pod):
            yield _ask(case, port=listener.port, description=f"Use the pod's own port {listener.port}")
            return


def _ask(case: Case, description: str, **changes: Any) -> Fix:
    """Make the fix that changes the request and nothing in the cluster."""
    target = case.completed.request.target
    scheme = changes.get("scheme", target.scheme)
    host = changes.get("host", target.host)
    port = changes.get("port", target.port)
    path = target.path if target.path != "/" else ""
    url = f"{scheme}://{host}:{port}{path}"
    if (scheme, port) in (("http", 80), ("https", 443)):
        url = f"{scheme}://{host}{path}"
    if scheme == "dns":
        url = f"dns://{host}?type={target.question}"
    if scheme == "icmp":
        url = f"icmp://{host}"
    commands = {"dns": f"dig {host}", "icmp": f"ping -c 1 {host}", "http": f"curl {url}", "https": f"curl {url}"}
    command = commands.get(scheme, f"nc -v {host} {port}")
    return Fix(description, command, request={"to": url})


def _asked_ping(case: Case) -> Iterator[Fix]:
    """Connect to a port of the Service instead of pinging its address."""
    service = case.service()
    for port in objects.spec_of(service or {}).get("ports") or ():
        scheme = str(port.get("protocol") or "TCP").lower()
        yield _ask(case, f"Connect to port {port['port']} instead", scheme=scheme, port=port["port"])


# --- names --------------------------------------------------------------------------------------


def _name(case: Case) -> Iterator[Fix]:
    """Ask for the same Service where it is, or for the one with a similar name."""
    ref = case.blamed("Service")
    typed = case.completed.request.target.host.partition(".")[0]
    if ref is not None and ref.name == typed:
        yield _ask(
            case, host=f"{ref.name}.{ref.namespace}", description=f"Name the namespace: {ref.name}.{ref.namespace}"
        )
        return
    namespace = case.completed.request.origin.namespace
    close = phrases.closest(typed, (key.name for key in case.cluster.keys(state.SERVICES, namespace)))
    if close:
        yield _ask(case, host=close, description=f"Use the name {close}")


def _domain(case: Case) -> Iterator[Fix]:
    ref = case.blamed("Service")
    if ref is not None:
        host = f"{ref.name}.{ref.namespace}.svc.{surroundings.cluster_domain(case.cluster)}"
        yield _ask(case, host=host, description=f"Use this cluster's domain: {host}")


def _namespace(case: Case) -> Iterator[Fix]:
    service = case.completed.request.target.host.partition(".")[0]
    for key in case.cluster.keys(state.SERVICES):
        if key.name == service:
            host = f"{service}.{key.namespace}"
            yield _ask(case, host=host, description=f"Use the namespace {key.namespace}: {host}")
            return


# --- policies --------------------------------------------------------------------------


def _policy(field_name: str) -> Callable[[Case], Iterator[Fix]]:
    def make(case: Case) -> Iterator[Fix]:
        service = case.service()
        if service is not None:
            yield _patch_service(service, f"Set {field_name} to Cluster", {"spec": {field_name: "Cluster"}})

    return make


def _ranges(case: Case) -> Iterator[Fix]:
    service = case.service()
    if service is not None:
        ranges = [*(objects.spec_of(service).get("loadBalancerSourceRanges") or ()), f"{case.last.before.src}/32"]
        patch = {"spec": {"loadBalancerSourceRanges": ranges}}
        yield _patch_service(service, f"Allow the source {case.last.before.src}", patch)


def _expose(case: Case) -> Iterator[Fix]:
    """From outside a ClusterIP is out of reach: ask a node for the Service's nodePort instead."""
    service = case.service()
    if service is None:
        return
    address = next((ip for node in case.cluster.list(state.NODES) for ip in state.node_addresses(node)), "")
    for port in proxy.service_ports(service):
        if port.node_port and port.port == case.completed.request.target.port and address:
            yield _ask(case, f"Ask a node for the nodePort {port.node_port}", host=address, port=port.node_port)
            return
    yield from _open_node_port(case, service)


_MAKERS: Mapping[str, Callable[[Case], Iterator[Fix]]] = {
    "SelectorMatchesNothing": _selector,
    "ServiceWithoutSelector": _missing_selector,
    "WrongTargetPort": _target_port,
    "TargetPortNameMissing": _target_name,
    "PortNotInService": _asked_port,
    "NodePortAskedAtClusterIP": _asked_port,
    "TargetPortAskedAtClusterIP": _asked_port,
    "LoadBalancerPortClosed": _asked_port,
    "ProtocolNotInService": _asked_protocol,
    "PingUnanswered": _asked_ping,
    "PingRejected": _asked_ping,
    "NodePortClosed": _asked_node_port,
    "ServicePortAskedAtNode": _asked_node_port,
    "TargetPortAskedAtNode": _asked_node_port,
    "HeadlessPortNotMapped": _headless_port,
    "PodPortNotListening": _headless_port,
    "ServiceInAnotherNamespace": _name,
    "NoSuchService": _name,
    "WrongClusterDomain": _domain,
    "NoSuchNamespace": _namespace,
    "NoLocalEndpointsInside": _policy("internalTrafficPolicy"),
    "NoLocalEndpointsOutside": _policy("externalTrafficPolicy"),
    "NoHealthyNode": _policy("externalTrafficPolicy"),
    "SourceNotAllowed": _ranges,
    "NoRouteToServiceNetwork": _expose,
    "IngressWithoutEndpoints": _selector,
    **pod_fixes.MAKERS,
    **policy_fixes.MAKERS,
    **ingress_fixes.MAKERS,
}
"""Which faults have a near fix; the others need a look at the pod, the network or the reader's own plan."""
