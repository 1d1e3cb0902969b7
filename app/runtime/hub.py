"""Where readers are fed from: the newest entries of each loaded playground, and a bell that rings when there are more.

A stream is a cursor, not a queue: a reader has a revision and reads on from there at its own pace.
"""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Callable

from app.cluster import journal

Entries = tuple[journal.Entry, ...]
RING = 10_000
"""Entries kept in memory for readers, whole commits at a time; older ones are read from the journal."""
FRAMES = 4_096
"""Encoded commits kept for the readers that follow one behind the other."""


class Ring:
    """The newest commits of one playground, and the bell its readers wait for."""

    __slots__ = ("_bell", "_commits", "_held", "head")

    def __init__(self, head: int) -> None:
        self.head = head
        self._commits: collections.deque[Entries] = collections.deque()
        self._held = 0
        self._bell = asyncio.Event()

    def push(self, entries: Entries) -> None:
        """Take in a commit and wake the readers."""
        self.fill(entries)
        self.wake()

    def fill(self, entries: Entries) -> None:
        """Take in a commit that no reader waits for."""
        self._commits.append(entries)
        self._held += len(entries)
        self.head = entries[-1].revision
        while self._held - len(self._commits[0]) >= RING:
            self._held -= len(self._commits.popleft())

    def wake(self) -> None:
        """Let every waiting reader look again."""
        self._bell.set()
        self._bell = asyncio.Event()

    async def more(self) -> None:
        """Return when the bell rings next."""
        await self._bell.wait()

    def after(self, revision: int) -> list[Entries] | None:
        """Return the commits above the revision, the first cut to it; None when they begin before the ring does."""
        if revision >= self.head:
            return []
        if not self._commits or self._commits[0][0].revision > revision + 1:
            return None
        found: list[Entries] = []
        for entries in reversed(self._commits):
            if entries[-1].revision <= revision:
                break
            found.append(entries)
        found.reverse()
        first = found[0]
        if first[0].revision <= revision:
            found[0] = first[revision + 1 - first[0].revision :]
        return found


class Frames:
    """Commits as bytes: encoded once for all readers of the same kind."""

    def __init__(self) -> None:
        self._kept: collections.OrderedDict[tuple[str, str, int, int], bytes] = collections.OrderedDict()

    def of(self, kind: str, playground: str, entries: Entries, encode: Callable[[Entries], bytes]) -> bytes:
        """Return the bytes of these entries, made by `encode` unless a reader of that kind had them made before."""
        place = (kind, playground, entries[0].revision, entries[-1].revision)
        found = self._kept.get(place)
        if found is None:
            found = self._kept[place] = encode(entries)
            if len(self._kept) > FRAMES:
                self._kept.popitem(last=False)
        return found
