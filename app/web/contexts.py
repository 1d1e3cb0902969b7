"""What pages and fragments show, as frozen records; each is one variable of the templates (see ROOTS)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import markupsafe

from app.web.certified import Passport, Report
from app.web.inspected import (
    Change,
    Diagnosis,
    Editing,
    FixView,
    Happening,
    Member,
    Ref,
    Rules,
    Selects,
    Summary,
)


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of every page: its title, the chosen theme ("" follows the system) and its script."""

    title: str
    theme: str
    script: str


@dataclass(frozen=True, slots=True)
class Link:
    """A way on."""

    href: str
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """An error page: what happened and what to do next."""

    code: int
    headline: str
    sentence: str
    ways: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class SignIn:
    """The shell for a browser that holds no key of this playground yet."""

    id: str


@dataclass(frozen=True, slots=True)
class Owned:
    """One playground this browser holds a key of."""

    id: str
    title: str
    can_edit: bool
    used: str


@dataclass(frozen=True, slots=True)
class Beginning:
    """One scenario of the gallery."""

    slug: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Home:
    """The front page."""

    owned: tuple[Owned, ...]
    beginnings: tuple[Beginning, ...]
    days: int


@dataclass(frozen=True, slots=True)
class At:
    """The playground a fragment belongs to: its path, whether this browser may change it, and at which revision
    of the past it stands (0: now)."""

    id: str
    base: str
    can_edit: bool
    past: int = 0


@dataclass(frozen=True, slots=True)
class Ground:
    """The playground page around its panels."""

    title: str
    revision: int
    age: str
    view: str
    seed: markupsafe.Markup
    page: markupsafe.Markup
    welcome: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request worth trying; the button fills the form."""

    title: str
    sentence: str
    source: str
    to: str
    count: int
    host: str = ""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One fact about Services with its demonstration; `missing` says what the cluster lacks for it."""

    slug: str
    sentence: str
    action: str
    missing: str


@dataclass(frozen=True, slots=True)
class Left:
    """The left column: what to try, the facts, and what can be added."""

    attempts: tuple[Attempt, ...]
    lessons: tuple[Lesson, ...]
    addable: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a select or a suggestion list."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """Options under one heading."""

    label: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """The request form, with what was typed and what is wrong with it."""

    sources: tuple[Choices, ...]
    suggestions: tuple[Choice, ...]
    source: str
    to: str
    count: int
    host: str = ""
    problem: str = ""
    plain: str = ""


@dataclass(frozen=True, slots=True)
class PacketLine:
    """Source or destination of a packet before a step, and after it when the step rewrote it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pod that could have got the packet: whether the choice was open to it, and what ruled it out if not."""

    ref: str
    label: str
    address: str
    mark: str
    why: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of a trace: `mark` is ok, fail, silent or dns; `index` counts all steps, those of the DNS exchange first."""

    number: int
    index: int
    title: str
    mark: str
    reason: str
    why: str
    packet: tuple[PacketLine, ...]
    because: tuple[Ref, ...]
    rule: str
    candidates: tuple[Candidate, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class HopView:
    """One place on the way."""

    place: str
    ref: str
    steps: tuple[StepView, ...]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One name that was tried while the search path was walked."""

    name: str
    answer: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Naming:
    """The DNS exchange as one step; its own hops are folded away."""

    title: str
    mark: str
    why: str
    answer: str
    tries: str
    lookups: tuple[Lookup, ...]
    hops: tuple[HopView, ...]
    failed: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """One pod's share of many requests; `tenths` is the share in tenths of a percent."""

    ref: str
    label: str
    sent: int
    share: str
    width: int


@dataclass(frozen=True, slots=True)
class Excluded:
    """Another cause of the same outcome, and why it was not this one."""

    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a request: outcome, one sentence why, hops, spread, fix, and what else it could have been."""

    revision: int
    source: str
    to: str
    outcome: str
    headline: str
    mark: str
    sentence: str
    asked: str
    naming: Naming | None
    hops: tuple[HopView, ...]
    server: Ref | None
    server_address: str
    client_ip: str
    took: str
    sent: int
    outcomes: tuple[Bar, ...]
    spread: tuple[Bar, ...]
    ideal: str
    ideal_width: int
    fix: FixView | None
    excluded: tuple[Excluded, ...]
    remedy: str
    play: markupsafe.Markup


@dataclass(frozen=True, slots=True)
class Panel:
    """The inspector: which tab is open, on which object or request."""

    tab: str
    ref: str
    label: str
    kind: str
    request: int
    gone: bool
    watching: bool = False
    asking: Asking | None = None
    result: Result | None = None
    summary: Summary | None = None
    editing: Editing | None = None
    happenings: tuple[Happening, ...] | None = None
    selects: Selects | None = None
    rules: Rules | None = None
    changes: tuple[Change, ...] | None = None
    left: Change | None = None
    """The change by which an address of the Service or slice went away last."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table view."""

    text: str
    mono: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One object in the table view."""

    ref: str
    name: str
    cells: tuple[Cell, ...]
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The objects of one kind."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    empty: str
    more: int = 0


@dataclass(frozen=True, slots=True)
class Tables:
    """The table view."""

    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a dialog's form."""

    name: str
    label: str
    value: str = ""
    help: str = ""
    problem: str = ""
    type: str = "text"
    choices: tuple[Choice, ...] = ()
    required: bool = False
    mono: bool = False
    live: str = ""


@dataclass(frozen=True, slots=True)
class Adding:
    """The dialog that adds one object."""

    kind: str
    title: str
    sentence: str
    fields: tuple[Field, ...]
    command: str = ""
    problem: str = ""
    plain: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    query: str
    members: tuple[Member, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """The share dialog; a link is known only when it has just been made."""

    days: int
    role: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """The terminal: what stands before the prompt's sign, and the words that the page's script says."""

    title: str
    seed: markupsafe.Markup


@dataclass(frozen=True, slots=True)
class Completions:
    """Words that could stand at the end of a typed line, for so many characters of it."""

    words: tuple[str, ...]
    typed: int


ROOTS: Mapping[str, type] = {
    "shell": Shell,
    "home": Home,
    "problem": Problem,
    "sign_in": SignIn,
    "at": At,
    "ground": Ground,
    "left": Left,
    "panel": Panel,
    "diagnosis": Diagnosis,
    "tables": Tables,
    "adding": Adding,
    "pasting": Editing,
    "found": Found,
    "sharing": Sharing,
    "terminal": Terminal,
    "choices": Completions,
    "passport": Passport,
    "report": Report,
}
"""The variables that templates may use, and what each holds."""
