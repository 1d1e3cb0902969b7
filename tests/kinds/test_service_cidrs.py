"""ClusterIPs come from the ServiceCIDRs that there are: bands, further ranges, ranges that go."""

from __future__ import annotations

from typing import Any

import pytest

from app.engine import commands
from app.kinds import allocators
from app.machinery import errors
from app.machinery.objects import Key
from tests.cluster_driver import Cluster


@pytest.mark.parametrize(
    ("network", "first", "dynamic", "last"),
    [
        ("10.96.0.0/12", "10.96.0.1", "10.96.1.1", "10.111.255.254"),
        ("10.0.0.0/24", "10.0.0.1", "10.0.0.17", "10.0.0.254"),
        ("10.0.0.0/28", "10.0.0.1", "10.0.0.1", "10.0.0.14"),
    ],
)
def test_the_lower_band_is_left_to_those_who_ask(network: str, first: str, dynamic: str, last: str) -> None:
    address = allocators.ipaddress.IPv4Address
    band = allocators.ip_band(allocators.ipaddress.IPv4Network(network))
    assert [str(address(n)) for n in (band.first, band.first + band.offset, band.last)] == [first, dynamic, last]


def test_node_ports_have_their_bands() -> None:
    band = allocators.NODE_PORTS
    assert (band.first, band.first + band.offset, band.last) == (30000, 30086, 32767)


def cidr(cluster: Cluster, name: str, *ranges: str) -> None:
    made = {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": name}}
    cluster.say(commands.Create("you", {**made, "spec": {"cidrs": list(ranges)}}))


def service(cluster: Cluster, name: str, **spec: Any) -> str:
    wanted = {"ports": [{"port": 80}], **spec}
    made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": wanted}
    return str(cluster.say(commands.Create("you", made))["spec"]["clusterIP"])


def test_a_further_range_may_be_asked_for_by_address() -> None:
    cluster = Cluster(nodes=0)
    with pytest.raises(errors.Invalid, match="the provided network does not match the current range"):
        service(cluster, "early", clusterIP="10.200.0.9")
    cidr(cluster, "more", "10.200.0.0/28")
    assert service(cluster, "asked", clusterIP="10.200.0.9") == "10.200.0.9"
    assert not service(cluster, "chosen").startswith("10.200.")


def test_a_range_that_goes_gives_nothing_any_more() -> None:
    cluster = Cluster(nodes=0)
    cidr(cluster, "more", "10.200.0.0/28")
    service(cluster, "holds", clusterIP="10.200.0.9")
    cluster.say(commands.Delete("you", Key("networking.k8s.io", "servicecidrs", "", "more")))
    with pytest.raises(errors.Invalid, match="the provided network does not match the current range"):
        service(cluster, "late", clusterIP="10.200.0.10")


def test_when_the_first_range_goes_the_next_one_gives() -> None:
    cluster = Cluster(nodes=0)
    cidr(cluster, "more", "10.200.0.0/28")
    cluster.say(commands.Delete("you", Key("networking.k8s.io", "servicecidrs", "", "kubernetes")))
    given = {service(cluster, f"s{number}") for number in range(14)}
    assert len(given) == 14
    assert all(ip.startswith("10.200.0.") for ip in given)
    with pytest.raises(errors.Invalid, match="failed to allocate IP: range is full"):
        service(cluster, "too-many")
