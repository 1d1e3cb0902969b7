"""Deletes what is owned by something that is gone (pkg/controller/garbagecollector, release 1.36).

DIFFERS: upstream finds out through a graph of all objects that lags behind; here the indexes are the graph.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Key


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    if change.after is None:
        assert change.before is not None
        return list(held.owned.get(objects.uid_of(change.before)))
    references = objects.owner_references(change.after)
    if references and any(reference.get("uid") not in held.uids for reference in references):
        return (change.key,)
    return ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    dependent = held.get(key)
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
