"""Whole applications, as people deploy them: every pod Ready, every Service with its endpoints, every request arrives."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cluster import clock, state
from app.engine import commands
from app.kinds import registry
from app.machinery import manifests, objects
from app.machinery.objects import Object
from tests.cluster_driver import Cluster

HERE = Path(__file__).parents[1] / "manifests"
COLLECTED = Path(__file__).parents[3] / "shared" / "manifests"
APPLICATIONS = [HERE / "bookshop.yaml"]
APPLICATIONS += [
    path
    for name in ("online-boutique", "bookinfo", "guestbook", "cassandra")
    if (path := COLLECTED / f"{name}.yaml").is_file()
]


@pytest.fixture(params=APPLICATIONS, ids=lambda path: path.stem)
def application(request: pytest.FixtureRequest) -> Cluster:
    parsed = manifests.parse(request.param.read_text())
    assert parsed.errors == ()
    cluster = Cluster(mode=clock.TimeMode.LIVE)

    cluster.say(commands.Apply("you", tuple(objects.draft_of(d.obj) for d in parsed.documents)))
    for _ in range(120):
        cluster.advance(1.0)
    return cluster


def own(cluster: Cluster, resource: state.Resource) -> list[Object]:
    """The objects that the application brought, not those of every playground."""
    return [
        obj
        for obj in cluster.held.list(resource)
        if objects.namespace_of(obj) != "kube-system" and objects.name_of(obj) != "kubernetes"
    ]


def test_all_pods_become_ready(application: Cluster) -> None:
    pods = own(application, state.PODS)
    assert pods
    waiting = {objects.name_of(p): objects.status_of(p) for p in pods if not objects.condition_is_true(p, "Ready")}
    assert waiting == {}


def test_every_service_with_a_selector_has_the_right_endpoints(application: Cluster) -> None:
    for service in own(application, state.SERVICES):
        selector = objects.spec_of(service).get("selector")
        if not selector:
            continue
        namespace = objects.namespace_of(service)
        wanted = {
            ip
            for pod in application.held.list(state.PODS, namespace)
            if selector.items() <= dict(objects.labels_of(pod)).items()
            for ip in state.pod_ips(pod)
        }
        slices = application.held.slices_of(namespace, objects.name_of(service))
        found = {e["addresses"][0] for one in slices for e in one["endpoints"] or () if e["conditions"]["ready"]}
        assert found == wanted != set(), objects.name_of(service)


def test_a_request_from_a_pod_to_each_service_arrives(application: Cluster) -> None:
    services = own(application, state.SERVICES)
    assert services
    for service in services:
        namespace, name = objects.namespace_of(service), objects.name_of(service)
        origin = next(p for p in application.held.list(state.PODS, namespace))
        headless = objects.spec_of(service).get("clusterIP") == "None"
        for port in objects.spec_of(service)["ports"]:
            number = _container_port(application, service, port) if headless else port["port"]
            answer = application.send({"pod": f"{namespace}/{objects.name_of(origin)}"}, f"tcp://{name}:{number}")
            assert answer["summary"]["by_outcome"] == {"ok": 1}, (name, answer["results"][0]["trace"])


def _container_port(cluster: Cluster, service: Object, port: Object) -> int:
    slices = cluster.held.slices_of(objects.namespace_of(service), objects.name_of(service))
    return int(slices[0]["ports"][0]["port"])


def test_what_is_not_simulated_is_stored_and_marked() -> None:
    cluster = Cluster()
    cluster.apply((HERE / "bookshop.yaml").read_text())
    stored = {
        obj["kind"]
        for one in cluster.held.collections.values()
        for obj in one.objects.values()
        if registry.of(obj).stored
    }
    assert "PriceList" in stored
