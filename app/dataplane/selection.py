"""Who selects whom: for one Service, what its selector says about each pod of its namespace, key by key."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import msgspec

from app.cluster import state
from app.cluster.state import ClusterState
from app.kinds import images
from app.machinery import labels, objects
from app.machinery.objects import Key, Object


class PodVerdict(msgspec.Struct, frozen=True, gc=False):
    """What a selector says about one pod: whether all keys match, and if not, whether it came close."""

    pod: Key
    matches: bool
    near_miss: bool
    keys: tuple[labels.KeyVerdict, ...]


def selector_of(service: Object) -> dict[str, str]:
    """Return the Service's selector, empty when it has none."""
    return dict(objects.spec_of(service).get("selector") or {})


def verdicts(cluster: ClusterState, service: Object) -> list[PodVerdict]:
    """Judge every pod in the Service's namespace by its selector; without a selector nobody is judged."""
    wanted = selector_of(service)
    if not wanted:
        return []
    return [_verdict(pod, wanted) for pod in cluster.list(state.PODS, objects.namespace_of(service))]


def _verdict(pod: Object, wanted: dict[str, str]) -> PodVerdict:
    have = objects.labels_of(pod)
    keys = tuple(labels.explain(wanted, have))
    matches = all(verdict.ok for verdict in keys)
    near = not matches and labels.near_miss(wanted, have) is not None
    return PodVerdict(Key("", "pods", objects.namespace_of(pod), objects.name_of(pod)), matches, near, keys)


def near_misses(
    cluster: ClusterState, namespace: str, wanted: dict[str, str]
) -> Iterator[tuple[Object, labels.KeyVerdict]]:
    """Yield the pods that fail a selector by one key only, with that key."""
    for pod in cluster.list(state.PODS, namespace):
        blamed = labels.near_miss(wanted, objects.labels_of(pod))
        if blamed is not None:
            yield pod, blamed


def closest(cluster: ClusterState, service: Object) -> list[tuple[Object, labels.KeyVerdict]]:
    """Return the near misses that were probably meant: pods with the one wrong label that fits best.

    Pods that nobody else selects come first, then those that listen where the Service sends, then similar values.
    """
    wanted = selector_of(service)
    namespace = objects.namespace_of(service)
    groups: dict[tuple[str, str | None], list[tuple[Object, labels.KeyVerdict]]] = {}
    for pod, verdict in near_misses(cluster, namespace, wanted):
        groups.setdefault((verdict.key, _instead(pod, verdict)), []).append((pod, verdict))
    if not groups:
        return []
    targets = {port.get("targetPort") or port["port"] for port in objects.spec_of(service).get("ports") or ()}
    return max(groups.values(), key=lambda group: _fitness(cluster, namespace, group, targets))


def _instead(pod: Object, verdict: labels.KeyVerdict) -> str | None:
    if verdict.found is not None:
        return verdict.found
    return next((key for key, value in objects.labels_of(pod).items() if value == verdict.wanted), None)


def _fitness(
    cluster: ClusterState, namespace: str, group: list[tuple[Object, labels.KeyVerdict]], targets: set[int | str]
) -> tuple[bool, bool, bool, float, int]:
    pod, verdict = group[0]
    unclaimed = not cluster.selecting(state.SERVICES, namespace, objects.labels_of(pod))
    open_ports = {listener.port for listener in images.listeners(pod)}
    likeness = difflib.SequenceMatcher(None, verdict.wanted, verdict.found or verdict.wanted).ratio()
    return bool(open_ports), unclaimed, bool(open_ports & targets), likeness, len(group)
