"""Free ClusterIPs and node ports, as functions of the state.

Mirrors pkg/registry/core/service/{ipallocator,portallocator} (release 1.36): an automatic choice comes from the upper
band first, so that addresses people write down themselves, in the lower band, stay free.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.cluster import clock, state
from app.kinds import serviceaddresses
from app.machinery import objects
from app.machinery.objects import Key

SERVICE_CIDR = ipaddress.IPv4Network("10.96.0.0/12")
POD_CIDR = ipaddress.IPv4Network("10.244.0.0/16")
NODE_PORT_FIRST, NODE_PORT_LAST = 30000, 32767
KUBERNETES_IP = "10.96.0.1"
DNS_IP = "10.96.0.10"
SERVICE_CIDR_WIDTH = SERVICE_CIDR.prefixlen


@dataclass(frozen=True, slots=True)
class Band:
    """A range of numbers whose first `offset` ones are left to explicit choices."""

    first: int
    last: int
    offset: int

    def __post_init__(self) -> None:
        if not 0 <= self.offset <= self.last - self.first:
            raise ValueError("a band is longer than its offset")


def band_offset(size: int, divisor: int, limit: int) -> int:
    """Return how many numbers at the bottom of a range are left to explicit choices (KEP-3070, KEP-3668)."""
    return 0 if size <= 16 else min(max(16, size // divisor), limit)


def ip_band(network: ipaddress.IPv4Network) -> Band:
    """Return the usable addresses of a Service CIDR, as numbers, with the static band."""
    low = int(network.network_address)
    size = network.num_addresses
    return Band(low + 1, low + size - 2, band_offset(size, 16, 256))


CLUSTER_IPS = ip_band(SERVICE_CIDR)
NODE_PORTS = Band(NODE_PORT_FIRST, NODE_PORT_LAST, band_offset(NODE_PORT_LAST - NODE_PORT_FIRST + 1, 32, 128))


def pick(band: Band, is_taken: Callable[[int], bool], env: clock.Env) -> int | None:
    """Return a free number: from a random start through the upper band, then through the lower; None when full."""
    for low, high in ((band.first + band.offset, band.last), (band.first, band.first + band.offset - 1)):
        size = high - low + 1
        if size <= 0:
            continue
        start = env.rng.randrange(size)
        for step in range(size):
            number = low + (start + step) % size
            if not is_taken(number):
                return number
    return None


def free_cluster_ip(held: state.ClusterState, env: clock.Env) -> str | None:
    """Return a free ClusterIP, None when the Service CIDRs are used up."""
    taken = held.addresses.cluster_ips
    for band in _bands(held):
        number = pick(band, lambda n: (ip := str(ipaddress.IPv4Address(n))) in taken or _is_kept(held, ip), env)
        if number is not None:
            return str(ipaddress.IPv4Address(number))
    return None


def _bands(held: state.ClusterState) -> list[Band]:
    """Return the ranges that ServiceCIDRs hold, the cluster's first one at least where none is there (yet)."""
    found = list(held.list(serviceaddresses.SERVICECIDRS))
    if not found:
        return [CLUSTER_IPS]
    ranges = [
        network
        for one in found
        if not objects.is_terminating(one)
        for text in objects.spec_of(one).get("cidrs") or ()
        if isinstance(network := ipaddress.ip_network(text), ipaddress.IPv4Network)
    ]
    return [CLUSTER_IPS if network == SERVICE_CIDR else ip_band(network) for network in ranges]


def refuse_cluster_ip(held: state.ClusterState, ip: str, own: Key | None = None) -> str:
    """Say why this ClusterIP cannot be had, in the allocator's words; empty when it can."""
    address = ipaddress.ip_address(ip)
    if address.version != 4 or not any(band.first <= int(address) <= band.last for band in _bands(held)):
        return "the provided network does not match the current range"
    holder = held.addresses.cluster_ips.get(ip)
    is_taken = _is_kept(held, ip) if holder is None else holder != own
    return "provided IP is already allocated" if is_taken else ""


def _is_kept(held: state.ClusterState, ip: str) -> bool:
    """Say whether somebody keeps the address by an IPAddress of their own; the allocator's follow the Services."""
    found = held.find(serviceaddresses.IPADDRESSES, "", ip)
    if found is None:
        return False
    return objects.labels_of(found).get(serviceaddresses.MANAGED_BY) != serviceaddresses.ALLOCATOR


def free_node_port(held: state.ClusterState, env: clock.Env, reserved: Collection[int] = ()) -> int | None:
    """Return a free node port that is not among the reserved ones, None when all are taken."""
    terms = held.addresses.node_ports.terms
    return pick(NODE_PORTS, lambda n: n in terms or n in reserved, env)


def refuse_node_port(held: state.ClusterState, node_port: int, own: Key | None = None) -> str:
    """Say why this node port cannot be had, in the allocator's words; empty when it can."""
    if not NODE_PORT_FIRST <= node_port <= NODE_PORT_LAST:
        return (
            f"provided port is not in the valid range. The range of valid ports is {NODE_PORT_FIRST}-{NODE_PORT_LAST}"
        )
    holders = held.addresses.node_ports.get(node_port)
    return "provided port is already allocated" if any(key != own for key in holders) else ""
