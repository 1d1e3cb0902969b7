"""Answers remembered by the identity of the frozen object they were worked out from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """Works an answer out once for each object and key; forgetting costs time, never correctness.

    Only for objects that nobody mutates any more, such as a workload's template. The object is kept alive with
    its answer, so no other object can take its identity meanwhile.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.kept: dict[tuple[int, Hashable], tuple[object, T]] = {}

    def get(self, source: object, key: Hashable, make: Callable[[], T]) -> T:
        """Return the answer for this very object, made by `make` the first time."""
        place = (id(source), key)
        found = self.kept.get(place)
        if found is not None:
            return found[1]
        made = make()
        if len(self.kept) >= self.size:
            self.kept.clear()
        self.kept[place] = (source, made)
        return made
