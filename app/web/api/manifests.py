"""Manifests that come with a call: parsed, decoded strictly, and refused with the line and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.machinery import errors, manifests, objects
from app.machinery.objects import Draft
from app.web.api.bodies import Unprocessable


@dataclass(frozen=True, slots=True)
class Read:
    """Manifests that decode, with where they stand in the text."""

    documents: tuple[manifests.Document, ...]

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """Fresh drafts of all documents."""
        return tuple(objects.draft_of(document.obj) for document in self.documents)


NOTHING = Read(())


def read(text: str) -> Read:
    """Read manifests; one that is wrong refuses them all."""
    checked = manifests.check(text)
    if checked.errors:
        raise refused(checked.errors)
    return Read(checked.documents)


def refused(found: Sequence[manifests.Diagnosis]) -> Unprocessable:
    """Make the refusal that carries every diagnosis."""
    first = found[0]
    more = f" ({len(found)} problems in all.)" if len(found) > 1 else ""
    return Unprocessable(
        f"{first.message}{more}", plain=first.plain, details={"errors": [rendered(one) for one in found]}
    )


def rendered(one: manifests.Diagnosis) -> dict[str, Any]:
    """Render a diagnosis as the contract has it."""
    told: dict[str, Any] = {
        "document": one.document,
        "line": one.line,
        "column": one.column,
        "message": one.message,
        "plain": one.plain,
    }
    if one.mended is not None:
        told["mended"] = one.mended
    return told


def located(refusal: errors.Invalid, documents: Read) -> errors.ApiError:
    """Return a kind's refusal with the lines it means, if the object stands in these documents."""
    for document in documents.documents:
        if document.obj.get("kind") == refusal.kind and objects.name_of(document.obj) == refusal.name:
            found = manifests.diagnose_field_errors(document, refusal.kind, refusal.name, refusal.field_errors)
            return refused(found) if found else refusal
    return refusal
