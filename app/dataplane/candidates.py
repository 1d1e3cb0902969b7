"""Who could have got the packet, and what ruled each of them out: every endpoint by the filters, every pod by the selector."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from app.cluster import state
from app.cluster.lag import ServiceView
from app.dataplane import phrases, proxy, selection
from app.machinery import labels, objects

MOST = 20
"""Candidates named; the others are counted."""


class Candidate(msgspec.Struct, frozen=True, gc=False):
    """One that could have been chosen: an endpoint (with its address) or a pod that never became one."""

    namespace: str
    name: str
    address: str
    usable: bool
    why: str
    keys: tuple[labels.KeyVerdict, ...] = ()


class Candidates(msgspec.Struct, frozen=True, gc=False):
    """The candidates of one choice, those that count first, and how many more there are."""

    named: tuple[Candidate, ...] = ()
    more: int = 0

    def to_json(self) -> dict[str, Any]:
        """Write them as answers carry them."""
        return {"named": [_written(one) for one in self.named], "more": self.more}


NOBODY = Candidates()


class Choice(msgspec.Struct, frozen=True, gc=False):
    """A choice that a node makes: of all endpoints those it may use, and the policy that wants them on this node."""

    every: tuple[proxy.Endpoint, ...]
    usable: tuple[proxy.Endpoint, ...]
    node: str
    zone: str
    local: str


def of(held: state.ClusterState, view: ServiceView, port: proxy.ServicePort, choice: Choice) -> Candidates:
    """Judge all endpoints of a service port, then the pods that its selector leaves out."""
    left = {one.text for one in choice.usable}
    ruled_out = (one for one in choice.every if one.text not in left)
    found = [_endpoint(one, "") for one in choice.usable[:MOST]]
    found += [_endpoint(one, _excluded(one, choice)) for one in itertools.islice(ruled_out, MOST)]
    without = list(_without_port(view, port))
    found += without
    total = len(choice.every) + len(without)
    selector = selection.selector_of(view.service or {})
    if not selector:
        return Candidates(tuple(found[:MOST]), max(0, total - MOST))
    selected = len(held.pods_of(port.namespace, selector))
    others = sum(1 for _ in held.keys(state.PODS, port.namespace)) - selected
    total += others
    for pod in held.list(state.PODS, port.namespace) if others else ():
        if len(found) >= MOST:
            break
        have = objects.labels_of(pod)
        if not selector.items() <= have.items():
            found.append(_pod(pod, tuple(labels.explain(selector, have))))
    return Candidates(tuple(found[:MOST]), max(0, total - MOST))


def _endpoint(one: proxy.Endpoint, why: str) -> Candidate:
    return Candidate(one.pod[0], one.pod[1], one.text, not why, why)


def _excluded(one: proxy.Endpoint, choice: Choice) -> str:
    """Say which filter an endpoint that is not usable met first (CategorizeEndpoints, pkg/proxy/topology.go)."""
    if one.terminating:
        return "terminating, and others are ready" if one.serving else "terminating, and serves no more"
    if not one.ready:
        return "not ready"
    if choice.local and one.node != choice.node:
        return f"on {one.node or 'no node'}, and {choice.local} is Local"
    if one.node_hints and choice.node not in one.node_hints:
        return f"hinted for {phrases.listed(one.node_hints)}, not for {choice.node}"
    if one.zone_hints and choice.zone not in one.zone_hints:
        return f"hinted for {phrases.listed(one.zone_hints)}, not for {choice.zone}"
    return "others are nearer"


def _without_port(view: ServiceView, port: proxy.ServicePort) -> Iterator[Candidate]:
    """Yield the endpoints of slices that lack the port: no container port has its name there."""
    for piece in view.slices:
        if piece.get("addressType", "IPv4") != "IPv4":
            continue
        if proxy.slice_port(piece, port.port_name, port.protocol) is not None:
            continue
        for raw in piece.get("endpoints") or ():
            one = proxy.read_endpoint(raw, 0, piece)
            name = port.port_name or str(port.target_port)
            yield Candidate(one.pod[0], one.pod[1], one.ip, False, f"has no port {name}/{port.protocol.value}")


def _pod(pod: objects.Object, keys: tuple[labels.KeyVerdict, ...]) -> Candidate:
    missed = [
        f"{key.key} is {key.found}, not {key.wanted}" if key.found is not None else f"no label {key.key}"
        for key in keys
        if not key.ok
    ]
    address = next(iter(state.pod_ips(pod)), "")
    why = f"not selected: {phrases.listed(missed)}"
    return Candidate(objects.namespace_of(pod), objects.name_of(pod), address, False, why, keys)


def _written(one: Candidate) -> Mapping[str, Any]:
    written: dict[str, Any] = {"namespace": one.namespace, "name": one.name, "address": one.address}
    written |= {"usable": one.usable, "why": one.why}
    if one.keys:
        written["keys"] = [{"key": k.key, "wanted": k.wanted, "found": k.found, "ok": k.ok} for k in one.keys]
    return written
