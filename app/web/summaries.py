"""One object as the inspector sums it up: what it is, how it is, and what can be changed in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock, state, surroundings
from app.dataplane import resolver, service_env, world
from app.kinds import columns, registry
from app.kinds.kind import Kind
from app.machinery import objects
from app.machinery.objects import Key, Object
from app.web import forms, guarding, inspected, marks, matching, nodework, passports, refs, thought, words
from app.web.inspected import Member, PortRow, Row

SHOWN = 30
"""Members a summary lists; the table view and the search have them all."""
SCALED = frozenset({"Deployment", "ReplicaSet", "ReplicationController"})
UNDELETABLE = frozenset({("Service", "default", "kubernetes"), ("Namespace", "", "default")})


Form = Mapping[str, str]
NO_FORM: Form = {}


def summary(
    held: state.ClusterState,
    key: Key,
    obj: Object,
    refused: str = "",
    typed: Form | None = None,
    problem: str = "",
    plain: str = "",
) -> inspected.Summary:
    """Sum up one object. `refused` names the form that was refused (labels, selector, ports) with what it held."""
    kind = registry.kind_for_key(key)
    said = _Said(refused, typed or NO_FORM, problem, plain)
    state_word, mark = marks.of(obj)
    members_title, members = _members(held, obj, kind.kind)
    environment, note = _environment(held, obj, kind.kind)
    return inspected.Summary(
        ref=refs.of_key(key),
        kind=kind.kind,
        namespace=key.namespace,
        name=key.name,
        state=state_word,
        mark=mark,
        help=kind.help,
        stored=kind.stored,
        rows=(*_ROWS.get(kind.kind, _no_rows)(held, obj), *_common(held, obj)),
        labels=_labels(obj, kind.kind, said),
        selector=_selector(held, obj, kind.kind, said),
        ports=_ports(obj, kind, said) if kind.kind == "Service" else None,
        replicas=int(objects.spec_of(obj).get("replicas", 1)) if kind.kind in SCALED else None,
        ready=objects.annotations_of(obj).get(forms.READY) != "false" if kind.kind == "Pod" else None,
        node=nodework.of(obj) if kind.kind == "Node" else None,
        members_title=members_title,
        members=members,
        environment=environment,
        environment_note=note,
        resolv=_resolv(held, obj) if kind.kind == "Pod" else "",
        can_delete=(kind.kind, key.namespace, key.name) not in UNDELETABLE,
        can_send=kind.kind in ("Pod", "Node"),
        command=_command(kind.singular, key),
        kept=passports.kept(obj),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """A refused form: which, what it held, and why it was refused."""

    form: str
    typed: Form
    problem: str
    plain: str


def _labels(obj: Object, kind: str, said: _Said) -> inspected.Pairs:
    help = words.say("labels_help", "Pod") if kind == "Pod" else ""
    if said.form == "labels":
        return inspected.Pairs(said.typed.get("text", ""), help, problem=said.plain or said.problem)
    return inspected.Pairs(forms.pairs_text(objects.labels_of(obj)), help)


def _resolv(held: state.ClusterState, pod: Object) -> str:
    return resolver.pod_config(world.World(held, world.Chance(thought.env(held))), pod).file.rstrip("\n")


def age(held: state.ClusterState, obj: Object) -> str:
    """Return how old an object is, as kubectl prints it."""
    made = objects.metadata(obj).get("creationTimestamp")
    return columns.human_duration(max(0.0, held.now - clock.seconds(made))) if made else ""


def _command(singular: str, key: Key) -> str:
    place = f"-n {key.namespace} " if key.namespace not in ("", "default") else ""
    return f"kubectl {place}describe {singular} {key.name}"


def _common(held: state.ClusterState, obj: Object) -> Iterable[Row]:
    owner = objects.controller_of(obj)
    if owner is not None:
        ref = refs.text(owner["kind"], objects.namespace_of(obj), owner["name"])
        yield Row("owned by", f"{owner['kind']} {owner['name']}", ref=ref)
    if objects.namespace_of(obj):
        yield Row("namespace", objects.namespace_of(obj), ref=refs.text("Namespace", "", objects.namespace_of(obj)))
    found = age(held, obj)
    if found:
        yield Row("age", found)


def _no_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    return []


def _pod_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    spec, status = objects.spec_of(obj), objects.status_of(obj)
    node = spec.get("nodeName") or ""
    rows = [
        Row("IP", ", ".join(state.pod_ips(obj)) or "none yet", mono=True),
        Row("node", node or "not placed yet", mono=bool(node), ref=refs.text("Node", "", node) if node else ""),
    ]
    for container in spec.get("containers") or ():
        rows.append(Row("image", str(container.get("image", "")), mono=True))
        declared = [f"{_named(port)}{port.get('containerPort')}" for port in container.get("ports") or ()]
        if declared:
            rows.append(Row("containerPort", ", ".join(declared), mono=True))
    restarts = sum(int(c.get("restartCount") or 0) for c in status.get("containerStatuses") or ())
    if restarts:
        rows.append(Row("restarts", str(restarts)))
    rows.extend(_services_of(held, obj))
    rows.extend(guarding.of_pod(held, obj))
    return rows


def _services_of(held: state.ClusterState, pod: Object) -> Iterable[Row]:
    found = held.selecting(state.SERVICES, objects.namespace_of(pod), objects.labels_of(pod))
    for service in found:
        yield Row("selected by", f"Service {objects.name_of(service)}", ref=refs.of(service))


def _named(port: Any) -> str:
    return f"{port['name']} " if port.get("name") else ""


def _service_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    spec = objects.spec_of(obj)
    type_ = spec.get("type") or "ClusterIP"
    rows = [Row("type", type_)]
    if spec.get("externalName"):
        return [*rows, Row("is a name for", spec["externalName"], mono=True)]
    rows.append(Row("ClusterIP", str(spec.get("clusterIP") or "none"), mono=True))
    rows.append(Row("DNS name", _dns_name(held, obj), mono=True))
    if type_ == "LoadBalancer":
        given = ", ".join(state.load_balancer_ips(obj))
        rows.append(Row("external IP", given or "<pending>", mono=True, state="" if given else "wait"))
    elif spec.get("externalIPs"):
        rows.append(Row("external IP", ", ".join(spec["externalIPs"]), mono=True))
    for name in ("externalTrafficPolicy", "internalTrafficPolicy", "sessionAffinity"):
        value = spec.get(name)
        if value and value not in ("Cluster", "None"):
            rows.append(Row(name, str(value)))
    rows.extend(guarding.of_service(held, obj))
    return rows


def _dns_name(held: state.ClusterState, service: Object) -> str:
    zone = surroundings.cluster_domain(held)
    return f"{objects.name_of(service)}.{objects.namespace_of(service)}.svc.{zone}"


def _workload_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    spec, status = objects.spec_of(obj), objects.status_of(obj)
    rows = [Row("ready", f"{status.get('readyReplicas') or 0} of {spec.get('replicas', 1)}")]
    strategy = objects.dig(spec, "strategy", "type")
    if strategy:
        rows.append(Row("strategy", str(strategy)))
    containers = objects.dig(spec, "template", "spec", "containers") or ()
    rows += [Row("image", str(container.get("image", "")), mono=True) for container in containers]
    template = objects.dig(spec, "template", "metadata", "labels") or {}
    if template:
        rows.append(Row("its pods carry", forms.pairs_text(template), mono=True))
    return rows


def _node_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    rows = [Row("address", ", ".join(state.node_addresses(obj)), mono=True)]
    if objects.spec_of(obj).get("podCIDR"):
        rows.append(Row("pods live in", objects.spec_of(obj)["podCIDR"], mono=True))
    mode = objects.annotations_of(obj).get("podlane.dev/kube-proxy")
    if mode:
        rows.append(Row("kube-proxy", mode))
    synced = held.proxies.synced.get(objects.name_of(obj))
    if synced is not None:
        behind = held.proxies.head > synced
        rows.append(Row("its rules", "syncing, behind" if behind else "synced", state="warn" if behind else "ok"))
    opened = sorted({port for service in held.list(state.SERVICES) for port in state.node_ports(service)})
    if opened:
        rows.append(Row("open node ports", ", ".join(map(str, opened[:12])), mono=True))
    return rows


def _slice_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    service = objects.labels_of(obj).get(state.SERVICE_NAME_LABEL, "")
    ref = refs.text("Service", objects.namespace_of(obj), service)
    ports = ", ".join(f"{_named(port)}{port.get('port')}" for port in obj.get("ports") or ())
    return [
        Row("of Service", service or "none", ref=ref if service else ""),
        Row("ports", ports or "<unset>", mono=True),
    ]


def _namespace_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    name = objects.name_of(obj)
    kinds = (("pods", state.PODS), ("Services", state.SERVICES), ("Deployments", state.DEPLOYMENTS))
    return [Row(label, str(sum(1 for _ in held.keys(resource, name)))) for label, resource in kinds]


def _config_rows(held: state.ClusterState, obj: Object) -> list[Row]:
    return [Row(key, str(value)[:200], mono=True) for key, value in (obj.get("data") or {}).items()]


_ROWS: dict[str, Callable[[state.ClusterState, Object], Sequence[Row]]] = {
    "Pod": _pod_rows,
    "Service": _service_rows,
    "Deployment": _workload_rows,
    "ReplicaSet": _workload_rows,
    "ReplicationController": _workload_rows,
    "Node": _node_rows,
    "EndpointSlice": _slice_rows,
    "Namespace": _namespace_rows,
    "ConfigMap": _config_rows,
    "Ingress": guarding.ingress_rows,
    "NetworkPolicy": guarding.policy_rows,
}


def _selector(held: state.ClusterState, obj: Object, kind: str, said: _Said) -> inspected.Pairs | None:
    if kind != "Service" or objects.spec_of(obj).get("type") == "ExternalName":
        return None
    wanted = dict(objects.spec_of(obj).get("selector") or {})
    count = matching.count(held, objects.namespace_of(obj), wanted)
    if said.form == "selector":
        return inspected.Pairs(
            said.typed.get("text", ""), words.say("selector_help"), count, said.plain or said.problem
        )
    return inspected.Pairs(forms.pairs_text(wanted), words.say("selector_help"), count)


def _ports(obj: Object, kind: Kind, said: _Said) -> inspected.Ports | None:
    spec = objects.spec_of(obj)
    if spec.get("type") == "ExternalName":
        return None
    typed = said.typed if said.form == "ports" else NO_FORM
    rows = tuple(
        PortRow(
            index=index,
            name=port.get("name") or "",
            port=typed.get(f"port-{index}", str(port.get("port", ""))),
            target=typed.get(f"target-{index}", str(port.get("targetPort", ""))),
            node=typed.get(f"node-{index}", str(port.get("nodePort") or "")),
            protocol=port.get("protocol") or "TCP",
        )
        for index, port in enumerate(spec.get("ports") or ())
    )
    told = kind.field_help
    return inspected.Ports(
        rows=rows,
        type=typed.get("type") or spec.get("type") or "ClusterIP",
        types=("ClusterIP", "NodePort", "LoadBalancer"),
        port_help=told.get("spec.ports.port", ""),
        target_help=told.get("spec.ports.targetPort", ""),
        node_help=told.get("spec.ports.nodePort", ""),
        problem=said.problem if said.form == "ports" else "",
        plain=said.plain if said.form == "ports" else "",
    )


def _members(held: state.ClusterState, obj: Object, kind: str) -> tuple[str, tuple[Member, ...]]:
    match kind:
        case "Service":
            return "Endpoints", _endpoints(held.slices_of(objects.namespace_of(obj), objects.name_of(obj)))
        case "EndpointSlice":
            return "Endpoints", _endpoints([obj])
        case "Deployment":
            owned = [found for found in held.owned_by(objects.uid_of(obj)) if found.get("kind") == "ReplicaSet"]
            return "ReplicaSets and their pods", _listed(_with_pods(held, owned))
        case "ReplicaSet" | "ReplicationController":
            return "Pods", _listed(held.owned_by(objects.uid_of(obj)))
        case "Node":
            return "Pods here", _listed(held.pods_on(objects.name_of(obj)))
        case _:
            return "", ()


def _with_pods(held: state.ClusterState, sets: Iterable[Object]) -> list[Object]:
    found: list[Object] = []
    for one in sets:
        pods = held.owned_by(objects.uid_of(one))
        if pods or objects.spec_of(one).get("replicas"):
            found += [one, *pods]
    return found


def _listed(found: Iterable[Object]) -> tuple[Member, ...]:
    return tuple(member(obj) for obj in list(found)[:SHOWN])


def member(obj: Object) -> Member:
    """Return one line about an object: its name, its address and its state."""
    word, mark = marks.of(obj)
    kind = str(obj.get("kind"))
    if kind == "Pod":
        detail = next(iter(state.pod_ips(obj)), "")
    elif kind == "Service":
        detail = str(objects.spec_of(obj).get("clusterIP") or "")
    elif kind == "Node":
        detail = next(iter(state.node_addresses(obj)), "")
    else:
        detail = ""
    return Member(refs.of(obj), objects.name_of(obj), detail, word, mark)


def _endpoints(slices: Iterable[Object]) -> tuple[Member, ...]:
    found: list[Member] = []
    for one in slices:
        ports = "/".join(str(port.get("port")) for port in one.get("ports") or ())
        found += [_endpoint(endpoint, objects.namespace_of(one), ports) for endpoint in one.get("endpoints") or ()]
    return tuple(found[:SHOWN])


def _endpoint(endpoint: Any, namespace: str, ports: str) -> Member:
    conditions, target = endpoint.get("conditions") or {}, endpoint.get("targetRef") or {}
    address = ", ".join(endpoint.get("addresses") or ())
    if conditions.get("terminating"):
        word, mark = "terminating", "warn"
    elif conditions.get("ready", True) is False:
        word, mark = "not ready", "warn"
    else:
        word, mark = "ready", "ok"
    if target.get("kind") == "Pod":
        return Member(refs.text("Pod", namespace, target["name"]), target["name"], f"{address}:{ports}", word, mark)
    return Member("", address, f":{ports}", word, mark)


def _environment(held: state.ClusterState, obj: Object, kind: str) -> tuple[tuple[Row, ...], str]:
    if kind != "Pod":
        return (), ""
    if objects.spec_of(obj).get("enableServiceLinks") is False:
        return (), words.say("environment", "off")
    found = service_env.service_environment(held, obj)
    if not found:
        return (), words.say("environment", "none")
    return tuple(Row(name, value) for name, value in found.items()), words.say("environment", "some")
