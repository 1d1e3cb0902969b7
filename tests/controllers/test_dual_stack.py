"""A Service of both address families: slices of each, a placeholder where no pod has an address, Endpoints of the first.

A playground is single-stack and gives no Service a second family, so the Service is put into the state as it would be
stored on a dual-stack cluster.
"""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import state
from app.engine import commands, execute
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

WEB = Key(*state.SERVICES, "default", "web")


def dual(families: list[str], ips: dict[str, list[str]]) -> Cluster:
    cluster = Cluster(nodes=0)
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}))
    spec = {"ports": [{"port": 80}], "clusterIP": "10.96.0.50"}
    cluster.say(
        commands.Create("you", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": spec})
    )
    service = objects.draft_of(cluster.get(state.SERVICES, "web"))
    service["spec"] = {
        **service["spec"],
        "selector": {"app": "web"},
        "ipFamilies": families,
        "ipFamilyPolicy": "PreferDualStack",
    }
    cluster.held._index(WEB, cluster.held.get(WEB), service)
    for name, addresses in ips.items():
        meta = {"name": name, "labels": {"app": "web"}}
        pod: dict[str, Any] = {"nodeName": "n", "containers": [{"name": "c", "image": "nginx"}]}
        cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod}))
        status = {
            "phase": "Running",
            "podIP": addresses[0],
            "podIPs": [{"ip": ip} for ip in addresses],
            "conditions": [{"type": "Ready", "status": "True"}],
        }
        key = Key(*state.PODS, "default", name)
        cluster.say(commands.Patch("you", key, {"status": status}, subresource="status"))
    execute.resume(cluster.held)
    cluster.go_on()
    return cluster


BOTH = {"p1": ["10.244.0.2", "fd00::2"], "p2": ["10.244.0.3", "fd00::3"]}


@pytest.mark.parametrize(
    ("families", "ips", "slices", "listed"),
    [
        (
            ["IPv4", "IPv6"],
            BOTH,
            {"IPv4": ["10.244.0.2", "10.244.0.3"], "IPv6": ["fd00::2", "fd00::3"]},
            ["10.244.0.2", "10.244.0.3"],
        ),
        (
            ["IPv6", "IPv4"],
            BOTH,
            {"IPv4": ["10.244.0.2", "10.244.0.3"], "IPv6": ["fd00::2", "fd00::3"]},
            ["fd00::2", "fd00::3"],
        ),
        (["IPv4", "IPv6"], {"p1": ["10.244.0.2"]}, {"IPv4": ["10.244.0.2"], "IPv6": []}, ["10.244.0.2"]),
        (["IPv4"], BOTH, {"IPv4": ["10.244.0.2", "10.244.0.3"]}, ["10.244.0.2", "10.244.0.3"]),
    ],
    ids=["both", "IPv6 first", "pods of one family", "a Service of one family"],
)
def test_each_family_has_its_slices_and_endpoints_the_first(
    families: list[str], ips: dict[str, list[str]], slices: dict[str, list[str]], listed: list[str]
) -> None:
    cluster = dual(families, ips)
    found = {
        one["addressType"]: [ip for endpoint in one["endpoints"] or () for ip in endpoint["addresses"]]
        for one in cluster.held.slices_of("default", "web")
    }
    assert found == slices
    (subset,) = cluster.get(state.ENDPOINTS, "web")["subsets"]
    assert [address["ip"] for address in subset["addresses"]] == listed
