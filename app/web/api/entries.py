"""The journal as a stream."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cluster import journal
from app.web import live, signin
from app.web.signin import Role

router: APIRouter = APIRouter(prefix="/api/v1/playgrounds/{playground}")


@router.get("/entries")
async def follow(request: Request, playground: str) -> Response:
    """Stream entries from the reader's cursor on: each id is a revision."""
    await signin.require(request, playground, Role.VIEW)
    return await live.stream(request, playground, encode, kind="entries")


def encode(entry: journal.Entry) -> bytes:
    """Write an entry as one line of JSON."""
    return msgspec.json.encode(journal.to_json(entry))
