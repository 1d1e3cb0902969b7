"""What each node's proxy has programmed: the state at the revision it has synced, by keeping only what changed since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from app.machinery.objects import Object

ServiceName = tuple[str, str]
"""(namespace, name) of a Service."""


class ServiceView(NamedTuple):
    """A Service as a proxy sees it: the object (None when absent) and its EndpointSlices."""

    service: Object | None
    slices: tuple[Object, ...]


@dataclass(slots=True)
class ProxyLag:
    """The synced revision of each node's proxy, and the views that slower proxies still hold."""

    synced: dict[str, int] = field(default_factory=dict)
    before: dict[ServiceName, list[tuple[int, ServiceView]]] = field(default_factory=dict)
    head: int = 0

    def changed(self, name: ServiceName, revision: int, before: ServiceView) -> None:
        """Remember how a Service looked before this revision, while some proxy has not seen the change."""
        self.head = revision
        if self.synced:
            self.before.setdefault(name, []).append((revision, before))

    def view_at(self, name: ServiceName, revision: int) -> ServiceView | None:
        """Return the kept view that held at the revision, None when the present one does."""
        for changed, view in self.before.get(name, ()):
            if changed > revision:
                return view
        return None

    def kept(self, revision: int) -> Iterator[tuple[ServiceName, ServiceView]]:
        """Yield the Services that looked otherwise at the revision, with how they looked."""
        for name in self.before:
            view = self.view_at(name, revision)
            if view is not None:
                yield name, view

    def is_behind(self, node: str) -> bool:
        """Say whether the node's proxy has not seen the newest change."""
        return self.synced.get(node, self.head) < self.head

    def sync(self, node: str, revision: int) -> None:
        """Mark the node's proxy as having programmed the state at the revision."""
        self.synced[node] = max(revision, self.synced.get(node, 0))
        self._prune()

    def forget(self, node: str) -> None:
        """Drop a node that is gone."""
        self.synced.pop(node, None)
        self._prune()

    def rewind(self, revision: int, head: int) -> None:
        """Forget changes after the revision."""
        self.head = head
        for name in list(self.before):
            kept = [(changed, view) for changed, view in self.before[name] if changed <= revision]
            if kept:
                self.before[name] = kept
            else:
                del self.before[name]

    def _prune(self) -> None:
        slowest = min(self.synced.values(), default=self.head)
        if slowest >= self.head:
            self.before.clear()
            return
        for name in list(self.before):
            kept = [(revision, view) for revision, view in self.before[name] if revision > slowest]
            if kept:
                self.before[name] = kept
            else:
                del self.before[name]
