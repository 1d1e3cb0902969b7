"""The address ranges of a playground, and membership in them without building objects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """One IPv4 range in CIDR form."""

    text: str
    base: int
    mask: int

    def holds(self, address: str) -> bool:
        """Say whether the address lies in the range; what is no IPv4 address lies nowhere."""
        number = ipv4(address)
        return number is not None and number & self.mask == self.base


def ipv4(text: str) -> int | None:
    """Read a dotted IPv4 address as a number, None when it is none."""
    parts = text.split(".")
    if len(parts) != 4:
        return None
    number = 0
    for part in parts:
        if not part.isascii() or not part.isdecimal() or len(part) > 3 or (len(part) > 1 and part[0] == "0"):
            return None
        octet = int(part)
        if octet > 255:
            return None
        number = number << 8 | octet
    return number


def parse(text: str) -> Range | None:
    """Read an IPv4 range such as 10.96.0.0/12, None when it is none."""
    address, _, length = text.strip().partition("/")
    number = ipv4(address)
    if number is None or not length.isdecimal() or int(length) > 32:
        return None
    mask = (0xFFFFFFFF << (32 - int(length))) & 0xFFFFFFFF
    return Range(text.strip(), number & mask, mask)


def _range(text: str) -> Range:
    found = parse(text)
    assert found is not None
    return found


PODS = _range("10.244.0.0/16")
SERVICES = _range("10.96.0.0/12")
NODES = _range("10.0.0.0/16")
LOAD_BALANCERS = _range("203.0.113.0/24")
LOOPBACK = _range("127.0.0.0/8")
STAND_INS = _range("192.0.2.0/24")
"""Where names of the world outside point: a documentation range (RFC 5737), since Podlane asks no real DNS."""

OUTSIDE_CLIENT = "198.51.100.7"
