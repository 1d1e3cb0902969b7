"""What happens by itself after a write: level-triggered reconcilers that turn a view of the state into writes.

Each fills in `controller.Controller` and knows no other controller; they meet only in objects. Their order is one
tuple. What happens to a packet belongs to `dataplane`.
"""

from __future__ import annotations

from app.controllers import (
    api_server,
    daemonset,
    deployment,
    disruption,
    endpoints,
    endpointslice,
    garbage_collector,
    ingress,
    ip_addresses,
    job,
    kube_proxy,
    kubelet,
    load_balancer,
    mirroring,
    namespace,
    node_health,
    node_lifecycle,
    node_taints,
    replica_sets,
    root_ca,
    scheduler,
    service_account,
    service_cidrs,
    statefulset,
    taint_eviction,
)
from app.controllers.controller import Controller

# What `controllerDelay` does not slow: the API server's own loops, the cloud, and what runs on each node.
PUNCTUAL = frozenset(
    {
        "kube-apiserver",
        "ip-allocator",
        "service-account-controller",
        "root-ca-certificate-publisher",
        "kubelet",
        "kube-proxy",
        "service-controller",
        "ingress-controller",
    }
)


def late(controller: Controller) -> str:
    """Return the owner of the timers that let a controller look later than at once."""
    return f"{controller.name} (delayed)"


# Causes before effects: the first controller with work goes next, so whoever comes later sees its input at rest.
CONTROLLERS: tuple[Controller, ...] = (
    namespace.CONTROLLER,  # a namespace that goes takes its contents along before anything is done for them
    api_server.CONTROLLER,  # what is there before anybody asks
    ip_addresses.CONTROLLER,
    service_cidrs.CONTROLLER,
    service_account.CONTROLLER,  # pods need the account
    root_ca.CONTROLLER,  # and mount the certificate
    deployment.CONTROLLER,  # sizes ReplicaSets
    replica_sets.REPLICASET_CONTROLLER,  # which make pods
    replica_sets.REPLICATION_CONTROLLER,
    statefulset.CONTROLLER,
    daemonset.CONTROLLER,
    job.CONTROLLER,
    node_taints.CONTROLLER,  # before pods are placed
    scheduler.CONTROLLER,  # which need nodes
    node_health.CONTROLLER,  # whose kubelets may be silent
    taint_eviction.CONTROLLER,  # which costs pods their place
    kubelet.CONTROLLER,  # which start them and know whether they are ready
    disruption.CONTROLLER,  # and how many of them may go
    endpointslice.CONTROLLER,  # which is what Services point to: once per batch of pods, hence after them
    endpoints.CONTROLLER,
    mirroring.CONTROLLER,  # of Endpoints that no controller writes any more
    load_balancer.CONTROLLER,
    ingress.CONTROLLER,  # tells the load balancer's address
    garbage_collector.CONTROLLER,  # what lost its owner goes after the owner's own controller has had its say
    node_lifecycle.CONTROLLER,  # pods of lost nodes
    kube_proxy.CONTROLLER,  # last: the nodes' rules follow everything above
)
