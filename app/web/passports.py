"""The fidelity passport as pages and forms show it: rows by kind and standing, marks in the inspector, cases to copy."""

from __future__ import annotations

import functools
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import metadata
from urllib.parse import urlencode

from app.kinds.fidelity import behaviours, passport
from app.kinds.fidelity.claim import Behaviour, Status
from app.kinds.fidelity.passport import FieldRow
from app.machinery import documents, manifests
from app.machinery.objects import Object
from app.web import certified, differences, words
from app.web.certified import Difference, Entitled, Part, Passport, Report, Standing
from app.web.inspected import Kept

PAGE = "/fidelity"
EVERY_KIND = "every kind"
WHOLE = "whole kinds"
FIRST = "Service"
MOST_KEPT = 40
"""Marks that a form carries; more would hide what they mark."""


def version() -> str:
    """Return this Podlane's version."""
    return metadata.version("podlane")


# --- the page ----------------------------------------------------------------------------------


def page(query: str, kind: str, status: str) -> Passport:
    """Return the passport, as far as it fits what is searched for."""
    chosen = Status(status) if status in list(Status) else None
    wanted = kind if kind in _kinds() else ""
    is_filtered = bool(query.strip() or wanted or chosen)
    everything = (*_behaviours(), *_fields())
    counted = Counter(row.status for part in everything for row in part.rows)
    shown = [_fitting(part, query, chosen, is_filtered) for part in everything if not wanted or part.title == wanted]
    found = [part for part in shown if part.rows]
    areas = {part.id for part in _behaviours()}
    declared = () if wanted or chosen else tuple(_differences(query))
    return Passport(
        version=version(),
        standings=tuple(_standing(one, counted[one.value], one is chosen) for one in Status),
        query=query,
        kind=wanted,
        status=chosen.value if chosen else "",
        kinds=_kinds(),
        behaviours=tuple(part for part in found if part.id in areas),
        fields=tuple(part for part in found if part.id not in areas),
        differences=declared,
        is_filtered=is_filtered,
        found=sum(len(part.rows) for part in found) + len(declared),
    )


def _fitting(part: Part, query: str, status: Status | None, is_filtered: bool) -> Part:
    sought = query.lower().split()
    rows = tuple(
        row
        for row in part.rows
        if (status is None or row.status == status.value)
        and all(word in f"{part.title} {row.label} {row.sentence}".lower() for word in sought)
    )
    return Part(part.id, part.title, part.about, rows, is_filtered or part.is_open)


def _differences(query: str) -> Iterable[Difference]:
    sought = query.lower().split()
    for one in differences.declared():
        if all(word in f"{one.sentence} {one.module}".lower() for word in sought):
            yield Difference(one.sentence, one.module, f"{PAGE}/report?{urlencode({'difference': one.id})}")


@functools.cache
def _kinds() -> tuple[str, ...]:
    return tuple(part.title for part in _fields())


@functools.cache
def _fields() -> tuple[Part, ...]:
    claimed = [kind for kind in passport.kinds() if kind.kind in passport.CLAIMS]
    whole = [kind for kind in passport.kinds() if kind.kind not in passport.CLAIMS]
    parts = [
        Part(kind.kind, kind.kind, kind.api_version, _rows(passport.rows_of(kind)), kind.kind == FIRST)
        for kind in claimed
    ]
    stored = [FieldRow(kind.kind, "", Status.STORED) for kind in whole]
    return (
        *parts,
        Part("every-kind", EVERY_KIND, words.say("fidelity", "every_kind"), _rows(passport.shared_rows()), False),
        Part("whole-kinds", WHOLE, words.say("fidelity", "whole"), _rows(stored), False),
    )


@functools.cache
def _behaviours() -> tuple[Part, ...]:
    areas = dict.fromkeys(one.area for one in behaviours.BEHAVIOURS)
    return tuple(
        Part(
            f"area-{number}",
            area,
            "",
            tuple(_behaviour(one) for one in behaviours.BEHAVIOURS if one.area == area),
            True,
        )
        for number, area in enumerate(areas)
    )


def _behaviour(one: Behaviour) -> Entitled:
    status = one.status.value
    return Entitled(
        label=one.title,
        is_code=False,
        sentence=one.sentence,
        status=status,
        mark=words.say("fidelity", "marks", status),
        word=words.say("fidelity", "words", status),
        reader="",
        witnesses=tuple(f"tests/{witness}" for witness in one.witnesses),
        below=0,
        alike="",
        report=f"{PAGE}/report?{urlencode({'behaviour': one.slug})}",
    )


def _rows(found: Sequence[FieldRow]) -> tuple[Entitled, ...]:
    return tuple(_row(row) for row in found)


def _row(row: FieldRow) -> Entitled:
    status = row.status.value if row.status else ""
    return Entitled(
        label=row.path or row.kind,
        is_code=True,
        sentence="",
        status=status,
        mark=words.say("fidelity", "marks", status) if status else "",
        word=words.say("fidelity", "words", status) if status else "",
        reader=f"app/{row.reader}" if row.reader else "",
        witnesses=(f"tests/{row.witness}",) if row.witness else (),
        below=row.below,
        alike=row.alike,
        report=f"{PAGE}/report?{urlencode({'kind': row.kind or EVERY_KIND, 'field': row.path})}",
    )


def _standing(status: Status, count: int, chosen: bool) -> Standing:
    say = functools.partial(words.say, "fidelity")
    return Standing(
        status.value,
        say("marks", status.value),
        say("titles", status.value),
        say("sentences", status.value),
        count,
        chosen,
    )


# --- marks in the inspector --------------------------------------------------------------------


def kept(obj: Object) -> tuple[Kept, ...]:
    """Return the fields of an object that nothing acts on, as its summary lists them."""
    kind = str(obj.get("kind") or "")
    fields = dict.fromkeys(passport.dotted(place) for place in passport.stored_fields(obj))
    return tuple(_kept(kind, field, 0) for field in list(fields)[:MOST_KEPT])


def kept_in(found: Iterable[manifests.Document]) -> tuple[Kept, ...]:
    """Return the same for manifests as they are written, with the lines where the fields stand."""
    return tuple(itertools.islice(_kept_in(found), MOST_KEPT))


def _kept_in(found: Iterable[manifests.Document]) -> Iterator[Kept]:
    for document in found:
        kind = str(document.obj.get("kind") or "")
        if passport.is_stored(document.obj):
            line = documents.locate_steps(document, ("kind",)).line + 1
            yield Kept(kind, line, words.say("fidelity", "kept_kind", kind=kind), _search(kind, ""))
            continue
        for place in passport.stored_fields(document.obj):
            line = documents.locate_steps(document, place).line + 1
            yield _kept(kind, passport.dotted(place), line)


def _kept(kind: str, field: str, line: int) -> Kept:
    row = passport.row_for(kind, field)
    return Kept(field, line, words.say("fidelity", "kept_field", field=field), _search(row.kind, row.path))


def _search(kind: str, path: str) -> str:
    return f"{PAGE}?{urlencode({'kind': kind, 'q': path} if path else {'q': kind})}"


# --- this differs from my cluster --------------------------------------------------------------


def report(behaviour: str, difference: str, kind: str, field: str) -> Report | None:
    """Return the case of a behaviour, of a declared difference, or of a field; None when there is no such row."""
    if behaviour:
        return next((_case(one.title, _behaviour(one)) for one in behaviours.BEHAVIOURS if one.slug == behaviour), None)
    if difference:
        return next((_declared(one) for one in differences.declared() if one.id == difference), None)
    for part in _fields():
        for row in part.rows:
            if row.report == f"{PAGE}/report?{urlencode({'kind': kind, 'field': field})}":
                return _case(f"{kind}: {field}" if field else kind, row)
    return None


def _case(about: str, row: Entitled) -> Report:
    status = words.say("fidelity", "titles", row.status) if row.status else words.say("fidelity", "alike", of=row.alike)
    lines = [f"{status}. {row.sentence}".strip()]
    if row.reader:
        lines.append(words.say("fidelity", "acted", reader=row.reader))
    if row.witnesses:
        lines.append(words.say("fidelity", "witnessed", witnesses=", ".join(row.witnesses)))
    return _report(about, lines)


def _declared(one: differences.Declared) -> Report:
    known = words.say("fidelity", "known")
    return _report(one.module, [known, one.sentence])


def _report(about: str, lines: Sequence[str]) -> Report:
    said = "\n".join(f"  {line}" for line in lines)
    text = words.say("fidelity", "report", about=about, version=version(), said=said)
    return certified.Report(about, text, PAGE)
