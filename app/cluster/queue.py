"""The work queue of dirty keys: each (controller, key) at most once, one controller at a time, keys in arrival order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from app.machinery.objects import Key


class Work(NamedTuple):
    """One key to reconcile: the controller's place in settle order, the key, the revision that asked, timer fired."""

    controller: int
    key: Key
    provoked_by: int
    fired: bool


@dataclass(slots=True)
class Lane:
    """The dirty keys of one controller. The deque keeps order; a dict alone would rescan its emptied front."""

    order: deque[Key] = field(default_factory=deque)
    dirty: dict[Key, tuple[int, bool]] = field(default_factory=dict)


@dataclass(slots=True)
class WorkQueue:
    """Dirty keys by controller. A controller's lane is emptied before the next one's turn, in settle order and around:
    a thousand pods that become ready are one look at their ReplicaSet, not a thousand."""

    lanes: dict[int, Lane] = field(default_factory=dict)
    current: int = 0

    def add(self, controller: int, key: Key, provoked_by: int, *, fired: bool = False) -> None:
        """Mark a key dirty; the newest revision that asked is kept."""
        lane = self.lanes.setdefault(controller, Lane())
        known = lane.dirty.get(key)
        if known is None:
            lane.order.append(key)
        lane.dirty[key] = (provoked_by, fired or (known is not None and known[1]))

    def pop(self) -> Work | None:
        """Take the next key: of the controller whose turn it is while it has work, then of the next one that has."""
        ahead = [number for number, lane in self.lanes.items() if lane.order]
        if not ahead:
            self.current = 0
            return None
        self.current = min(ahead, key=lambda number: (number < self.current, number))
        lane = self.lanes[self.current]
        key = lane.order.popleft()
        return Work(self.current, key, *lane.dirty.pop(key))

    def clear(self) -> None:
        """Forget everything."""
        self.lanes.clear()
        self.current = 0

    def __bool__(self) -> bool:
        return any(lane.order for lane in self.lanes.values())
