"""The nearest fix of a failed request really lets it arrive."""

from __future__ import annotations

from typing import Any

import pytest

from app.dataplane import fixes, pod_fixes, requests
from tests.dataplane import clusters

POD = {"name": "web-1", "node": "node-1", "labels": {"app": "web", "tier": "front"}, "listen": 8080}
CLIENT, OUTSIDE = {"pod": "default/client"}, {"external": "198.51.100.7"}


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": 8080}]
    return {"name": name, "clusterIP": "10.96.41.7", "selector": {"app": "web"}, "ports": ports, **spec}


def port(**changes: Any) -> dict[str, Any]:
    return {"ports": [{"port": 80, "targetPort": 8080, **changes}]}


CASES: list[Any] = [
    pytest.param([POD], [service(selector={"app": "wob"})], CLIENT, "http://web", "app=web", id="a selector's value"),
    pytest.param([POD], [service(selector={"application": "web"})], CLIENT, "http://web", "app=web", id="its key"),
    pytest.param(
        [POD],
        [service(selector={"app": "web", "tier": "back"})],
        CLIENT,
        "http://web",
        "app=web,tier=front",
        id="one of two",
    ),
    pytest.param([POD], [service(selector=None)], CLIENT, "http://web", "app=web", id="no selector"),
    pytest.param(
        [POD], [service(**port(targetPort=7777))], CLIENT, "http://web", "targetPort", id="a wrong targetPort"
    ),
    pytest.param(
        [{**POD, "ports": [{"name": "http", "containerPort": 8080}]}],
        [service(**port(targetPort="htpp"))],
        CLIENT,
        "http://web",
        "http",
        id="a misspelt port name",
    ),
    pytest.param([POD], [service()], CLIENT, "http://web:81", "curl http://web", id="a wrong port"),
    pytest.param([POD], [service()], CLIENT, "http://web:8080", "curl http://web", id="targetPort instead of port"),
    pytest.param([POD], [service()], CLIENT, "udp://web:80", "nc", id="another protocol"),
    pytest.param(
        [POD],
        [service(type="NodePort", **port(nodePort=30080))],
        OUTSIDE,
        "http://10.0.0.11:30081",
        "curl http://10.0.0.11:30080",
        id="a wrong nodePort",
    ),
    pytest.param(
        [POD],
        [service(type="NodePort", **port(nodePort=30080))],
        OUTSIDE,
        "http://10.0.0.12",
        "curl http://10.0.0.12:30080",
        id="the Service's port on a node",
    ),
    pytest.param([POD], [service()], OUTSIDE, "http://10.0.0.11", "NodePort", id="no nodePort at all"),
    pytest.param([POD], [service()], OUTSIDE, "http://10.96.41.7", "NodePort", id="a ClusterIP from outside"),
    pytest.param(
        [POD],
        [service(type="NodePort", **port(nodePort=30080))],
        OUTSIDE,
        "http://10.96.41.7",
        "curl http://10.0.0.11:30080",
        id="a ClusterIP from outside with a nodePort there",
    ),
    pytest.param([POD], [service(clusterIP="None")], CLIENT, "http://web", ":8080", id="a headless Service's port"),
    pytest.param([POD], [service()], CLIENT, "http://10.244.1.5:81", ":8080", id="a pod's port"),
    pytest.param([POD], [service()], CLIENT, "http://webb", "curl http://web", id="a misspelt name"),
    pytest.param(
        [{**POD, "namespace": "prod"}],
        [service(namespace="prod")],
        CLIENT,
        "http://web",
        "curl http://web.prod",
        id="another namespace",
    ),
    pytest.param([POD], [service()], CLIENT, "http://web.defalt", "curl http://web.default", id="a misspelt namespace"),
    pytest.param(
        [{**POD, "node": "node-3"}],
        [service(internalTrafficPolicy="Local")],
        CLIENT,
        "http://web",
        "internalTrafficPolicy",
        id="internal policy Local",
    ),
    pytest.param(
        [{**POD, "node": "node-3"}],
        [service(type="NodePort", externalTrafficPolicy="Local", **port(nodePort=30080))],
        OUTSIDE,
        "http://10.0.0.11:30080",
        "externalTrafficPolicy",
        id="external policy Local",
    ),
    pytest.param(
        [POD],
        [service(type="LoadBalancer", load_balancer="203.0.113.10", loadBalancerSourceRanges=["192.0.2.0/24"])],
        OUTSIDE,
        "http://203.0.113.10",
        "198.51.100.7/32",
        id="a source that is not allowed",
    ),
    pytest.param(
        [POD],
        [service(type="LoadBalancer", load_balancer="203.0.113.10")],
        OUTSIDE,
        "http://203.0.113.10:81",
        "curl http://203.0.113.10",
        id="a port the load balancer lacks",
    ),
]


@pytest.mark.parametrize(("pods", "services", "origin", "to", "words"), CASES)
def test_the_nearest_fix_lets_the_request_arrive(
    pods: list[Any], services: list[Any], origin: dict[str, str], to: str, words: str
) -> None:
    described: dict[str, Any] = {"pods": pods, "services": services}
    body: dict[str, Any] = {"from": origin, "to": to, "count": 20}
    cluster = clusters.build(described)
    failed = requests.run(cluster, requests.parse(body), clusters.env())
    assert failed.summary.by_outcome.get("ok", 0) == 0
    fix = fixes.nearest_fix(cluster, failed)
    assert fix is not None
    assert words in fix.command
    assert fix.description
    described["patches"] = [(fix.target, fix.patch)] if fix.target else []
    again = requests.run(clusters.build(described), requests.parse({**body, **fix.request}), clusters.env())
    assert again.summary.by_outcome == {"ok": 20}


def test_a_pod_told_not_to_be_ready_is_let_again() -> None:
    pod = {**POD, "ready": False, "annotations": {pod_fixes.READY: "false"}}
    cluster = clusters.build({"pods": [pod], "services": [service()]})
    failed = requests.run(cluster, requests.parse({"from": CLIENT, "to": "http://web"}), clusters.env())
    fix = fixes.nearest_fix(cluster, failed)
    assert fix is not None
    assert fix.command == "kubectl -n default annotate pod web-1 podlane.dev/ready-"
    assert fix.patch == {"metadata": {"annotations": {pod_fixes.READY: None}}}


def test_what_arrives_needs_no_fix() -> None:
    cluster = clusters.build({"pods": [POD], "services": [service()]})
    arrived = requests.run(cluster, requests.parse({"from": CLIENT, "to": "http://web"}), clusters.env())
    assert fixes.candidates(cluster, arrived) == []


def test_a_probe_that_asks_the_wrong_port_is_mended_where_the_pods_are_made() -> None:
    probe = {"httpGet": {"path": "/", "port": 9999}}
    container = {"name": "main", "image": "nginx", "readinessProbe": probe}
    owners: list[Any] = [("ReplicaSet", "web-abc", "Deployment", "web"), ("Deployment", "web", "", "")]
    builder = clusters.Builder()
    builder.node("node-1", "10.0.0.11")
    builder.pod({"name": "client", "listen": ""})
    builder.pod({"name": "web-abc-1", "labels": {"app": "web"}, "ready": False, "spec": {"containers": [container]}})
    [pod] = [obj for key, obj in builder.objects.items() if key.name == "web-abc-1"]
    pod["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "web-abc", "uid": "u", "controller": True}]
    for kind, name, above, above_name in owners:
        made = builder.add(
            {"kind": kind, "metadata": {"name": name}, "spec": {"template": {"spec": {"containers": [container]}}}}
        )
        if above:
            made["metadata"]["ownerReferences"] = [{"kind": above, "name": above_name, "uid": "v", "controller": True}]
    builder.service(service(**port(targetPort=80)))
    cluster = builder.build()
    failed = requests.run(cluster, requests.parse({"from": CLIENT, "to": "http://10.96.41.7"}), clusters.env())
    fix = fixes.nearest_fix(cluster, failed)
    assert fix is not None
    assert fix.target is not None
    assert (fix.target.resource, fix.target.name) == ("deployments", "web")
    [mended] = fix.patch["spec"]["template"]["spec"]["containers"]
    assert mended == {**container, "readinessProbe": {"httpGet": {"path": "/", "port": 80}}}
    assert '"readinessProbe":{"httpGet":{"path":"/","port":80}}' in fix.command
