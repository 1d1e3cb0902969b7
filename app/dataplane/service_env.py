"""Service environment variables of a pod, as they were fixed when its containers started.

Mirrors pkg/kubelet/envvars/envvars.go and pkg/kubelet/kubelet_pods.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.cluster import state
from app.cluster.state import ClusterState
from app.machinery import objects
from app.machinery.objects import Object

STARTED_ANNOTATION = "podlane.dev/started-at-revision"


def service_environment(cluster: ClusterState, pod: Object) -> dict[str, str]:
    """Return what the pod's containers found in their environment about Services: none of those created later.

    DIFFERS: a Service that was deleted or changed since is no longer known as it was then.
    """
    if STARTED_ANNOTATION not in objects.annotations_of(pod):
        return {}
    started = int(objects.annotations_of(pod)[STARTED_ANNOTATION])
    found: dict[str, str] = {}
    for service in _seen(cluster, pod):
        if cluster.created.get(objects.uid_of(service), 0) <= started:
            found.update(variables(service))
    return found


def missing(cluster: ClusterState, pod: Object) -> list[str]:
    """Name the Services the pod would find in its environment if it started now, and does not."""
    present = service_environment(cluster, pod)
    return [
        objects.name_of(service)
        for service in _seen(cluster, pod)
        if f"{mangled(objects.name_of(service))}_SERVICE_HOST" not in present
    ]


def _seen(cluster: ClusterState, pod: Object) -> Iterator[Object]:
    """Yield the Services a kubelet puts in: default/kubernetes always, with service links those of the namespace."""
    namespace = objects.namespace_of(pod)
    master = cluster.find(state.SERVICES, "default", "kubernetes")
    own = cluster.find(state.SERVICES, namespace, "kubernetes")
    links = objects.spec_of(pod).get("enableServiceLinks", True)
    if master is not None and (own is None or not links):
        yield master
    if links:
        for service in cluster.list(state.SERVICES, namespace):
            if state.cluster_ips(service) and objects.spec_of(service).get("type") != "ExternalName":
                yield service


def mangled(name: str) -> str:
    """Write a name as a part of an environment variable."""
    return name.upper().replace("-", "_")


def variables(service: Object) -> Mapping[str, str]:
    """Return the variables of one Service, in the kubelet's order."""
    spec = objects.spec_of(service)
    ports = spec.get("ports") or ()
    address = next(iter(state.cluster_ips(service)), "")
    if not ports or not address:
        return {}
    name = mangled(objects.name_of(service))
    found = {f"{name}_SERVICE_HOST": address, f"{name}_SERVICE_PORT": str(ports[0]["port"])}
    for port in ports:
        if port.get("name"):
            found[f"{name}_SERVICE_PORT_{mangled(port['name'])}"] = str(port["port"])
    found[f"{name}_PORT"] = _url(address, ports[0])
    for port in ports:
        protocol = str(port.get("protocol") or "TCP")
        prefix = f"{name}_PORT_{port['port']}_{protocol.upper()}"
        found[prefix] = _url(address, port)
        found[f"{prefix}_PROTO"] = protocol.lower()
        found[f"{prefix}_PORT"] = str(port["port"])
        found[f"{prefix}_ADDR"] = address
    return found


def _url(address: str, port: Mapping[str, Any]) -> str:
    host = f"[{address}]" if ":" in address else address
    return f"{str(port.get('protocol') or 'TCP').lower()}://{host}:{port['port']}"
