"""Who owns which field: `metadata.managedFields`, kept as writers update and apply.

Mirrors staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal and structured-merge-diff/v6/merge/update.go
(release 1.36).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.machinery import errors, fieldsets, objects, structured
from app.machinery.fieldsets import HERE, NOTHING, Path, Tree
from app.machinery.objects import Draft, Object
from app.machinery.structured import Comparison, Node

APPLY, UPDATE = "Apply", "Update"
BEFORE_FIRST_APPLY = "before-first-apply"
ANCIENT = "ancient-changes"
MOST_UPDATERS = 10
"""Update managers an object may have before the oldest are counted as one."""

_UNOWNED = (
    "f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:clusterName", "f:generation",
    "f:managedFields", "f:resourceVersion",
)  # fmt: skip

STATUS: Tree = {"f:status": fieldsets.MEMBER}
ALL_BUT_STATUS: Tree = {"f:spec": fieldsets.MEMBER, "f:metadata": fieldsets.MEMBER}


class Owner(NamedTuple):
    """What tells one manager of fields from another; an applier is the same whatever API version it speaks."""

    name: str
    operation: str
    api_version: str
    subresource: str

    @property
    def shown(self) -> str:
        """The manager as a conflict names it: `"kubectl-edit" using v1`."""
        said = json.dumps(self.name, ensure_ascii=False)
        if self.subresource:
            said += f" with subresource {json.dumps(self.subresource)}"
        return said if self.operation == APPLY else f"{said} using {self.api_version}"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes now: a manager's name, the subresource written to, and the time."""

    name: str
    now: str
    subresource: str = ""

    def owner(self, operation: str, api_version: str) -> Owner:
        """Return this writer as a manager."""
        return Owner(self.name, operation, "" if operation == APPLY else api_version, self.subresource)


@dataclass(frozen=True, slots=True)
class Held:
    """The fields one manager owns, since when, and of which API version."""

    fields: Tree
    time: str
    api_version: str


Managed = dict[Owner, Held]


def read(entries: Any) -> Managed:
    """Read `metadata.managedFields`; raises ValueError when it is not what the API server writes."""
    managed: Managed = {}
    if entries is not None and not isinstance(entries, list):
        raise ValueError("managedFields is no list")
    for entry in entries or ():
        if not isinstance(entry, Mapping) or entry.get("operation") not in (APPLY, UPDATE):
            raise ValueError("an entry of managedFields is of Apply or Update")
        version, operation = str(entry.get("apiVersion") or ""), str(entry["operation"])
        owner = Owner(
            str(entry.get("manager") or ""),
            operation,
            "" if operation == APPLY else version,
            str(entry.get("subresource") or ""),
        )
        fields = fieldsets.decode_root(entry.get("fieldsV1") or {})
        if owner in managed:
            fields = fieldsets.union(managed[owner].fields, fields)
        managed[owner] = Held(fields, str(entry.get("time") or ""), version)
    return managed


def of(obj: Object) -> Managed:
    """Return what an object says of its managers; nothing when that cannot be read."""
    try:
        return read(objects.metadata(obj).get("managedFields"))
    except ValueError:
        return {}


def said_by(draft: Object, present: Object) -> Managed | None:
    """Return whom a client's whole object names as managers: its own list, or those of the present object.

    None says that it resets the list: `[]`, or one empty entry.
    """
    told = objects.metadata(draft).get("managedFields")
    if isinstance(told, list) and told in ([], [{}]):
        return None
    try:
        return read(told) or of(present)
    except ValueError:
        return of(present)


def write(managed: Managed) -> list[dict[str, Any]]:
    """Write `metadata.managedFields`: appliers first, then by time and name; equal sets are one object in memory."""
    ordered = sorted(managed.items(), key=lambda row: (row[0].operation, row[1].time, row[0].name, row[0][2:]))
    return [_entry(owner, held) for owner, held in ordered if held.fields]


def _entry(owner: Owner, held: Held) -> dict[str, Any]:
    entry = {
        "manager": owner.name,
        "operation": owner.operation,
        "apiVersion": held.api_version,
        "time": held.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": _encoded(json.dumps(held.fields)),
    }
    if not held.time:
        del entry["time"]
    return {**entry, "subresource": owner.subresource} if owner.subresource else entry


@functools.lru_cache(maxsize=2_048)
def _encoded(tree: str) -> dict[str, Any]:
    """Return a set, told as JSON, as the FieldsV1 object that all equal ones share."""
    return _shared(_text(fieldsets.encode(json.loads(tree))))


def _text(fields: Any) -> str:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


@functools.lru_cache(maxsize=2_048)
def _shared(text: str) -> dict[str, Any]:
    """Return the FieldsV1 object of a text, the same one for all: objects of one making own the same fields."""
    made: dict[str, Any] = json.loads(text)
    return made


def share(obj: Object) -> None:
    """Make an object that was just read from disk share its field sets with others of its making."""
    for entry in objects.metadata(obj).get("managedFields") or ():
        if "fieldsV1" in entry:
            entry["fieldsV1"] = _shared(_text(entry["fieldsV1"]))


def stored(draft: Draft, managed: Managed) -> None:
    """Put the managers into a draft's metadata."""
    draft["metadata"] = meta = dict(draft["metadata"])
    if entries := write(managed):
        meta["managedFields"] = entries
    else:
        meta.pop("managedFields", None)


def stripped(tree: Tree) -> Tree:
    """Return a set without what nobody owns: type, name, uid, revision and the like."""
    kept = {name: sub for name, sub in tree.items() if name not in ("f:apiVersion", "f:kind", HERE)}
    if "f:metadata" in kept:
        meta = {name: sub for name, sub in kept["f:metadata"].items() if name not in (*_UNOWNED, HERE)}
        kept["f:metadata"] = meta
        if not meta:
            del kept["f:metadata"]
    return kept


def update(managed: Managed, before: Object, after: Object, writer: Writer, ignored: Tree = NOTHING) -> Managed:
    """Return the managers after an update: what it set is the writer's alone, what it removed is nobody's."""
    api_version = str(after.get("apiVersion"))
    node = structured.root(api_version, str(after.get("kind")))
    found = structured.compare(before, after, node).without(ignored)
    found = Comparison(*(stripped(tree) for tree in (found.removed, found.modified, found.added)))
    if found.same:
        return managed
    changed = fieldsets.union(found.modified, found.added)
    left = {
        owner: Held(
            fieldsets.difference(fieldsets.difference(held.fields, changed), found.removed), held.time, held.api_version
        )
        for owner, held in managed.items()
    }
    kept: Managed = {owner: held for owner, held in left.items() if held.fields}
    if changed:
        me = writer.owner(UPDATE, api_version)
        mine = fieldsets.union(kept[me].fields, changed) if me in kept else changed
        kept[me] = Held(mine, writer.now, api_version)
    return _capped(kept)


def creation(obj: Object, writer: Writer, ignored: Tree = NOTHING) -> Managed:
    """Return the managers of a new object: all that it says is its maker's."""
    api_version = str(obj.get("apiVersion"))
    node = structured.root(api_version, str(obj.get("kind")))
    found = stripped(fieldsets.without(structured.made(obj, node), ignored))
    return {writer.owner(UPDATE, api_version): Held(found, writer.now, api_version)} if found else {}


def _capped(managed: Managed) -> Managed:
    """Count the oldest updaters as one when there are too many (internal/capmanagers.go)."""
    updaters = sorted(
        (owner for owner in managed if owner.operation == UPDATE),
        key=lambda one: (managed[one].time, one.name),
    )
    over = len(updaters) - MOST_UPDATERS
    if over <= 0:
        return managed
    kept = dict(managed)
    for owner in updaters[: over + 1]:
        held = kept.pop(owner)
        bucket = Owner(ANCIENT, UPDATE, held.api_version, "")
        known = kept.get(bucket)
        fields = fieldsets.union(known.fields, held.fields) if known else held.fields
        kept[bucket] = Held(fields, held.time, held.api_version)
    return kept


@dataclass(frozen=True, slots=True)
class Merged:
    """What an application comes to: the object and who owns its fields then."""

    obj: Draft
    managed: Managed


def apply(
    managed: Managed, live: Object, config: Object, writer: Writer, *, force: bool, ignored: Tree = NOTHING
) -> Merged:
    """Merge a configuration into the live object; raises Conflict where others own fields it would change.

    What the writer applied before and leaves out now goes, unless somebody else owns it too.
    """
    api_version = str(config.get("apiVersion"))
    node = structured.root(api_version, str(config.get("kind")))
    me = writer.owner(APPLY, api_version)
    last = managed[me].fields if me in managed else NOTHING
    said = structured.fields(config, node)
    mine = fieldsets.without(stripped(said), ignored)
    everybody: Managed = {**managed, me: Held(mine, writer.now, api_version)}
    merged = structured.merge(live, config, node)
    if last:
        merged = _pruned(merged, last, [said, *(held.fields for held in everybody.values())], node)
    found = structured.compare(live, merged, node).without(ignored)
    touched = fieldsets.union(stripped(found.modified), stripped(found.added))
    contested = {
        owner: both
        for owner, held in managed.items()
        if owner != me and (both := fieldsets.intersection(held.fields, touched))
    }
    if contested and not force:
        raise conflict(contested)
    kept = {}
    for owner, held in everybody.items():
        if owner != me:
            left = fieldsets.difference(held.fields, contested.get(owner, NOTHING))
            held = Held(fieldsets.difference(left, found.removed), held.time, held.api_version)
        elif owner in managed and held.fields == managed[owner].fields and found.same:
            held = Held(mine, managed[owner].time, api_version)
        if held.fields:
            kept[owner] = held
    return Merged(merged, kept)


def _pruned(merged: Any, last: Tree, owned: Iterable[Tree], node: Node) -> Any:
    """Take out what was applied before and is owned by nobody now (merge/update.go prune)."""
    before = structured.with_named(last, node)
    everything = structured.with_named(structured.fields(merged, node), node)
    without_last = structured.remove(merged, before, node) or {}
    still = structured.with_named(structured.fields(without_last, node), node)
    for fields in owned:
        still = fieldsets.union(still, structured.with_named(fields, node))
    with_owned = structured.remove(merged, fieldsets.difference(everything, still), node) or {}
    left = structured.with_named(structured.fields(with_owned, node), node)
    gone = fieldsets.intersection(fieldsets.difference(everything, left), before)
    return structured.remove(merged, gone, node) or {}


def conflict(contested: Mapping[Owner, Tree]) -> errors.Conflict:
    """Say who else owns which fields, as the API server does (internal/conflict.go)."""
    by_manager: list[tuple[Owner, Sequence[Path]]] = [
        (owner, tuple(fieldsets.paths(contested[owner]))) for owner in sorted(contested, key=_identifier)
    ]
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {owner.shown}",
            "field": fieldsets.text(path),
        }
        for owner, found in by_manager
        for path in found
    ]
    if len(causes) == 1:
        message = f"Apply failed with 1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        lines = []
        for owner, found in by_manager:
            lines += [f"conflicts with {owner.shown}:", *(f"- {fieldsets.text(path)}" for path in found)]
        message = f"Apply failed with {len(causes)} conflicts: " + "\n".join(lines)
    return errors.Conflict(message, details={"causes": causes})


def _identifier(owner: Owner) -> str:
    told = {"manager": owner.name, "operation": owner.operation, "apiVersion": owner.api_version}
    return json.dumps({**told, "subresource": owner.subresource} if owner.subresource else told)


def taken_back(present: Managed, held: Managed, wanted: Managed) -> Managed:
    """Return the managers with one step undone: what that step gave is taken, what it took is given back."""
    kept: Managed = {}
    for owner in {**present, **wanted}:
        now, then, back = (found[owner].fields if owner in found else NOTHING for found in (present, held, wanted))
        lost, gained = fieldsets.difference(back, then), fieldsets.difference(then, back)
        fields = fieldsets.union(fieldsets.difference(now, gained), lost)
        source = present.get(owner) or wanted[owner]
        if owner in wanted and fields == back:
            source = wanted[owner]
        if fields:
            kept[owner] = Held(fields, source.time, source.api_version)
    return kept
