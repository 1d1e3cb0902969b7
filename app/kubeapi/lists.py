"""LIST: consistent snapshots, in pages or whole, selected, in the form the caller accepts.

Mirrors staging/src/k8s.io/apiserver/pkg/storage/{continue.go,etcd3/store.go} (release 1.36).
"""

from __future__ import annotations

import base64
import binascii
import bisect
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from app.cluster import ordering, state
from app.kinds.kind import Kind
from app.kubeapi import encoded, options, reading, status, table
from app.kubeapi.call import Call
from app.kubeapi.options import ListOptions
from app.kubeapi.paths import Target
from app.machinery import errors
from app.machinery.objects import Object

EXPIRED = "The resourceVersion for the provided list is too old."
EXPIRED_PAGE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_TOKEN_VERSION = "meta.k8s.io/v1"
_LATEST = -1


@dataclass(frozen=True, slots=True)
class Page:
    """Where a list goes on: the first place that may be on it, and the revision of its first page (-1: the present)."""

    start: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A collection from the start of a page on, as it was at a revision."""

    objects: Sequence[Object]
    version: int


async def listing(call: Call, target: Target, kind: Kind) -> Response:
    """Answer with a collection, or one page of it."""
    told = options.read(call.request.query_params, is_watch=False)
    selection = reading.selecting(kind, told.labels, told.fields)
    page = _continued(told.token) if told.token else Page()
    accept = call.request.headers.get("accept", "")
    now = await reading.now(call) if table.wanted(accept) else 0.0
    whole = await _found(call, target, kind, told, page)
    found = whole.objects if selection is reading.everything else [obj for obj in whole.objects if selection(obj)]
    meta: dict[str, Any] = {"resourceVersion": str(whole.version)}
    if told.limit and len(found) > told.limit and not (told.is_any and not told.token):
        last = found[told.limit - 1]
        meta["continue"] = _token(whole.version, ordering.place_of(kind.key_of(last)))
        if not told.labels and not told.fields:
            meta["remainingItemCount"] = len(found) - told.limit
        place = (call.playground, kind.resource_key, target.namespace, whole.version)
        if not told.token:
            memory_of(call).pages.put(place, list(whole.objects), len(whole.objects))
        found = found[: told.limit]
    warnings = reading.deprecated(kind)
    if table.wanted(accept):
        return reading.answer(table.render(kind, found, now, meta, include=told.include), warnings=warnings)
    if table.metadata_wanted(accept):
        partials = [table.partial(obj) for obj in found]
        made = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
        return reading.answer({**made, "items": partials}, warnings=warnings)
    if kind.version_of is not None:
        return reading.answer(reading.collection(kind, found, meta), warnings=warnings)
    return reading.answer(memory_of(call).listed(kind, found, meta), warnings=warnings)


def memory_of(call: Call) -> encoded.Encoded:
    """Return what this app remembers of what it has encoded."""
    kept: encoded.Encoded = call.scope["app"].state.encoded
    return kept


async def _found(call: Call, target: Target, kind: Kind, told: ListOptions, page: Page) -> Found:
    """Return the objects to choose from, of the present or of an exact revision of the past."""
    held = await call.host.read(call.playground)
    if told.version > held.revision:
        raise options.too_large(told.version, held.revision)
    at = told.version if told.match == "Exact" else page.version
    if at > held.revision:
        raise errors.BadRequest("invalid continue token: it is of a revision that is still to come")
    resource, namespace = kind.resource_key, target.namespace
    if at in (0, _LATEST, held.revision):
        return Found(
            _named(held, target, kind, told, page) or held.in_order(resource, namespace, page.start), held.revision
        )
    kept = memory_of(call).pages.get((call.playground, resource, namespace, at))
    if kept is not None:
        return Found(_from(kept, kind, page.start), at)
    if await call.host.is_compacted(call.playground, at):
        raise _expired(told, page)
    past = await call.host.past(call.playground, at)
    found = past.in_order(resource, namespace)
    if page.start:
        memory_of(call).pages.put((call.playground, resource, namespace, at), found, len(found))
    return Found(_from(found, kind, page.start), at)


def _from(found: list[Object], kind: Kind, start: str) -> list[Object]:
    """Return what stands at the place or after it."""
    return found[bisect.bisect_left(found, start, key=lambda obj: ordering.place_of(kind.key_of(obj))) :]


def _named(held: state.ClusterState, target: Target, kind: Kind, told: ListOptions, page: Page) -> list[Object]:
    """Return the one object that a field selector names, when that is all it says; nothing to save otherwise."""
    name = told.fields.removeprefix("metadata.name=")
    if name == told.fields or not name or any(sign in name for sign in ",=\\!"):
        return []
    if page.start or (kind.namespaced and not target.namespace):
        return []
    present = held.get(kind.key(target.namespace, name))
    return [] if present is None else [present]


def _expired(told: ListOptions, page: Page) -> status.Refusal:
    if not told.token:
        return status.Refusal(410, "Expired", EXPIRED)
    refusal = status.Refusal(410, "Expired", EXPIRED_PAGE)
    refusal.metadata = {"continue": _written(_LATEST, page.start)}
    return refusal


def _token(version: int, last: str) -> str:
    """Write the token of the page after the object at that place."""
    return _written(version, f"{last}\0")


def _written(version: int, start: str) -> str:
    raw = json.dumps({"v": _TOKEN_VERSION, "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _continued(token: str) -> Page:
    """Read a continue token."""
    try:
        raw = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        version, start, form = raw["rv"], raw["start"], raw["v"]
        if form != _TOKEN_VERSION or not isinstance(start, str) or not start:
            raise ValueError("continue key is not valid: incorrect encoded start resourceVersion")
        if not isinstance(version, int) or version == 0 or version < _LATEST:
            raise ValueError(f"continue key is not valid: incorrect encoded start resourceVersion ({_TOKEN_VERSION})")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error) as error:
        raise errors.BadRequest(f"invalid continue token: {error}") from None
    return Page(start, version)
