"""The fidelity passport: how far each field and behaviour is simulated, and a case to copy where a cluster differs."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.web import contexts, passports, render

router = APIRouter()

LONGEST = 200
"""Characters of a search that are looked for."""


@router.get("/fidelity")
async def show(request: Request) -> Response:
    """Show the passport, or what of it fits `q`, `kind` and `status`."""
    asked = request.query_params
    found = passports.page(asked.get("q", "")[:LONGEST], asked.get("kind", ""), asked.get("status", ""))
    shell = contexts.Shell("How far to trust Podlane", render.theme_of(request), "fidelity")
    return render.page("pages/fidelity.html", {"shell": shell, "passport": found})


@router.get("/fidelity/report")
async def report(request: Request) -> Response:
    """Show the case of one row as text to copy. Nothing is sent anywhere: there is nobody to send it to."""
    asked = request.query_params
    found = passports.report(
        asked.get("behaviour", ""), asked.get("difference", ""), asked.get("kind", ""), asked.get("field", "")
    )
    if found is None:
        raise HTTPException(404)
    shell = contexts.Shell("This differs from my cluster", render.theme_of(request), "fidelity")
    return render.page("pages/report.html", {"shell": shell, "report": found})
