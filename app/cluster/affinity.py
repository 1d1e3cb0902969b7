"""What session affinity remembers: which endpoint a client was sent to, and when it last connected. Changed by entries only.

Mirrors the `recent` lists of pkg/proxy/iptables (release 1.36): kept per node and service port, refreshed by each new
connection, gone with the Service's affinity.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.machinery import objects
from app.machinery.objects import Object

MOST_PINS = 10_000
"""Pins kept of one Service; the oldest are forgotten first (xt_recent keeps even fewer)."""


class PinKey(NamedTuple):
    """What session affinity remembers by; `port` is `namespace/name` or `namespace/name:port name`."""

    node: str
    port: str
    protocol: str
    client: str

    @property
    def service(self) -> str:
        """The Service as `namespace/name`."""
        return self.port.partition(":")[0]


class Pin(NamedTuple):
    """The endpoint a client was sent to, and the simulated second of its newest connection."""

    endpoint: str
    at: float


@dataclass(slots=True)
class Affinity:
    """All pins of a cluster, by Service."""

    services: dict[str, dict[PinKey, Pin]] = field(default_factory=dict)

    def find(self, key: PinKey) -> Pin | None:
        """Return the pin, however old it is; None when there is none."""
        return self.services.get(key.service, {}).get(key)

    def remember(self, rows: Iterable[Sequence[str]], at: float) -> None:
        """Take in pins as an entry carries them: node, service port, protocol, client, endpoint."""
        for *words, endpoint in rows:
            key = PinKey(*words)
            pins = self.services.setdefault(key.service, {})
            pins.pop(key, None)
            pins[key] = Pin(endpoint, at)
            if len(pins) > MOST_PINS:
                del pins[next(iter(pins))]

    def changed(self, name: str, before: Object | None, after: Object | None) -> None:
        """Forget what was remembered of a Service that has no affinity any more."""
        if name in self.services and not (_has_affinity(before) and _has_affinity(after)):
            del self.services[name]

    def rows(self) -> list[list[Any]]:
        """Write the pins down, in the order they were made."""
        return [[*key, *pin] for pins in self.services.values() for key, pin in pins.items()]


def _has_affinity(service: Object | None) -> bool:
    return service is not None and objects.spec_of(service).get("sessionAffinity") == "ClientIP"
