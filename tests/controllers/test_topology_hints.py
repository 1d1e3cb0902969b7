"""Topology mode Auto: endpoints are hinted to zones in proportion to CPU, or not at all and the Service says why."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app.cluster import state
from app.engine import commands
from app.kinds import topology
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

INSUFFICIENT = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"


@pytest.mark.parametrize(
    ("ratios", "zones", "hints"),
    [
        ({"a": 0.5, "b": 0.5}, "aabb", {"a": 2, "b": 2}),
        ({"a": 0.5, "b": 0.5}, "aaab", {"a": 2, "b": 2}),
        ({"a": 0.5, "b": 0.5}, "aaaa", {"a": 2, "b": 2}),
        ({"a": 0.75, "b": 0.25}, "aabb", {"a": 3, "b": 1}),
        ({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, "aaabbbccc", {"a": 3, "b": 3, "c": 3}),
        ({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, "aaaaabbbc", {"a": 3, "b": 3, "c": 3}),
    ],
)
def test_endpoints_are_shared_out_by_cpu(ratios: dict[str, float], zones: str, hints: dict[str, int]) -> None:
    found, refusal = topology.hinted(topology.Shares(ratios), list(zones))
    assert refusal == ""
    assert Counter(found) == Counter(hints)


@pytest.mark.parametrize(
    ("shares", "zones", "sentence"),
    [
        (topology.Shares({"a": 0.5, "b": 0.5}), ["a"], "Insufficient number of endpoints (1 endpoints, 2 zones)"),
        (
            topology.Shares({"a": 0.5, "b": 0.5}),
            ["a", "a", "b"],
            "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold "
            "(3 endpoints, 2 zones)",
        ),
        (topology.Shares({"a": 0.5, "b": 0.5}), ["a", ""], "One or more endpoints do not have a zone specified"),
        (
            topology.Shares({"a": 0.8, "b": 0.1, "c": 0.1}),
            ["a", "b", "c"],
            "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold "
            "(3 endpoints, 3 zones)",
        ),
        (topology.Shares({}, "Nodes only ready in one zone"), ["a", "b"], "Nodes only ready in one zone"),
    ],
)
def test_hints_are_refused_for_a_reason(shares: topology.Shares, zones: list[str], sentence: str) -> None:
    assert topology.hinted(shares, zones) == ([], sentence)


def zoned(**zones: str) -> Cluster:
    cluster = Cluster(nodes=0)
    for name, zone in zones.items():
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {topology.ZONE: zone}}}
        cluster.say(commands.Create("you", node))
        ready(cluster, name, "True")
    for number, node_name in enumerate(zones):
        for copy in "xy":
            pod(cluster, f"{copy}-{node_name}", node_name, f"10.244.{number}.{ord(copy)}")
    return cluster


def ready(cluster: Cluster, name: str, word: str) -> None:
    status = {"allocatable": {"cpu": "4"}, "conditions": [{"type": "Ready", "status": word}]}
    cluster.say(commands.Patch("you", Key(*state.NODES, "", name), {"status": status}, subresource="status"))


def pod(cluster: Cluster, name: str, node: str, ip: str) -> None:
    spec = {"nodeName": node, "containers": [{"name": "c", "image": "nginx"}]}
    made = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": "web"}}, "spec": spec}
    cluster.say(commands.Create("you", made))
    status = {
        "phase": "Running",
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    cluster.say(commands.Patch("you", Key(*state.PODS, "default", name), {"status": status}, subresource="status"))


def serve(cluster: Cluster, mode: str = "Auto", **spec: Any) -> None:
    annotations = {"service.kubernetes.io/topology-mode": mode}
    metadata = {"name": "web", "annotations": annotations}
    wanted = {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec}
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": wanted}))


def hints(cluster: Cluster) -> dict[str, Any]:
    (found,) = cluster.held.slices_of("default", "web")
    return {one["targetRef"]["name"]: one.get("hints") for one in found["endpoints"]}


def said(cluster: Cluster) -> list[tuple[str, str, str]]:
    events = cluster.held.list(state.EVENTS, "default")
    return [(e["type"], e["reason"], e["message"]) for e in events if e["involvedObject"]["kind"] == "Service"]


def test_a_service_that_asks_gets_hints_and_says_so() -> None:
    cluster = zoned(one="a", two="b")
    serve(cluster, trafficDistribution="PreferSameNode")
    assert hints(cluster) == {
        "x-one": {"forZones": [{"name": "a"}]},
        "y-one": {"forZones": [{"name": "a"}]},
        "x-two": {"forZones": [{"name": "b"}]},
        "y-two": {"forZones": [{"name": "b"}]},
    }
    told = ("Normal", "TopologyAwareHintsEnabled", "Topology Aware Hints has been enabled, addressType: IPv4")
    assert said(cluster) == [told]


def test_another_word_leaves_it_to_the_traffic_distribution() -> None:
    cluster = zoned(one="a", two="b")
    serve(cluster, "Disabled", trafficDistribution="PreferSameZone")
    assert hints(cluster)["x-two"] == {"forZones": [{"name": "b"}]}
    assert said(cluster) == []


def test_a_node_that_goes_takes_the_hints_with_it() -> None:
    cluster = zoned(one="a", two="b")
    serve(cluster)
    ready(cluster, "two", "False")
    assert set(map(str, hints(cluster).values())) == {"None"}
    told = ("Warning", "TopologyAwareHintsDisabled", "Nodes only ready in one zone, addressType: IPv4")
    assert told in said(cluster)
    ready(cluster, "two", "True")
    assert hints(cluster)["x-two"] == {"forZones": [{"name": "b"}]}


def test_a_node_without_a_zone_is_one_too_few_words() -> None:
    cluster = zoned(one="a", two="")
    serve(cluster)
    assert set(map(str, hints(cluster).values())) == {"None"}
    assert said(cluster) == [("Warning", "TopologyAwareHintsDisabled", f"{INSUFFICIENT}, addressType: IPv4")]
