"""Objects as JSON bytes: encoded once for all lists and watchers, within a bounded memory.

An object is frozen once it is stored, so the very same object always has the same bytes; they are kept by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from app.cluster.state import Objects
from app.kinds import components
from app.kinds.kind import Kind
from app.machinery.objects import Object

OBJECT_BYTES = 128_000_000
MANAGED_BYTES = 16_000_000
FRAME_BYTES = 16_000_000
PAGED_OBJECTS = 100_000
"""Objects that lists under way hold on to, so that their later pages come from the very state of the first."""

P = TypeVar("P")
K = TypeVar("K")
_encode = msgspec.json.Encoder().encode


def _bare(obj: Object) -> bytes:
    return _encode({name: value for name, value in obj.items() if name not in ("apiVersion", "kind")})


class Bounded(Generic[K, P]):
    """What was used lately, up to a size: a young half and an old one, which is forgotten when the young one is full.

    Reading what is young costs one look-up, and nothing is moved about.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        """The size of the young half."""
        self.young: dict[K, tuple[P, int]] = {}
        self._old: dict[K, tuple[P, int]] = {}

    def get(self, place: K) -> P | None:
        """Return what is kept there; it is young again."""
        found = self.young.get(place)
        if found is None:
            found = self._old.pop(place, None)
            if found is None:
                return None
            self.put(place, *found)
        return found[0]

    def put(self, place: K, value: P, size: int) -> None:
        """Keep something of that size."""
        before = self.young.get(place)
        self.held += size - (before[1] if before else 0)
        self.young[place] = (value, size)
        if self.held > self.most // 2 and len(self.young) > 1:
            del self.young[place]
            self._old, self.young, self.held = self.young, {place: (value, size)}, size


class Encoded:
    """The bytes of objects, of watch frames, and the lists that are being read page by page."""

    def __init__(self) -> None:
        self._bare: Bounded[int, tuple[Object, bytes]] = Bounded(OBJECT_BYTES)
        self._managed: Bounded[int, tuple[Object, bytes]] = Bounded(MANAGED_BYTES)
        self._frames: Bounded[tuple[str, str, int], bytes] = Bounded(FRAME_BYTES)
        self.pages: Bounded[tuple[str, Any, str, int], Objects] = Bounded(PAGED_OBJECTS)

    def bare(self, obj: Object) -> bytes:
        """Return an object's bytes without apiVersion and kind, as lists hold them."""
        kept = self._bare.get(id(obj))
        if kept is not None:
            return kept[1]
        made = _bare(obj)
        # The object is kept as well, so that its identity stays its own.
        self._bare.put(id(obj), (obj, made), len(made))
        return made

    def managed(self, obj: Object) -> bytes:
        """Return an object's bytes as lists hold them, with all the managers of its fields."""
        kept = self._managed.get(id(obj))
        if kept is not None:
            return kept[1]
        made = _bare(components.shown(obj))
        self._managed.put(id(obj), (obj, made), len(made))
        return made

    def listed(self, kind: Kind, found: Sequence[Object], meta: Mapping[str, Any]) -> bytes:
        """Write a list object; its members do not repeat apiVersion and kind. Short lists name all managers."""
        head = _encode({"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": meta})
        if len(found) <= components.WHOLE_UP_TO:
            parts = [self.managed(obj) for obj in found]
        else:
            young, bare = self._bare.young, self.bare
            parts = [kept[0][1] if (kept := young.get(id(obj))) else bare(obj) for obj in found]
        if not parts:
            return head[:-1] + b',"items":[]}'
        # One join for all: the bytes of a long list are copied once.
        parts[0] = b"".join((head[:-1], b',"items":[', parts[0]))
        parts[-1] += b"]}"
        return b",".join(parts)

    def frame(self, form: str, playground: str, revision: int, make: Callable[[], bytes]) -> bytes:
        """Return a watch frame, made by `make` unless another watcher of the same form had it made before."""
        place = (form, playground, revision)
        kept = self._frames.get(place)
        if kept is None:
            kept = make()
            self._frames.put(place, kept, len(kept))
        return kept
