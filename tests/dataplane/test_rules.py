"""Chains have the names that kube-proxy gives them, and probabilities its digits."""

from __future__ import annotations

import pytest

from app.dataplane import proxy, rules
from app.dataplane.packet import Protocol


def port_of(namespace: str, name: str, port_name: str = "", protocol: str = "TCP") -> proxy.ServicePort:
    spec = {"clusterIP": "10.96.0.9", "ports": [{"name": port_name, "port": 80, "protocol": protocol}]}
    service = {"kind": "Service", "metadata": {"namespace": namespace, "name": name}, "spec": spec}
    return proxy.service_ports(service)[0]


def endpoint(ip: str, port: int) -> proxy.Endpoint:
    return proxy.Endpoint(ip, port, True, True, False, "node-1", ("", ""), "x")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (rules.chain("SVC", port_of("ns1", "svc1", "p80")), "KUBE-SVC-XPGD46QRK7WJZT7O"),
        (rules.chain("SEP", port_of("ns1", "svc1", "p80"), endpoint("10.180.0.1", 80)), "KUBE-SEP-SXIVWICOYRO3J4NJ"),
        (rules.chain("SVC", port_of("default", "kubernetes", "https")), "KUBE-SVC-NPX46M4PTMTKRN6Y"),
        (rules.chain("EXT", port_of("default", "web")), "KUBE-EXT-LOLE4ISW44XBNF3G"),
        (rules.nft_base(port_of("ns1", "svc1", "p80")), "ULMVA6XW-ns1/svc1/tcp/p80"),
        (
            rules.nft_endpoint(port_of("ns1", "svc1", "p80"), endpoint("10.180.0.1", 80)),
            "5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80",
        ),
        (rules.nft_base(port_of("default", "web3", "http")), "44ZSXEYG-default/web3/tcp/http"),
        (rules.nft_base(port_of("default", "npc")), "H7AUSBVJ-default/npc/tcp/"),
        (rules.probability(3), "0.33333333349"),
        (rules.probability(2), "0.50000000000"),
    ],
)
def test_names_are_those_of_upstream(made: str, expected: str) -> None:
    assert made == expected


ENDPOINTS = {
    "ready here": proxy.Endpoint("10.0.0.1", 80, True, True, False, "a", ("", ""), "x"),
    "ready there": proxy.Endpoint("10.0.0.2", 80, True, True, False, "b", ("", ""), "x"),
    "serving terminating here": proxy.Endpoint("10.0.0.3", 80, False, True, True, "a", ("", ""), "x"),
    "serving terminating there": proxy.Endpoint("10.0.0.4", 80, False, True, True, "b", ("", ""), "x"),
    "not ready": proxy.Endpoint("10.0.0.5", 80, False, False, False, "a", ("", ""), "x"),
    "terminating": proxy.Endpoint("10.0.0.6", 80, False, False, True, "a", ("", ""), "x"),
}

CLUSTER, LOCAL = {"internal_local": False}, {"internal_local": True}
CHOICES = [
    (["ready here", "ready there", "not ready"], CLUSTER, ["ready here", "ready there"], [], True),
    (["serving terminating here", "ready there"], CLUSTER, ["ready there"], [], True),
    (
        ["serving terminating here", "serving terminating there"],
        CLUSTER,
        ["serving terminating here", "serving terminating there"],
        [],
        True,
    ),
    (["not ready", "terminating"], CLUSTER, [], [], False),
    (["ready here", "ready there"], LOCAL, [], ["ready here"], True),
    (["serving terminating here", "ready there"], LOCAL, [], ["serving terminating here"], True),
    (["ready there"], LOCAL, [], [], True),
    (["serving terminating there"], LOCAL, [], [], True),
    ([], LOCAL, [], [], False),
]


@pytest.mark.parametrize(("present", "how", "cluster", "local", "has"), CHOICES)
def test_endpoints_are_categorized_as_upstream_does(
    present: list[str], how: dict[str, bool], cluster: list[str], local: list[str], has: bool
) -> None:
    spec = {
        "clusterIP": "10.96.0.9",
        "ports": [{"port": 80}],
        "internalTrafficPolicy": "Local" if how["internal_local"] else "Cluster",
    }
    port = proxy.service_ports({"metadata": {"namespace": "d", "name": "s"}, "spec": spec})[0]
    found = proxy.categorize_endpoints([ENDPOINTS[name] for name in present], port, "a", {})
    assert list(found.cluster) == [ENDPOINTS[name] for name in cluster]
    assert list(found.local) == [ENDPOINTS[name] for name in local]
    assert found.has_endpoints is has


def hinted(ip: str, zones: tuple[str, ...], nodes: tuple[str, ...] = ()) -> proxy.Endpoint:
    return proxy.Endpoint(ip, 80, True, True, False, "n", ("", ""), "x", zones, nodes)


@pytest.mark.parametrize(
    ("endpoints", "labels", "expected"),
    [
        ([hinted("1", ("z1",)), hinted("2", ("z2",))], {proxy.ZONE_LABEL: "z1"}, ["1"]),
        ([hinted("1", ("z1",)), hinted("2", ())], {proxy.ZONE_LABEL: "z1"}, ["1", "2"]),
        ([hinted("1", ("z1",)), hinted("2", ("z2",))], {}, ["1", "2"]),
        ([hinted("1", ("z1",)), hinted("2", ("z2",))], {proxy.ZONE_LABEL: "z3"}, ["1", "2"]),
        ([hinted("1", ("z1",), ("a",)), hinted("2", ("z1",), ("b",))], {proxy.ZONE_LABEL: "z1"}, ["1"]),
        ([hinted("1", ("z1",), ("c",)), hinted("2", ("z1",), ("b",))], {proxy.ZONE_LABEL: "z1"}, ["1", "2"]),
    ],
)
def test_hints_count_only_when_all_have_them_and_one_is_for_here(
    endpoints: list[proxy.Endpoint], labels: dict[str, str], expected: list[str]
) -> None:
    found, _ = proxy.allowed_by_topology(endpoints, "a", labels)
    assert [each.ip for each in found] == expected


def test_headless_and_external_name_services_have_no_rules() -> None:
    assert proxy.service_ports({"metadata": {}, "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}) == ()
    assert proxy.service_ports({"metadata": {}, "spec": {"type": "ExternalName", "externalName": "x.y"}}) == ()
    assert proxy.service_ports(None) == ()


def test_a_protocol_left_out_is_tcp() -> None:
    assert port_of("d", "s").protocol is Protocol.TCP
