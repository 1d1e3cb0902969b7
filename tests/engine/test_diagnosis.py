"""A diagnosis finds the causes that requests would meet, and some that no request shows."""

import pytest

from app.engine import diagnosing
from app.machinery import errors
from tests.cluster_driver import Cluster
from tests.engine.situations import GOOD, deployment, pod, service, web

UNSERVED = deployment("containers: [{name: web, image: nginx}]", replicas=2) + pod()
OTHER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: canary}
spec:
  selector: {matchLabels: {app: web, track: canary}}
  template:
    metadata: {labels: {app: web, track: canary}}
    spec: {containers: [{name: web, image: nginx}]}
"""


def diagnosed(spec: str, more: str = "", **settings: str) -> list[tuple[str, str]]:
    cluster = Cluster(**settings)  # type: ignore[arg-type]
    cluster.apply(UNSERVED + service(spec) + more)
    return [(found["code"], found["severity"]) for found in diagnosing.findings(cluster.held, cluster.env(), "web")]


@pytest.mark.parametrize(
    ("spec", "code", "severity"),
    [
        ("selector: {app: wep}, ports: [{port: 80}]", "SelectorMatchesNothing", "error"),
        ("ports: [{port: 80}]", "ServiceWithoutSelector", "error"),
        ("selector: {app: web}, ports: [{port: 80, targetPort: 8080}]", "WrongTargetPort", "error"),
        ("selector: {app: web}, ports: [{port: 80, targetPort: http}]", "TargetPortNameMissing", "error"),
        (
            "clusterIP: None, selector: {app: web}, ports: [{port: 8080, targetPort: 80}]",
            "HeadlessPortNotMapped",
            "error",
        ),
    ],
)
def test_it_names_what_a_request_would_meet(spec: str, code: str, severity: str) -> None:
    assert (code, severity) in diagnosed(spec)


def test_a_cluster_in_order_has_no_findings() -> None:
    assert [found for found in diagnosed(GOOD) if found[1] != "info"] == []


def test_what_only_some_requests_meet_is_a_warning() -> None:
    cluster = Cluster()
    cluster.apply(UNSERVED + service(GOOD))
    lone = "apiVersion: v1\nkind: Pod\nmetadata: {name: mute, labels: {app: web}}\nspec: {containers: [{name: c, image: redis}]}"
    cluster.apply(lone)
    [found] = [
        one
        for one in diagnosing.findings(cluster.held, cluster.env(), "default/web")
        if one["code"] == "WrongTargetPort"
    ]
    assert found["severity"] == "warning"
    assert found["share"] == pytest.approx(1 / 3, abs=0.001)
    assert found["refs"][0] == {
        "kind": "Service",
        "namespace": "default",
        "name": "web",
        "field": "spec.ports[0].targetPort",
    }


def test_a_fix_comes_with_its_proof() -> None:
    cluster = Cluster()
    cluster.apply(UNSERVED + service("selector: {app: wep}, ports: [{port: 80}]"))
    [found] = [
        one for one in diagnosing.findings(cluster.held, cluster.env()) if one["code"] == "SelectorMatchesNothing"
    ]
    assert found["fix"]["patch"] == {"spec": {"selector": {"app": "web"}}}
    assert found["fix"]["arrived"] == found["fix"]["sent"]


def test_a_selector_that_catches_another_workload_too() -> None:
    assert ("SelectorSpansWorkloads", "warning") in diagnosed(GOOD, OTHER)


def test_a_load_balancer_that_nobody_provides() -> None:
    spec = "type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]"
    assert ("LoadBalancerPending", "error") in diagnosed(spec, load_balancer="none")
    assert ("LoadBalancerPending", "error") not in diagnosed(spec)


def test_pods_that_started_before_the_service() -> None:
    cluster = Cluster()
    cluster.apply(UNSERVED)
    cluster.apply(service(GOOD))
    found = diagnosing.findings(cluster.held, cluster.env(), "web")
    assert [one["message"] for one in found] == [
        "client started before Service web was created: its environment variables are not in them."
    ]


def test_diagnosing_changes_nothing() -> None:
    cluster = Cluster()
    cluster.apply(UNSERVED + service("selector: {app: wep}, ports: [{port: 80}]"))
    before = cluster.held.revision
    diagnosing.findings(cluster.held, cluster.env())
    assert cluster.held.revision == before


def test_a_service_that_is_not_there_is_not_found() -> None:
    cluster = Cluster()
    with pytest.raises(errors.NotFound):
        diagnosing.findings(cluster.held, cluster.env(), "default/nope")


def shares(manifests: str) -> list[tuple[str, str, float]]:
    cluster = Cluster()
    cluster.apply(manifests)
    found = diagnosing.findings(cluster.held, cluster.env(), "default/web")
    return [(one["code"], one["severity"], one["share"]) for one in found if "share" in one]


def test_what_every_request_meets_is_an_error_however_many_pods_there_are() -> None:
    many = deployment("containers: [{name: web, image: nginx}]", replicas=80) + pod()
    wrong = service("selector: {app: web}, ports: [{port: 80, targetPort: 8080}]")
    assert shares(many + wrong) == [("WrongTargetPort", "error", 1.0)]


def test_halves_of_two_ports_are_not_one_whole() -> None:
    mute = web(name="mute", image="redis")
    one = deployment("containers: [{name: web, image: nginx}]", replicas=1) + pod() + mute
    both = service("selector: {app: web}, ports: [{name: a, port: 80}, {name: b, port: 81, targetPort: 80}]")
    assert shares(one + both) == [("WrongTargetPort", "warning", 0.5)]
