"""Keeps a ServiceAccount `default` in every namespace (pkg/controller/serviceaccount, release 1.36)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.cluster import journal, state
from app.controllers import controller
from app.machinery import objects
from app.machinery.objects import Key

NAME = "default"


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.NAMESPACES:
        return (key,)
    if key[:2] == state.SERVICE_ACCOUNTS and key.name == NAME:
        return (Key(*state.NAMESPACES, "", key.namespace),)
    return ()


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    namespace = held.get(key)
    if namespace is None or objects.is_terminating(namespace):
        return ()
    if held.find(state.SERVICE_ACCOUNTS, key.name, NAME) is not None:
        return ()
    return (
        controller.Create(
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME, "namespace": key.name}}
        ),
    )


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.NAMESPACES))


CONTROLLER = controller.Controller("service-account-controller", _interested, _reconcile, _every)
