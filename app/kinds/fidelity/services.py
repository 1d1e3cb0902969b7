"""Claims about Services, their endpoints and the network around them."""

from __future__ import annotations

from app.kinds.fidelity.claim import recorded, ruled, unknown

_UNREAD_IN_LIFE = "kinds/service_allocation.py"

SERVICE = (
    recorded("dataplane/proxy.py", "conformance/recorded/06-multiport", "spec.ports.name", "spec.ports.port"),
    recorded("dataplane/proxy.py", "dataplane/recorded/n15-udp-and-multiport.json", "spec.ports.protocol"),
    recorded("dataplane/selection.py", "dataplane/recorded/n12-wrong-targetport.json", "spec.ports.targetPort"),
    recorded("dataplane/proxy.py", "dataplane/recorded/n05-nodeport.json", "spec.ports.nodePort", "spec.type"),
    recorded("controllers/endpointslice.py", "conformance/recorded/06-multiport", "spec.ports.appProtocol"),
    recorded("controllers/endpointslice.py", "conformance/recorded/01-selector-and", "spec.selector"),
    recorded("dataplane/proxy.py", "conformance/recorded/08-nodeport", "spec.clusterIP"),
    recorded(
        _UNREAD_IN_LIFE, "conformance/recorded/08-nodeport", "spec.clusterIPs", "spec.ipFamilies", "spec.ipFamilyPolicy"
    ),
    recorded("dataplane/proxy.py", "dataplane/recorded/n04-session-affinity.json", "spec.sessionAffinity"),
    recorded(
        "dataplane/proxy.py",
        "dataplane/recorded/n04-session-affinity.json",
        "spec.sessionAffinityConfig.clientIP.timeoutSeconds",
    ),
    recorded("dataplane/proxy.py", "dataplane/recorded/n06-nodeport-local.json", "spec.externalTrafficPolicy"),
    ruled("dataplane/proxy.py", "dataplane/flows/policies.yaml", "spec.internalTrafficPolicy"),
    recorded("dataplane/proxy.py", "dataplane/recorded/n08-lb-local.json", "spec.healthCheckNodePort"),
    recorded("controllers/endpointslice.py", "dataplane/recorded/n16-same-zone.json", "spec.trafficDistribution"),
    recorded(
        "controllers/endpointslice.py", "conformance/recorded/04-publish-not-ready", "spec.publishNotReadyAddresses"
    ),
    ruled("dataplane/proxy.py", "dataplane/flows/node_port.yaml", "spec.externalIPs"),
    ruled("dataplane/dns.py", "dataplane/flows/names.yaml", "spec.externalName"),
    ruled("dataplane/proxy.py", "dataplane/flows/load_balancer.yaml", "spec.loadBalancerSourceRanges"),
    ruled("controllers/load_balancer.py", "controllers/test_surroundings.py", "spec.loadBalancerClass"),
    ruled("controllers/load_balancer.py", "engine/situations.py", "spec.loadBalancerIP"),
    ruled(_UNREAD_IN_LIFE, "kinds/test_service.py", "spec.allocateLoadBalancerNodePorts"),
    ruled(
        "controllers/load_balancer.py",
        "controllers/test_surroundings.py",
        "status.loadBalancer.ingress.ip",
        "status.loadBalancer.ingress.ipMode",
    ),
)

ENDPOINT_SLICE = (
    recorded("controllers/endpointslice.py", "conformance/recorded/09-selectorless", "addressType"),
    recorded(
        "controllers/endpointslice.py",
        "conformance/recorded/03-terminating",
        "endpoints.addresses",
        "endpoints.conditions.ready",
        "endpoints.conditions.serving",
        "endpoints.conditions.terminating",
        "endpoints.nodeName",
        "endpoints.zone",
    ),
    recorded(
        "kinds/podendpoints.py",
        "conformance/recorded/06-multiport",
        "endpoints.targetRef.kind",
        "endpoints.targetRef.name",
        "endpoints.targetRef.namespace",
    ),
    unknown("kinds/podendpoints.py", "endpoints.targetRef.uid"),
    ruled("controllers/endpointslice.py", "controllers/states/ports.yaml", "endpoints.hostname"),
    ruled("dataplane/proxy.py", "controllers/states/hints.yaml", "endpoints.hints.forZones.*"),
    ruled("dataplane/proxy.py", "controllers/states/hints.yaml", "endpoints.hints.forNodes.*"),
    recorded("dataplane/proxy.py", "conformance/recorded/06-multiport", "ports.name", "ports.port", "ports.protocol"),
    recorded("kinds/podendpoints.py", "conformance/recorded/06-multiport", "ports.appProtocol"),
)

ENDPOINTS = (
    recorded(
        "controllers/endpoints.py",
        "conformance/recorded/02-not-ready",
        "subsets.addresses.ip",
        "subsets.addresses.nodeName",
        "subsets.addresses.targetRef.kind",
        "subsets.addresses.targetRef.name",
        "subsets.addresses.targetRef.namespace",
        "subsets.notReadyAddresses.ip",
        "subsets.notReadyAddresses.nodeName",
        "subsets.notReadyAddresses.targetRef.kind",
        "subsets.notReadyAddresses.targetRef.name",
        "subsets.notReadyAddresses.targetRef.namespace",
    ),
    ruled("controllers/endpoints.py", "controllers/states/ports.yaml", "subsets.addresses.hostname"),
    unknown("controllers/mirroring.py", "subsets.notReadyAddresses.hostname"),
    unknown("kinds/podendpoints.py", "subsets.addresses.targetRef.uid", "subsets.notReadyAddresses.targetRef.uid"),
    recorded(
        "controllers/endpoints.py",
        "conformance/recorded/06-multiport",
        "subsets.ports.name",
        "subsets.ports.port",
        "subsets.ports.protocol",
        "subsets.ports.appProtocol",
    ),
)

INGRESS = (
    ruled("dataplane/ingresses.py", "dataplane/flows/ingress.yaml", "spec.ingressClassName"),
    ruled("dataplane/ingresses.py", "dataplane/flows/ingress.yaml", "spec.rules.host", "spec.rules.http.paths.path"),
    ruled("dataplane/ingresses.py", "dataplane/flows/ingress.yaml", "spec.rules.http.paths.pathType"),
    ruled(
        "dataplane/steps/ingress.py",
        "dataplane/flows/ingress.yaml",
        "spec.rules.http.paths.backend.service.name",
        "spec.rules.http.paths.backend.service.port.name",
        "spec.rules.http.paths.backend.service.port.number",
    ),
    ruled("dataplane/steps/ingress.py", "dataplane/flows/ingress.yaml", "spec.defaultBackend.service.*"),
    ruled("dataplane/ingresses.py", "dataplane/flows/ingress.yaml", "spec.tls.hosts"),
    ruled("controllers/ingress.py", "controllers/test_ingress.py", "status.loadBalancer.ingress.ip"),
)

INGRESS_CLASS = (ruled("dataplane/ingresses.py", "dataplane/flows/ingress_class.yaml", "spec.controller"),)

NETWORK_POLICY = (
    ruled("dataplane/policies.py", "dataplane/flows/network_policy.yaml", "spec.podSelector.*", "spec.policyTypes"),
    ruled(
        "dataplane/policies.py",
        "dataplane/flows/network_policy.yaml",
        "spec.ingress.from.podSelector.*",
        "spec.ingress.from.namespaceSelector.*",
        "spec.ingress.from.ipBlock.*",
        "spec.ingress.ports.*",
        "spec.egress.to.podSelector.*",
        "spec.egress.to.namespaceSelector.*",
        "spec.egress.to.ipBlock.*",
        "spec.egress.ports.*",
    ),
)

IP_ADDRESS = (ruled("controllers/ip_addresses.py", "controllers/test_own_objects.py", "spec.parentRef.*"),)

SERVICE_CIDR = (
    ruled("controllers/service_cidrs.py", "controllers/test_own_objects.py", "spec.cidrs"),
    ruled(
        "controllers/service_cidrs.py",
        "conformance_specs/test_service_addresses.py",
        "status.conditions.type",
        "status.conditions.status",
        "status.conditions.reason",
        "status.conditions.message",
        "status.conditions.lastTransitionTime",
    ),
)
