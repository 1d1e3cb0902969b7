"""Who comes to own the fields that a write sets: recorded for clients, and for controllers on what clients own."""

from __future__ import annotations

from app.engine import run
from app.kinds import components
from app.kinds.kind import Kind
from app.machinery import fieldsets, objects, ownership
from app.machinery.objects import Draft, Object

STEERED = ("labels", "annotations", "finalizers", "ownerReferences")
"""Metadata that writers own."""

UNTRACKED = ("default-scheduler", "kubelet")
"""Controllers whose writes say themselves whose they are: the scheduler binds, and nobody owns what a binding sets
(pkg/registry/core/pod/storage BindingREST); a kubelet writes a pod's status."""


def ignored(subresource: str, *, has_status: bool) -> fieldsets.Tree:
    """Return what a write to an object, or to its status, cannot own."""
    if subresource == "status":
        return ownership.ALL_BUT_STATUS
    return ownership.STATUS if has_status else fieldsets.NOTHING


def on_create(under_way: run.Run, kind: Kind, draft: Draft) -> None:
    """Record the maker of a defaulted draft, before anything is allocated for it."""
    if under_way.owners is not None:
        ownership.stored(draft, under_way.owners)
        under_way.owners = None
    elif under_way.writer is not None:
        ownership.stored(draft, ownership.creation(draft, under_way.writer, ignored("", has_status=kind.has_status)))


def on_update(under_way: run.Run, kind: Kind, before: Object, draft: Draft, told: Object) -> None:
    """Record who set what in a defaulted draft; `told` is the object as the client sent it, with the managers it names.

    An object whose list is empty is not tracked until somebody applies (internal/skipnonapplied.go).
    """
    if under_way.owners is not None:
        ownership.stored(draft, under_way.owners)
        under_way.owners = None
        return
    writer = under_way.writer
    if writer is None:
        return
    present = components.own(before)
    named = ownership.of(before) if writer.subresource else ownership.said_by(told, before)
    if named is None:
        ownership.stored(draft, {})
        return
    base = present if named == ownership.of(before) or _same(named, before) else _recorded(named, before)
    if not base:
        return
    left_out = ignored(writer.subresource, has_status=kind.has_status)
    managed = ownership.update(base, before, draft, writer, left_out)
    if managed is not present:
        ownership.stored(draft, managed)


def by_controller(actor: str, before: Object, draft: Draft, now: str) -> Draft:
    """Return a controller's draft, its own changes recorded when the object's owners are on record.

    A status is not: whose it is can be told from the object (`components`).
    """
    if "managedFields" not in objects.metadata(before) or actor in UNTRACKED or not _differs(before, draft):
        return draft
    subresource = "status" if draft.get("kind") == "Deployment" else ""
    writer = ownership.Writer(components.manager_of(actor), now, subresource)
    recorded = dict(draft)
    ownership.stored(recorded, ownership.update(ownership.of(before), before, draft, writer, ownership.STATUS))
    return recorded


def _differs(before: Object, draft: Object) -> bool:
    if any(before.get(name) != draft.get(name) for name in before if name not in ("metadata", "status")):
        return True
    old, new = objects.metadata(before), objects.metadata(draft)
    return any(old.get(name) != new.get(name) for name in STEERED)


def _same(named: ownership.Managed, before: Object) -> bool:
    """Say that a client sends back the managers it was shown."""
    shown = components.everybody(before)
    return {owner: held.fields for owner, held in named.items()} == {
        owner: held.fields for owner, held in shown.items()
    }


def _recorded(named: ownership.Managed, before: Object) -> ownership.Managed:
    """Leave out of the managers a client names the one that is derived from the object."""
    derived = components.everybody(before).keys() - ownership.of(before).keys() - components.own(before).keys()
    return {owner: held for owner, held in named.items() if owner not in derived}
