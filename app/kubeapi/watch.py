"""Watches: every change of a collection, in order, none left out or joined; over HTTP as lines, or over a WebSocket.

Mirrors staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go and storage/cacher (release 1.36).
A watcher is a cursor: what it has not read yet waits in the journal, not in a queue of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec
from starlette.types import Receive, Send

from app.cluster import journal
from app.kinds.kind import Kind
from app.kubeapi import lasting, lists, options, reading, status, table
from app.kubeapi.call import Call
from app.kubeapi.options import ListOptions
from app.kubeapi.paths import Target
from app.machinery import errors, objects
from app.machinery.objects import Object

BOOKMARK_SECONDS = 60.0
BEFORE_END = 2.0
STUCK_SECONDS = 60.0
"""A watcher that takes nothing for so long is given up; it finds its place again by its resourceVersion."""
CHUNK = 256
"""Frames written at once: what a reader that does not read holds up."""
INITIAL_END = "k8s.io/initial-events-end"
Matches = Callable[[Object], bool]
Seen = tuple[journal.ChangeType, Object]


class Stuck(Exception):
    """The reader takes nothing."""


class Sink(Protocol):
    """Where frames go."""

    async def begin(self) -> None:
        """Say that the watch is accepted."""

    async def write(self, frames: list[bytes]) -> None:
        """Send these frames, in order."""

    async def end(self) -> None:
        """Close in good order."""

    async def gone(self) -> None:
        """Return when the reader has gone."""


class Lines:
    """Frames as lines of a chunked HTTP body."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send

    async def begin(self) -> None:
        """Send the head, so that a reader of a quiet collection knows it is heard."""
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache, private")]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"", "more_body": True})

    async def write(self, frames: list[bytes]) -> None:
        """Send the frames as one piece."""
        await self._send({"type": "http.response.body", "body": b"".join(frames), "more_body": True})

    async def end(self) -> None:
        """End the body: the reader sees a clean end of file."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def gone(self) -> None:
        """Return when the connection is closed."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


class Messages:
    """Frames as text messages of a WebSocket."""

    def __init__(self, receive: Receive, send: Send, offered: Iterable[str]) -> None:
        self._receive = receive
        self._send = send
        self._chosen = next((one for one in offered if one == "binary.k8s.io"), None)

    async def begin(self) -> None:
        """Accept the upgrade."""
        await self._receive()
        await self._send({"type": "websocket.accept", "subprotocol": self._chosen})

    async def write(self, frames: list[bytes]) -> None:
        """Send each frame as a message of its own."""
        for frame in frames:
            told: dict[str, Any] = {"bytes": frame} if self._chosen else {"text": frame.decode()}
            await self._send({"type": "websocket.send", **told})

    async def end(self) -> None:
        """Close normally."""
        await self._send({"type": "websocket.close", "code": 1000})

    async def gone(self) -> None:
        """Return when the reader has closed."""
        while (await self._receive())["type"] != "websocket.disconnect":
            pass


@dataclass(slots=True)
class Watch:
    """One watcher: what it wants, how far it has come."""

    call: Call
    target: Target
    kind: Kind
    told: ListOptions
    matches: Matches
    accept: str
    sink: Sink
    at: int = 0
    now: float = 0.0
    has_columns: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_table: bool = field(init=False)
    is_metadata: bool = field(init=False)
    form: str = field(init=False)
    """Names the encoding: watchers of the same form share their frames."""

    def __post_init__(self) -> None:
        """Read once what every frame is written by."""
        self.is_table = table.wanted(self.accept)
        self.is_metadata = not self.is_table and bool(table.metadata_wanted(self.accept))
        if self.is_table:
            self.form = f"table {self.told.include} {self.kind.api_version}"
        else:
            self.form = "metadata" if self.is_metadata else f"whole {self.kind.api_version}"


async def watch(call: Call, sink: Sink) -> None:
    """Answer a watch until its time is over, its reader goes, or whatever else ends it; a refusal raises."""
    one = await _asked(call, sink)
    told = one.told
    with_present = told.initial if told.initial is not None else told.version == 0
    present, head = await _present(one, with_present=with_present)
    if not with_present and told.version:
        one.at = told.version
    await sink.begin()
    with contextlib.suppress(Stuck):
        call.host.measures.streams.inc()
        try:
            await lasting.until_ended(call.scope, _pump(one, present, head), _marked(one), sink.gone())
        finally:
            call.host.measures.streams.dec()
        with contextlib.suppress(OSError):
            await _in_time(sink.end())


def filed_under(target: Target) -> tuple[str, str]:
    """Return the group and resource under which the objects of a path are kept."""
    return target.kind.resource_key if target.kind is not None else (target.group, target.resource)


def change_of(body: journal.Body, target: Target, matches: Matches, revision: int) -> Seen | None:
    """Return what a watcher of the target sees of an entry.

    An object that begins to match is ADDED, one that ceases to is DELETED in its last matching state; whatever is
    DELETED carries the revision that did it.
    """
    if not isinstance(body, journal.ObjectChanged):
        return None
    key, (group, resource) = body.key, filed_under(target)
    if key.resource != resource or key.group != group:
        return None
    if target.namespace and key.namespace != target.namespace:
        return None
    if target.name and key.name != target.name:
        return None
    after = body.after if body.type is not journal.ChangeType.DELETED else None
    matched = body.before is not None and matches(body.before)
    if after is not None and matches(after):
        return (journal.ChangeType.MODIFIED if matched else journal.ChangeType.ADDED), after
    if not matched or body.before is None:
        return None
    gone = objects.with_path(body.before, ("metadata", "resourceVersion"), str(revision))
    return journal.ChangeType.DELETED, gone


async def _asked(call: Call, sink: Sink) -> Watch:
    target = call.target
    if target is None or target.kind is None:
        raise status.not_served()
    connection = call.connection
    told = options.read(connection.query_params, is_watch=True)
    matches = reading.selecting(target.kind, told.labels, told.fields)
    return Watch(call, target, target.kind, told, matches, connection.headers.get("accept", ""), sink)


async def _present(one: Watch, *, with_present: bool) -> tuple[list[Object], int]:
    """Return what is there now, if that is wanted, and the revision of it; the watch stands there then."""
    call, target, told = one.call, one.target, one.told
    one.now = await reading.now(call)
    held = await call.host.read(call.playground)
    one.at = held.revision
    if not with_present:
        return [], held.revision
    if told.version > held.revision:
        raise options.too_large(told.version, held.revision)
    if target.name:
        named = held.get(one.kind.key(target.namespace, target.name))
        found = [] if named is None else [named]
    else:
        found = held.in_order(one.kind.resource_key, target.namespace)
    return [obj for obj in found if one.matches(obj)], held.revision


async def _pump(one: Watch, present: list[Object], head: int) -> None:
    """Write what is there, then follow the journal; a revision that is still to come is waited for."""
    call, wanted = one.call, one.at
    async with one.lock:
        for first in range(0, len(present), CHUNK):
            await _write(one, [_line(one, (journal.ChangeType.ADDED, obj)) for obj in present[first : first + CHUNK]])
        begun = one.told.initial or (one.told.initial is None and one.told.is_any)
        if one.told.bookmarks and begun:
            await _write(one, [_bookmark(one, {INITIAL_END: "true"})])
    if not one.told.version or wanted != one.told.version or not await call.host.is_compacted(call.playground, wanted):
        with contextlib.suppress(errors.NotFound):
            async for entries in _entries(one, min(wanted, head)):
                await _tell(one, entries, wanted)
        return
    gone = status.of(errors.Expired(f"too old resource version: {wanted} ({head})"))
    await _write(one, [msgspec.json.encode({"type": "ERROR", "object": gone}) + b"\n"])


async def _entries(one: Watch, since: int) -> AsyncIterator[tuple[journal.Entry, ...]]:
    async with contextlib.aclosing(one.call.host.follow(one.call.playground, since)) as commits:
        async for entries in commits:
            for first in range(0, len(entries), CHUNK):
                yield entries[first : first + CHUNK]


async def _tell(one: Watch, entries: tuple[journal.Entry, ...], wanted: int) -> None:
    """Write what the watcher sees of these entries above the revision it wanted."""
    target, matches = one.target, one.matches
    async with one.lock:
        frames = []
        for entry in entries:
            if entry.revision <= wanted:
                continue
            seen = change_of(entry.body, target, matches, entry.revision)
            if seen is not None:
                frames.append(_frame(one, entry, seen))
        if frames:
            await _write(one, frames)
        one.at = max(one.at, entries[-1].revision)


def _frame(one: Watch, entry: journal.Entry, seen: Seen) -> bytes:
    """Return the frame of an entry, shared by all watchers who see it alike."""
    one.now = entry.at
    if one.is_table and not one.has_columns:
        return _line(one, seen)
    memory = lists.memory_of(one.call)
    return memory.frame(f"{one.form} {seen[0]}", one.call.playground, entry.revision, lambda: _line(one, seen))


async def _marked(one: Watch) -> None:
    """Tell the place from time to time and shortly before the end; return when the time is over."""
    left = options.lasting(one.told)
    early = min(BEFORE_END, left / 2)
    left -= early
    while left > 0:
        pause = min(BOOKMARK_SECONDS, left)
        await asyncio.sleep(pause)
        left -= pause
        await _tell_place(one)
    await asyncio.sleep(early)


async def _tell_place(one: Watch) -> None:
    if one.told.bookmarks:
        async with one.lock:
            await _write(one, [_bookmark(one)])


async def _write(one: Watch, frames: list[bytes]) -> None:
    await _in_time(one.sink.write(frames))


async def _in_time(sending: Any) -> None:
    try:
        async with asyncio.timeout(STUCK_SECONDS):
            await sending
    except TimeoutError:
        raise Stuck from None


def _bookmark(one: Watch, annotations: Mapping[str, str] | None = None) -> bytes:
    meta: dict[str, Any] = {"resourceVersion": str(one.at), "creationTimestamp": None}
    if annotations:
        meta["annotations"] = dict(annotations)
    obj = {"kind": one.kind.kind, "apiVersion": one.kind.api_version, "metadata": meta}
    if one.is_table:
        obj = _table(one, [], meta)
    elif one.is_metadata:
        obj = table.partial(obj)
    return msgspec.json.encode({"type": "BOOKMARK", "object": obj}) + b"\n"


def _line(one: Watch, seen: Seen) -> bytes:
    change, obj = seen
    shown: Any = one.kind.shown(obj)
    if one.is_table:
        shown = _table(one, [obj], {"resourceVersion": objects.metadata(obj).get("resourceVersion", "")})
    elif one.is_metadata:
        shown = table.partial(obj)
    return msgspec.json.encode({"type": change.value, "object": shown}) + b"\n"


def _table(one: Watch, found: list[Object], meta: Mapping[str, Any]) -> dict[str, Any]:
    include, with_columns = one.told.include, not one.has_columns
    one.has_columns = True
    return table.render(one.kind, found, one.now, meta, include=include, with_columns=with_columns)
