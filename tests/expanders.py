"""Expanders: one row of named states becomes many, since what counts is the state and never the way there.

The idea is that of Felix's calculation graph tests: each state has one right output, whatever came before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")


@dataclass(frozen=True)
class Expanded(Generic[State]):
    """A way through states: `None` is the empty state; squashed, nobody looks before the last one.

    `backwards` makes the inputs of each state in the opposite order, `twice` sends every update twice.
    """

    name: str
    states: tuple[State | None, ...]
    backwards: bool = False
    twice: bool = False
    squashed: bool = False


def as_given(states: Sequence[State]) -> Iterator[Expanded[State]]:
    """Yield the row itself."""
    yield Expanded("as given", tuple(states))


def inputs_reversed(states: Sequence[State]) -> Iterator[Expanded[State]]:
    """Yield it with the inputs of each state in the opposite order."""
    yield Expanded("inputs reversed", tuple(states), backwards=True)


def states_reversed(states: Sequence[State]) -> Iterator[Expanded[State]]:
    """Yield it from its end to its beginning."""
    yield Expanded("states reversed", tuple(reversed(states)))


def empties_between(states: Sequence[State]) -> Iterator[Expanded[State]]:
    """Yield it with the empty state after each."""
    yield Expanded("empties between", tuple(one for state in states for one in (state, None)))


def each_alone(states: Sequence[State]) -> Iterator[Expanded[State]]:
    """Yield each state alone."""
    for number, state in enumerate(states):
        yield Expanded(f"alone {number}", (state,))


def all_squashed(states: Sequence[State]) -> Iterator[Expanded[State]]:
    """Yield it as one step: nobody acts before all of it has happened."""
    yield Expanded("squashed", tuple(states), squashed=True)


def sent_twice(states: Sequence[State]) -> Iterator[Expanded[State]]:
    """Yield it with every update sent twice."""
    yield Expanded("sent twice", tuple(states), twice=True)


EXPANDERS: tuple[Callable[[Sequence[State]], Iterator[Expanded[State]]], ...] = (  # type: ignore[valid-type]
    as_given,
    inputs_reversed,
    states_reversed,
    empties_between,
    each_alone,
    all_squashed,
    sent_twice,
)


def expand(states: Sequence[State]) -> list[Expanded[State]]:
    """Return every expansion of a row of states."""
    return [found for expander in EXPANDERS for found in expander(states)]
