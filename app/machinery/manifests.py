"""Manifests: YAML or JSON text to documents, and what is wrong with them in the words of kubectl and in plain ones.

    parsed = manifests.check(text)            what can be created, and a diagnosis for everything that cannot
    manifests.diagnose_field_errors(…)        the same for what a kind's own rules refuse (422)

Mirrors what kubectl 1.36 prints for `apply -f` (tests/machinery/test_manifests.py holds the recorded answers).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from app.machinery import documents, faults, field_faults, mends, plain, validation
from app.machinery.documents import Document, Fault
from app.machinery.schema import Decoded
from app.machinery.validation import FieldError

__all__ = [
    "MAX_DIAGNOSES",
    "MAX_MENDED",
    "Diagnosis",
    "Document",
    "Parsed",
    "check",
    "diagnose_decode",
    "diagnose_field_errors",
    "locate",
    "mend",
    "parse",
]

SOURCE = "STDIN"
MAX_DIAGNOSES = 100
MAX_MENDED = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that is wrong: where (from 1), the real tool's words, a plain sentence, and the mended text if known.

    `mended` is the whole manifest with this and every other fault mended that can be.
    """

    document: int
    line: int
    column: int
    message: str
    plain: str
    mended: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text holds: every object that could be read, what refuses the rest, and what kubectl lets pass."""

    documents: tuple[Document, ...]
    errors: tuple[Diagnosis, ...]
    warnings: tuple[Diagnosis, ...] = ()


def parse(text: str, source: str = SOURCE) -> Parsed:
    """Read a text without judging its objects: errors are what cannot be read at all. Never raises."""
    reading = documents.read(text, source)
    refused = [fault for fault in reading.faults if not fault.warning]
    return Parsed(reading.documents, _diagnoses(text, source, refused), _warnings(reading.faults))


def check(text: str, source: str = SOURCE) -> Parsed:
    """Read a text and judge each object as kubectl and the API server's decoder do. Never raises.

    `documents` are those without an error; a custom kind is among them, as it is.
    """
    examined = mends.examine(text, source)
    refused = {fault.document for fault in examined.errors if not fault.syntax}
    sound = tuple(document for document in examined.reading.documents if document.index not in refused)
    return Parsed(sound, _diagnoses(text, source, examined.errors), _warnings(examined.faults))


def locate(document: Document, field_path: str) -> tuple[int, int]:
    """Return line and column (from 1) of a field, or of its nearest ancestor that is there."""
    mark = documents.locate(document, field_path)
    return mark.line + 1, mark.column + 1


def mend(text: str, source: str = SOURCE) -> str | None:
    """Return the text with every fault mended that can be, or None when there is nothing to mend or no way."""
    return mends.mend(text, source)


def diagnose_decode(document: Document, decoded: Decoded) -> tuple[Diagnosis, ...]:
    """Tell what a strict decoder refused in a document."""
    return _diagnoses(document.text, document.source, faults.decoding(document, decoded))


def diagnose_field_errors(
    document: Document, kind: str, name: str, errors: Sequence[FieldError]
) -> tuple[Diagnosis, ...]:
    """Tell what a kind's rules refuse (422): each field error with its place, plain words, and the mended text."""
    wanted = [edit for error in errors for edit in field_faults.edits_for(document, error)]
    mended = field_faults.mended(document, errors) if wanted else None
    found = []
    for error in errors:
        mark = field_faults.locate(document, error)
        has_edit = bool(field_faults.edits_for(document, error))
        message = validation.kubectl_sentence(kind, name, [error])
        sentence = field_faults.explain(kind, error)
        found.append(
            Diagnosis(document.index, mark.line + 1, mark.column + 1, message, sentence, mended if has_edit else None)
        )
    return tuple(found)


def _diagnoses(text: str, source: str, refused: Sequence[Fault]) -> tuple[Diagnosis, ...]:
    """Write the first hundred faults out; the mended text goes along as often as the answer's size allows."""
    mendable = any(fault.edits or fault.syntax for fault in refused)
    mended = mends.mend(text, source) if mendable else None
    left = {fault.message for fault in mends.examine(mended, source).errors} if mended else set()
    found: list[Diagnosis] = []
    room = MAX_MENDED // (len(mended) + 1) if mended else 0
    for fault in refused[:MAX_DIAGNOSES]:
        helped = (fault.edits or fault.syntax) and fault.message not in left and room > 0
        room -= bool(helped)
        found.append(_diagnosis(fault, mended if helped else None))
    if len(refused) > MAX_DIAGNOSES:
        found[-1] = dataclasses.replace(found[-1], plain=plain.and_more(found[-1].plain, len(refused) - MAX_DIAGNOSES))
    return tuple(found)


def _warnings(found: Sequence[Fault]) -> tuple[Diagnosis, ...]:
    return tuple(_diagnosis(fault, None) for fault in found if fault.warning)


def _diagnosis(fault: Fault, mended: str | None) -> Diagnosis:
    return Diagnosis(fault.document, fault.mark.line + 1, fault.mark.column + 1, fault.message, fault.plain, mended)
