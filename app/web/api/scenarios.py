"""What playgrounds can begin with."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from app.lessons import scenarios
from app.web.api import bodies

router: APIRouter = APIRouter(prefix="/api/v1/scenarios")


@router.get("")
async def show() -> Response:
    """List the scenarios."""
    return bodies.answer(
        [
            {"slug": found.slug, "title": found.title, "summary": found.summary, "request": found.request}
            for found in scenarios.all()
        ]
    )
