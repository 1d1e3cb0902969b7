"""Ports of Endpoints and EndpointSlices stand in the recorded orders."""

import pytest

from app.kinds import port_order

HTTP, HTTPS = ("http", "TCP", 8080, ""), ("https", "TCP", 8443, "")
DNS, DNS_TCP = ("dns", "UDP", 5353, ""), ("dns-tcp", "TCP", 5353, "kubernetes.io/h2c")
METRICS = ("metrics", "TCP", 9090, "")
Port = tuple[str, str, int, str]


def reversed_order(ports: list[Port]) -> list[Port]:
    return ports[::-1]


@pytest.mark.parametrize(
    "ports", [[HTTP, DNS_TCP, DNS], [HTTP, HTTPS], [("b", "UDP", 8443, ""), ("a", "TCP", 8080, "")]]
)
def test_ports_of_endpoints_stand_as_recorded(ports: list[Port]) -> None:
    assert sorted(reversed_order(ports), key=port_order.in_endpoints) == ports


@pytest.mark.parametrize("ports", [[HTTP, DNS, DNS_TCP, METRICS], [HTTP, HTTPS]])
def test_ports_of_slices_stand_as_recorded(ports: list[Port]) -> None:
    assert sorted(reversed_order(ports), key=port_order.in_slice) == ports
