"""What really goes wrong with Services: each situation is brought about by ordinary commands, seen as a client sees it,
named by its reason, found by the diagnosis, and mended by the fix that is offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.engine import commands, diagnosing
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

CLIENT, OUTSIDE = {"pod": "default/client"}, {"external": "198.51.100.7"}
NODE = {"node": "node-1"}


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


def deployment(spec: str, name: str = "web") -> str:
    template = f"{{metadata: {{labels: {{app: {name}}}}}, spec: {{{spec}}}}}"
    return (
        f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\n"
        f"spec: {{selector: {{matchLabels: {{app: {name}}}}}, template: {template}}}\n---\n"
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
        "NameUnknownOutside",
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
    firewall = situation.more.get("firewall")
    if firewall:
        for name in ("node-1", "node-2"):
            cluster.patch(Key("", "nodes", "", name), {"metadata": {"annotations": {"podlane.dev/firewall": firewall}}})
    return cluster


def sent(cluster: Cluster, situation: Situation, **more: Any) -> dict[str, Any]:
    asked = {"to": situation.to, "count": 20, **more}
    return cluster.send(situation.origin, asked.pop("to"), **asked)


@pytest.mark.parametrize("situation", list(SITUATIONS.values()), ids=list(SITUATIONS))
def test_a_client_sees_it_and_the_reason_names_the_cause(situation: Situation) -> None:
    answer = sent(brought_about(situation), situation)
    assert set(answer["summary"]["by_outcome"]) == {situation.outcome}
    reasons = {(result.get("trace") or result["dns_trace"])["reason"] for result in answer["results"]}
    assert reasons == {situation.reason}


@pytest.mark.parametrize("situation", list(SITUATIONS.values()), ids=list(SITUATIONS))
def test_the_diagnosis_finds_it_without_a_request(situation: Situation) -> None:
    if not situation.diagnosed:
        # Nothing is wrong with the cluster: the asker is.
        return
    cluster = brought_about(situation)
    codes = {found["code"] for found in diagnosing.findings(cluster.held, cluster.env())}
    assert situation.diagnosed in codes


@pytest.mark.parametrize(
    "situation",
    [one for one in SITUATIONS.values() if one.fixed],
    ids=[name for name, one in SITUATIONS.items() if one.fixed],
)
def test_the_offered_fix_makes_the_request_succeed(situation: Situation) -> None:
    cluster = brought_about(situation)
    fix = sent(cluster, situation)["fix"]
    if fix["target"]:
        cluster.say(commands.Patch("you", Key(**fix["target"]), fix["patch"]))
    again = sent(cluster, situation, **(fix["request"] or {}))
    assert set(again["summary"]["by_outcome"]) == {"ok"}, fix
