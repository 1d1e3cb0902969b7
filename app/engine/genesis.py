"""What a new playground holds before anybody changed anything: the objects of the contract, already at rest."""

from __future__ import annotations

from typing import Any

from app.cluster import clock, state
from app.engine import admission, run, settle
from app.kinds import node as node_kind

ACTOR = "genesis"
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
DNS_IP = "10.96.0.10"
PODS_PER_NODE = 100
MOST_NODES = 500


def node_count(pods: int) -> int:
    """Return how many nodes a playground gets for the pods of its manifests, unless its maker says."""
    return min(MOST_NODES, max(2, -(-pods // PODS_PER_NODE)))


def found(held: state.ClusterState, env: clock.Env) -> run.Run:
    """Fill an empty state with the initial objects, in instant time; the caller commits the run's batch.

    `held.settings["nodes"]` says how many nodes of its own the playground has; 0 is a bare control plane.
    """
    nodes = int(held.settings.get("nodes", 2))
    under_way = run.Run(held, clock.Env(env.now, env.rng, clock.TimeMode.INSTANT), ACTOR, 1)
    for name in NAMESPACES:
        _create(under_way, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    _settle(under_way)
    for index in range(1, nodes + 1):
        _create(under_way, node_kind.make_node(index, f"zone-{'ab'[(index - 1) % 2]}"))
    if nodes:
        _create(under_way, _dns_service())
        _create(under_way, _dns_deployment())
    _settle(under_way)
    return under_way


def _create(under_way: run.Run, obj: dict[str, Any]) -> None:
    admission.create(under_way, obj)


def _settle(under_way: run.Run) -> None:
    while not settle.settle(under_way):
        pass


def _dns_service() -> dict[str, Any]:
    ports = [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP")]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",
            "namespace": "kube-system",
            "labels": {
                "k8s-app": "kube-dns",
                "kubernetes.io/cluster-service": "true",
                "kubernetes.io/name": "CoreDNS",
            },
        },
        "spec": {
            "clusterIP": DNS_IP,
            "selector": {"k8s-app": "kube-dns"},
            "ports": [{"name": name, "port": port, "protocol": protocol} for name, port, protocol in ports],
        },
    }


def _dns_deployment() -> dict[str, Any]:
    labels = {"k8s-app": "kube-dns"}
    container = {
        "name": "coredns",
        "image": "registry.k8s.io/coredns/coredns:v1.13.1",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"containerPort": 53, "name": "dns", "protocol": "UDP"},
            {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"},
            {"containerPort": 9153, "name": "metrics", "protocol": "TCP"},
        ],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181, "scheme": "HTTP"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "coredns", "namespace": "kube-system", "labels": labels},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"dnsPolicy": "Default", "containers": [container]},
            },
        },
    }
