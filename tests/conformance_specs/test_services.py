"""Services as the API serves them (test/e2e/network/service.go, release 1.36)."""

import re
from typing import Any

import pytest
from kubernetes import client

from tests.conformance_specs import cluster
from tests.conformance_specs.cluster import Cluster, Watching

PORTS = [client.V1ServicePort(name="http", protocol="TCP", port=80, target_port=80)]


def service(name: str, labels: dict[str, str] | None = None, **spec: Any) -> client.V1Service:
    made = client.V1ServiceSpec(**{"ports": PORTS, **spec})
    return client.V1Service(metadata=client.V1ObjectMeta(name=name, labels=labels), spec=made)


def test_services_should_find_a_service_from_listing_all_namespaces(bare: Cluster) -> None:
    listed = bare.core.list_service_for_all_namespaces().items
    assert ("default", "kubernetes") in [(one.metadata.namespace, one.metadata.name) for one in listed]


def test_services_should_complete_a_service_status_lifecycle(bare: Cluster, ns: str) -> None:
    core, mark = bare.core, {"test-service-static": "true"}
    selector = "test-service-static=true"
    watching = Watching(core.list_namespaced_service, ns, label_selector=selector)
    core.create_namespaced_service(ns, service("test-service-abcde", mark, type="LoadBalancer"))
    watching.until("ADDED")
    name = "test-service-abcde"
    assert core.read_namespaced_service_status(name, ns).status.load_balancer.ingress is None
    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.1"}]}}
    patch = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": status}
    told = core.patch_namespaced_service_status(name, ns, patch)
    assert told.status.load_balancer.ingress[0].ip == "203.0.113.1"
    watching.until(
        "MODIFIED",
        lambda one: (
            (one.metadata.annotations or {}).get("patchedstatus") == "true"
            and one.status.load_balancer.ingress[0].ip == "203.0.113.1"
        ),
    )
    told = core.read_namespaced_service_status(name, ns)
    told.status.conditions = [
        client.V1Condition(
            type="StatusUpdate",
            status="True",
            reason="E2E",
            message="Set from e2e test",
            last_transition_time=told.metadata.creation_timestamp,
        )
    ]
    core.replace_namespaced_service_status(name, ns, told)
    watching.until("MODIFIED", lambda one: bool(one.status.conditions) and one.status.conditions[0].reason == "E2E")
    core.patch_namespaced_service(name, ns, {"metadata": {"labels": {"test-service": "patched"}}})
    watching.until("MODIFIED", lambda one: one.metadata.labels.get("test-service") == "patched")
    core.delete_namespaced_service(name, ns)
    watching.until("DELETED")
    watching.end()


def test_services_should_delete_a_collection_of_services(bare: Cluster, ns: str) -> None:
    mark = {"e2e-test-service": ns}
    for number in range(3):
        name = f"e2e-svc-{'abc'[number]}"
        bare.core.create_namespaced_service(ns, service(name, mark if number else {"keep": "yes"}))
    assert len(bare.core.list_namespaced_service(ns).items) == 3
    bare.core.delete_collection_namespaced_service(ns, label_selector=f"e2e-test-service={ns}")
    assert [one.metadata.name for one in bare.core.list_namespaced_service(ns).items] == ["e2e-svc-a"]


def test_services_should_prevent_nodeport_collisions(bare: Cluster, ns: str) -> None:
    core = bare.core
    first = core.create_namespaced_service(ns, service("nodeport-collision-1", type="NodePort"))
    port = first.spec.ports[0].node_port
    assert 30000 <= port <= 32767
    taken = [client.V1ServicePort(name="http", port=80, node_port=port)]
    with pytest.raises(client.ApiException) as refused:
        core.create_namespaced_service(ns, service("nodeport-collision-2", type="NodePort", ports=taken))
    assert re.search(f"{port}.*port is already allocated", str(refused.value.body))
    core.delete_namespaced_service("nodeport-collision-1", ns)
    second = core.create_namespaced_service(ns, service("nodeport-collision-2", type="NodePort", ports=taken))
    assert second.spec.ports[0].node_port == port
    core.delete_namespaced_service("nodeport-collision-2", ns)


def test_services_should_check_nodeport_out_of_range(bare: Cluster, ns: str) -> None:
    core = bare.core
    made = core.create_namespaced_service(ns, service("nodeport-range-test", type="NodePort"))
    cluster.eventually(lambda: bool(core.read_namespaced_service("nodeport-range-test", ns).spec.ports[0].node_port))
    made.spec.ports[0].node_port = 2767
    with pytest.raises(client.ApiException) as updated:
        core.replace_namespaced_service("nodeport-range-test", ns, made)
    core.delete_namespaced_service("nodeport-range-test", ns)
    with pytest.raises(client.ApiException) as created:
        core.create_namespaced_service(ns, service("nodeport-range-test", type="NodePort", ports=made.spec.ports))
    for refused in (updated, created):
        assert re.search(r"2767.*port is not in the valid range", str(refused.value.body))
