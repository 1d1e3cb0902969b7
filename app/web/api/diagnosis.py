"""Route of the diagnosis: what is wrong in the cluster, found without sending a request."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.engine import diagnosing
from app.web import signin, thought
from app.web.api import bodies
from app.web.api.playgrounds import host_of
from app.web.signin import Role

router: APIRouter = APIRouter(prefix="/api/v1/playgrounds/{playground}")


@router.get("/diagnosis")
async def diagnosis(request: Request, playground: str) -> Response:
    """List findings, errors first; `service=namespace/name` asks about one Service. No entry is written."""
    await signin.require(request, playground, Role.VIEW)
    held = await host_of(request).read(playground)
    return bodies.answer(diagnosing.findings(held, thought.env(held), request.query_params.get("service", "")))
