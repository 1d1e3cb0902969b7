"""Ingresses and NetworkPolicies in the inspector: what they say, and which policies guard a pod or a Service's pods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.cluster import state
from app.dataplane import policies
from app.kinds import columns
from app.machinery import labels, objects
from app.machinery.objects import Object
from app.web import refs, words
from app.web.inspected import Row


def directions(held: state.ClusterState, pod: Object) -> dict[str, list[str]]:
    """Return the names of the policies that isolate a pod, by direction; empty for a pod nobody guards."""
    found = {
        direction.value: [objects.name_of(policy) for policy in policies.isolating(held, pod, direction)]
        for direction in policies.Direction
    }
    return {direction: names for direction, names in found.items() if names}


def of_pod(held: state.ClusterState, pod: Object) -> Iterable[Row]:
    """Say which policies isolate a pod, and for what."""
    for direction, names in directions(held, pod).items():
        for name in names:
            ref = refs.text("NetworkPolicy", objects.namespace_of(pod), name)
            yield Row(words.say("guarded", direction), f"NetworkPolicy {name}", ref=ref, state="warn")


def of_service(held: state.ClusterState, service: Object) -> Iterable[Row]:
    """Say which policies guard the way into a Service's pods."""
    selector = objects.spec_of(service).get("selector")
    if not selector:
        return
    names: dict[str, None] = {}
    for pod in held.pods_of(objects.namespace_of(service), selector):
        names.update(dict.fromkeys(directions(held, pod).get("Ingress", ())))
    for name in names:
        ref = refs.text("NetworkPolicy", objects.namespace_of(service), name)
        yield Row(words.say("guarded", "service"), f"NetworkPolicy {name}", ref=ref, state="warn")


def policy_rows(held: state.ClusterState, policy: Object) -> list[Row]:
    """Say whom a policy isolates, and for what."""
    selector = objects.spec_of(policy).get("podSelector") or {}
    wanted = labels.from_label_selector(selector)
    pods = held.list(state.PODS, objects.namespace_of(policy))
    count = sum(1 for pod in pods if labels.matches(wanted, objects.labels_of(pod)))
    shown = columns.selector(selector)
    return [
        Row(words.say("guarded", "pods"), words.say("guarded", "all") if shown == "<none>" else shown, mono=True),
        Row(words.say("guarded", "isolates"), words.say("guarded", "count", count=count)),
        Row("policyTypes", ", ".join(policies.types_of(policy))),
    ]


def ingress_rows(held: state.ClusterState, ingress: Object) -> list[Row]:
    """Say where an Ingress is reached, and which Service each of its rules leads to."""
    spec, namespace = objects.spec_of(ingress), objects.namespace_of(ingress)
    given = objects.dig(objects.status_of(ingress), "loadBalancer", "ingress") or ()
    address = ", ".join(str(one.get("ip") or one.get("hostname")) for one in given)
    rows = [
        Row("class", str(spec.get("ingressClassName") or "<none>")),
        Row("address", address or "<pending>", mono=bool(address), state="" if address else "wait"),
    ]
    for rule in spec.get("rules") or ():
        for path in objects.dig(rule, "http", "paths") or ():
            rows += _leads(namespace, f"{rule.get('host') or '*'}{path.get('path') or '/'}", path.get("backend") or {})
    if spec.get("defaultBackend"):
        rows += _leads(namespace, words.say("guarded", "default"), spec["defaultBackend"])
    return rows


def _leads(namespace: str, asked: str, backend: Mapping[str, Any]) -> list[Row]:
    service = backend.get("service") or {}
    if not service:
        return []
    port = service.get("port") or {}
    target = f"{service.get('name')}:{port.get('number') or port.get('name') or ''}"
    return [Row(asked, target, mono=True, ref=refs.text("Service", namespace, str(service.get("name"))))]
