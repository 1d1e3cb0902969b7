"""Packets and places: the nouns of a walk."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Protocol(StrEnum):
    """Transport protocols a Service can carry, and ICMP, which none can."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"
    ICMP = "ICMP"


class Packet(msgspec.Struct, frozen=True, gc=False):
    """The header that decides: protocol, source and destination address and port."""

    proto: Protocol
    src: str
    sport: int
    dst: str
    dport: int


class PlaceKind(StrEnum):
    """Where a hop can be."""

    OUTSIDE = "outside"
    LOAD_BALANCER = "load-balancer"
    NODE = "node"
    POD = "pod"
    DNS = "dns"


class Place(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One place on the way; `namespace` only for pods."""

    kind: PlaceKind
    name: str
    namespace: str = ""
