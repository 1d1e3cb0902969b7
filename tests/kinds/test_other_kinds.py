"""Namespaces, nodes, endpoints, slices, config maps and the kinds that are only stored."""

from __future__ import annotations

from typing import Any

import pytest

from app.kinds import endpoints, namespace, node


def obj(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **fields}


def test_a_namespace_begins_active_with_its_finalizer_and_label(cluster: Any) -> None:
    stored = cluster.create(obj("v1", "Namespace"))
    assert stored["spec"] == {"finalizers": ["kubernetes"]}
    assert stored["status"] == {"phase": "Active"}
    assert stored["metadata"]["labels"] == {"kubernetes.io/metadata.name": "x"}


def test_a_namespaces_label_comes_back(cluster: Any) -> None:
    stored = cluster.create(obj("v1", "Namespace"))
    edited = {**stored, "metadata": {"name": "x", "labels": {"team": "a"}}, "spec": {}}
    after = cluster.replace(edited)
    assert after["metadata"]["labels"] == {"team": "a", "kubernetes.io/metadata.name": "x"}
    assert after["spec"] == {"finalizers": ["kubernetes"]}


@pytest.mark.parametrize("name", ["default", "kube-system", "kube-public"])
def test_some_namespaces_are_never_deleted(name: str) -> None:
    assert namespace.refuse_delete(name) == "this namespace may not be deleted"
    assert namespace.refuse_delete("shop") == ""


@pytest.mark.parametrize(
    ("index", "address", "pods"),
    [(1, "10.0.0.11", "10.244.1.0/24"), (2, "10.0.0.12", "10.244.2.0/24"), (300, "10.0.1.54", "10.245.44.0/24")],
)
def test_own_nodes_have_their_own_addresses(index: int, address: str, pods: str) -> None:
    made = node.make_node(index)
    assert made["status"]["addresses"][0] == {"type": "InternalIP", "address": address}
    assert made["spec"] == {"podCIDR": pods, "podCIDRs": [pods]}
    assert made["metadata"]["annotations"] == {"podlane.dev/kubelet": "simulated", "podlane.dev/kube-proxy": "iptables"}
    assert made["status"]["allocatable"]["pods"] == "110"


def test_a_node_without_a_machine_is_not_ready(cluster: Any) -> None:
    stored = cluster.create(obj("v1", "Node"))
    assert stored["spec"]["taints"] == [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]


def test_a_node_with_a_simulated_kubelet_registers_itself(cluster: Any) -> None:
    cluster.create(node.make_node(1))
    asked = obj("v1", "Node")
    asked["metadata"]["annotations"] = {"podlane.dev/kubelet": "simulated"}
    stored = cluster.create(asked)
    assert stored["status"]["addresses"][0]["address"] == "10.0.0.12"
    assert stored["spec"]["podCIDR"] == "10.244.2.0/24"
    assert "taints" not in stored["spec"]
    assert stored["metadata"]["labels"]["kubernetes.io/hostname"] == "x"


def test_a_pod_range_is_given_once(cluster: Any) -> None:
    cluster.create(node.make_node(1))
    edited = node.make_node(1)
    edited["spec"] = {"podCIDR": "10.9.0.0/24", "podCIDRs": ["10.9.0.0/24"]}
    assert cluster.update_faults(edited) == [
        'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'
    ]


def slice_of(endpoints_: list[Any], ports: Any = None) -> dict[str, Any]:
    return obj("discovery.k8s.io/v1", "EndpointSlice", addressType="IPv4", endpoints=endpoints_, ports=ports)


@pytest.mark.parametrize(
    ("asked", "sentences"),
    [
        (
            slice_of([{"addresses": ["fd00::1"]}]),
            ['endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address'],
        ),
        (
            slice_of([{"addresses": ["10.0.0.1"]}, {"addresses": ["127.0.0.1"]}]),
            [
                'endpoints[1].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, '
                "::1/128)"
            ],
        ),
        (slice_of([{"addresses": []}]), ["endpoints[0].addresses: Required value: must contain at least 1 address"]),
        (slice_of([], [{"port": 1}, {"port": 2}]), ['ports[1].name: Duplicate value: ""']),
        (slice_of([{"addresses": ["10.0.0.1"]}], [{"name": "http", "port": 80}]), []),
        (obj("discovery.k8s.io/v1", "EndpointSlice"), ["addressType: Required value"]),
        (
            slice_of([{"addresses": [f"10.0.{i // 250}.{i % 250 + 1}"]} for i in range(1001)]),
            ["endpoints: Too many: 1001: must have at most 1000 items"],
        ),
        (
            slice_of([{"addresses": [f"10.0.1.{i + 1}" for i in range(101)]}]),
            ["endpoints[0].addresses: Too many: 101: must have at most 100 items"],
        ),
        (
            slice_of([{"addresses": ["10.0.0.1"], "hints": {"forZones": [{"name": str(i)} for i in range(9)]}}]),
            ["endpoints[0].hints.forZones: Too many: 9: must have at most 8 items"],
        ),
        (
            slice_of([{"addresses": ["10.0.0.1"], "hints": {"forNodes": [{"name": "n1"}, {"name": "n1"}]}}]),
            ['endpoints[0].hints.forNodes[1].name: Duplicate value: "n1"'],
        ),
        (
            slice_of([{"addresses": ["10.0.0.1"]}], [{"name": "a", "port": 80, "protocol": "tcp"}]),
            ['ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"'],
        ),
        (
            slice_of([{"addresses": ["0.0.0.0"]}, {"addresses": ["224.0.0.1"]}]),
            [
                'endpoints[0].addresses[0]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
                'endpoints[1].addresses[0]: Invalid value: "224.0.0.1": may not be in the link-local multicast range '
                "(224.0.0.0/24, ff02::/10)",
            ],
        ),
    ],
)
def test_slices_are_checked_in_the_servers_words(cluster: Any, asked: dict[str, Any], sentences: list[str]) -> None:
    assert cluster.faults(asked) == sentences


def test_a_slices_address_type_never_changes(cluster: Any) -> None:
    cluster.create(slice_of([]))
    assert cluster.update_faults({**slice_of([]), "addressType": "IPv6"}) == [
        'addressType: Invalid value: "IPv6": field is immutable'
    ]


def test_endpoints_are_deprecated_and_checked(cluster: Any) -> None:
    subset = {"addresses": [{"ip": "169.254.1.1"}], "ports": [{"port": 80}]}
    assert cluster.faults(obj("v1", "Endpoints", subsets=[subset])) == [
        'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, '
        "fe80::/10)"
    ]
    good = {"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}
    stored = cluster.create(obj("v1", "Endpoints", subsets=[good]))
    assert stored["subsets"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]
    assert cluster.warnings == [endpoints.DEPRECATED]


def test_an_immutable_config_map_stays(cluster: Any) -> None:
    cluster.create(obj("v1", "ConfigMap", data={"a": "1"}, immutable=True))
    assert cluster.update_faults(obj("v1", "ConfigMap", data={"a": "2"}, immutable=True)) == [
        "data: Forbidden: field is immutable when `immutable` is set"
    ]


def test_a_secrets_text_is_encoded(cluster: Any) -> None:
    stored = cluster.create(obj("v1", "Secret", stringData={"user": "anna"}))
    assert stored["data"] == {"user": "YW5uYQ=="}
    assert stored["type"] == "Opaque"
    assert "stringData" not in stored
