"""What the diagram draws: the whole cluster as small elements, and one entry as a change of them.

Every element is a function of one object, so `snapshot(before)` with the deltas of the entries in between is
`snapshot(after)`; what joins objects (groups, counts, who selects whom) is worked out in the browser.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from app.cluster import journal, state
from app.dataplane import ingresses, policies
from app.kinds import ingress as ingress_kind
from app.kinds import registry
from app.kinds.node import KUBE_PROXY, ZONE
from app.machinery import objects
from app.machinery.objects import Key, Object

Element = dict[str, Any]

OUTSIDE = "198.51.100.7"
"""The address of the learner's own machine, outside the cluster (TEST-NET-2)."""

FOLDED = frozenset({"kube-system", "kube-public", "kube-node-lease"})
"""Namespaces whose objects are folded away; of them only the cluster DNS is drawn."""

DNS = ("kube-system", "kube-dns")
API = ("default", "kubernetes")
ASKING = frozenset(
    {"curl", "busybox", "alpine", "ubuntu", "debian", "netshoot", "dnsutils", "jessie-dnsutils", "wget", "bash", "alpine-curl"}
)  # fmt: skip
"""Images of programs that ask and never answer."""

_LABELS = Path(__file__).parents[2] / "templates" / "diagram" / "labels.json"
_GOING = frozenset({"Running", "Completed", "Succeeded"})
_STARTING = frozenset({"Pending", "ContainerCreating", "PodInitializing", "Terminating"})


@functools.cache
def labels() -> Mapping[str, str]:
    """Return the words the diagram shows, for the seed's `labels`."""
    found: dict[str, str] = msgspec.json.decode(_LABELS.read_bytes(), type=dict[str, str])
    return found


def snapshot(cluster: state.ClusterState) -> dict[str, Any]:
    """Return the whole projection: elements by ref in order of creation, and what each node's proxy has synced."""
    elements = {element["ref"]: element for element in _elements(cluster)}
    return {
        "revision": cluster.revision,
        "now": cluster.now,
        "outside": OUTSIDE,
        "elements": elements,
        "proxies": {"head": cluster.proxies.head, "synced": dict(cluster.proxies.synced)},
        "lags": cluster.mode.value != "instant",
    }


def delta(entry: journal.Entry) -> dict[str, Any]:
    """Return what an entry changes: elements to put, refs to remove, proxies, a request to animate, a refusal."""
    made: dict[str, Any] = {
        "revision": entry.revision,
        "at": entry.at,
        "actor": entry.cause.actor,
        "provoked_by": entry.cause.provoked_by,
        "type": entry.type,
    }
    body = entry.body
    match body:
        case journal.ObjectChanged():
            made.update(_object_delta(body, entry.revision))
        case journal.RequestCompleted():
            made["request"] = body.request
            made["say"] = sentence(body.request)
        case journal.RulesSynced():
            made["synced"] = {"nodes": list(body.nodes), "upto": body.upto}
        case journal.CommandRefused():
            made["refused"] = {"reason": body.reason, "message": body.message, "plain": body.plain}
        case journal.TrafficSampled():
            made["sample"] = body.sample
    return made


def sentence(request: Mapping[str, Any]) -> str:
    """Return the sentence that tells how the first request ended: the why of its last step."""
    results = request.get("results") or ()
    if not results:
        return ""
    trace = results[0].get("trace") or results[0].get("dns_trace") or {}
    steps = [step for hop in trace.get("hops") or () for step in hop["steps"]]
    return str(steps[-1].get("why", "")) if steps else ""


def element(obj: Object, key: Key) -> Element | None:
    """Return the element that stands for an object, None for what the diagram does not draw."""
    make = _MAKERS.get((key.group, key.resource))
    if make is None or _is_folded(obj, key):
        return None
    return {
        "ref": _ref(str(obj.get("kind")), key.namespace, key.name),
        "kind": obj.get("kind"),
        "ns": key.namespace,
        "name": key.name,
        **make(obj),
    }


def _ref(kind: str, namespace: str, name: str) -> str:
    return f"{kind}/{namespace}/{name}"


def _elements(cluster: state.ClusterState) -> Iterator[Element]:
    for resource in _MAKERS:
        collection = cluster.collections.get(resource)
        for key, obj in (collection.objects if collection else {}).items():
            found = element(obj, key)
            if found is not None:
                yield found


def _object_delta(body: journal.ObjectChanged, revision: int) -> dict[str, Any]:
    present = body.after if body.after is not None else body.before
    assert present is not None
    kind = str(present.get("kind") or registry.kind_for_key(body.key).kind)
    ref = _ref(kind, body.key.namespace, body.key.name)
    made: dict[str, Any] = {"change": {"verb": body.type.value, "ref": ref}}
    after = element(body.after, body.key) if body.after is not None else None
    if after is not None:
        made["upsert"] = [after]
    elif body.before is not None and element(body.before, body.key) is not None:
        made["remove"] = [ref]
    if _moves_proxies(body.key, present):
        made["head"] = revision
    return made


def _moves_proxies(key: Key, obj: Object) -> bool:
    resource = (key.group, key.resource)
    if resource == state.ENDPOINTSLICES:
        return bool(objects.labels_of(obj).get(state.SERVICE_NAME_LABEL))
    return resource == state.SERVICES


def _is_folded(obj: Object, key: Key) -> bool:
    resource = (key.group, key.resource)
    if resource == state.SERVICES:
        place = (key.namespace, key.name)
    elif resource == state.ENDPOINTSLICES:
        place = (key.namespace, objects.labels_of(obj).get(state.SERVICE_NAME_LABEL, ""))
    elif resource == state.NAMESPACES:
        return key.name in FOLDED
    else:
        return key.namespace in FOLDED
    return place == API or (key.namespace in FOLDED and place != DNS)


def _owner(obj: Object) -> str:
    owner = objects.controller_of(obj)
    return _ref(owner["kind"], objects.namespace_of(obj), owner["name"]) if owner else ""


def _pod(obj: Object) -> Element:
    spec = objects.spec_of(obj)
    containers = spec.get("containers") or ()
    word = _status_word(obj)
    ready = objects.condition_is_true(obj, "Ready")
    return {
        "labels": dict(objects.labels_of(obj)),
        "ip": next(iter(state.pod_ips(obj)), ""),
        "node": spec.get("nodeName") or "",
        "owner": _owner(obj),
        "image": containers[0].get("image", "") if containers else "",
        "ready": ready,
        "word": word,
        "tone": _tone(word, ready),
        "asks": _only_asks(obj),
    }


def _status_word(pod: Object) -> str:
    """Return what `kubectl get pods` prints under STATUS."""
    return str(_status_cell()(pod, 0.0))


@functools.cache
def _status_cell() -> Callable[[Object, float], Any]:
    kind = registry.by_resource(*state.PODS)
    assert kind is not None
    return next(column.cell for column in kind.columns if column.name == "Status")


def _tone(word: str, ready: bool) -> str:
    if word in ("Completed", "Succeeded"):
        return "off"
    if word in _GOING:
        return "ok" if ready else "warn"
    if word in _STARTING or word.startswith("Init:"):
        return "wait"
    return "fail"


def _only_asks(pod: Object) -> bool:
    containers = objects.spec_of(pod).get("containers") or ()
    if objects.controller_of(pod) is not None or not containers:
        return False
    return all(_program(c.get("image", "")) in ASKING and not c.get("ports") for c in containers)


def _program(image: str) -> str:
    return str(image).split("@")[0].rsplit("/", 1)[-1].split(":")[0]


def _service(obj: Object) -> Element:
    spec = objects.spec_of(obj)
    external = [*state.load_balancer_ips(obj), *(spec.get("externalIPs") or ())]
    return {
        "labels": dict(objects.labels_of(obj)),
        "type": spec.get("type") or "ClusterIP",
        "ip": spec.get("clusterIP") or "",
        "external": external,
        "alias": spec.get("externalName") or "",
        "selector": dict(spec.get("selector") or {}),
        "ports": [_service_port(port) for port in spec.get("ports") or ()],
        "dns": (objects.namespace_of(obj), objects.name_of(obj)) == DNS,
    }


def _service_port(port: Mapping[str, Any]) -> Element:
    return {
        "name": port.get("name") or "",
        "port": port.get("port"),
        "target": port.get("targetPort", port.get("port")),
        "node": port.get("nodePort") or 0,
        "proto": port.get("protocol") or "TCP",
    }


def _slice(obj: Object) -> Element:
    return {
        "service": objects.labels_of(obj).get(state.SERVICE_NAME_LABEL, ""),
        "ports": [port.get("port") for port in obj.get("ports") or ()],
        "to": [[_endpoint_name(endpoint), _endpoint_state(endpoint)] for endpoint in obj.get("endpoints") or ()],
    }


def _endpoint_name(endpoint: Mapping[str, Any]) -> str:
    target = endpoint.get("targetRef") or {}
    if target.get("kind") == "Pod":
        return str(target.get("name"))
    return next(iter(endpoint.get("addresses") or ()), "")


def _endpoint_state(endpoint: Mapping[str, Any]) -> str:
    """Return ready, serving (terminating but still answering), terminating or waiting (not ready)."""
    conditions = endpoint.get("conditions") or {}
    if conditions.get("terminating"):
        return "serving" if conditions.get("serving") else "terminating"
    return "ready" if conditions.get("ready", True) is not False else "waiting"


def _node(obj: Object) -> Element:
    addresses = objects.status_of(obj).get("addresses") or ()
    return {
        "ip": next((a["address"] for a in addresses if a.get("type") == "InternalIP"), ""),
        "ready": objects.condition_is_true(obj, "Ready"),
        "open": not objects.spec_of(obj).get("unschedulable"),
        "cidr": objects.spec_of(obj).get("podCIDR") or "",
        "zone": objects.labels_of(obj).get(ZONE, ""),
        "proxy": objects.annotations_of(obj).get(KUBE_PROXY, ""),
    }


def _workload(obj: Object) -> Element:
    spec, status = objects.spec_of(obj), objects.status_of(obj)
    return {
        "labels": dict(objects.labels_of(obj)),
        "owner": _owner(obj),
        "template": dict(objects.dig(spec, "template", "metadata", "labels") or {}),
        "replicas": spec.get("replicas", 1),
        "ready": status.get("readyReplicas") or 0,
        "revision": objects.annotations_of(obj).get("deployment.kubernetes.io/revision", ""),
    }


def _ingress(obj: Object) -> Element:
    spec = objects.spec_of(obj)
    rules = spec.get("rules") or ()
    paths = [path for rule in rules for path in objects.dig(rule, "http", "paths") or ()]
    backends = [path.get("backend") or {} for path in paths]
    backends += [spec["defaultBackend"]] if spec.get("defaultBackend") else []
    names = [objects.dig(backend, "service", "name") for backend in backends]
    given = objects.dig(objects.status_of(obj), "loadBalancer", "ingress") or ()
    return {
        "type": spec.get("ingressClassName") or "",
        "hosts": ingresses.hosts([obj]) or ["*"],
        "external": [str(one.get("ip") or one.get("hostname") or "") for one in given],
        "services": list(dict.fromkeys(str(name) for name in names if name)),
    }


def _policy(obj: Object) -> Element:
    return {
        "chosen": objects.spec_of(obj).get("podSelector") or {},
        "ways": list(policies.types_of(obj)),
    }


def _namespace(obj: Object) -> Element:
    return {"phase": objects.status_of(obj).get("phase") or "Active"}


_MAKERS: dict[state.Resource, Callable[[Object], Element]] = {
    state.NAMESPACES: _namespace,
    state.NODES: _node,
    state.DEPLOYMENTS: _workload,
    state.REPLICASETS: _workload,
    state.REPLICATION_CONTROLLERS: _workload,
    state.SERVICES: _service,
    state.ENDPOINTSLICES: _slice,
    state.PODS: _pod,
    ingress_kind.INGRESSES: _ingress,
    policies.NETWORK_POLICIES: _policy,
}
