"""EndpointSlices, made by hand, by their controller and by mirroring (test/e2e/network/endpointslice*.go, release 1.36)."""

from typing import Any

from kubernetes import client

from tests.conformance_specs import cluster
from tests.conformance_specs.cluster import Cluster, Watching

NAME_LABEL = "kubernetes.io/service-name"


def service(name: str, selector: dict[str, str] | None, *ports: client.V1ServicePort, **more: Any) -> client.V1Service:
    spec = client.V1ServiceSpec(selector=selector, ports=list(ports) or [client.V1ServicePort(port=80)], **more)
    return client.V1Service(metadata=client.V1ObjectMeta(name=name), spec=spec)


def slices_of(found: Cluster, ns: str, name: str) -> list[Any]:
    listed: list[Any] = found.discovery.list_namespaced_endpoint_slice(ns, label_selector=f"{NAME_LABEL}={name}").items
    return listed


def test_should_create_and_delete_endpoints_and_endpointslices_for_a_service_with_a_selector(
    bare: Cluster, ns: str
) -> None:
    name = "example-empty-selector"
    ports = client.V1ServicePort(name="example", port=80, protocol="TCP")
    bare.core.create_namespaced_service(
        ns, service(name, {"does-not-match-anything": "endpoints-should-be-empty"}, ports)
    )
    cluster.eventually(lambda: len(slices_of(bare, ns, name)) == 1)
    endpoints = bare.core.read_namespaced_endpoints(name, ns)
    assert not endpoints.subsets
    (found,) = slices_of(bare, ns, name)
    assert not found.endpoints
    assert found.metadata.labels["endpointslice.kubernetes.io/managed-by"] == "endpointslice-controller.k8s.io"
    assert found.metadata.owner_references[0].name == name
    bare.core.delete_namespaced_service(name, ns)
    cluster.eventually(lambda: not slices_of(bare, ns, name))
    listed = bare.core.list_namespaced_endpoints(ns).items
    assert name not in [one.metadata.name for one in listed]


def test_should_support_creating_endpointslice_api_operations(bare: Cluster, ns: str) -> None:
    api, mark = bare.discovery, {"special-label": ns}
    bare.finds_in_discovery("discovery.k8s.io", "endpointslices")
    body = client.V1EndpointSlice(
        metadata=client.V1ObjectMeta(generate_name="e2e-example-ing", labels=mark),
        address_type="IPv4",
        endpoints=[client.V1Endpoint(addresses=["1.2.3.4", "5.6.7.8"])],
    )
    made = [api.create_namespaced_endpoint_slice(ns, body) for _ in range(3)]
    name = made[0].metadata.name
    assert api.read_namespaced_endpoint_slice(name, ns).metadata.uid == made[0].metadata.uid
    selector = f"special-label={ns}"
    assert len(api.list_namespaced_endpoint_slice(ns, label_selector=selector).items) == 3
    assert len(api.list_endpoint_slice_for_all_namespaces(label_selector=selector).items) == 3
    watching = Watching(api.list_namespaced_endpoint_slice, ns, label_selector=selector)
    patched = api.patch_namespaced_endpoint_slice(name, ns, {"metadata": {"annotations": {"patched": "true"}}})
    assert patched.metadata.annotations["patched"] == "true"
    patched.metadata.annotations["updated"] = "true"
    updated = api.replace_namespaced_endpoint_slice(name, ns, patched)
    assert updated.metadata.annotations["updated"] == "true"
    watching.until("MODIFIED", lambda one: (one.metadata.annotations or {}).get("patched") == "true")
    watching.until("MODIFIED", lambda one: (one.metadata.annotations or {}).get("updated") == "true")
    api.delete_namespaced_endpoint_slice(name, ns)
    watching.until("DELETED", lambda one: one.metadata.name == name)
    watching.end()
    assert len(api.list_namespaced_endpoint_slice(ns, label_selector=selector).items) == 2
    api.delete_collection_namespaced_endpoint_slice(ns, label_selector=selector)
    assert api.list_namespaced_endpoint_slice(ns, label_selector=selector).items == []


def test_endpointslicemirroring_should_mirror_a_custom_endpoints_resource_through_create_update_and_delete(
    bare: Cluster, ns: str
) -> None:
    name = "example-custom-endpoints"
    ports = client.V1ServicePort(name="example", port=80, protocol="TCP")
    bare.core.create_namespaced_service(ns, service(name, None, ports))
    made = client.V1Endpoints(
        metadata=client.V1ObjectMeta(name=name, labels={NAME_LABEL: name}),
        subsets=[
            client.V1EndpointSubset(
                addresses=[client.V1EndpointAddress(ip="10.1.2.3")],
                ports=[client.CoreV1EndpointPort(name="example", port=80, protocol="TCP")],
            )
        ],
    )
    bare.core.create_namespaced_endpoints(ns, made)
    cluster.eventually(lambda: len(slices_of(bare, ns, name)) == 1)
    (found,) = slices_of(bare, ns, name)
    assert [(port.name, port.port, port.protocol) for port in found.ports] == [("example", 80, "TCP")]
    assert [one.addresses for one in found.endpoints] == [["10.1.2.3"]]
    assert found.metadata.labels["endpointslice.kubernetes.io/managed-by"].startswith("endpointslicemirroring-")
    made.subsets[0].addresses[0].ip = "10.2.3.4"
    bare.core.replace_namespaced_endpoints(name, ns, made)
    cluster.eventually(lambda: [one.addresses for one in slices_of(bare, ns, name)[0].endpoints] == [["10.2.3.4"]])
    bare.core.delete_namespaced_endpoints(name, ns)
    cluster.eventually(lambda: not slices_of(bare, ns, name))


def pod(name: str, labels: dict[str, str]) -> client.V1Pod:
    ports = [client.V1ContainerPort(name="example-name", container_port=3000)]
    container = client.V1Container(name="container1", image="registry.k8s.io/e2e-test-images/nginx:1.15-4", ports=ports)
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name=name, labels=labels), spec=client.V1PodSpec(containers=[container])
    )


def test_should_create_endpoints_and_endpointslices_for_pods_matching_a_service(running: Cluster) -> None:
    with cluster.namespace(running, "endpointslice") as ns:
        core = running.core
        core.create_namespaced_pod(ns, pod("pod1", {"foo": "bar", "one": "1"}))
        core.create_namespaced_pod(ns, pod("pod2", {"foo": "bar", "two": "2"}))
        named = client.V1ServicePort(name="example", port=80, target_port="example-name", protocol="TCP")
        several = [
            client.V1ServicePort(name="example-a", port=80, target_port="example-name", protocol="TCP"),
            client.V1ServicePort(name="example-b", port=81, target_port=8080, protocol="TCP"),
        ]
        number = client.V1ServicePort(name="example", port=80, target_port=3000, protocol="TCP")
        core.create_namespaced_service(ns, service("example-int-port", {"foo": "bar", "one": "1"}, number))
        core.create_namespaced_service(ns, service("example-named-port", {"foo": "bar"}, named))
        core.create_namespaced_service(ns, service("example-no-match", {"foo": "no-match"}, *several))
        cluster.eventually(lambda: all(one.status.pod_ip for one in core.list_namespaced_pod(ns).items))
        ips = {one.metadata.name: one.status.pod_ip for one in core.list_namespaced_pod(ns).items}
        for name, wanted in (("example-int-port", {ips["pod1"]}), ("example-named-port", {*ips.values()})):
            cluster.eventually(lambda name=name, wanted=wanted: ready_in(running, ns, name) == wanted)  # type: ignore[misc]
            (subset,) = core.read_namespaced_endpoints(name, ns).subsets
            assert {address.ip for address in subset.addresses} == wanted
            assert [(port.name, port.port) for port in subset.ports] == [("example", 3000)]
            for found in slices_of(running, ns, name):
                assert [(port.name, port.port) for port in found.ports] == [("example", 3000)]
                for endpoint in found.endpoints:
                    assert ips[endpoint.target_ref.name] == endpoint.addresses[0]
        cluster.eventually(lambda: len(slices_of(running, ns, "example-no-match")) == 1)
        assert not slices_of(running, ns, "example-no-match")[0].endpoints
        assert not core.read_namespaced_endpoints("example-no-match", ns).subsets


def ready_in(found: Cluster, ns: str, name: str) -> set[str]:
    return {
        ip
        for one in slices_of(found, ns, name)
        for end in one.endpoints or ()
        if end.conditions.ready
        for ip in end.addresses
    }
