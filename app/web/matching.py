"""Who selects whom: how many pods a selector matches, who comes close, and which key is to blame."""

from __future__ import annotations

from collections.abc import Mapping

from app.cluster import state
from app.dataplane import selection
from app.machinery import labels, objects
from app.machinery.objects import Key, Object
from app.web import forms, inspected, marks, refs, words
from app.web.inspected import KeyView, Selecting, Verdict

SHOWN = 40
"""Pods listed under one Service: the selected and the close ones first."""
SYSTEM = frozenset({"kube-system", "kube-public", "kube-node-lease"})


def count(held: state.ClusterState, namespace: str, wanted: Mapping[str, str]) -> str:
    """Return the words beside a selector field: `matches 3 of 8 pods, 1 comes close`."""
    if not wanted:
        return words.say("match", "everything")
    total = sum(1 for _ in held.keys(state.PODS, namespace))
    matched = len(held.pods_of(namespace, wanted))
    near = 0 if matched and len(wanted) == 1 else _near(held, namespace, wanted)
    said = words.say("match", "count_one" if total == 1 else "count", matched=matched, of=total)
    if not near:
        return said
    return f"{said}, {words.say('match', 'near_one' if near == 1 else 'near_many', near=near)}"


def _near(held: state.ClusterState, namespace: str, wanted: Mapping[str, str]) -> int:
    """Count the pods that one differing key keeps out; a single pair that matches some leaves the others alone."""
    pods = held.list(state.PODS, namespace)
    return sum(1 for pod in pods if labels.near_miss(wanted, objects.labels_of(pod)) is not None)


def selects(held: state.ClusterState, key: Key | None, obj: Object | None) -> inspected.Selects:
    """Show each Service against each pod: all of them, those of one Service, or those that one pod meets."""
    if obj is None or key is None:
        services = [s for s in held.list(state.SERVICES) if _is_worth(s)]
        return inspected.Selects(tuple(_selecting(held, service, None) for service in services))
    kind = obj.get("kind")
    if kind == "Service":
        return inspected.Selects((_selecting(held, obj, None),))
    services = [s for s in held.list(state.SERVICES, key.namespace or None) if _is_worth(s)]
    if kind == "Pod":
        return inspected.Selects(tuple(_selecting(held, service, key) for service in services))
    return inspected.Selects(tuple(_selecting(held, service, None) for service in services))


def _is_worth(service: Object) -> bool:
    own = (objects.namespace_of(service), objects.name_of(service)) == ("default", "kubernetes")
    return not own and objects.namespace_of(service) not in SYSTEM


def _selecting(held: state.ClusterState, service: Object, only: Key | None) -> Selecting:
    found = selection.verdicts(held, service)
    shown = [v for v in found if v.pod == only] if only else sorted(found, key=_order)
    alone = len(selection.selector_of(service)) == 1 and any(verdict.matches for verdict in found)
    return Selecting(
        ref=refs.of(service),
        label=refs.label(refs.of(service)),
        selector=forms.pairs_text(selection.selector_of(service)),
        matched=sum(1 for verdict in found if verdict.matches),
        of=sum(1 for _ in held.keys(state.PODS, objects.namespace_of(service))),
        verdicts=tuple(_verdict(held, verdict, alone) for verdict in shown[:SHOWN]),
        more=max(0, len(shown) - SHOWN),
    )


def _order(verdict: selection.PodVerdict) -> int:
    return 0 if verdict.matches else 1 if verdict.near_miss else 2


def _verdict(held: state.ClusterState, verdict: selection.PodVerdict, alone: bool) -> Verdict:
    pod = held.get(verdict.pod)
    word, mark = marks.of(pod) if pod else ("", "")
    return Verdict(
        ref=refs.of_key(verdict.pod),
        label=verdict.pod.name,
        matches=verdict.matches,
        near=verdict.near_miss and not alone,
        keys=tuple(KeyView(key.key, key.wanted, key.found or "", key.ok, key.found is None) for key in verdict.keys),
        note="" if mark == "ok" else word,
    )
