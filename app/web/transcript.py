"""What a terminal line printed, as parts: plain text, and names that select the object they name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.cluster import state
from app.kinds import registry
from app.kinds.kind import Kind
from app.web import refs

Part = tuple[str, ...]
"""(text,) or (text, ref)."""

_NAMED = re.compile(r"(?<![\w./-])([a-zA-Z]+)((?:\.[a-z0-9]+)*)/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?![\w/-])")
_WORD = re.compile(r"\S+")
MOST_LINKS = 2_000
CALLED = re.compile(r"\b(?:get|describe|delete|label|annotate|scale|edit|patch|expose)\s+([a-zA-Z][a-zA-Z.,]*)")


def kinds_in(line: str) -> list[Kind]:
    """Return the kinds that a typed line names."""
    found = [
        registry.by_name(word.partition(".")[0]) for match in CALLED.finditer(line) for word in match[1].split(",")
    ]
    return [kind for kind in found if kind is not None]


class Linker:
    """Turns text into parts, by what the cluster holds at the moment."""

    def __init__(self, held: state.ClusterState, namespace: str, kinds: Iterable[Kind]) -> None:
        self.held = held
        self.namespace = namespace
        self.kinds = list(kinds)

    def parts(self, text: str) -> list[Part]:
        """Return the parts of a text."""
        found: list[Part] = []
        links = 0
        for line in text.splitlines(keepends=True):
            at = 0
            for start, end, ref in self._links(line) if links < MOST_LINKS else ():
                if start > at:
                    found.append((line[at:start],))
                found.append((line[start:end], ref))
                at, links = end, links + 1
            if line[at:]:
                found.append((line[at:],))
        return _joined(found)

    def _links(self, line: str) -> list[tuple[int, int, str]]:
        named = [(match.start(), match.end(), ref) for match in _NAMED.finditer(line) if (ref := self._pair(match))]
        if named or not self.kinds:
            return named
        words = list(_WORD.finditer(line))[:2]
        for place, word in enumerate(words):
            namespace = words[0][0] if place else self.namespace
            for kind in self.kinds:
                key = kind.key(namespace, word[0])
                if self.held.get(key) is not None:
                    return [(word.start(), word.end(), refs.of_key(key))]
        return []

    def _pair(self, match: re.Match[str]) -> str:
        kind = registry.by_name(match[1])
        if kind is None or kind.kind not in refs.SELECTABLE:
            return ""
        key = kind.key(self.namespace, match[3])
        return refs.of_key(key) if self.held.get(key) is not None else ""


def _joined(found: list[Part]) -> list[Part]:
    """Join neighbours that are plain text."""
    out: list[Part] = []
    for part in found:
        if out and len(part) == 1 and len(out[-1]) == 1:
            out[-1] = (out[-1][0] + part[0],)
        else:
            out.append(part)
    return out
