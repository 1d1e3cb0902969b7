"""YAML forms: an object as text, faults with their lines, the mended text as a difference."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from app.machinery import errors, manifests, objects
from app.machinery.objects import Draft, Object
from app.web import passports, words
from app.web.inspected import DiffLine, Editing, Fault, Kept

AROUND = 2
"""Lines shown before and after a blamed one."""
MOST_FAULTS = 20
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_FIRST = ("spec", "data", "subsets", "endpoints", "ports")
_META_FIRST = ("name", "namespace", "labels", "annotations")


def text_of(obj: Object) -> str:
    """Write an object as the YAML tab shows it."""
    shown = {name: obj[name] for name in (*_FIRST, *obj) if name in obj and name != "metadata"}
    ordered = {name: shown.pop(name) for name in ("apiVersion", "kind") if name in shown}
    text: str = yaml.dump(
        _plain({**ordered, "metadata": _metadata(obj), **shown}),
        Dumper=yaml.CSafeDumper,
        sort_keys=False,
        allow_unicode=True,
        width=1_000_000,
    )
    return text


def _metadata(obj: Object) -> dict[str, Any]:
    """Return the metadata worth reading: without what only tools look at."""
    meta = dict(objects.metadata(obj))
    meta.pop("managedFields", None)
    annotations = {name: value for name, value in objects.annotations_of(obj).items() if name != LAST_APPLIED}
    if annotations:
        meta["annotations"] = annotations
    else:
        meta.pop("annotations", None)
    return {name: meta[name] for name in (*_META_FIRST, *meta) if name in meta}


def with_hidden(draft: Draft, present: Object) -> Draft:
    """Put back what `text_of` does not show of the present object."""
    hidden = objects.annotations_of(present).get(LAST_APPLIED)
    if hidden is None:
        return draft
    return objects.with_path(draft, ("metadata", "annotations", LAST_APPLIED), hidden)


def of_object(obj: Object, ref: str) -> Editing:
    """Return the form that edits an object."""
    version = str(objects.resource_version_of(obj))
    text = text_of(obj)
    return Editing(key(ref, version), text, ref, version, kept=passports.kept_in(manifests.parse(text).documents))


def pasted(
    text: str, *, faults: Sequence[Fault] = (), mended: str | None = None, note: str = "", kept: Sequence[Kept] = ()
) -> Editing:
    """Return the form for pasted manifests, with what is wrong with them and what of them would only be kept."""
    difference = tuple(difference_of(text, mended)) if mended else ()
    return Editing(
        "pasted",
        text,
        faults=tuple(faults),
        mended=mended or "",
        difference=difference,
        note=note,
        kept=tuple(kept),
    )


def refused(edit: Editing, text: str, faults: Sequence[Fault], mended: str | None) -> Editing:
    """Return the same form with the typed text kept and what is wrong with it."""
    difference = tuple(difference_of(text, mended)) if mended else ()
    return dataclasses.replace(
        edit, text=text, faults=tuple(faults), mended=mended or "", difference=difference, theirs="", theirs_version=""
    )


def overtaken(edit: Editing, text: str, theirs: Object) -> Editing:
    """Return the form when somebody else changed the object meanwhile: both versions, nothing lost."""
    now = text_of(theirs)
    return dataclasses.replace(
        edit,
        text=text,
        theirs=now,
        theirs_difference=tuple(difference_of(_without_version(now), _without_version(text))),
        theirs_version=str(objects.resource_version_of(theirs)),
    )


def faults_of(text: str, found: Iterable[manifests.Diagnosis]) -> tuple[tuple[Fault, ...], str | None]:
    """Return diagnoses as the form shows them, and the mended text if one is known."""
    diagnoses = list(found)[:MOST_FAULTS]
    mended = next((one.mended for one in diagnoses if one.mended), None)
    lines = text.splitlines()
    shown = tuple(
        Fault(one.document, one.line, one.column, one.message, one.plain, excerpt(lines, one.line)) for one in diagnoses
    )
    return shown, mended


def fault_of(
    error: errors.ApiError, text: str, documents: Sequence[manifests.Document]
) -> tuple[tuple[Fault, ...], str | None]:
    """Return a refusal by the cluster as faults, with the lines it means where they are known."""
    if isinstance(error, errors.Invalid):
        for document in documents:
            if document.obj.get("kind") == error.kind and objects.name_of(document.obj) == error.name:
                found = manifests.diagnose_field_errors(document, error.kind, error.name, error.field_errors)
                if found:
                    return faults_of(text, found)
    return (Fault(0, 0, 0, error.message, error.plain),), None


def excerpt(lines: Sequence[str], line: int) -> tuple[tuple[int, str, bool], ...]:
    """Return the lines around a blamed one, tabs made visible."""
    if not 0 < line <= len(lines):
        return ()
    first, last = max(1, line - AROUND), min(len(lines), line + AROUND)
    return tuple((n, lines[n - 1].replace("\t", "→   "), n == line) for n in range(first, last + 1))


def difference_of(before: str, after: str) -> Iterable[DiffLine]:
    """Yield the changed lines with a little around them."""
    left, right = before.splitlines(), after.splitlines()
    for group in difflib.SequenceMatcher(None, left, right, autojunk=False).get_grouped_opcodes(2):
        for verb, i1, i2, j1, j2 in group:
            if verb == "equal":
                yield from (DiffLine(" ", _visible(line)) for line in left[i1:i2])
                continue
            yield from (DiffLine("-", _visible(line)) for line in left[i1:i2])
            yield from (DiffLine("+", _visible(line)) for line in right[j1:j2])


def _without_version(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("  resourceVersion:"))


def applied_words(applied: Sequence[Any]) -> str:
    """Say what became of applied manifests."""
    changed = [one for one in applied if one.verb != "unchanged"]
    if not changed:
        return words.say("toasts", "unchanged")
    names = ", ".join(f"{one.kind} {one.key.name}" for one in changed[:3])
    more = f" + {len(changed) - 3}" if len(changed) > 3 else ""
    return words.say("toasts", "applied_count", count=len(changed), names=names + more)


def _visible(line: str) -> str:
    return line.replace("\t", "→   ")


def key(ref: str, version: str) -> str:
    """Name the form of one version of an object, so that the page keeps its editor while it stays the same."""
    return hashlib.sha256(f"{ref} {version}".encode()).hexdigest()[:10]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(child) for name, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(child) for child in value]
    return value
