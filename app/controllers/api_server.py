"""Keeps what an API server makes for itself: Service default/kubernetes with its endpoints, and the ServiceCIDR.

Mirrors pkg/controlplane/{controller/kubernetesservice,reconcilers,controller/defaultservicecidr} (release 1.36).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import allocators, serviceaddresses
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

NAME = "kube-apiserver"
ADDRESS, PORT = "10.0.0.10", 6443
SERVICE = Key(*state.SERVICES, "default", "kubernetes")
ENDPOINTS = Key(*state.ENDPOINTS, "default", "kubernetes")
SLICE = Key(*state.ENDPOINTSLICES, "default", "kubernetes")
CIDR = Key(*serviceaddresses.SERVICECIDRS, "", "kubernetes")
_HOME = Key(*state.NAMESPACES, "", "default")
_KEPT = frozenset({SERVICE, ENDPOINTS, SLICE, CIDR, _HOME})


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    return (SERVICE,) if change.key in _KEPT and held.writers.get(change.key) != NAME else ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    if held.get(_HOME) is None:
        return ()
    writes: list[controller.Write] = []
    for place, wanted, parts in ((CIDR, cidr(), ()), (SERVICE, service(), ()), (ENDPOINTS, endpoints(), ("subsets",)),
                                 (SLICE, endpoint_slice(), ("endpoints", "ports"))):  # fmt: skip
        present = held.get(place)
        if present is None:
            writes.append(controller.Create(wanted))
        elif not objects.is_terminating(present):
            writes += _mended(place, present, wanted, parts)
    return writes


def _mended(key: Key, present: Object, wanted: Draft, parts: Sequence[str]) -> list[controller.Write]:
    """Put back the addresses, which are nobody else's to change, and the labels that go with them."""
    if not parts:
        return []
    labels = {**objects.labels_of(present), **wanted["metadata"]["labels"]}
    mended: Draft = {**present, **{name: wanted[name] for name in parts}}
    mended["metadata"] = {**objects.metadata(present), "labels": labels}
    return [] if mended == present else [controller.Update(key, mended)]


def cidr() -> Draft:
    """Return the range that ClusterIPs come from."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "ServiceCIDR",
        "metadata": {"name": CIDR.name},
        "spec": {"cidrs": [str(allocators.SERVICE_CIDR)]},
    }


def service() -> Draft:
    """Return the Service by which pods reach the API."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"component": "apiserver", "provider": "kubernetes"},
        },
        "spec": {
            "clusterIP": allocators.KUBERNETES_IP,
            "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": PORT}],
        },
    }


def endpoints() -> Draft:
    """Return the API server's address in the older form; it is never mirrored, for its slice is written as well."""
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"},
        },
        "subsets": [
            {"addresses": [{"ip": ADDRESS}], "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}]},
        ],
    }


def endpoint_slice() -> Draft:
    """Return the API server's address."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": {state.SERVICE_NAME_LABEL: "kubernetes"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [ADDRESS], "conditions": {"ready": True}}],
        "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}],
    }


def _every(held: state.ClusterState) -> Iterable[Key]:
    return (SERVICE,)


CONTROLLER = controller.Controller(NAME, _interested, _reconcile, _every)
