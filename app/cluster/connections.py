"""Connections that clients keep open between requests, as conntrack on their way knows them. Changed by entries only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MOST = 10_000
"""Connections kept; the oldest are forgotten first."""


class ConnectionKey(NamedTuple):
    """Who keeps it open, to what: a client's pool holds one connection for each address it was told."""

    client: str
    target: str


class Connection(NamedTuple):
    """The endpoint it leads to, and the simulated second of its newest request."""

    endpoint: str
    at: float


@dataclass(slots=True)
class Connections:
    """All open connections of a cluster."""

    open: dict[ConnectionKey, Connection] = field(default_factory=dict)

    def find(self, key: ConnectionKey, now: float, idle: float) -> str:
        """Return the endpoint of an open connection; empty when there is none, or it was idle for too long."""
        found = self.open.get(key)
        return found.endpoint if found is not None and now - found.at < idle else ""

    def remember(self, rows: Iterable[Sequence[str]], at: float) -> None:
        """Take in connections as an entry carries them: client, target, endpoint (empty: it was closed)."""
        for client, target, endpoint in rows:
            key = ConnectionKey(client, target)
            self.open.pop(key, None)
            if endpoint:
                self.open[key] = Connection(endpoint, at)
            if len(self.open) > MOST:
                del self.open[next(iter(self.open))]

    def rows(self) -> list[list[Any]]:
        """Write them down, in the order they were used."""
        return [[*key, *found] for key, found in self.open.items()]
