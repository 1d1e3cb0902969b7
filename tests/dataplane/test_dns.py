"""Cluster DNS answers as CoreDNS does, and clients try names as glibc does."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from app.cluster.state import ClusterState
from app.dataplane import dns, requests, resolver
from app.dataplane.flow import Client
from app.dataplane.world import Chance, World
from app.kinds import resolvconf
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
    ("cluster.local", "NS", "NOERROR", {"ns.dns.cluster.local."}),
    ("_http._tcp.web.default.svc.cluster.local", "A", "NOERROR", {"10.99.34.96"}),
    ("x.ext.default.svc.cluster.local", "A", "NXDOMAIN", set()),
    ("fd00--5.default.pod.cluster.local", "AAAA", "NOERROR", {"fd00::5"}),
    ("fd00--5.default.pod.cluster.local", "A", "NOERROR", set()),
    ("10-244-9-9.nosuchns.pod.cluster.local", "A", "NXDOMAIN", set()),
    ("default.pod.cluster.local", "A", "NOERROR", set()),
    ("pod.cluster.local", "A", "NOERROR", set()),
    ("hl.default.svc.cluster.local", "AAAA", "NOERROR", set()),
    ("hl.default.svc.cluster.local", "MX", "NOERROR", set()),
    ("web-2.hl.default.svc.cluster.local", "AAAA", "NOERROR", set()),
    ("_http.web.default.svc.cluster.local", "SRV", "NXDOMAIN", set()),
    ("10-244-1-5.web.default.svc.cluster.local", "A", "NOERROR", {"10.244.1.5"}),
]


def world_of(cluster: ClusterState) -> World:
    return World(cluster, Chance(clusters.env()))


@pytest.mark.parametrize(("name", "kind", "rcode", "values"), ANSWERS, ids=[f"{row[0]} {row[1]}" for row in ANSWERS])
def test_a_question_gets_the_answer_of_coredns(name: str, kind: str, rcode: str, values: set[str]) -> None:
    answer = dns.answer(world_of(clusters.build(ZONE)), name, kind)
    assert answer is not None
    assert (answer.rcode, {record.value for record in answer.records}) == (rcode, values)
    assert all(record.ttl == (28800 if kind == "TXT" else 30) for record in answer.records)


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


DUAL = {
    **ZONE,
    "services": [
        {"name": "two", "clusterIP": "10.96.5.5", "clusterIPs": ["10.96.5.5", "fd00:96::5"], "ports": [{"port": 80}]},
        {"name": "six", "clusterIP": "None", "ports": [{"port": 80}]},
    ],
    "slices": [
        {
            "metadata": {"name": "six-a", "labels": {"kubernetes.io/service-name": "six"}},
            "addressType": "IPv6",
            "ports": [{"name": "", "port": 80}],
            "endpoints": [{"addresses": ["fd00::7"]}, {"addresses": ["fd00:1::"]}],
        }
    ],
}


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("two", "A", {"10.96.5.5"}),
        ("two", "AAAA", {"fd00:96::5"}),
        ("six", "A", set()),
        ("six", "AAAA", {"fd00::7", "fd00:1::"}),
        ("fd00--7.six", "AAAA", {"fd00::7"}),
        ("fd00-1--0.six", "AAAA", {"fd00:1::"}),
    ],
)
def test_each_family_has_its_own_records(name: str, kind: str, values: set[str]) -> None:
    answer = dns.answer(world_of(clusters.build(DUAL)), f"{name}.default.svc.cluster.local", kind)
    assert answer is not None
    assert (answer.rcode, {record.value for record in answer.records}) == ("NOERROR", values)


def test_an_ipv6_address_leads_back_to_its_names() -> None:
    world = world_of(clusters.build(DUAL))
    for address, names in (
        ("fd00::7", {"fd00--7.six.default.svc.cluster.local."}),
        ("fd00:96::5", {"two.default.svc.cluster.local."}),
    ):
        answer = dns.answer(world, ipaddress.ip_address(address).reverse_pointer, "PTR")
        assert answer is not None
        assert {record.value for record in answer.records} == names
    assert dns.answer(world, ipaddress.ip_address("fd00::99").reverse_pointer, "PTR") is None
    assert dns.answer(world, "7.0.ip6.arpa", "PTR") is None


def test_the_zones_soa_says_how_long_a_no_may_be_kept() -> None:
    answer = dns.answer(world_of(clusters.build(ZONE)), "cluster.local", "SOA")
    assert answer is not None
    words = answer.records[0].value.split()
    assert words[:2] == ["ns.dns.cluster.local.", "hostmaster.cluster.local."]
    assert words[3:] == ["7200", "1800", "86400", "30"]


def ask(cluster: ClusterState, to: str, pod: str = "client") -> dict[str, Any]:
    body = {"from": {"pod": f"default/{pod}"}, "to": to}
    answer = requests.to_json(requests.run(cluster, requests.parse(body), clusters.env()), body)
    result: dict[str, Any] = answer["results"][0]
    return result


TRIED_IN_ORDER = [
    ("web", ["web.default.svc.cluster.local"]),
    ("empty.default", ["empty.default.default.svc.cluster.local", "empty.default.svc.cluster.local"]),
    (
        "example.com",
        [
            "example.com.default.svc.cluster.local",
            "example.com.svc.cluster.local",
            "example.com.cluster.local",
            "example.com",
        ],
    ),
    (
        "nosuch",
        ["nosuch.default.svc.cluster.local", "nosuch.svc.cluster.local", "nosuch.cluster.local", "nosuch"],
    ),
]


@pytest.mark.parametrize(("typed", "tried"), TRIED_IN_ORDER, ids=[row[0] for row in TRIED_IN_ORDER])
def test_every_attempt_is_in_the_trace(typed: str, tried: list[str]) -> None:
    trace = ask(clusters.build(ZONE), f"dns://{typed}")["dns_trace"]
    assert [query["name"] for query in trace["queries"]] == tried
    told = " ".join(step["why"] for hop in trace["hops"] for step in hop["steps"])
    assert all(name in told for name in tried[:-1])


def test_the_addresses_of_a_headless_service_come_in_any_order() -> None:
    cluster = clusters.build(ZONE)
    body = {"from": {"pod": "default/client"}, "to": "dns://hl", "count": 40}
    answer = requests.to_json(requests.run(cluster, requests.parse(body), clusters.env()), body)
    orders = {tuple(record["data"] for record in result["answers"]) for result in answer["results"]}
    assert orders == {("10.244.1.5", "10.244.2.7"), ("10.244.2.7", "10.244.1.5")}


MERGED = [
    ({"searches": ["corp.example.", "svc.cluster.local"]}, "searches", 4),
    ({"searches": [f"d{number}.example" for number in range(32)]}, "searches", 32),
    ({"searches": [f"{'x' * 60}.{'y' * 60}.d{number}.example" for number in range(20)]}, "searches", 17),
    ({"nameservers": ["192.0.2.1", "192.0.2.2", "192.0.2.3"]}, "nameservers", 3),
    ({"nameservers": ["10.96.0.10", "192.0.2.1"]}, "nameservers", 2),
    ({"options": [{"name": "ndots", "value": "1"}, {"name": "edns0"}]}, "options", 2),
]


@pytest.mark.parametrize(("own", "line", "count"), MERGED)
def test_dns_config_is_merged_and_cut_to_the_limits(own: dict[str, Any], line: str, count: int) -> None:
    cluster = clusters.build({"pods": [{"name": "p", "spec": {"dnsConfig": own}}]})
    pod = world_of(cluster).pod("default", "p")
    assert pod is not None
    file = resolvconf.resolv_conf(pod, "10.96.0.10", "cluster.local")
    assert len(getattr(file, line)) == count
    assert file.nameservers[0] == "10.96.0.10"
    assert len(" ".join(file.searches)) <= 2048
    asked = 3 + len(own.get("searches", ()))
    assert bool(file.exceeded) is ((line == "searches" and asked > count + 1) or len(own.get("nameservers", ())) == 3)


def test_a_pod_that_wants_its_whole_name_as_hostname_has_it() -> None:
    spec = {"hostname": "h", "subdomain": "hl", "setHostnameAsFQDN": True}
    described = {"pods": [{"name": "p", "spec": spec}, {"name": "q" * 70, "spec": {}}]}
    world = world_of(clusters.build(described))
    pod, long = world.pod("default", "p"), world.pod("default", "q" * 70)
    assert pod is not None
    assert long is not None
    assert resolvconf.hostname(pod, "cluster.local") == "h.hl.default.svc.cluster.local"
    assert resolvconf.hostname(long, "cluster.local") == "q" * 63


LOST = [
    (
        "an address instead of a name",
        {"name": "x", "type": "ExternalName", "externalName": "fd00::1"},
        "ExternalNameIsAddress",
    ),
    (
        "a name below an alias",
        {"name": "x", "type": "ExternalName", "externalName": "example.com"},
        "NoSuchEndpointName",
    ),
]


@pytest.mark.parametrize(("service", "reason"), [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_what_no_alias_can_do_says_why(service: dict[str, Any], reason: str) -> None:
    name = "x" if reason == "ExternalNameIsAddress" else "y.x"
    result = ask(clusters.build({**ZONE, "services": [service]}), f"http://{name}.default.svc.cluster.local.")
    assert (result["outcome"], result["dns_trace"]["reason"]) == ("name_not_found", reason)
