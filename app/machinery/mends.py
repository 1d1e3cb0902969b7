"""One click: the whole text mended as far as is known, each part proven by reading it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.machinery import documents, edits, faults, syntax
from app.machinery.documents import Fault, Reading

MAX_ROUNDS = 30
MAX_TEXT = 256 * 1024
MAX_REREAD = 400_000


@dataclass(frozen=True, slots=True)
class Examined:
    """A text's objects that can be created, and what is wrong with the others."""

    reading: Reading
    faults: tuple[Fault, ...]

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that refuse, without those that only warn."""
        return tuple(fault for fault in self.faults if not fault.warning)


def examine(text: str, source: str) -> Examined:
    """Read a text and judge each document."""
    reading = documents.read(text, source)
    found = [*reading.faults, *(fault for document in reading.documents for fault in faults.of(document))]
    return Examined(reading, tuple(sorted(found, key=lambda fault: fault.mark)))


def mend(text: str, source: str) -> str | None:
    """Return the text with every fault mended that can be, or None when none can, or the text is too long to try."""
    if len(text) > MAX_TEXT:
        return None
    if text.lstrip().startswith("{"):
        mended = _mend_part(text, source, _Effort())
        return mended if mended != text else None
    lines = text.split("\n")
    effort = _Effort()
    for first, part in reversed(list(documents.chunks(text))):
        count = part.count("\n") + (not part.endswith("\n"))
        body = "\n".join(lines[first : first + count])
        mended = _mend_part(body, source, effort)
        if mended != body:
            lines[first : first + count] = mended.split("\n")
    result = "\n".join(lines)
    return result if result != text else None


def apply(text: str, source: str, index: int, wanted: Sequence[edits.Edit]) -> str | None:
    """Make edits of one document one after the other; None when any of them cannot be made."""
    for edit in wanted:
        found = documents.at(text, source, index)
        after = edits.apply(found, edit) if found else None
        if after is None:
            return None
        text = after
    return text


class _Effort:
    """How much text may still be read again, so that no manifest keeps the server busy."""

    def __init__(self) -> None:
        self.left = MAX_REREAD

    def allows(self, text: str) -> bool:
        self.left -= len(text) + 100
        return self.left >= 0


def _mend_part(text: str, source: str, effort: _Effort) -> str:
    """Mend one document's text, fault after fault, until nothing more can be done."""
    seen = {text}
    for _ in range(MAX_ROUNDS):
        if not effort.allows(text):
            break
        errors = examine(text, source).errors
        steps = (_without(text, source, fault, effort) for fault in errors)
        better = next((after for after in steps if after and after not in seen), None)
        if better is None:
            break
        seen.add(better)
        text = better
    return text


def _without(text: str, source: str, fault: Fault, effort: _Effort) -> str | None:
    """Return the text without this one fault; others may then come to light."""
    if fault.limit or not effort.allows(text):
        return None
    if fault.syntax:
        return _readable(text, source, fault, effort)
    if not fault.edits:
        return None
    after = apply(text, source, fault.document, fault.edits)
    if after is None:
        return None
    left = examine(after, source).errors
    told = {other.message for other in left if other.document == fault.document}
    return after if fault.message not in told and not any(other.syntax for other in left) else None


def _readable(text: str, source: str, fault: Fault, effort: _Effort) -> str | None:
    """Take the candidate that reads with the fewest faults; failing that, one that can be read further down."""
    best: tuple[int, str] | None = None
    further: tuple[int, str] | None = None
    for candidate in syntax.candidates(text, fault.mark.line):
        if not effort.allows(candidate):
            break
        left = examine(candidate, source).errors
        unread = [other.mark.line for other in left if other.syntax]
        if not unread and (best is None or len(left) < best[0]):
            best = (len(left), candidate)
        if unread and unread[0] > fault.mark.line and (further is None or unread[0] > further[0]):
            further = (unread[0], candidate)
    chosen = best or further
    return chosen[1] if chosen else None
