"""NetworkPolicy as the API serves it (test/e2e/network/netpol/network_policy_api.go, release 1.36)."""

from typing import Any

from kubernetes import client

from tests.conformance_specs.cluster import Cluster, Watching


def policy(mark: dict[str, str], ports: list[client.V1NetworkPolicyPort] | None = None) -> client.V1NetworkPolicy:
    rule = client.V1NetworkPolicyIngressRule(
        _from=[client.V1NetworkPolicyPeer(pod_selector=client.V1LabelSelector(match_labels={"pod-name": "test-pod"}))],
        ports=ports,
    )
    return client.V1NetworkPolicy(
        metadata=client.V1ObjectMeta(generate_name="e2e-example-netpol", labels=mark),
        spec=client.V1NetworkPolicySpec(pod_selector=client.V1LabelSelector(), ingress=[rule]),
    )


def lives(bare: Cluster, ns: str, made: list[Any]) -> None:
    api, selector = bare.networking, f"special-label={ns}"
    name = made[0].metadata.name
    assert made[0].spec.policy_types == ["Ingress"]
    assert api.read_namespaced_network_policy(name, ns).metadata.uid == made[0].metadata.uid
    assert len(api.list_namespaced_network_policy(ns, label_selector=selector).items) == 3
    assert len(api.list_network_policy_for_all_namespaces(label_selector=selector).items) == 3
    watching = Watching(api.list_namespaced_network_policy, ns, label_selector=selector)
    patched = api.patch_namespaced_network_policy(name, ns, {"metadata": {"annotations": {"patched": "true"}}})
    patched.metadata.annotations["updated"] = "true"
    assert api.replace_namespaced_network_policy(name, ns, patched).metadata.annotations["updated"] == "true"
    watching.until("MODIFIED", lambda one: (one.metadata.annotations or {}).get("patched") == "true")
    watching.until("MODIFIED", lambda one: (one.metadata.annotations or {}).get("updated") == "true")
    api.delete_namespaced_network_policy(name, ns)
    watching.until("DELETED", lambda one: one.metadata.name == name)
    watching.end()
    assert len(api.list_namespaced_network_policy(ns, label_selector=selector).items) == 2
    api.delete_collection_namespaced_network_policy(ns, label_selector=selector)
    assert api.list_namespaced_network_policy(ns, label_selector=selector).items == []


def test_netpol_api_should_support_creating_networkpolicy_api_operations(bare: Cluster, ns: str) -> None:
    bare.finds_in_discovery("networking.k8s.io", "networkpolicies")
    body = policy({"special-label": ns})
    lives(bare, ns, [bare.networking.create_namespaced_network_policy(ns, body) for _ in range(3)])


def test_netpol_api_should_support_creating_networkpolicy_with_endport_field(bare: Cluster, ns: str) -> None:
    body = policy({"special-label": ns}, [client.V1NetworkPolicyPort(port=8080, end_port=8090)])
    made = [bare.networking.create_namespaced_network_policy(ns, body) for _ in range(3)]
    (port,) = made[0].spec.ingress[0].ports
    assert (port.protocol, port.port, port.end_port) == ("TCP", 8080, 8090)
    lives(bare, ns, made)
