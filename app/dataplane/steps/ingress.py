"""What an Ingress controller does with a request: it reads host and path, and connects to a pod itself.

DIFFERS: paths of type ImplementationSpecific are matched as Prefix; rewrites and other annotations of single controllers
are not simulated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.cluster import state
from app.dataplane import ingresses, phrases, proxy
from app.dataplane.flow import Answer, Client, Flow, Verdict, pod_ref, stop, to_node
from app.dataplane.packet import Packet, Protocol
from app.dataplane.trace import Disposition, StepKind
from app.dataplane.world import Draw, World
from app.kinds import images, ingress_controllers
from app.kinds import ingress as ingress_kind
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef

_PORTS = frozenset({80, 443, 8080, 8443})


def route_by_host_and_path(world: World, flow: Flow) -> Verdict:
    """Take the request at an Ingress controller's door and carry it on to an endpoint of the backend."""
    pod = flow.server
    if pod is None or flow.proxied or flow.asked.scheme not in ("http", "https"):
        return None
    listener = images.listens(pod, flow.packet.dport, flow.packet.proto.value)
    controller = ingress_controllers.controller_of(pod, listener.container) if listener is not None else ""
    if not controller or flow.packet.dport not in _PORTS:
        return None
    own = ingresses.served_by(world.state, controller)
    secured = ingresses.is_secured(own, _host(flow))
    if secured is not None and flow.asked.scheme == "http":
        words = {"pod": flow.server_name, "host": _host(flow), "ingress": objects.name_of(secured)}
        return _answer(flow, 308, "IngressRedirectsToTLS", words, (_ref(secured, "spec.tls"),))
    found = ingresses.route(own, _host(flow), flow.asked.path)
    if found is None:
        return _unmatched(world, flow, own, controller)
    return _to_backend(world, flow, found)


def _host(flow: Flow) -> str:
    return flow.asked.host_header(flow.asked.host)


def _ref(ingress: Object, field: str) -> ObjectRef:
    return ObjectRef("Ingress", objects.namespace_of(ingress), objects.name_of(ingress), field)


def _answer(flow: Flow, status: int, code: str, words: Mapping[str, Any], because: tuple[ObjectRef, ...]) -> Verdict:
    flow.answer = Answer(status)
    return stop(flow, code, words, Disposition.DELIVERED, because, kind=StepKind.INGRESS)


def _unmatched(world: World, flow: Flow, own: list[Object], controller: str) -> Verdict:
    words = {
        "pod": flow.server_name,
        "host": _host(flow),
        "path": flow.asked.path,
        "hosts": phrases.listed(ingresses.hosts(own)),
        "controller": controller,
    }
    if not own:
        others = world.state.list(ingress_kind.INGRESSES)
        because = tuple(_ref(one, "spec.ingressClassName") for one in list(others)[:3])
        return _answer(flow, 404, "NoIngressOfThisClass", words, because or (_pod(flow),))
    refs = tuple(_ref(one, "spec.rules") for one in own[:3])
    code = "IngressPathUnknown" if ingresses.takes_host(own, _host(flow)) else "IngressHostUnknown"
    return _answer(flow, 404, code, words, refs)


def _pod(flow: Flow) -> ObjectRef:
    assert flow.server is not None
    return pod_ref(flow.server)


def _to_backend(world: World, flow: Flow, found: ingresses.Route) -> Verdict:
    backend = found.backend.get("service") or {}
    name, wanted = str(backend.get("name") or ""), backend.get("port") or {}
    namespace = objects.namespace_of(found.ingress)
    service = world.service(namespace, name)
    words = {
        "pod": flow.server_name,
        "ingress": objects.name_of(found.ingress),
        "rule": found.words,
        "service": f"{namespace}/{name}" if namespace != flow.client.namespace else name,
        "port": wanted.get("name") or wanted.get("number") or "",
    }
    at = _ref(found.ingress, found.field)
    if service is None:
        return _answer(flow, 503, "IngressBackendMissing", words, (at,))
    port = _port_of(service, wanted)
    if port is None:
        words["ports"] = phrases.listed([str(one["port"]) for one in objects.spec_of(service).get("ports") or ()])
        return _answer(
            flow, 503, "IngressPortMissing", words, (at, ObjectRef("Service", namespace, name, "spec.ports"))
        )
    usable = _ready(world, service, port)
    if not usable:
        return _answer(
            flow, 503, "IngressWithoutEndpoints", words, (ObjectRef("Service", namespace, name, "spec.selector"), at)
        )
    picked = world.chance.pick(Draw(len(usable)))
    return _connect(
        flow, usable[picked.index], {**words, "of": len(usable)}, (at, ObjectRef("Service", namespace, name))
    )


def _port_of(service: Object, wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
    ports: list[Mapping[str, Any]] = objects.spec_of(service).get("ports") or []
    for port in ports:
        if wanted.get("name") and port.get("name") == wanted["name"]:
            return port
        if wanted.get("number") and port.get("port") == wanted["number"]:
            return port
    return None


def _ready(world: World, service: Object, port: Mapping[str, Any]) -> list[proxy.Endpoint]:
    found: dict[str, proxy.Endpoint] = {}
    for piece in world.state.slices_of(objects.namespace_of(service), objects.name_of(service)):
        number = proxy.slice_port(piece, port.get("name") or "", Protocol.TCP)
        for raw in piece.get("endpoints") or () if number is not None else ():
            endpoint = proxy.read_endpoint(raw, number or 0, piece)
            if endpoint.ready:
                found[endpoint.text] = endpoint
    return [found[text] for text in sorted(found)]


def _connect(flow: Flow, endpoint: proxy.Endpoint, words: Mapping[str, Any], because: tuple[ObjectRef, ...]) -> Verdict:
    """Open the second connection: from the controller's pod to the endpoint, past every Service."""
    pod = flow.server
    assert pod is not None
    address = next(iter(state.pod_ips(pod)), "")
    node = str(objects.spec_of(pod).get("nodeName") or "")
    after = Packet(flow.packet.proto, address, flow.packet.sport, endpoint.ip, endpoint.port)
    told = {**words, "endpoint": endpoint.text}
    flow.rewrite(StepKind.INGRESS, "IngressRouted", told, after, because)
    forwarded = {"X-Forwarded-For": flow.before_proxy(), "Host": _host(flow)}
    kept = {name: value for name, value in flow.asked.headers.items() if name.lower() != "host"}
    flow.asked = replace(flow.asked, scheme="http", headers={**kept, **forwarded}, headless=("", ""))
    flow.client = Client("pod", objects.namespace_of(pod), objects.name_of(pod), node, address)
    flow.start_again(flow.server_name)
    return to_node(node)
