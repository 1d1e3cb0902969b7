"""The indexes of a cluster's state. Every set is an ordered dict, so iteration is the same in every process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from app.machinery.objects import Key

T = TypeVar("T")
Pair = tuple[str, str]


@dataclass(slots=True)
class MultiIndex(Generic[T]):
    """From a term to the keys that carry it, in order of arrival."""

    terms: dict[T, dict[Key, None]] = field(default_factory=dict)

    def add(self, term: T, key: Key) -> None:
        """Put the key under the term."""
        self.terms.setdefault(term, {})[key] = None

    def remove(self, term: T, key: Key) -> None:
        """Take the key from under the term; terms without keys are forgotten."""
        keys = self.terms.get(term)
        if keys is not None:
            keys.pop(key, None)
            if not keys:
                del self.terms[term]

    def get(self, term: T) -> Iterable[Key]:
        """Return the keys under the term."""
        return self.terms.get(term, {})

    def count(self, term: T) -> int:
        """Return how many keys are under the term."""
        return len(self.terms.get(term, ()))


@dataclass(slots=True)
class LabelIndex:
    """From (namespace, label pair) to the keys of one resource that carry the label."""

    pairs: MultiIndex[tuple[str, str, str]] = field(default_factory=MultiIndex)

    def add(self, key: Key, labels: Mapping[str, str]) -> None:
        """Index a key by its labels."""
        for name, value in labels.items():
            self.pairs.add((key.namespace, name, value), key)

    def remove(self, key: Key, labels: Mapping[str, str]) -> None:
        """Forget a key under its labels."""
        for name, value in labels.items():
            self.pairs.remove((key.namespace, name, value), key)

    def matching(self, namespace: str, selector: Mapping[str, str]) -> Iterator[Key]:
        """Yield the keys whose labels hold every pair of a non-empty selector; extra labels do not matter."""
        groups = [self.pairs.terms.get((namespace, *pair), {}) for pair in selector.items()]
        if not groups:
            return
        groups.sort(key=len)
        rarest, others = groups[0], groups[1:]
        for key in rarest:
            if all(key in group for group in others):
                yield key

    def count(self, namespace: str, pair: Pair) -> int:
        """Return how many keys in the namespace carry the pair."""
        return self.pairs.count((namespace, *pair))


@dataclass(slots=True)
class SelectorIndex:
    """From a pod's labels to the objects whose equality selector matches: each is filed under one of its pairs."""

    filed: MultiIndex[tuple[str, str, str]] = field(default_factory=MultiIndex)
    unfiled: MultiIndex[str] = field(default_factory=MultiIndex)
    selectors: dict[Key, tuple[Mapping[str, str], Pair | None]] = field(default_factory=dict)

    def add(self, key: Key, selector: Mapping[str, str], rarest: Pair | None) -> None:
        """File a selector under its rarest pair; one without equality pairs is a candidate for every pod."""
        self.selectors[key] = (selector, rarest)
        if rarest is None:
            self.unfiled.add(key.namespace, key)
        else:
            self.filed.add((key.namespace, *rarest), key)

    def remove(self, key: Key) -> None:
        """Forget the selector of that key."""
        found = self.selectors.pop(key, None)
        if found is None:
            return
        rarest = found[1]
        if rarest is None:
            self.unfiled.remove(key.namespace, key)
        else:
            self.filed.remove((key.namespace, *rarest), key)

    def matching(self, namespace: str, labels: Mapping[str, str]) -> Iterator[Key]:
        """Yield the keys whose equality pairs all stand in the labels (candidates, where a selector has expressions too)."""
        yield from self.unfiled.get(namespace)
        for pair in labels.items():
            for key in self.filed.get((namespace, *pair)):
                selector = self.selectors[key][0]
                if all(labels.get(name) == value for name, value in selector.items()):
                    yield key
