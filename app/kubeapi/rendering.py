"""An answer on its way out: in the form that was asked for, readable for people, compressed when it is long.

Mirrors staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{negotiation,responsewriters} (release 1.36).
DIFFERS: protobuf is not among the forms of an answer; who takes nothing else gets 406.
"""

from __future__ import annotations

import asyncio
import gzip
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.kubeapi import encodings, status

JSON, YAML = "application/json", "application/yaml"
_FORMS = (JSON, YAML)
_VIEWS = frozenset({"", "Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList"})
_LONG = 128 * 1024
"""From this size on an answer travels compressed, as upstream's does."""
_LONGEST_YAML = 4 * 1024 * 1024
_LONGEST_INDENTED = 4 * 1024 * 1024
_PEOPLE = ("curl", "Wget", "Mozilla/5.0")
_REFUSED = (
    "only the following media types are accepted: application/json, application/yaml, "
    "application/json;as=Table;g=meta.k8s.io;v=v1"
)


def form(accept: str) -> str:
    """Return the media type of the answer; refuses a caller who takes none of ours."""
    if not accept.strip():
        return JSON
    for media, view in _clauses(accept):
        if view in _VIEWS:
            if media in ("*/*", "application/*"):
                return JSON
            if media in _FORMS:
                return media
    raise status.Refusal(406, "NotAcceptable", _REFUSED)


def _clauses(accept: str) -> Iterator[tuple[str, str]]:
    """Yield (media type, view) of an Accept header, what is liked best first."""
    found = []
    for position, clause in enumerate(accept.split(",")):
        media, *parameters = (part.strip() for part in clause.split(";"))
        given = dict(part.partition("=")[::2] for part in parameters)
        try:
            quality = float(given.get("q", "1") or "1")
        except ValueError:
            quality = 0.0
        if quality > 0:
            found.append((-quality, position, media.lower(), given.get("as", "")))
    for _, _, media, view in sorted(found):
        yield media, view


async def finish(request: Request, answer: Response) -> Response:
    """Complete an answer that is there as a whole."""
    answer.headers["audit-id"] = str(uuid.uuid4())
    if isinstance(answer, StreamingResponse):
        return answer
    if answer.media_type == JSON and "content-encoding" not in answer.headers and answer.body:
        await _shape(request, answer)
    return answer


async def _shape(request: Request, answer: Response) -> None:
    try:
        wanted = form(request.headers.get("accept", ""))
    except status.Refusal:
        wanted = JSON
    body = bytes(answer.body)
    if wanted == YAML and len(body) <= _LONGEST_YAML:
        body = await asyncio.to_thread(_as_yaml, body)
        answer.headers["content-type"] = YAML
    elif len(body) <= _LONGEST_INDENTED and is_for_people(request):
        body = msgspec.json.format(body, indent=2) + b"\n"
    if len(body) >= _LONG and encodings.takes_gzip(request):
        body = await asyncio.to_thread(gzip.compress, body, 1, mtime=0)
        answer.headers["content-encoding"] = "gzip"
        answer.headers.add_vary_header("Accept-Encoding")
    answer.body = body
    answer.headers["content-length"] = str(len(body))


def is_for_people(request: Request) -> bool:
    """Say whether the answer is to be indented: when it is asked for, and for a browser, curl and wget."""
    asked = request.query_params.get("pretty")
    if asked is not None:
        return asked.lower() in ("1", "t", "true")
    return request.headers.get("user-agent", "").startswith(_PEOPLE)


def _as_yaml(body: bytes) -> bytes:
    found: Any = msgspec.json.decode(body)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(
        found, Dumper=dumper, sort_keys=True, allow_unicode=True, default_flow_style=False, encoding="utf-8"
    )
