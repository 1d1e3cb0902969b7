"""`/openapi/v2` and `/openapi/v3`: in the form that was asked for, and not again to who has it already.

Mirrors k8s.io/kube-openapi/pkg/handler and handler3 (as of release 1.36).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.kubeapi import encodings
from app.kubeapi.openapi import documents, swagger
from app.kubeapi.openapi.documents import Document

_BINARY_ASKED = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
_BINARY = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
"""What is asked for is no valid media type, so the answer has another."""
_KEPT = {"Cache-Control": "public, immutable", "Expires": "Fri, 31 Dec 2100 00:00:00 GMT"}
_ASKED_AGAIN = {"Cache-Control": "no-cache, private"}


async def answer(place: str, request: Request, prefix: str) -> Response | None:
    """Answer for a path below the API (`openapi/v3/api/v1`); None when there is no such document.

    `prefix` is the path under which the API server's own paths begin.
    """
    if place == "openapi/v2":
        accept = request.headers.get("accept", "")
        if _BINARY_ASKED in accept or _BINARY in accept:
            return _respond(await asyncio.to_thread(swagger.binary), request, _BINARY, _ASKED_AGAIN)
        return _respond(await asyncio.to_thread(swagger.document), request, "application/json", _ASKED_AGAIN)
    if place == "openapi/v3":
        found = await asyncio.to_thread(documents.index, prefix)
        return _respond(found, request, "application/json", _ASKED_AGAIN)
    below = place.removeprefix("openapi/v3/")
    if below == place or below not in documents.places():
        return None
    document = await asyncio.to_thread(documents.document, below)
    if document is None:
        return None
    wanted = request.query_params.get("hash")
    if wanted and wanted != document.etag:
        return Response(status_code=301, headers={"Location": f"{prefix}{documents.url_of(below, document.etag)}"})
    return _respond(document, request, "application/json", _KEPT if wanted else _ASKED_AGAIN)


def _respond(document: Document, request: Request, form: str, caching: Mapping[str, str]) -> Response:
    headers = {"ETag": f'"{document.etag}"', "Vary": "Accept, Accept-Encoding", **caching}
    held = (tag.strip().removeprefix("W/").strip('"') for tag in request.headers.get("if-none-match", "").split(","))
    if document.etag in held:
        return Response(status_code=304, headers=headers)
    if encodings.takes_gzip(request):
        return Response(document.zipped, 200, {**headers, "Content-Encoding": "gzip"}, form)
    return Response(document.body, 200, headers, form)
