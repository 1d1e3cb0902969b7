"""ServiceCIDR and IPAddress as the API serves them (test/e2e/network/service_cidrs.go, release 1.36)."""

from typing import Any

from kubernetes import client

from tests.conformance_specs import cluster
from tests.conformance_specs.cluster import Cluster, Watching


def is_ready(found: Any) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in found.status.conditions or ())


def service_cidr(name: str, text: str, mark: dict[str, str]) -> client.V1ServiceCIDR:
    return client.V1ServiceCIDR(
        metadata=client.V1ObjectMeta(name=name, labels=mark), spec=client.V1ServiceCIDRSpec(cidrs=[text])
    )


def test_service_cidrs_should_support_servicecidr_api_operations(bare: Cluster, ns: str) -> None:
    api, selector = bare.networking, f"special-label={ns}"
    bare.finds_in_discovery("networking.k8s.io", "servicecidrs", "servicecidrs/status")
    default = api.read_service_cidr("kubernetes")
    assert default.spec.cidrs == ["10.96.0.0/12"]
    assert is_ready(default)
    watching = Watching(api.list_service_cidr, label_selector=selector)
    mark = {"special-label": ns}
    api.create_service_cidr(service_cidr("svc-cidr-1", "10.1.0.0/24", mark))
    api.create_service_cidr(service_cidr("svc-cidr-2", "10.2.0.0/24", mark))
    cluster.eventually(lambda: all(is_ready(api.read_service_cidr(name)) for name in ("svc-cidr-1", "svc-cidr-2")))
    assert len(api.list_service_cidr(label_selector=selector).items) == 2
    patched = api.patch_service_cidr("svc-cidr-1", {"metadata": {"annotations": {"patched": "true"}}})
    assert patched.metadata.annotations["patched"] == "true"
    watching.until("MODIFIED", lambda one: (one.metadata.annotations or {}).get("patched") == "true")
    patched.metadata.labels["test-service-cidr"] = "updated"
    assert api.replace_service_cidr("svc-cidr-1", patched).metadata.labels["test-service-cidr"] == "updated"
    watching.until("MODIFIED", lambda one: one.metadata.labels.get("test-service-cidr") == "updated")
    condition = {"type": "PatchStatus", "status": "True", "reason": "E2E", "message": "Set by an e2e test"}
    condition["lastTransitionTime"] = "2026-11-25T10:00:00Z"
    told = api.patch_service_cidr_status("svc-cidr-1", {"status": {"conditions": [condition]}})
    assert "PatchStatus" in [one.type for one in told.status.conditions]
    told = api.read_service_cidr_status("svc-cidr-1")
    told.status.conditions[-1].message = "Updated by an e2e test"
    told = api.replace_service_cidr_status("svc-cidr-1", told)
    assert "Updated by an e2e test" in [one.message for one in told.status.conditions]
    api.delete_service_cidr("svc-cidr-1")
    cluster.eventually(lambda: len(api.list_service_cidr(label_selector=selector).items) == 1)
    watching.until("DELETED", lambda one: one.metadata.name == "svc-cidr-1")
    watching.end()
    api.delete_collection_service_cidr(label_selector=selector)
    cluster.eventually(lambda: not api.list_service_cidr(label_selector=selector).items)


def test_service_cidrs_should_support_ipaddress_api_operations(bare: Cluster, ns: str) -> None:
    api, selector = bare.networking, f"special-label={ns}"
    bare.finds_in_discovery("networking.k8s.io", "ipaddresses")
    own = api.read_ip_address("10.96.0.1")
    parent = own.spec.parent_ref
    assert (parent.resource, parent.namespace, parent.name) == ("services", "default", "kubernetes")
    watching = Watching(api.list_ip_address, label_selector=selector)
    for name in ("192.168.10.1", "2001:db8::1"):
        meta = client.V1ObjectMeta(name=name, labels={"special-label": ns})
        reference = client.V1ParentReference(group="", resource="services", name="test", namespace=ns)
        api.create_ip_address(client.V1IPAddress(metadata=meta, spec=client.V1IPAddressSpec(parent_ref=reference)))
    assert api.read_ip_address("2001:db8::1").spec.parent_ref.name == "test"
    assert len(api.list_ip_address(label_selector=selector).items) == 2
    watching.until("ADDED", lambda one: one.metadata.name == "192.168.10.1")
    patched = api.patch_ip_address("192.168.10.1", {"metadata": {"annotations": {"patched": "true"}}})
    assert patched.metadata.annotations["patched"] == "true"
    watching.until("MODIFIED", lambda one: (one.metadata.annotations or {}).get("patched") == "true")
    patched.metadata.labels["test-ip-address"] = "updated"
    assert api.replace_ip_address("192.168.10.1", patched).metadata.labels["test-ip-address"] == "updated"
    watching.until("MODIFIED", lambda one: one.metadata.labels.get("test-ip-address") == "updated")
    api.delete_ip_address("192.168.10.1")
    watching.until("DELETED")
    watching.end()
    assert [one.metadata.name for one in api.list_ip_address(label_selector=selector).items] == ["2001:db8::1"]
    api.delete_collection_ip_address(label_selector=selector)
    assert api.list_ip_address(label_selector=selector).items == []
