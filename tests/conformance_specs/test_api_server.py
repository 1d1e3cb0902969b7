"""The API server as a Service (test/e2e/network/{service,endpointslice}.go, release 1.36)."""

from tests.conformance_specs.cluster import Cluster


def test_services_should_provide_secure_master_service(bare: Cluster) -> None:
    service = bare.core.read_namespaced_service("kubernetes", "default")
    assert [(port.name, port.port) for port in service.spec.ports] == [("https", 443)]


def test_endpointslice_should_have_endpoints_and_endpointslices_pointing_to_api_server(bare: Cluster) -> None:
    name = bare.core.read_namespaced_service("kubernetes", "default").metadata.name
    endpoints = bare.core.read_namespaced_endpoints(name, "default")
    (subset,) = endpoints.subsets
    slices = bare.discovery.list_namespaced_endpoint_slice(
        "default", label_selector="kubernetes.io/service-name=kubernetes"
    )
    (found,) = slices.items
    assert found.address_type == "IPv4"
    assert [port.port for port in found.ports] == [port.port for port in subset.ports]
    listed = {ip for endpoint in found.endpoints for ip in endpoint.addresses}
    assert listed == {address.ip for address in subset.addresses}
