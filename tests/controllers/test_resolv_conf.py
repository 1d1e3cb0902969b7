"""The kubelet warns of names and servers that do not fit into /etc/resolv.conf, and leaves them out."""

from __future__ import annotations

from app.cluster import state
from tests.cluster_driver import Cluster

POD = """
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  dnsConfig: {%s}
  containers: [{name: c, image: nginx}]
"""


def warned(config: str) -> list[str]:
    cluster = Cluster()
    cluster.apply(POD % config)
    records = cluster.held.list(state.EVENTS, "default")
    return [str(one["message"]) for one in records if one["reason"] == "DNSConfigForming"]


def test_a_fourth_nameserver_is_left_out_with_a_warning() -> None:
    assert warned("nameservers: [192.0.2.1, 192.0.2.2, 192.0.2.3]") == [
        "Nameserver limits were exceeded, some nameservers have been omitted, "
        "the applied nameserver line is: 10.96.0.10 192.0.2.1 192.0.2.2"
    ]


def test_search_domains_beyond_thirty_two_are_left_out_with_a_warning() -> None:
    names = [f"d{number}.example" for number in range(30)]
    told = warned(f"searches: [{', '.join(names)}]")
    assert len(told) == 1
    assert told[0].startswith("Search Line limits were exceeded, some search paths have been omitted, ")
    assert told[0].endswith("d28.example")


def test_what_fits_is_not_talked_about() -> None:
    assert warned("searches: [corp.example]") == []
