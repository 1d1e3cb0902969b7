"""Route of a node's rules: what its kube-proxy has programmed, as the real tool prints it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from app.dataplane import rulesets
from app.web import signin
from app.web.api.playgrounds import host_of
from app.web.signin import Role

router: APIRouter = APIRouter(prefix="/api/v1/playgrounds/{playground}")


@router.get("/nodes/{node}/rules")
async def rules(request: Request, playground: str, node: str) -> Response:
    """Answer the rules as text; a node without kube-proxy has none."""
    await signin.require(request, playground, Role.VIEW)
    found = rulesets.of_node(await host_of(request).read(playground), node)
    headers = {"X-Kube-Proxy-Mode": found.mode or "none"}
    return PlainTextResponse(found.text, headers=headers)
