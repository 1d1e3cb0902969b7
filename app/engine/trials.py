"""Trials: what would happen if. They run on a copy of the state in memory and are never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, state, surroundings
from app.dataplane import fixes, fixing, networks, requests
from app.engine import patching, run, settle
from app.engine.commands import Patch, PatchType
from app.machinery import errors, objects

TRIAL_REQUESTS = 20
"""Requests sent to prove a fix: enough to meet every endpoint of a small Service."""


OUTSIDE = {"external": networks.OUTSIDE_CLIENT}


@dataclass(frozen=True, slots=True)
class Proof:
    """A fix that was run on a copy: so many of the requests sent arrived."""

    fix: fixing.Fix
    sent: int
    arrived: int

    def to_json(self) -> dict[str, Any]:
        """Render the fix with its proof, as answers and the page carry it."""
        return {
            "description": self.fix.description,
            "command": self.fix.command,
            "patch": self.fix.patch,
            "target": self.fix.target._asdict() if self.fix.target else None,
            "request": self.fix.request,
            "sent": self.sent,
            "arrived": self.arrived,
        }


def fork(held: state.ClusterState) -> state.ClusterState:
    """Copy a state for a trial: the same objects in instant time, with nothing pending."""
    copy = state.ClusterState(mode=clock.TimeMode.INSTANT, settings=held.settings)
    copy.revision, copy.now = held.revision, held.now
    for collection in held.collections.values():
        for key, obj in collection.objects.items():
            copy.load(obj, key)
    copy.created = dict(held.created)
    copy.cursors = dict(held.cursors)
    return copy


def attempt(held: state.ClusterState, patch: Patch, env: clock.Env) -> state.ClusterState | None:
    """Run one patch on a copy until its controllers are at rest; None when the patch is refused."""
    copy = fork(held)
    trial_env = clock.Env(env.now, env.rng, clock.TimeMode.INSTANT)
    under_way = run.Run(copy, trial_env, "trial", copy.revision + 1)
    try:
        patching.patch(under_way, patch)
    except errors.ApiError:
        return None
    while not settle.settle(under_way):
        under_way.entries.clear()
    return copy


def nearest_fix(
    held: state.ClusterState, completed: requests.Completed, asked: Mapping[str, Any], env: clock.Env
) -> Proof | None:
    """Return the first proposed fix that makes the failed request arrive when it is really run."""
    for fix in fixes.candidates(held, completed):
        proof = _prove(held, fix, asked, env)
        if proof is not None and proof.arrived == proof.sent:
            return proof
    return None


def scheme(port: Mapping[str, Any]) -> str:
    """Ask over plain TCP, so that what the program says does not matter, only whether it is reached."""
    return str(port.get("protocol") or "TCP").lower()


def load_balancer_fix(held: state.ClusterState, service: objects.Object, env: clock.Env) -> Proof | None:
    """Return what lets the outside in while a load balancer is pending: the cloud switched on, else a node's nodePort."""
    port = next(iter(objects.spec_of(service).get("ports") or ()), None)
    if port is None:
        return None
    over = scheme(port)
    if surroundings.setting(held, "loadBalancer"):
        patch = {"data": {"loadBalancer": None}}
        command = """kubectl -n kube-system patch configmap podlane --type merge -p '{"data":{"loadBalancer":null}}'"""
        changed = attempt(held, Patch("trial", surroundings.SETTINGS, patch, PatchType.MERGE), env)
        served = (
            changed.find(state.SERVICES, objects.namespace_of(service), objects.name_of(service)) if changed else None
        )
        for address in state.load_balancer_ips(served) if served is not None else ():
            url = f"{over}://{address}:{port['port']}"
            described = "Let the simulated cloud give load balancers their addresses"
            fix = fixing.Fix(described, command, surroundings.SETTINGS, patch, {"to": url})
            return _prove(held, fix, {"from": OUTSIDE, "to": url}, env)
    for node in held.list(state.NODES) if port.get("nodePort") else ():
        for address in state.node_addresses(node):
            url = f"{over}://{address}:{port['nodePort']}"
            described = f"Meanwhile use the nodePort {port['nodePort']} of a node"
            fix = fixing.Fix(described, f"nc -v {address} {port['nodePort']}", request={"to": url})
            return _prove(held, fix, {"from": OUTSIDE, "to": url}, env)
    return None


def _prove(held: state.ClusterState, fix: fixing.Fix, asked: Mapping[str, Any], env: clock.Env) -> Proof | None:
    changed: state.ClusterState | None = held
    if fix.target is not None:
        patch = Patch("trial", fix.target, fix.patch, PatchType.MERGE)
        changed = attempt(held, patch, env)
    if changed is None:
        return None
    again = {**asked, **(fix.request or {}), "count": TRIAL_REQUESTS, "trace": False}
    again.pop("results", None)
    try:
        answer = requests.run(changed, requests.parse(again), env)
    except errors.ApiError:
        return None
    by_outcome = answer.summary.by_outcome
    return Proof(fix, answer.summary.sent, by_outcome.get("ok", 0))
