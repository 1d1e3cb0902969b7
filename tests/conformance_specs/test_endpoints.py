"""Endpoints and their controller (test/e2e/network/{service,endpoints}.go, release 1.36)."""

from typing import Any

from kubernetes import client

from tests.conformance_specs import cluster
from tests.conformance_specs.cluster import Cluster, Watching


def test_services_should_test_the_lifecycle_of_an_endpoint(bare: Cluster, ns: str) -> None:
    core, name, mark = bare.core, "testservice", {"test-endpoint-static": "true"}
    body = client.V1Endpoints(
        metadata=client.V1ObjectMeta(name=name, labels=mark),
        subsets=[
            client.V1EndpointSubset(
                addresses=[client.V1EndpointAddress(ip="10.0.0.24")],
                ports=[client.CoreV1EndpointPort(name="http", port=80, protocol="TCP")],
            )
        ],
    )
    selector = "test-endpoint-static=true"
    watching = Watching(core.list_namespaced_endpoints, ns, label_selector=selector)
    core.create_namespaced_endpoints(ns, body)
    watching.until("ADDED")
    listed = core.list_endpoints_for_all_namespaces(label_selector=selector).items
    assert [(one.metadata.namespace, one.metadata.name) for one in listed] == [(ns, name)]
    found = core.read_namespaced_endpoints(name, ns)
    found.metadata.labels["test-service"] = "updated"
    core.replace_namespaced_endpoints(name, ns, found)
    watching.until("MODIFIED", lambda one: one.metadata.labels.get("test-service") == "updated")
    assert core.read_namespaced_endpoints(name, ns).metadata.labels["test-service"] == "updated"
    subset = {"addresses": [{"ip": "10.0.0.25"}], "ports": [{"name": "http-test", "port": 8080}]}
    core.patch_namespaced_endpoints(
        name, ns, {"metadata": {"labels": {"test-service": "patched"}}, "subsets": [subset]}
    )
    watching.until("MODIFIED", lambda one: one.metadata.labels.get("test-service") == "patched")
    found = core.read_namespaced_endpoints(name, ns)
    assert [(one.ip, port.port) for s in found.subsets for one in s.addresses for port in s.ports] == [
        ("10.0.0.25", 8080)
    ]
    core.delete_collection_namespaced_endpoints(ns, label_selector=selector)
    watching.until("DELETED")
    watching.end()
    assert core.list_namespaced_endpoints(ns, label_selector=selector).items == []


def service(name: str, selector: dict[str, str], *ports: client.V1ServicePort) -> client.V1Service:
    spec = client.V1ServiceSpec(selector=selector, ports=list(ports))
    return client.V1Service(metadata=client.V1ObjectMeta(name=name), spec=spec)


def test_endpointscontroller_should_create_endpoints_for_a_service_with_no_pods(bare: Cluster, ns: str) -> None:
    port = client.V1ServicePort(name="example", port=80, protocol="TCP")
    bare.core.create_namespaced_service(ns, service("example-empty-selector", {"no": "pods"}, port))
    cluster.eventually(lambda: bool(endpoints_of(bare, ns, "example-empty-selector")))
    (found,) = endpoints_of(bare, ns, "example-empty-selector")
    assert not found.subsets
    bare.core.delete_namespaced_service("example-empty-selector", ns)
    cluster.eventually(lambda: not endpoints_of(bare, ns, "example-empty-selector"))


def endpoints_of(found: Cluster, ns: str, name: str) -> list[Any]:
    listed: list[Any] = found.core.list_namespaced_endpoints(ns, field_selector=f"metadata.name={name}").items
    return listed


def test_endpointscontroller_should_create_endpoints_for_pods_matching_a_service(running: Cluster) -> None:
    with cluster.namespace(running, "endpoints") as ns:
        core = running.core
        for name, number in (("pod1", 3000), ("pod2", 3001)):
            ports = [client.V1ContainerPort(name="example-name", container_port=number, protocol="TCP")]
            container = client.V1Container(name="c", image="registry.k8s.io/e2e-test-images/nginx:1.15-4", ports=ports)
            meta = client.V1ObjectMeta(name=name, labels={"foo": "bar"})
            core.create_namespaced_pod(ns, client.V1Pod(metadata=meta, spec=client.V1PodSpec(containers=[container])))
        named = client.V1ServicePort(name="example", port=80, target_port="example-name", protocol="TCP")
        core.create_namespaced_service(ns, service("example-named-port", {"foo": "bar"}, named))
        cluster.eventually(lambda: all(one.status.pod_ip for one in core.list_namespaced_pod(ns).items))
        ips = {one.metadata.name: one.status.pod_ip for one in core.list_namespaced_pod(ns).items}
        wanted = {(ips["pod1"], 3000), (ips["pod2"], 3001)}
        cluster.eventually(lambda: pairs(core.read_namespaced_endpoints("example-named-port", ns)) == wanted)
        core.delete_namespaced_pod("pod2", ns, grace_period_seconds=0)
        wanted.remove((ips["pod2"], 3001))
        cluster.eventually(lambda: pairs(core.read_namespaced_endpoints("example-named-port", ns)) == wanted)


def pairs(endpoints: Any) -> set[tuple[str, int]]:
    return {(one.ip, port.port) for s in endpoints.subsets or () for one in s.addresses or () for port in s.ports}
