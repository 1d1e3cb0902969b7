"""Chance is fair: by chi-square every endpoint is as likely as any other in iptables and nftables, and ipvs takes turns."""

from __future__ import annotations

import pytest

from app.machinery.objects import Key
from tests.cluster_driver import Cluster
from tests.engine.situations import CLIENT, OUTSIDE, pod, service, web

CRITICAL = {1: 10.83, 2: 13.82, 4: 18.47, 6: 22.46}
"""Chi-square that a fair draw exceeds once in a thousand, by degrees of freedom."""
SENT = 7_000


def cluster_of(mode: str, pods: int, seed: int) -> Cluster:
    cluster = Cluster(seed=seed)
    cluster.apply(
        pod()
        + "".join(web(name=f"web-{number}") for number in range(pods))
        + service("type: LoadBalancer, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]")
    )
    for node in ("node-1", "node-2"):
        cluster.patch(Key("", "nodes", "", node), {"metadata": {"annotations": {"podlane.dev/kube-proxy": mode}}})
    return cluster


def chi_square(counts: list[int]) -> float:
    expected = sum(counts) / len(counts)
    return sum((count - expected) ** 2 / expected for count in counts)


@pytest.mark.parametrize("mode", ["iptables", "nftables"])
@pytest.mark.parametrize("pods", [2, 3, 5, 7])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_endpoints_are_equally_likely(mode: str, pods: int, seed: int) -> None:
    counts = cluster_of(mode, pods, seed).send(CLIENT, "http://web", count=SENT, trace=False)["summary"]["by_pod"]
    assert len(counts) == pods
    assert chi_square(list(counts.values())) < CRITICAL[pods - 1]


@pytest.mark.parametrize("mode", ["iptables", "nftables"])
@pytest.mark.parametrize("to", ["http://10.0.0.12:30080", "http://203.0.113.10"])
def test_from_outside_they_are_too(mode: str, to: str) -> None:
    counts = cluster_of(mode, 5, 4).send(OUTSIDE, to, count=SENT, trace=False)["summary"]["by_pod"]
    assert chi_square(list(counts.values())) < CRITICAL[4]


def test_a_traced_request_draws_as_a_counted_one_does() -> None:
    cluster = cluster_of("iptables", 3, 5)
    counts: dict[str, int] = {}
    for result in cluster.send(CLIENT, "http://web", count=1_000)["results"]:
        name = result["served_by"]["name"]
        counts[name] = counts.get(name, 0) + 1
    assert chi_square(list(counts.values())) < CRITICAL[2]


def test_one_request_after_another_draws_afresh() -> None:
    cluster = cluster_of("iptables", 2, 6)
    counts: dict[str, int] = {}
    for _ in range(400):
        name = cluster.send(CLIENT, "http://web")["results"][0]["served_by"]["name"]
        counts[name] = counts.get(name, 0) + 1
    assert chi_square(list(counts.values())) < CRITICAL[1]


@pytest.mark.parametrize("pods", [2, 3, 5])
def test_in_ipvs_mode_a_node_takes_turns(pods: int) -> None:
    cluster = cluster_of("ipvs", pods, 7)
    results = cluster.send(CLIENT, "http://web", count=pods * 4)["results"]
    names = [result["served_by"]["name"] for result in results]
    assert len(set(names[:pods])) == pods
    assert names == names[:pods] * 4
