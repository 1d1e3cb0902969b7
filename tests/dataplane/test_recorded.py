"""Packets fare as they did in a real network, and every rule a step shows was in force there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.cluster.state import ClusterState
from app.dataplane import requests
from tests.dataplane import clusters

NODES = {"node-a1": ("10.0.0.11", "zone-a"), "node-a2": ("10.0.0.12", "zone-a"), "node-b1": ("10.0.0.21", "zone-b")}
PODS = {
    "w1": ("node-a1", "10.244.1.11"),
    "w2": ("node-a2", "10.244.2.11"),
    "w3": ("node-b1", "10.244.3.11"),
    "ca": ("node-a1", "10.244.1.100"),
    "cb": ("node-b1", "10.244.3.100"),
}
RECORDED = {path.stem: json.loads(path.read_text()) for path in sorted((clusters.HERE / "recorded").glob("*.json"))}
SEEN = {"refused": "ERR 111 Connection refused", "timeout": "TIMEOUT", "no_route": "ERR 113 No route to host"}


def cluster_of(scenario: Mapping[str, Any], mode: str, deleted: set[str]) -> ClusterState:
    builder = clusters.Builder()
    builder.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    for name, (address, zone) in NODES.items():
        builder.node(name, address, zone, **{"podlane.dev/kube-proxy": mode})
    for service in scenario["svcs"]:
        row = {"name": service["metadata"]["name"], **service["spec"]}
        if row["name"] in scenario.get("lb", {}):
            row["load_balancer"] = scenario["lb"][row["name"]]
        builder.service(row)
    for name, given in {**scenario["pods"], "ca": {}, "cb": {}}.items():
        node, address = PODS[name]
        listen = "8080,9090,8080/udp,9090/udp" if name.startswith("w") else ""
        row = {"name": name, "node": node, "ip": address, "listen": listen, "labels": given.get("labels", {})}
        builder.pod({**row, "ready": given.get("ready", True), "terminating": name in deleted})
    return builder.build()


def asked(probe: Mapping[str, Any]) -> dict[str, Any]:
    who = probe["from"]
    origin = {"pod": f"default/{who[3:]}"} if who.startswith("op-") else {"node": who[2:]}
    scheme = "http" if any(text.startswith("{") for text in probe["result"]) else probe["proto"]
    body: dict[str, Any] = {
        "from": {"external": "10.0.0.100"} if who == "o-client" else origin,
        "to": f"{scheme}://{probe['host']}:{probe['port']}",
        "count": 60,
    }
    if who == "o-client" and probe["host"].startswith(("203.0.113.", "10.96.", "10.244.")):
        body["via"] = {"node": "node-a1"}
    return body


def rows() -> Iterator[Any]:
    for name, scenario in RECORDED.items():
        for mode in ("iptables", "nftables"):
            deleted: set[str] = set()
            for number, probes in enumerate(scenario[mode]):
                deleted = deleted | set(scenario.get(("delete", "delete2")[number - 1], []) if number else [])
                for probe in probes:
                    port = f"{probe['proto']} {probe['host']}:{probe['port']}"
                    is_last = number == len(scenario[mode]) - 1
                    words = f"{name} {mode} {number} {probe['from']} {port}"
                    yield pytest.param(scenario, mode, deleted, probe, is_last, id=words)


def seen(result: Mapping[str, Any], proto: str) -> str:
    if result["outcome"] != "ok":
        return SEEN[result["outcome"]]
    server = result["served_by"]
    return f"{server['name']} {server['port']}{'/udp' if proto == 'udp' else ''} from {result['client_ip']}"


@pytest.mark.parametrize(("scenario", "mode", "deleted", "probe", "is_last"), list(rows()))
def test_a_packet_fares_as_in_the_real_network(
    scenario: Mapping[str, Any], mode: str, deleted: set[str], probe: Mapping[str, Any], is_last: bool
) -> None:
    body = asked(probe)
    answer = requests.to_json(
        requests.run(cluster_of(scenario, mode, deleted), requests.parse(body), clusters.env()), body
    )
    real = set(probe["result"])
    if any(text.startswith("{") for text in real):
        assert json.loads(answer["results"][0]["body"]) == json.loads(*real)
        return
    here = {seen(result, probe["proto"]) for result in answer["results"]}
    if probe["proto"] == "udp" and SEEN["refused"] in real:
        assert here == {SEEN["refused"]}
    elif scenario.get("compare"):
        assert len(here) == 1
        assert {text.split(" from ")[1] for text in here} == {text.split(" from ")[1] for text in real}
    elif probe["n"] >= 30:
        assert here == real
    else:
        assert real <= here
        assert {text.split(" ", 2)[-1] for text in here} == {text.split(" ", 2)[-1] for text in real}
    if is_last:
        _rules_were_in_force(scenario, mode, answer)


def _rules_were_in_force(scenario: Mapping[str, Any], mode: str, answer: Mapping[str, Any]) -> None:
    """Every rule that a step shows stands in the recording of its node, to the character."""
    for result in answer["results"]:
        for hop in result["trace"]["hops"]:
            if hop["at"]["kind"] != "node":
                continue
            for step in hop["steps"]:
                rule = step.get("rule")
                if not rule:
                    continue
                if mode == "iptables":
                    assert rule in scenario["rules"][hop["at"]["name"]]
                else:
                    wanted = rule.removeprefix("elements = { ").removesuffix(" }") if "elements" in rule else rule
                    recorded = scenario["nft"][hop["at"]["name"]]
                    assert any(wanted in line for line in recorded), wanted


def test_the_recordings_are_here() -> None:
    assert len(RECORDED) == 10
