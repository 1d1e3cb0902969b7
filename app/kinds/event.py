"""Event: what a controller or kubelet has to say about an object. Entries of the journal are something else.

Served twice, the same objects: in the core group, and in the newer form of events.k8s.io/v1
(pkg/apis/events/v1/conversion.go, release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.kinds import columns
from app.kinds.kind import Column, Kind, Version
from app.machinery import objects
from app.machinery.objects import Draft, Object


def _last_seen(obj: Object, now: float) -> str:
    last = objects.dig(obj, "series", "lastObservedTime") or obj.get("lastTimestamp") or obj.get("eventTime")
    return columns.since(last, now)


def _first_seen(obj: Object, now: float) -> str:
    return columns.since(obj.get("firstTimestamp") or obj.get("eventTime"), now)


def _target(obj: Object, now: float) -> str:
    involved = obj.get("involvedObject") or {}
    kind, name = str(involved.get("kind") or "").lower(), str(involved.get("name") or "")
    return f"{kind}/{name}" if name else kind


def _source(obj: Object, now: float) -> str:
    source = obj.get("source") or {}
    component = source.get("component") or obj.get("reportingComponent") or ""
    host = source.get("host") or obj.get("reportingInstance") or ""
    return f"{component}, {host}" if host else str(component)


def _count(obj: Object, now: float) -> int:
    return int(objects.dig(obj, "series", "count") or obj.get("count") or 1)


def _message(obj: Object, now: float) -> str:
    return str(obj.get("message") or "").strip()


# From a name in events.k8s.io/v1 to its name in the core group.
_RENAMED: Mapping[str, str] = {
    "note": "message",
    "regarding": "involvedObject",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_CORE = {core: newer for newer, core in _RENAMED.items()}


def shown_as_newer(obj: Object) -> Object:
    """Show a core Event in the form of events.k8s.io/v1."""
    return {_CORE.get(name, name): value for name, value in {**obj, "apiVersion": "events.k8s.io/v1"}.items()}


def kept_from_newer(draft: Draft) -> Draft:
    """Read an Event of events.k8s.io/v1 as the core Event it is kept as."""
    return {_RENAMED.get(name, name): value for name, value in {**draft, "apiVersion": "v1"}.items()}


def default(draft: Draft) -> None:
    """Say Normal where a client does not say how bad it is, and show who reports even where that is empty."""
    draft["type"] = draft.get("type") or "Normal"
    for name, empty in (("eventTime", None), ("reportingComponent", ""), ("reportingInstance", ""), ("source", {})):
        draft.setdefault(name, empty)


KIND = Kind(
    group="",
    version="v1",
    kind="Event",
    resource="events",
    singular="event",
    short_names=("ev",),
    default=default,
    columns=(
        Column("Last Seen", "string", _last_seen, description="When it was last said."),
        Column("Type", "string", columns.field("type"), description="Normal or Warning."),
        Column("Reason", "string", columns.field("reason"), description="In one word."),
        Column("Object", "string", _target, description="What it is about."),
        Column("Subobject", "string", columns.field("involvedObject", "fieldPath"), priority=1),
        Column("Source", "string", _source, priority=1, description="Who says it."),
        Column("Message", "string", _message, description="In a sentence."),
        Column("First Seen", "string", _first_seen, priority=1),
        Column("Count", "integer", _count, priority=1, description="How often it was said."),
        Column("Name", "string", columns.name, priority=1),
    ),
    help="What a controller or a node has to say about an object.",
)
NEWER = replace(KIND, group="events.k8s.io", version_of=Version(KIND, shown_as_newer, kept_from_newer))
