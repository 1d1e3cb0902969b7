"""Finds what is wrong with Services without sending a request: every way to each of them is walked in thought.

The walks are those of requests, so a diagnosis names the same causes; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, state, surroundings
from app.dataplane import answers, phrases, reasons, requests, selection, sending, service_env, ways
from app.dataplane.reasons_of_findings import FINDINGS
from app.engine import trials
from app.kinds import podstatus
from app.machinery import errors, objects
from app.machinery.objects import Object, ObjectRef

MOST_FIXES = 20
"""Findings for which a fix is tried; each trial runs on a copy of the cluster."""
MOST_SERVICES = 200
"""Services looked at in one call that names none."""


@dataclass(frozen=True, slots=True)
class _Probe:
    """One way to ask a Service: the request, and who asks in words."""

    asked: Mapping[str, Any]
    who: str


def findings(held: state.ClusterState, env: clock.Env, service: str = "") -> list[dict[str, Any]]:
    """Return what is wrong, errors first; of one Service when its namespace/name is given."""
    found: list[dict[str, Any]] = []
    for one in _services(held, service):
        found += _of_service(held, env, one, tries=MOST_FIXES - len(found))
        found += _at_rest(held, env, one)
    order = ("error", "warning", "info")
    return sorted(found, key=lambda one: order.index(one["severity"]))


def _services(held: state.ClusterState, wanted: str) -> list[Object]:
    if not wanted:
        known = [one for one in held.list(state.SERVICES) if objects.namespace_of(one) != "kube-system"]
        return known[:MOST_SERVICES]
    namespace, slash, name = wanted.rpartition("/")
    found = held.find(state.SERVICES, namespace if slash else "default", name)
    if found is None:
        raise errors.not_found(objects.Key(*state.SERVICES, namespace or "default", name))
    return [found]


# --- by walking --------------------------------------------------------------------------------


def _of_service(held: state.ClusterState, env: clock.Env, service: Object, tries: int) -> list[dict[str, Any]]:
    seen: dict[str, dict[str, Any]] = {}
    world = sending.world_of(held, env, explains=True)
    for probe in _probes(held, service):
        try:
            request = requests.parse(probe.asked)
            every = ways.walk_all(world, request)
        except errors.ApiError:
            continue
        walked = sum(way.share for way in every)
        for way in every:
            verdict = way.result.verdict
            if verdict is None or verdict.reason not in reasons.FAILURES:
                continue
            known = seen.get(verdict.reason)
            if known is None:
                known = seen[verdict.reason] = _told(service, probe, verdict)
                if len(seen) <= tries:
                    fix = _fix(held, env, probe.asked)
                    if fix is not None:
                        known["fix"] = fix
            if (known["from"], known["to"]) == (probe.who, probe.asked["to"]):
                known["share"] += way.share / walked
    for known in seen.values():
        known["severity"] = "error" if known["share"] > 0.999 else "warning"
        known["share"] = round(known["share"], 4)
    return list(seen.values())


def _probes(held: state.ClusterState, service: Object) -> Iterator[_Probe]:
    """Yield who asks what: a pod by name, each node by ClusterIP, the outside by what is open to it."""
    spec = objects.spec_of(service)
    namespace, name = objects.namespace_of(service), objects.name_of(service)
    client = _client(held, namespace, service)
    for port in spec.get("ports") or ():
        scheme = trials.scheme(port)
        if client is not None:
            to = f"{scheme}://{name}.{namespace}:{port['port']}"
            who = f"{objects.namespace_of(client)}/{objects.name_of(client)}"
            yield _Probe({"from": {"pod": who}, "to": to}, f"pod {who}")
        for ip in state.cluster_ips(service)[:1]:
            for key in held.keys(state.NODES):
                yield _Probe({"from": {"node": key.name}, "to": f"{scheme}://{ip}:{port['port']}"}, f"node {key.name}")
        if port.get("nodePort") and spec.get("type") in ("NodePort", "LoadBalancer"):
            for node in held.list(state.NODES):
                for address in state.node_addresses(node):
                    yield _Probe(
                        {"from": trials.OUTSIDE, "to": f"{scheme}://{address}:{port['nodePort']}"},
                        f"outside, by {objects.name_of(node)}",
                    )
        for ip in state.load_balancer_ips(service):
            yield _Probe(
                {"from": trials.OUTSIDE, "to": f"{scheme}://{ip}:{port['port']}"}, "outside, by the load balancer"
            )


def _client(held: state.ClusterState, namespace: str, service: Object) -> Object | None:
    """Return a running pod to ask from: in the Service's namespace, better one that it does not select."""
    selector = selection.selector_of(service)
    running = [
        pod
        for pod in held.list(state.PODS, namespace)
        if podstatus.phase_of(pod) == "Running" and not objects.is_terminating(pod)
    ]
    others = [pod for pod in running if not _selects(selector, pod)]
    return next(iter(others or running), None)


def _selects(selector: Mapping[str, str], pod: Object) -> bool:
    return bool(selector) and selector.items() <= objects.labels_of(pod).items()


def _told(service: Object, probe: _Probe, verdict: Any) -> dict[str, Any]:
    """Write one finding of a walk, with those who could have been chosen and what ruled each out."""
    last = verdict.hops[-1].steps[-1]
    refs = last.because or (ObjectRef("Service", objects.namespace_of(service), objects.name_of(service)),)
    told = {
        "code": verdict.reason,
        "severity": "error",
        "message": last.why,
        "title": reasons.REASONS[verdict.reason].title,
        "remedy": reasons.REASONS[verdict.reason].remedy,
        "service": f"{objects.namespace_of(service)}/{objects.name_of(service)}",
        "from": probe.who,
        "to": probe.asked["to"],
        "share": 0.0,
        "refs": [answers.reference(ref) for ref in refs],
    }
    if last.candidates.named:
        told["candidates"] = last.candidates.to_json()
    return told


def _fix(held: state.ClusterState, env: clock.Env, asked: Mapping[str, Any]) -> dict[str, Any] | None:
    completed = requests.run(held, requests.parse({**asked, "count": trials.TRIAL_REQUESTS}), env)
    proof = trials.nearest_fix(held, completed, asked, env)
    return proof.to_json() if proof is not None else None


# --- by looking --------------------------------------------------------------------------------


def _at_rest(held: state.ClusterState, env: clock.Env, service: Object) -> Iterator[dict[str, Any]]:
    spec = objects.spec_of(service)
    if spec.get("type") == "LoadBalancer" and not state.load_balancer_ips(service):
        yield from _pending(held, env, service)
    selector = selection.selector_of(service)
    pods = held.pods_of(objects.namespace_of(service), selector) if selector else []
    owners = _owners(held, pods)
    if len(owners) > 1:
        words = {"selector": phrases.selector(selector), "owners": phrases.listed(sorted(owners))}
        yield _found("SelectorSpansWorkloads", service, (("spec.selector", service),), words)
    late = _started_before(held, service)
    if late:
        names = [objects.name_of(pod) for pod in late]
        refs = tuple(("metadata.annotations", pod) for pod in late[:3])
        yield _found("EnvironmentMissesService", service, refs, {"pods": phrases.listed(names)})


def _pending(held: state.ClusterState, env: clock.Env, service: Object) -> Iterator[dict[str, Any]]:
    """Say that nobody gives a load balancer its address; offer the cloud that was switched off, else the nodePort."""
    if surroundings.provisioning(held) is not None:
        return
    found = _found("LoadBalancerPending", service, (("spec.type", service),))
    proof = trials.load_balancer_fix(held, service, env)
    if proof is not None:
        found["fix"] = proof.to_json()
    yield found


def _owners(held: state.ClusterState, pods: Sequence[Object]) -> set[str]:
    """Name the workloads that the pods belong to: a ReplicaSet's pods belong to its Deployment."""
    found = set()
    for pod in pods:
        owner = objects.controller_of(pod)
        above = held.find(state.REPLICASETS, objects.namespace_of(pod), owner["name"]) if owner else None
        top = (objects.controller_of(above) if above is not None else None) or owner
        if top:
            found.add(f"{top['kind']} {top['name']}")
    return found


def _started_before(held: state.ClusterState, service: Object) -> list[Object]:
    name, selector = objects.name_of(service), selection.selector_of(service)
    return [
        pod
        for pod in held.list(state.PODS, objects.namespace_of(service))
        if service_env.STARTED_ANNOTATION in objects.annotations_of(pod)
        and not _selects(selector, pod)
        and name in service_env.missing(held, pod)
    ]


def _found(
    code: str, service: Object, refs: Sequence[tuple[str, Object]], words: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    finding = FINDINGS[code]
    name = f"{objects.namespace_of(service)}/{objects.name_of(service)}"
    return {
        "code": code,
        "severity": finding.severity,
        "message": finding.message.format_map({"service": objects.name_of(service), **(words or {})}),
        "remedy": finding.remedy,
        "service": name,
        "refs": [
            answers.reference(ObjectRef(str(obj["kind"]), objects.namespace_of(obj), objects.name_of(obj), field))
            for field, obj in refs
        ],
    }
