"""The rules of a whole node come out as the real kube-proxy wrote them, chain names included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from app.cluster.state import ClusterState
from app.dataplane import iptables_save, nft_list
from app.dataplane.world import Chance, NodeProxy, World
from tests.dataplane import clusters
from tests.dataplane.test_recorded import NODES, RECORDED, cluster_of

API_SERVER = "172.18.0.2"


def proxy_of(cluster: ClusterState, node: str) -> NodeProxy:
    return World(cluster, Chance(clusters.env())).proxy(node)


def recorded(name: str) -> str:
    return (clusters.HERE / "recorded" / name).read_text()


def at_the_end(scenario: Mapping[str, Any]) -> set[str]:
    return {*scenario.get("delete", ()), *scenario.get("delete2", ())}


def cases(mode: str) -> Iterator[Any]:
    for name, scenario in RECORDED.items():
        for node in NODES:
            yield pytest.param(scenario, node, f"rules/{name}-{mode}-{node}.txt", id=f"{name} {node}")


# --- iptables ----------------------------------------------------------------------------------


def chains(text: str) -> dict[str, list[str]]:
    """Rules by table and chain; those of a Service's entry chains in any order, as upstream's maps have them."""
    found: dict[str, list[str]] = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line
        elif line.startswith("-A "):
            found.setdefault(f"{table} {line.split(' ', 2)[1]}", []).append(line)
    for chain, rules in found.items():
        if chain.rpartition(" ")[2] in ("KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-EXTERNAL-SERVICES"):
            rules.sort()
    return found


def without_api_server(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Leaves out the recorded network's API server: its address is that of the machine it ran on."""
    own = {chain: [rule for rule in rules if "default/kubernetes" not in rule] for chain, rules in found.items()}
    return {chain: rules for chain, rules in own.items() if rules}


@pytest.mark.parametrize(("scenario", "node", "file"), list(cases("iptables")))
def test_iptables_save_prints_what_was_recorded(scenario: Mapping[str, Any], node: str, file: str) -> None:
    own = proxy_of(cluster_of(scenario, "iptables", at_the_end(scenario)), node)
    assert without_api_server(chains(iptables_save.save(own))) == without_api_server(chains(recorded(file)))


# --- what kube-proxy itself wrote, before the kernel printed it back ----------------------------


def canonical(rule: str) -> tuple[Any, ...]:
    """A rule as a set of its parts: the writer and `iptables-save` order and spell them differently."""
    rule = re.sub(r"--nfacct-name +", "--nfacct-name ", rule)
    rule = rule.replace("--or-mark 0x00004000", "--set-xmark 0x4000/0x4000").replace(
        "--xor-mark 0x00004000", "--set-xmark 0x4000/0x0"
    )
    rule = rule.replace("0x00004000/0x00004000", "0x4000/0x4000").replace(" --reject-with icmp-port-unreachable", "")
    rule = rule.replace(" --mask 255.255.255.255 --rsource", "").replace(
        " ! -d 127.0.0.0/8 -j KUBE-NODEPORTS", " -j KUBE-NODEPORTS"
    )
    rule = re.sub(r"--probability (\d\.\d+)", lambda m: f"--probability {float(m[1]):.8f}", rule)
    rule = re.sub(r"(-[sd] \d+\.\d+\.\d+\.\d+)(?= |$)", r"\1/32", rule)
    words = re.findall(r'"[^"]*"|\S+', rule)
    parts, at = [], 0
    while at < len(words):
        word = words[at]
        negated = word == "!"
        name = words[at + 1] if negated else word
        at += 2 if negated else 1
        values = []
        while at < len(words) and not words[at].startswith("-") and words[at] != "!":
            values.append(words[at].strip('"'))
            at += 1
        parts.append(("!" if negated else "", name, *values))
    return tuple(sorted(part for part in parts if part[1:] not in (("-m", "tcp"), ("-m", "udp"))))


def written_cluster(node: str, *, terminating: bool = False, with_ranges: bool = False) -> ClusterState:
    builder = clusters.Builder()
    builder.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    for name, address, zone in (
        ("node-a", "10.0.0.1", "z1"),
        ("node-b", "10.0.0.2", "z2"),
        ("node-c", "10.0.0.3", "z1"),
    ):
        builder.node(name, address, zone)
    for obj in yaml.safe_load(recorded("kube-proxy/objects.yaml"))["items"]:
        if terminating and obj["kind"] == "EndpointSlice":
            for endpoint in obj["endpoints"] or ():
                if endpoint.get("targetRef"):
                    endpoint["conditions"] = {"ready": False, "serving": True, "terminating": True}
        obj["metadata"].pop("ownerReferences", None)
        builder.add(obj)
        if obj["kind"] == "EndpointSlice":
            builder.by_hand.add(("default", obj["metadata"]["labels"]["kubernetes.io/service-name"]))
    if with_ranges:
        builder.service(
            {
                "name": "lbr",
                "type": "LoadBalancer",
                "clusterIP": "10.96.0.39",
                "load_balancer": "198.51.100.10",
                "selector": {"app": "web", "tier": "fe"},
                "loadBalancerSourceRanges": ["203.0.113.0/24", "192.0.2.0/24"],
                "ports": [{"port": 80, "targetPort": 8080, "nodePort": 30083}],
            }
        )
        condition = {"ready": not terminating, "serving": True, "terminating": terminating}
        builder.slice(
            {
                "metadata": {"name": "lbr-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "lbr"}},
                "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
                "endpoints": [{"addresses": ["10.244.1.5"], "nodeName": "node-a", "conditions": condition}],
            }
        )
    return builder.build()


WRITTEN = [
    ("node-a", "iptables-node-a.txt", {}),
    ("node-c", "iptables-node-c-no-local-endpoints.txt", {"with_ranges": True}),
    ("node-a", "iptables-node-a-all-terminating.txt", {"with_ranges": True, "terminating": True}),
]


@pytest.mark.parametrize(("node", "file", "how"), WRITTEN, ids=[row[1] for row in WRITTEN])
def test_the_same_rules_that_kube_proxy_hands_to_the_kernel(node: str, file: str, how: dict[str, bool]) -> None:
    made = chains(iptables_save.save(proxy_of(written_cluster(node, **how), node)))
    real = chains(recorded(f"kube-proxy/{file}"))
    left_out = re.compile(r"KUBE-FIREWALL|PREROUTING|INPUT|OUTPUT|FORWARD|POSTROUTING$")
    for chain, rules in real.items():
        here = [canonical(rule) for rule in made.get(chain, ()) if "localhost_nps_accepted" not in rule]
        there = [canonical(rule) for rule in rules]
        in_any_order = chain.endswith(("SERVICES", "NODEPORTS")) or "-FW-" in chain
        assert sorted(here) == sorted(there) if in_any_order else here == there
    assert {chain for chain in made if not left_out.search(chain)} <= set(real) | {"*nat KUBE-FORWARD"}


# --- nftables ----------------------------------------------------------------------------------


def blocks(text: str) -> dict[str, Any]:
    """Chains as lists of rules, sets and maps with their elements in any order.

    Chains that kube-proxy has emptied and not yet deleted are left out, and so is what the sets of affinity have seen.
    """
    found: dict[str, Any] = {}
    for name, body in re.findall(r"(?m)^\t((?:set|map|chain) \S+) \{\n(.*?)^\t\}", text, re.S):
        elements = re.search(r"elements = \{(.*?) \}\n", body, re.S)
        kept = [
            line.strip() for line in re.sub(r"elements = \{.*? \}\n", "", body, flags=re.S).splitlines() if line.strip()
        ]
        listed = sorted(" ".join(part.split()) for part in elements[1].split(",")) if elements else []
        if kept:
            found[name] = (kept, [] if "affinity-" in name else [part for part in listed if part])
    return found


@pytest.mark.parametrize(("scenario", "node", "file"), list(cases("nftables")))
def test_nft_list_prints_what_was_recorded(scenario: Mapping[str, Any], node: str, file: str) -> None:
    own = proxy_of(cluster_of(scenario, "nftables", at_the_end(scenario)), node)
    here, there = blocks(nft_list.listing(own)), blocks(recorded(file))
    for found in (here, there):
        for name in [name for name in found if "default/kubernetes" in name]:
            del found[name]
        for name, (kept, elements) in found.items():
            found[name] = (
                kept,
                [one for one in elements if "kubernetes" not in one and not one.startswith("10.96.0.1")],
            )
    assert here == there


def test_nft_list_names_the_endpoints_of_a_service_in_order() -> None:
    pods = [{"name": f"web-{n}", "ip": f"10.244.1.{n}", "labels": {"app": "web"}} for n in range(19, 9, -1)]
    web = {"name": "web", "clusterIP": "10.96.0.9", "selector": {"app": "web"}, "ports": [{"port": 80}]}
    cluster = clusters.build({"bare": True, "pods": pods, "services": [web]})
    listed = list(nft_list.table(proxy_of(cluster, "node-1")).elements["hairpin-connections"])
    assert listed == [f"10.244.1.{n} . 10.244.1.{n} . tcp . 80" for n in range(10, 20)]
