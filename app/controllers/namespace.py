"""Empties a namespace that is being deleted, then lets it go (pkg/controller/namespace/deletion, release 1.36)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object


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
        going = [
            controller.Delete(content)
            for content in contents
            if (present := held.get(content)) is not None and not objects.is_terminating(present)
        ]
        return going or _waiting(held, namespace, contents, turn)
    if objects.spec_of(namespace).get("finalizers"):
        emptied = objects.with_path(namespace, ("spec", "finalizers"), None)
        return (controller.Update(key, emptied), controller.Delete(key))
    return (controller.Delete(key),)


def _waiting(
    held: state.ClusterState, namespace: Object, contents: Sequence[Key], turn: controller.Turn
) -> Sequence[controller.Write]:
    """Say what keeps the namespace (conditionUpdater in namespaced_resources_deleter.go)."""
    kinds: dict[str, int] = {}
    finalizers: dict[str, int] = {}
    for key in contents:
        name = f"{key.resource}.{key.group}"
        kinds[name] = kinds.get(name, 0) + 1
        for finalizer in objects.metadata(held.get(key) or {}).get("finalizers") or ():
            finalizers[finalizer] = finalizers.get(finalizer, 0) + 1
    remaining = ", ".join(f"{name} has {count} resource instances" for name, count in sorted(kinds.items()))
    holding = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
    rows = [*_FINE]
    rows.append(
        ("NamespaceContentRemaining", "True", "SomeResourcesRemain", f"Some resources are remaining: {remaining}")
    )
    rows.append(
        ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", f"{_HELD}: {holding}")
        if holding
        else ("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", _FREE)
    )
    told: Draft = {**namespace}
    for kind, status, reason, message in rows:
        known = objects.condition(namespace, kind) or {}
        since = known.get("lastTransitionTime") if known.get("status") == status else None
        condition = {"type": kind, "status": status, "lastTransitionTime": since or turn.env.timestamp()}
        told = objects.with_condition(told, {**condition, "reason": reason, "message": message})
    key = Key(*state.NAMESPACES, "", objects.name_of(namespace))
    return (controller.Update(key, told),) if told != namespace else ()


_HELD = "Some content in the namespace has finalizers remaining"
_FREE = "All content-preserving finalizers finished"
_FINE = (
    ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "False",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "False",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


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
