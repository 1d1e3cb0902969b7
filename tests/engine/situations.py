"""What really goes wrong with Services, as rows: manifests, who asks for what, what they see, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.machinery.objects import Key
from tests.cluster_driver import Cluster

CLIENT, OUTSIDE = {"pod": "default/client"}, {"external": "198.51.100.7"}


@dataclass(frozen=True)
class Situation:
    """What is there, what somebody asks, what they see, why, and how the diagnosis calls it (nothing: not at all)."""

    manifests: str
    to: str
    outcome: str
    reason: str
    origin: Mapping[str, str] = field(default_factory=lambda: CLIENT)
    found: str | None = None
    fixed: bool = True
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def diagnosed(self) -> str:
        return self.reason if self.found is None else self.found


def pod(
    name: str = "client", labels: str = "{}", spec: str = "", annotations: str = "{}", namespace: str = "default"
) -> str:
    inner = spec or "containers: [{name: c, image: curlimages/curl, command: [sleep, infinity]}]"
    meta = f"{{name: {name}, namespace: {namespace}, labels: {labels}, annotations: {annotations}}}"
    return f"apiVersion: v1\nkind: Pod\nmetadata: {meta}\nspec: {{{inner}}}\n---\n"


def web(
    image: str = "nginx",
    labels: str = "{app: web}",
    extra: str = "",
    annotations: str = "{}",
    name: str = "web",
    spec: str = "",
) -> str:
    return pod(name, labels, f"containers: [{{name: c, image: {image}{extra}}}]{spec}", annotations)


def service(spec: str, name: str = "web", namespace: str = "default") -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec: {{{spec}}}\n---\n"


def deployment(spec: str, name: str = "web", replicas: int = 1, labels: str = "") -> str:
    labels = labels or f"{{app: {name}}}"
    template = f"{{metadata: {{labels: {labels}}}, spec: {{{spec}}}}}"
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec: {{replicas: {replicas}, selector: {{matchLabels: {labels}}}, template: {template}}}\n---\n"
    )


def settings(data: str) -> str:
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: podlane, namespace: kube-system}}\ndata: {{{data}}}\n---\n"
    )


def policy(spec: str, name: str = "p") -> str:
    return f"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n---\n"


GOOD = "selector: {app: web}, ports: [{port: 80}]"
NODE_PORT = "type: NodePort, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]"
LOCALHOST = "containers: [{name: c, image: python, command: [python, -m, http.server, '8000', --bind, 127.0.0.1]}]"
ALL = pod() + web()
DNS_ONLY = "podSelector: {}, policyTypes: [Egress]"
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n"

SITUATIONS: dict[str, Situation] = {
    "1 the selector's value differs by a letter": Situation(
        ALL + service("selector: {app: wep}, ports: [{port: 80}]"), "http://web", "refused", "SelectorMatchesNothing"
    ),
    "1 the selector's key differs": Situation(
        ALL + service("selector: {name: web}, ports: [{port: 80}]"), "http://web", "refused", "SelectorMatchesNothing"
    ),
    "2 the selector was left out": Situation(
        ALL + service("ports: [{port: 80}]"), "http://web", "refused", "ServiceWithoutSelector"
    ),
    "3 the targetPort is not where the program listens": Situation(
        ALL + service("selector: {app: web}, ports: [{port: 80, targetPort: 8080}]"),
        "http://web",
        "refused",
        "WrongTargetPort",
    ),
    "4 the program listens on localhost only": Situation(
        pod() + deployment(LOCALHOST) + service("selector: {app: web}, ports: [{port: 80, targetPort: 8000}]"),
        "http://web",
        "refused",
        "ListensOnLocalhostOnly",
    ),
    "4 the same by the annotation": Situation(
        pod() + web(annotations='{podlane.dev/listen: "127.0.0.1:80"}') + service(GOOD),
        "http://web",
        "refused",
        "ListensOnLocalhostOnly",
    ),
    "5 the readiness probe fails": Situation(
        pod()
        + deployment("containers: [{name: c, image: nginx, readinessProbe: {httpGet: {port: 9999}}}]")
        + service(GOOD),
        "http://web",
        "refused",
        "PodsNotReady",
    ),
    "7 a firewall stands before the node": Situation(
        ALL + service(NODE_PORT),
        "http://10.0.0.11:30080",
        "timeout",
        "NodeFirewall",
        OUTSIDE,
        more={"firewall": "30000-32767"},
    ),
    "7 CLUSTER-IP:nodePort was asked": Situation(
        ALL + service(NODE_PORT + ", clusterIP: 10.96.7.7"),
        "http://10.96.7.7:30080",
        "timeout",
        "NodePortAskedAtClusterIP",
        found="",
    ),
    "7 the ClusterIP was asked from outside": Situation(
        ALL + service(NODE_PORT + ", clusterIP: 10.96.7.7"),
        "http://10.96.7.7",
        "timeout",
        "NoRouteToServiceNetwork",
        OUTSIDE,
        found="",
    ),
    "9 policy Local, and the pod is elsewhere": Situation(
        pod() + web(spec=", nodeName: node-2") + service(NODE_PORT + ", externalTrafficPolicy: Local"),
        "http://10.0.0.11:30080",
        "timeout",
        "NoLocalEndpointsOutside",
        OUTSIDE,
    ),
    "9 internal policy Local, and the pod is elsewhere": Situation(
        pod(spec="nodeName: node-1, containers: [{name: c, image: curlimages/curl, command: [sleep, infinity]}]")
        + web(spec=", nodeName: node-2")
        + service(GOOD + ", internalTrafficPolicy: Local"),
        "http://web",
        "timeout",
        "NoLocalEndpointsInside",
    ),
    "14 a pod that cannot reach itself": Situation(
        settings('hairpin: "off"') + web(name="one") + service(GOOD),
        "http://web",
        "timeout",
        "HairpinOff",
        {"pod": "default/one"},
    ),
    "15 the name is one of another namespace": Situation(
        NAMESPACE
        + pod()
        + pod("web", "{app: web}", "containers: [{name: c, image: nginx}]", namespace="shop")
        + service(GOOD, namespace="shop"),
        "http://web",
        "name_not_found",
        "ServiceInAnotherNamespace",
        found="",
    ),
    "16 a headless Service does not map ports": Situation(
        pod() + web() + service("clusterIP: None, selector: {app: web}, ports: [{port: 8080, targetPort: 80}]"),
        "http://web:8080",
        "refused",
        "HeadlessPortNotMapped",
    ),
    "18 no container port has the targetPort's name": Situation(
        pod()
        + web(extra=", ports: [{name: http, containerPort: 80}]")
        + service("selector: {app: web}, ports: [{port: 80, targetPort: web}]"),
        "http://web",
        "refused",
        "TargetPortNameMissing",
    ),
    "22 default-deny egress stops DNS as well": Situation(
        ALL + service(GOOD) + policy(DNS_ONLY), "http://web", "name_not_found", "EgressToDNSNotAllowed"
    ),
    "23 a policy names the Service's port": Situation(
        ALL
        + service("selector: {app: web}, ports: [{port: 8080, targetPort: 80}]")
        + policy("podSelector: {matchLabels: {app: web}}, ingress: [{ports: [{port: 8080}]}]"),
        "http://web:8080",
        "timeout",
        "IngressPolicyNamesServicePort",
    ),
    "31 the cluster domain is another": Situation(
        ALL + service(GOOD),
        "http://web.default.svc.example.local",
        "name_not_found",
        "WrongClusterDomain",
        found="",
    ),
    "31 the cluster's own domain was changed": Situation(
        settings("clusterDomain: corp.example") + ALL + service(GOOD),
        "http://web.default.svc.cluster.local",
        "name_not_found",
        "WrongClusterDomain",
        found="",
    ),
    "8 a ClusterIP is pinged": Situation(ALL + service(GOOD), "icmp://web", "timeout", "PingUnanswered", found=""),
    "15 a pinged name is one of another namespace": Situation(
        NAMESPACE
        + pod()
        + pod("web", "{app: web}", "containers: [{name: c, image: nginx}]", namespace="shop")
        + service("clusterIP: None, " + GOOD, namespace="shop"),
        "icmp://web",
        "name_not_found",
        "ServiceInAnotherNamespace",
        found="",
    ),
    "8 a ClusterIP is pinged in nftables mode": Situation(
        ALL + service(GOOD), "icmp://web", "refused", "PingRejected", found="", more={"mode": "nftables"}
    ),
    "18 the targetPort's name differs by a letter": Situation(
        pod()
        + web(extra=", ports: [{name: http, containerPort: 80}]")
        + service("selector: {app: web}, ports: [{port: 80, targetPort: htp}]"),
        "http://web",
        "refused",
        "TargetPortNameMissing",
    ),
    "24 an ExternalName that is an address": Situation(
        pod() + service("type: ExternalName, externalName: 192.0.2.7", name="out"),
        "http://out",
        "name_not_found",
        "ExternalNameIsAddress",
        found="",
        fixed=False,
    ),
    "32 no selector and no slices": Situation(
        ALL + service("ports: [{port: 80}]"), "http://web", "refused", "ServiceWithoutSelector"
    ),
    "a load balancer's source ranges": Situation(
        ALL
        + service("type: LoadBalancer, loadBalancerIP: 203.0.113.9, loadBalancerSourceRanges: [192.0.2.0/24], " + GOOD),
        "http://203.0.113.9",
        "timeout",
        "SourceNotAllowed",
        OUTSIDE,
    ),
}


def brought_about(situation: Situation) -> Cluster:
    cluster = Cluster()
    cluster.apply(situation.manifests)
    annotations = {
        annotation: situation.more[name]
        for name, annotation in (("firewall", "podlane.dev/firewall"), ("mode", "podlane.dev/kube-proxy"))
        if name in situation.more
    }
    for name in ("node-1", "node-2") if annotations else ():
        cluster.patch(Key("", "nodes", "", name), {"metadata": {"annotations": annotations}})
    return cluster
