"""What the fidelity passport's pages are given: frozen records, gathered again in `contexts`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """One of the four things that can be said of a field; `count` of the passport's rows have it."""

    status: str
    mark: str
    word: str
    sentence: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Entitled:
    """One row: a field or a behaviour, what is said of it, by whom it is acted on and what witnesses it.

    `below` counts the fields that the row stands for beside its own; `alike` names what to look at instead.
    """

    label: str
    is_code: bool
    sentence: str
    status: str
    mark: str
    word: str
    reader: str
    witnesses: tuple[str, ...]
    below: int
    alike: str
    report: str


@dataclass(frozen=True, slots=True)
class Part:
    """Rows under one heading: a kind, or an area of behaviour."""

    id: str
    title: str
    about: str
    rows: tuple[Entitled, ...]
    is_open: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A deviation that the code itself declares."""

    sentence: str
    module: str
    report: str


@dataclass(frozen=True, slots=True)
class Passport:
    """The page: the four standings, what was searched for, and the rows that fit."""

    version: str
    standings: tuple[Standing, ...]
    query: str
    kind: str
    status: str
    kinds: tuple[str, ...]
    behaviours: tuple[Part, ...]
    fields: tuple[Part, ...]
    differences: tuple[Difference, ...]
    is_filtered: bool
    found: int


@dataclass(frozen=True, slots=True)
class Report:
    """A case to copy: this differs from my cluster."""

    about: str
    text: str
    back: str
