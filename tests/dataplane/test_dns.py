"""Cluster DNS answers as CoreDNS does, and clients try names as glibc does."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster.state import ClusterState
from app.dataplane import dns, requests, resolver
from app.dataplane.flow import Client
from app.dataplane.world import Chance, World
from app.machinery import objects
from tests.dataplane import clusters

ZONE = {
    "pods": [
        {"name": "web-1", "node": "node-1", "ip": "10.244.1.5", "labels": {"app": "web"}},
        {
            "name": "web-2",
            "node": "node-2",
            "ip": "10.244.2.7",
            "labels": {"app": "web"},
            "spec": {"hostname": "web-2", "subdomain": "hl"},
        },
        {"name": "web-3", "node": "node-2", "ip": "10.244.2.8", "labels": {"app": "web"}, "ready": False},
    ],
    "services": [
        {
            "name": "web",
            "clusterIP": "10.99.34.96",
            "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        },
        {
            "name": "hl",
            "clusterIP": "None",
            "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        },
        {"name": "ext", "type": "ExternalName", "externalName": "example.com"},
        {"name": "empty", "clusterIP": "10.100.214.254", "selector": {"app": "none"}, "ports": [{"port": 80}]},
    ],
}

ANSWERS = [
    ("web.default.svc.cluster.local", "A", "NOERROR", {"10.99.34.96"}),
    ("web.default.svc.cluster.local", "AAAA", "NOERROR", set()),
    ("_http._tcp.web.default.svc.cluster.local", "SRV", "NOERROR", {"0 100 80 web.default.svc.cluster.local."}),
    ("_https._tcp.web.default.svc.cluster.local", "SRV", "NXDOMAIN", set()),
    ("_http._udp.web.default.svc.cluster.local", "SRV", "NXDOMAIN", set()),
    ("96.34.99.10.in-addr.arpa", "PTR", "NOERROR", {"web.default.svc.cluster.local."}),
    ("empty.default.svc.cluster.local", "A", "NOERROR", {"10.100.214.254"}),
    ("hl.default.svc.cluster.local", "A", "NOERROR", {"10.244.1.5", "10.244.2.7"}),
    ("web-2.hl.default.svc.cluster.local", "A", "NOERROR", {"10.244.2.7"}),
    ("10-244-2-7.hl.default.svc.cluster.local", "A", "NXDOMAIN", set()),
    ("10-244-1-5.hl.default.svc.cluster.local", "A", "NOERROR", {"10.244.1.5"}),
    ("web-1.hl.default.svc.cluster.local", "A", "NXDOMAIN", set()),
    (
        "_http._tcp.hl.default.svc.cluster.local",
        "SRV",
        "NOERROR",
        {
            "0 50 8080 10-244-1-5.hl.default.svc.cluster.local.",
            "0 50 8080 web-2.hl.default.svc.cluster.local.",
        },
    ),
    (
        "7.2.244.10.in-addr.arpa",
        "PTR",
        "NOERROR",
        {"web-2.hl.default.svc.cluster.local.", "10-244-2-7.web.default.svc.cluster.local."},
    ),
    ("ext.default.svc.cluster.local", "A", "NOERROR", {"example.com."}),
    ("ext.default.svc.cluster.local", "CNAME", "NOERROR", {"example.com."}),
    ("ext.default.svc.cluster.local", "SRV", "NOERROR", set()),
    ("10-244-9-9.default.pod.cluster.local", "A", "NOERROR", {"10.244.9.9"}),
    ("nonsense.default.pod.cluster.local", "A", "NXDOMAIN", set()),
    ("nosuch.default.svc.cluster.local", "A", "NXDOMAIN", set()),
    ("default.svc.cluster.local", "A", "NOERROR", set()),
    ("svc.cluster.local", "A", "NOERROR", set()),
    ("cluster.local", "A", "NOERROR", set()),
    ("web.nosuchns.svc.cluster.local", "A", "NXDOMAIN", set()),
    ("web.cluster.local", "A", "NXDOMAIN", set()),
    ("a.b.web.default.svc.cluster.local", "A", "NXDOMAIN", set()),
    ("WEB.Default.svc.cluster.local", "A", "NOERROR", {"10.99.34.96"}),
    ("web.default.svc.cluster.local", "MX", "NOERROR", set()),
    ("dns-version.cluster.local", "TXT", "NOERROR", {'"1.1.0"'}),
    ("ns.dns.cluster.local", "A", "NOERROR", {"10.96.0.10"}),
    ("10-244-1-5.web.default.svc.cluster.local", "A", "NOERROR", {"10.244.1.5"}),
]


def world_of(cluster: ClusterState) -> World:
    return World(cluster, Chance(clusters.env()))


@pytest.mark.parametrize(("name", "kind", "rcode", "values"), ANSWERS, ids=[f"{row[0]} {row[1]}" for row in ANSWERS])
def test_a_question_gets_the_answer_of_coredns(name: str, kind: str, rcode: str, values: set[str]) -> None:
    answer = dns.answer(world_of(clusters.build(ZONE)), name, kind)
    assert answer is not None
    assert (answer.rcode, {record.value for record in answer.records}) == (rcode, values)
    assert all(record.ttl == 30 for record in answer.records)


def test_addresses_of_nobody_and_names_of_others_are_asked_outside() -> None:
    world = world_of(clusters.build(ZONE))
    assert dns.answer(world, "8.8.8.8.in-addr.arpa", "PTR") is None
    assert dns.answer(world, "example.com", "A") is None


def test_unready_pods_are_published_when_the_service_says_so() -> None:
    described: dict[str, Any] = {**ZONE, "services": [{**ZONE["services"][1], "publishNotReadyAddresses": True}]}
    answer = dns.answer(world_of(clusters.build(described)), "hl.default.svc.cluster.local", "A")
    assert answer is not None
    assert len(answer.records) == 3


TRIED = [
    ("web", 1, 4),
    ("web.default", 2, 4),
    ("web.default.svc", 3, 4),
    ("web.default.svc.cluster.local", 4, 4),
    ("web.default.svc.cluster.local.", 1, 1),
    ("www.example.com", 4, 4),
    ("a.b.c.d.e.example.com", 1, 4),
]


@pytest.mark.parametrize(("name", "found_at", "at_most"), TRIED, ids=[row[0] for row in TRIED])
def test_names_are_tried_by_the_search_list_and_ndots(name: str, found_at: int, at_most: int) -> None:
    cluster = clusters.build(ZONE)
    body = {"from": {"pod": "default/client"}, "to": f"dns://{name}"}
    answer = requests.to_json(requests.run(cluster, requests.parse(body), clusters.env()), body)
    assert len(answer["results"][0]["dns_trace"]["queries"]) == found_at
    assert answer["results"][0]["answers"]
    config = resolver.config_of(world_of(cluster), Client("pod", "default", "client", "node-1", "10.244.1.100"))
    assert len(resolver.candidates(name, config)) == at_most


POLICIES = [
    ({}, True, ("default.svc.cluster.local", "svc.cluster.local", "cluster.local"), 5, "10.96.0.10"),
    ({"dnsPolicy": "Default"}, False, (), 1, ""),
    ({"hostNetwork": True}, False, (), 1, ""),
    (
        {"hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet"},
        True,
        ("default.svc.cluster.local", "svc.cluster.local", "cluster.local"),
        5,
        "10.96.0.10",
    ),
    (
        {
            "dnsPolicy": "None",
            "dnsConfig": {
                "nameservers": ["10.96.0.10"],
                "searches": ["prod.svc.cluster.local"],
                "options": [{"name": "ndots", "value": "2"}],
            },
        },
        True,
        ("prod.svc.cluster.local",),
        2,
        "10.96.0.10",
    ),
    ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["1.1.1.1"]}}, False, (), 1, "1.1.1.1"),
]


@pytest.mark.parametrize(("spec", "asks", "search", "ndots", "server"), POLICIES)
def test_the_resolver_follows_the_pods_dns_policy(
    spec: dict[str, Any], asks: bool, search: tuple[str, ...], ndots: int, server: str
) -> None:
    cluster = clusters.build({"pods": [{"name": "p", "spec": spec}]})
    world = world_of(cluster)
    pod = world.pod("default", "p")
    assert pod is not None
    config = resolver.pod_config(world, pod)
    assert (config.asks_cluster, config.search, config.ndots, config.nameserver) == (asks, search, ndots, server)


def test_a_pod_knows_itself_and_its_host_aliases_without_dns() -> None:
    aliases = [{"ip": "10.1.2.3", "hostnames": ["db.old"]}]
    spec = {"hostname": "h", "subdomain": "hl", "hostAliases": aliases}
    cluster = clusters.build({"pods": [{"name": "p", "spec": spec}]})
    world = world_of(cluster)
    pod = world.pod("default", "p")
    assert pod is not None
    address = objects.status_of(pod)["podIP"]
    client = Client("pod", "default", "p", "node-1", address)
    known = {
        name: resolver.hosts_file(world, client, name)
        for name in ("h", "h.hl.default.svc.cluster.local", "db.old", "p")
    }
    assert known == {"h": address, "h.hl.default.svc.cluster.local": address, "db.old": "10.1.2.3", "p": ""}


def test_another_cluster_domain_is_another_zone() -> None:
    world = world_of(clusters.build({**ZONE, "settings": {"clusterDomain": "corp.example"}}))
    answer = dns.answer(world, "web.default.svc.corp.example", "A")
    assert answer is not None
    assert answer.records
    assert dns.answer(world, "web.default.svc.cluster.local", "A") is None


def test_a_pointer_can_be_asked_by_the_address_itself() -> None:
    body = {"from": {"pod": "default/client"}, "to": "dns://10.99.34.96?type=PTR"}
    answer = requests.to_json(requests.run(clusters.build(ZONE), requests.parse(body), clusters.env()), body)
    assert [record["data"] for record in answer["results"][0]["answers"]] == ["web.default.svc.cluster.local."]
