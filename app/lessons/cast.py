"""Who plays in a cluster: the pod that asks, the Service it asks, and the addresses that lead there."""

from __future__ import annotations

from collections.abc import Iterator

from app.cluster import state
from app.kinds import pod_columns
from app.machinery import objects
from app.machinery.objects import Object

SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease"})
ASKING_IMAGES = ("curl", "busybox", "alpine", "netshoot", "debian", "ubuntu")


def is_own(obj: Object) -> bool:
    """Say whether a person made it, not the cluster for itself."""
    if objects.namespace_of(obj) in SYSTEM or objects.name_of(obj) in SYSTEM:
        return False
    return (objects.namespace_of(obj), objects.name_of(obj)) != ("default", "kubernetes")


def first_client(held: state.ClusterState) -> Object | None:
    """Return the pod that asks: a running one of a client image and without an owner, else any running pod."""
    own = [pod for pod in held.list(state.PODS) if is_own(pod)]
    client = next((pod for pod in own if _only_asks(pod) and can_ask(pod)), None)
    return client or next((pod for pod in own if can_ask(pod)), None)


def _only_asks(pod: Object) -> bool:
    image = str(objects.dig(pod, "spec", "containers", 0, "image") or "")
    return objects.controller_of(pod) is None and any(name in image for name in ASKING_IMAGES)


def first_service(held: state.ClusterState) -> Object | None:
    """Return the first Service with a selector that a person made."""
    return next((s for s in held.list(state.SERVICES) if is_own(s) and objects.spec_of(s).get("selector")), None)


def can_ask(pod: Object) -> bool:
    """Say whether a request can start in the pod."""
    return pod_columns.status_word(pod) == "Running" and bool(state.pod_ips(pod))


def url_of(service: Object, namespace: str = "default") -> str:
    """Return the shortest URL by which a pod of the namespace reaches a Service by name."""
    own = objects.namespace_of(service)
    host = objects.name_of(service) if own == (namespace or "default") else f"{objects.name_of(service)}.{own}"
    return f"http://{host}{port_suffix(service)}"


def port_suffix(service: Object) -> str:
    """Return `:8080` for a Service whose first port is 8080, nothing for port 80."""
    port = objects.dig(service, "spec", "ports", 0, "port")
    return "" if port in (80, None) else f":{port}"


def urls_by_node(held: state.ClusterState, service: Object) -> Iterator[str]:
    """Yield the URLs that lead to a Service's node ports, on every node."""
    for node in held.list(state.NODES):
        for port in objects.spec_of(service).get("ports") or ():
            if port.get("nodePort"):
                for address in state.node_addresses(node):
                    yield f"http://{address}:{port['nodePort']}"


def urls_from_outside(service: Object) -> Iterator[str]:
    """Yield the URLs with a Service's load balancer and external addresses."""
    external = objects.spec_of(service).get("externalIPs") or ()
    for ip in [*state.load_balancer_ips(service), *external]:
        yield f"http://{ip}{port_suffix(service)}"


def unused_port(service: Object) -> int:
    """Return a port that the Service does not have."""
    taken = {port.get("port") for port in objects.spec_of(service).get("ports") or ()}
    return next(port for port in (8080, 81, 9090) if port not in taken)


def path_of(obj: Object) -> str:
    """Return `namespace/name`."""
    return f"{objects.namespace_of(obj)}/{objects.name_of(obj)}"
