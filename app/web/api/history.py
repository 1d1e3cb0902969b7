"""The history of an object: its changes with actor and cause, for tools."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.web import history, refs, signin
from app.web.api import bodies
from app.web.api.playgrounds import host_of
from app.web.signin import Role

router: APIRouter = APIRouter(prefix="/api/v1/playgrounds/{playground}")


@router.get("/history")
async def show(request: Request, playground: str) -> Response:
    """Answer the changes of the object that `ref` names, newest first; `since` says how far back was looked."""
    await signin.require(request, playground, Role.VIEW)
    ref = request.query_params.get("ref", "")
    key = refs.key(ref)
    host = host_of(request)
    entries = await history.recent(host, await host.describe(playground))
    found = msgspec.to_builtins(history.changes(entries, key))
    return bodies.answer({"ref": ref, "since": entries[0].revision if entries else 0, "changes": found})
