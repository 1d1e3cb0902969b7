"""Entries: what happened in a cluster, in the order of its revisions. Data only, with its form on disk."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from app.machinery import objects, ownership, patches


class ChangeType(StrEnum):
    """What a change does to its object, in the words of a WatchEvent."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


class Cause(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Who made an entry, and why.

    `command` is the revision of the first entry of the command at the root of the chain;
    `provoked_by` is the revision a controller answered to, 0 for what the command itself wrote;
    `undoes` and `redoes` name the `command` that this one takes back or does again.
    `client` is the word of the program that asked, such as `kubectl apply`; empty for pages and for what controllers do.
    """

    actor: str
    command: int = 0
    provoked_by: int = 0
    undoes: int = 0
    redoes: int = 0
    client: str = ""


class ObjectChanged(msgspec.Struct, frozen=True, gc=False, tag_field="is_a", tag="object"):
    """One object was added, modified or deleted. `after.metadata.resourceVersion` is the entry's revision.

    For DELETED, `before` is the last stored state.
    """

    type: ChangeType
    key: objects.Key
    before: objects.Object | None
    after: objects.Object | None


class RequestCompleted(msgspec.Struct, frozen=True, gc=False, tag_field="is_a", tag="request"):
    """A learner's request ran; `request` is {"asked", "results", "summary"} as the JSON API answers it,
    with at most a handful of results kept."""

    request: Mapping[str, Any]


class TrafficSampled(msgspec.Struct, frozen=True, gc=False, tag_field="is_a", tag="traffic"):
    """Continuous traffic of one second: counts by edge and outcome, and a few whole requests."""

    sample: Mapping[str, Any]


class CommandRefused(msgspec.Struct, frozen=True, gc=False, tag_field="is_a", tag="refused"):
    """A command was refused: its Status-like reason, message and plain words. No object changed."""

    reason: str
    message: str
    plain: str = ""


class RulesSynced(msgspec.Struct, frozen=True, gc=False, tag_field="is_a", tag="rules"):
    """These nodes' proxies have programmed the state at `upto`."""

    nodes: tuple[str, ...]
    upto: int


Body = ObjectChanged | RequestCompleted | TrafficSampled | CommandRefused | RulesSynced


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened. `revision` is dense per cluster and is the resourceVersion and the stream's id."""

    revision: int
    at: float
    cause: Cause
    body: Body

    @property
    def type(self) -> str:
        """The body's tag, as the streams name it: object, request, traffic, refused or rules."""
        return str(type(self.body).__struct_config__.tag)


class TimerChange(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A timer was set (`due` in simulated seconds) or dropped (`due` None)."""

    owner: str
    key: str
    due: float | None
    kind: str


class Batch(msgspec.Struct, frozen=True, gc=False):
    """What one commit appends: entries of consecutive revisions and the timers changed with them."""

    entries: tuple[Entry, ...]
    timers: tuple[TimerChange, ...] = ()
    cursors: Mapping[str, int] = {}

    @property
    def first(self) -> int:
        """The first revision of the batch."""
        return self.entries[0].revision

    @property
    def last(self) -> int:
        """The last revision of the batch."""
        return self.entries[-1].revision


Lookup = Callable[[objects.Key], objects.Object | None]
"""Called with a key, answers the object there or None."""

PLAIN, PACKED = b"\x00", b"\x01"
WORTH_COMPRESSING = 1_024
"""Bytes from which compressing a batch saves more than it costs."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder()


def encode_batch(batch: Batch) -> bytes:
    """Write a batch for the disk: modified objects as a delta against the state before, compressed when large."""
    rows = [_entry_row(entry) for entry in batch.entries]
    timers = [[t.owner, t.key, t.due, t.kind] for t in batch.timers]
    plain = _ENCODER.encode([rows, timers, dict(batch.cursors)])
    return PLAIN + plain if len(plain) < WORTH_COMPRESSING else PACKED + zlib.compress(plain, 1)


def decode_batch(body: bytes, lookup: Lookup) -> Batch:
    """Read what `encode_batch` wrote; `lookup(key)` gives the object as the batch before left it."""
    packed = body[1:]
    rows, timers, cursors = _DECODER.decode(zlib.decompress(packed) if body[:1] == PACKED else packed)
    present: dict[objects.Key, objects.Object | None] = {}
    entries = tuple(_entry_from_row(row, lookup, present) for row in rows)
    return Batch(entries, tuple(TimerChange(*t) for t in timers), cursors)


def made_at(body: bytes) -> float:
    """Return when a batch's first entry was made, without reading the rest of it."""
    packed = body[1:]
    return float(_DECODER.decode(zlib.decompress(packed) if body[:1] == PACKED else packed)[0][0][1])


def _entry_row(entry: Entry) -> list[Any]:
    cause = entry.cause
    why: list[Any] = [cause.actor, cause.command, cause.provoked_by, cause.undoes, cause.redoes]
    if cause.client:
        why.append(cause.client)
    head: list[Any] = [entry.revision, entry.at, why]
    body = entry.body
    match body:
        case ObjectChanged(type=ChangeType.ADDED):
            return [*head, "A", list(body.key), body.after]
        case ObjectChanged(type=ChangeType.MODIFIED):
            assert body.before is not None and body.after is not None
            return [*head, "M", list(body.key), patches.diff(body.before, body.after)]
        case ObjectChanged():
            return [*head, "D", list(body.key), None]
        case RequestCompleted():
            return [*head, "R", None, body.request]
        case TrafficSampled():
            return [*head, "T", None, body.sample]
        case CommandRefused():
            return [*head, "X", None, [body.reason, body.message, body.plain]]
        case _:
            return [*head, "S", None, [list(body.nodes), body.upto]]


def _entry_from_row(row: Sequence[Any], lookup: Lookup, present: dict[objects.Key, objects.Object | None]) -> Entry:
    revision, at, cause, tag, raw_key, stored = row
    return Entry(revision, at, Cause(*cause), _body(tag, raw_key, stored, lookup, present))


def _body(
    tag: str,
    raw_key: Sequence[str] | None,
    stored: Any,
    lookup: Lookup,
    present: dict[objects.Key, objects.Object | None],
) -> Body:
    if raw_key is not None:
        key = objects.Key(*raw_key)
        before = present[key] if key in present else lookup(key)
        if tag == "A":
            ownership.share(stored)
            change = ObjectChanged(ChangeType.ADDED, key, None, stored)
        elif tag == "M":
            change = ObjectChanged(ChangeType.MODIFIED, key, before, patches.undiff(before, stored))
        else:
            change = ObjectChanged(ChangeType.DELETED, key, before, None)
        present[key] = change.after
        return change
    if tag == "R":
        return RequestCompleted(stored)
    if tag == "T":
        return TrafficSampled(stored)
    if tag == "X":
        return CommandRefused(*stored)
    return RulesSynced(tuple(stored[0]), stored[1])


def to_json(entry: Entry) -> dict[str, Any]:
    """Render an entry as the entries stream sends it: revision, at, actor, cause, type, body."""
    cause = entry.cause
    return {
        "revision": entry.revision,
        "at": entry.at,
        "actor": cause.actor,
        "cause": {
            "command": cause.command,
            "provoked_by": cause.provoked_by,
            "undoes": cause.undoes,
            "redoes": cause.redoes,
            **({"client": cause.client} if cause.client else {}),
        },
        "type": entry.type,
        "body": _body_json(entry.body),
    }


def _body_json(body: Body) -> Mapping[str, Any]:
    match body:
        case ObjectChanged():
            return {
                "type": body.type.value,
                "key": body.key._asdict(),
                "object": body.after if body.after is not None else body.before,
            }
        case RequestCompleted():
            return body.request
        case TrafficSampled():
            return body.sample
        case CommandRefused():
            return {"reason": body.reason, "message": body.message, "plain": body.plain}
        case _:
            return {"nodes": list(body.nodes), "upto": body.upto}
