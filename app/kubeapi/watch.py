"""Watches: every change of a collection as one line of JSON, in order, none left out or joined.

Mirrors staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go and storage/cacher (release 1.36).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.cluster import journal
from app.kinds.kind import Kind
from app.kubeapi import reading, status, table
from app.kubeapi.call import flag
from app.kubeapi.paths import Target
from app.machinery import errors, objects
from app.machinery.objects import Object
from app.runtime.host import Host

BOOKMARK_SECONDS = 60.0
BEFORE_END = 2.0
SHORTEST, LONGEST = 1_800, 3_600
"""Between these many seconds a watch ends that did not say how long it may last."""
INITIAL_END = "k8s.io/initial-events-end"
Matches = Callable[[Object], bool]


@dataclass(slots=True)
class Watch:
    """One watcher: what it wants, how far it has come."""

    host: Host
    playground: str
    target: Target
    kind: Kind
    matches: Matches
    accept: str
    include: str
    bookmarks: bool
    at: int = 0
    now: float = 0.0
    has_columns: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


async def watch(scope: Scope, receive: Receive, send: Send, target: Target, host: Host, playground: str) -> None:
    """Answer a watch until its time is over, the reader goes, or the server drains."""
    request = Request(scope, receive)
    query = request.query_params
    kind = target.kind
    try:
        if kind is None:
            raise status.not_served()
        since = _since(query)
        by_selector = reading.selecting(kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))
        seconds = _seconds(query.get("timeoutSeconds", ""))
        now = (await host.describe(playground)).clock.now
        held = await host.read(playground)
    except errors.ApiError as error:
        await status.response(error, target)(scope, receive, send)
        return
    one = Watch(
        host=host,
        playground=playground,
        target=target,
        kind=kind,
        matches=lambda obj: (not target.name or objects.name_of(obj) == target.name) and by_selector(obj),
        accept=request.headers.get("accept", ""),
        include=query.get("includeObject", "Metadata"),
        bookmarks=flag(query.get("allowWatchBookmarks")),
        at=held.revision,
        now=now,
    )
    asked = query.get("sendInitialEvents")
    with_present = flag(asked) if asked is not None else since == 0
    present = [obj for obj in reading.in_order(held, target, kind) if one.matches(obj)] if with_present else []
    if since and not with_present:
        one.at = since
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache, private")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await _write(send, b"")
    for obj in present:
        await _write(send, _line(one, journal.ChangeType.ADDED, obj))
    if with_present and one.bookmarks and (asked is not None or query.get("resourceVersion") == "0"):
        await _write(send, _bookmark(one, {INITIAL_END: "true"}))
    await _until_first(
        _pump(one, send, held.revision),
        _mark(one, send),
        _end(one, send, seconds),
        _gone(receive),
        scope["app"].state.draining.wait(),
    )
    with contextlib.suppress(OSError):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def change_of(
    body: journal.Body, target: Target, matches: Matches, revision: int
) -> tuple[journal.ChangeType, Object] | None:
    """Return what a watcher of the target sees of an entry.

    An object that begins to match is ADDED, one that ceases to is DELETED in its last matching state; whatever is
    DELETED carries the revision that did it.
    """
    if not isinstance(body, journal.ObjectChanged):
        return None
    key = body.key
    if (key.group, key.resource) != (target.group, target.resource):
        return None
    if target.namespace and key.namespace != target.namespace:
        return None
    after = body.after if body.type is not journal.ChangeType.DELETED else None
    matched = body.before is not None and matches(body.before)
    if after is not None and matches(after):
        return (journal.ChangeType.MODIFIED if matched else journal.ChangeType.ADDED), after
    if not matched or body.before is None:
        return None
    gone = objects.with_path(body.before, ("metadata", "resourceVersion"), str(revision))
    return journal.ChangeType.DELETED, gone


def _since(query: Mapping[str, str]) -> int:
    """Return the revision to begin after, 0 for what is there now; refuses what makes no sense."""
    match, version = query.get("resourceVersionMatch", ""), query.get("resourceVersion", "")
    if "sendInitialEvents" in query and match != "NotOlderThan":
        raise _forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    if match and "sendInitialEvents" not in query:
        raise _forbidden("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
    if version and (not version.isascii() or not version.isdigit() or len(version) > 18):
        message = f'Internal error occurred: strconv.ParseUint: parsing "{version[:64]}": invalid syntax'
        raise status.Refusal(500, "InternalError", message)
    return int(version or 0)


def _forbidden(detail: str) -> status.Refusal:
    return status.Refusal(
        422,
        "Invalid",
        f'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: {detail}',
        {"group": "meta.k8s.io", "kind": "ListOptions"},
    )


def _seconds(text: str) -> float:
    if text and (not text.isascii() or not text.isdigit() or len(text) > 9):
        raise errors.BadRequest(f'strconv.ParseInt: parsing "{text[:64]}": invalid syntax')
    return float(int(text or 0) or random.randint(SHORTEST, LONGEST))


async def _pump(one: Watch, send: Send, head: int) -> None:
    """Follow the journal; a revision that is still to come is waited for."""
    wanted = one.at
    try:
        async with contextlib.aclosing(one.host.follow(one.playground, min(wanted, head))) as commits:
            async for entries in commits:
                for entry in entries:
                    seen = change_of(entry.body, one.target, one.matches, entry.revision)
                    async with one.lock:
                        if seen is not None and entry.revision > wanted:
                            one.now = entry.at
                            await _write(send, _line(one, *seen))
                        one.at = max(one.at, entry.revision)
    except errors.Expired:
        message = f"too old resource version: {wanted} ({head})"
        gone = status.of(errors.Expired(message))
        await _write(send, msgspec.json.encode({"type": "ERROR", "object": gone}) + b"\n")
    except errors.NotFound:
        pass


async def _mark(one: Watch, send: Send) -> None:
    while True:
        await asyncio.sleep(BOOKMARK_SECONDS)
        await _tell_place(one, send)


async def _end(one: Watch, send: Send, seconds: float) -> None:
    early = min(BEFORE_END, seconds / 2)
    await asyncio.sleep(seconds - early)
    await _tell_place(one, send)
    await asyncio.sleep(early)


async def _tell_place(one: Watch, send: Send) -> None:
    if one.bookmarks:
        async with one.lock:
            await _write(send, _bookmark(one))


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until_first(*ends: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.create_task(end) for end in ends]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _bookmark(one: Watch, annotations: Mapping[str, str] | None = None) -> bytes:
    meta: dict[str, Any] = {"resourceVersion": str(one.at), "creationTimestamp": None}
    if annotations:
        meta["annotations"] = dict(annotations)
    obj = {"kind": one.kind.kind, "apiVersion": one.kind.api_version, "metadata": meta}
    if table.wanted(one.accept):
        obj = _table(one, [], meta)
    elif table.metadata_wanted(one.accept):
        obj = table.partial(obj)
    return msgspec.json.encode({"type": "BOOKMARK", "object": obj}) + b"\n"


def _line(one: Watch, change: journal.ChangeType, obj: Object) -> bytes:
    shown: Any = obj
    if table.wanted(one.accept):
        shown = _table(one, [obj], {"resourceVersion": objects.metadata(obj).get("resourceVersion", "")})
    elif table.metadata_wanted(one.accept):
        shown = table.partial(obj)
    return msgspec.json.encode({"type": change.value, "object": shown}) + b"\n"


def _table(one: Watch, found: list[Object], meta: Mapping[str, Any]) -> dict[str, Any]:
    made = table.render(one.kind, found, one.now, meta, include=one.include, with_columns=not one.has_columns)
    one.has_columns = True
    return made
