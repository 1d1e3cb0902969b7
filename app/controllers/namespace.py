"""Empties a namespace that is being deleted, then lets it go (pkg/controller/namespace/deletion, release 1.36)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Key


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.NAMESPACES:
        return (key,)
    if key.namespace:
        home = held.find(state.NAMESPACES, "", key.namespace)
        if home is not None and objects.is_terminating(home):
            return (Key(*state.NAMESPACES, "", key.namespace),)
    return ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    namespace = held.get(key)
    if namespace is None or not objects.is_terminating(namespace):
        return ()
    contents = _contents(held, key.name)
    if contents:
        return [
            controller.Delete(content)
            for content in contents
            if (present := held.get(content)) is not None and not objects.is_terminating(present)
        ]
    if objects.spec_of(namespace).get("finalizers"):
        emptied = objects.with_path(namespace, ("spec", "finalizers"), None)
        return (controller.Update(key, emptied), controller.Delete(key))
    return (controller.Delete(key),)


def _contents(held: state.ClusterState, namespace: str) -> list[Key]:
    """Return the keys in the namespace; Events come last, so that what the others cause goes with them."""
    found = [
        key
        for resource in held.collections
        if resource not in (state.EVENTS, state.NAMESPACES)
        for key in held.keys(resource, namespace)
    ]
    return found or list(held.keys(state.EVENTS, namespace))


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.NAMESPACES))


CONTROLLER = controller.Controller("namespace-controller", _interested, _reconcile, _every)
