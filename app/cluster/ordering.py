"""The keys of one resource in the order of the API: by namespace and name, kept sorted while keys come and go.

Mirrors the order of storage keys, `{namespace}/{name}` compared byte by byte
(staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go, release 1.36): namespace `a-b` comes before `a`.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.machinery.objects import Key


def place_of(key: Key) -> str:
    """Return where a key stands: `namespace/name`, or the name alone when it is cluster-scoped."""
    return f"{key.namespace}/{key.name}" if key.namespace else key.name


@dataclass(slots=True)
class Order:
    """Places, sorted, and the key at each of them."""

    places: list[str] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)

    @classmethod
    def of(cls, keys: Iterable[Key]) -> Order:
        """Sort these keys."""
        pairs = sorted((place_of(key), key) for key in keys)
        return cls([place for place, _ in pairs], [key for _, key in pairs])

    def add(self, key: Key) -> None:
        """Put a key in its place; one that is there already stays."""
        place = place_of(key)
        at = bisect.bisect_left(self.places, place)
        if at == len(self.places) or self.places[at] != place:
            self.places.insert(at, place)
            self.keys.insert(at, key)

    def remove(self, key: Key) -> None:
        """Take a key out; one that is not there is no mistake."""
        place = place_of(key)
        at = bisect.bisect_left(self.places, place)
        if at < len(self.places) and self.places[at] == place:
            del self.places[at]
            del self.keys[at]

    def between(self, namespace: str = "", start: str = "") -> list[Key]:
        """Return the keys of a namespace (of all when empty) from a place on."""
        first, end = 0, len(self.places)
        if namespace:
            first = bisect.bisect_left(self.places, f"{namespace}/")
            end = bisect.bisect_left(self.places, f"{namespace}0")
        if start:
            first = max(first, bisect.bisect_left(self.places, start))
        return self.keys[first:end]
