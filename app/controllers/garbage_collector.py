"""Deletes what is owned by something that is gone (pkg/controller/garbagecollector, release 1.36).

DIFFERS: upstream finds out through a graph of all objects that lags behind; here the indexes are the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Key, Object

FOREGROUND = "foregroundDeletion"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    if change.after is None:
        assert change.before is not None
        return [*held.owned.get(objects.uid_of(change.before)), *_waiting_owners(held, change.before)]
    if _waits_for_dependents(change.after):
        return (change.key,)
    references = objects.owner_references(change.after)
    if references and any(reference.get("uid") not in held.uids for reference in references):
        return (change.key,)
    return ()


def _waits_for_dependents(obj: Object) -> bool:
    return objects.is_terminating(obj) and FOREGROUND in (objects.metadata(obj).get("finalizers") or ())


def _waiting_owners(held: state.ClusterState, gone: Object) -> list[Key]:
    """Return the owners of what is gone that are deleted in the foreground."""
    keys = [held.uids.get(str(reference.get("uid"))) for reference in objects.owner_references(gone)]
    return [
        key for key in keys if key is not None and (owner := held.get(key)) is not None and _waits_for_dependents(owner)
    ]


def _delete_in_foreground(held: state.ClusterState, key: Key, owner: Object) -> Sequence[controller.Write]:
    """Delete the dependents; after the last one, let the owner go."""
    dependents = list(held.owned.get(objects.uid_of(owner)))
    if dependents:
        return [
            controller.Delete(dependent)
            for dependent in dependents
            if (present := held.get(dependent)) is not None and not objects.is_terminating(present)
        ]
    kept = [name for name in objects.metadata(owner).get("finalizers") or () if name != FOREGROUND]
    return (controller.Update(key, objects.with_path(owner, ("metadata", "finalizers"), kept or None)),)


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    dependent = held.get(key)
    if dependent is not None and _waits_for_dependents(dependent):
        return _delete_in_foreground(held, key, dependent)
    if dependent is None or objects.is_terminating(dependent):
        return ()
    references = objects.owner_references(dependent)
    kept = [reference for reference in references if reference.get("uid") in held.uids]
    if len(kept) == len(references):
        return ()
    if not kept:
        return (controller.Delete(key),)
    return (controller.Update(key, objects.with_path(dependent, ("metadata", "ownerReferences"), kept)),)


def _every(held: state.ClusterState) -> Iterable[Key]:
    return [key for uid in list(held.owned.terms) if uid not in held.uids for key in held.owned.get(uid)]


CONTROLLER = controller.Controller("garbage-collector", _interested, _reconcile, _every)
