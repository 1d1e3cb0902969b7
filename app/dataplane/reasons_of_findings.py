"""What is wrong although no packet was lost yet: findings of a diagnosis beside the reasons of requests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a look at the objects alone shows: its code, severity, sentence and remedy."""

    code: str
    severity: str
    message: str
    remedy: str
    source: str


FINDINGS = {
    one.code: one
    for one in (
        Finding(
            "LoadBalancerPending",
            "error",
            "Service {service} waits for an external address, and nobody gives one: this cluster has no load balancer "
            "provider.",
            "Install a provider (a cloud's, or MetalLB), or use a NodePort.",
            "staging/src/k8s.io/cloud-provider",
        ),
        Finding(
            "EnvironmentMissesService",
            "info",
            "{pods} started before Service {service} was created: its environment variables are not in them.",
            "Use the DNS name, or restart the pods.",
            "pkg/kubelet/kubelet_pods.go",
        ),
        Finding(
            "SelectorSpansWorkloads",
            "warning",
            "The selector {selector} of Service {service} matches pods of {owners}: requests go to all of them.",
            "Add a label to the selector that only the wanted pods carry.",
            "staging/src/k8s.io/endpointslice",
        ),
    )
}
"""By code."""
