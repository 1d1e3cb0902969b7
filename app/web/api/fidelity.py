"""Route of the fidelity passport, for tools: every field, every behaviour, every declared difference."""

from __future__ import annotations

import functools
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from app.kinds.fidelity import behaviours, passport
from app.kinds.fidelity.claim import Status
from app.kinds.fidelity.passport import FieldRow
from app.web import differences, passports, words
from app.web.api import bodies

router: APIRouter = APIRouter(prefix="/api/v1/fidelity")

KUBERNETES = "1.36"


@router.get("")
async def show() -> Response:
    """List what is simulated and how that is known; a row with `same_as` is like the one it names."""
    return bodies.answer(_body())


@functools.cache
def _body() -> dict[str, Any]:
    rows = [("", row) for row in passport.shared_rows()]
    rows += [(kind.api_version, row) for kind in passport.kinds() for row in passport.rows_of(kind)]
    return {
        "version": passports.version(),
        "kubernetes": KUBERNETES,
        "statuses": {status.value: words.say("fidelity", "titles", status.value) for status in Status},
        "behaviours": [
            {
                "slug": one.slug,
                "area": one.area,
                "title": one.title,
                "status": one.status.value,
                "sentence": one.sentence,
                "witnesses": [f"tests/{witness}" for witness in one.witnesses],
            }
            for one in behaviours.BEHAVIOURS
        ],
        "fields": [_field(api_version, row) for api_version, row in rows],
        "differences": [
            {"id": one.id, "module": one.module, "sentence": one.sentence} for one in differences.declared()
        ],
    }


def _field(api_version: str, row: FieldRow) -> dict[str, Any]:
    """Render a row; `kind` is empty for the fields of every kind, `below` counts fields that the row stands for."""
    told: dict[str, Any] = {"api_version": api_version, "kind": row.kind, "path": row.path}
    if row.alike:
        return {**told, "same_as": row.alike}
    told["status"] = row.status.value if row.status else ""
    if row.reader:
        told["acted_on_by"] = f"app/{row.reader}"
    if row.witness:
        told["witness"] = f"tests/{row.witness}"
    if row.below:
        told["below"] = row.below
    return told
