"""What the program at the far end says: in a pod, in the API server, or in the world outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.dataplane import networks, phrases, proxy
from app.dataplane.flow import Answer, Flow, Verdict, pod_ref, service_ref, stop
from app.dataplane.packet import Protocol
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import World
from app.kinds import catalogue, images
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef

SLOW_ANNOTATION = "podlane.dev/slow"
_OPEN_PATHS = frozenset({"/healthz", "/livez", "/readyz", "/version"})
_UNITS = {"ms": 1.0, "s": 1000.0, "m": 60000.0}


def mind_the_alias(world: World, flow: Flow) -> Verdict:
    """Say what an ExternalName Service leaves as it was: the Host header, the name in the TLS greeting, the port."""
    namespace, service, target = flow.asked.alias
    scheme = flow.asked.scheme
    if not service or scheme not in ("http", "https") or flow.proxied:
        return None
    host = flow.asked.host_header(flow.asked.host)
    stays = f"the Host header stays {host}"
    if scheme == "https":
        stays += f", the certificate is checked for {flow.asked.host}"
    words = {"service": service, "target": target, "stays": stays, "dport": flow.packet.dport}
    because = (ObjectRef("Service", namespace, service, "spec.externalName"),)
    flow.note(StepKind.APPLICATION, Action.PERMITTED, "AliasGivesOnlyTheAddress", words, because)
    return None


def answer_in_pod(world: World, flow: Flow) -> Verdict:
    """Let the pod's program answer what it was asked."""
    pod = flow.server
    assert pod is not None
    slow = slowness(objects.annotations_of(pod).get(SLOW_ANNOTATION, ""))
    flow.answer = Answer(0, "", slow)
    scheme, packet = flow.asked.scheme, flow.packet
    words = {"pod": flow.server_name}
    if packet.proto is Protocol.UDP:
        return _accept(flow, "DatagramAnswered", words, pod)
    if scheme not in ("http", "https"):
        return _accept(flow, "ConnectionAccepted", words, pod)
    responder = images.responds(pod, packet.dport, packet.proto.value)
    if responder is None or not responder.http:
        return _reset(flow, "NotHTTP", pod)
    tls = packet.dport in catalogue.TLS_PORTS or images.serves_tls(pod, packet.dport)
    if scheme == "https" and not tls and _is_known(pod, responder.container):
        return _reset(flow, "NotTLS", pod)
    status = told_status(pod, responder.container, flow.asked.path) or responder.status
    flow.answer = Answer(status, responder.body if status == responder.status else "", slow)
    return _answer(flow, status, pod)


def _answer(flow: Flow, status: int, pod: Object) -> Verdict:
    words = {"pod": flow.server_name, "status": status, "asked": asked_words(flow)}
    if status >= 400:
        return _accept(flow, "HTTPErrorAnswered", words, pod)
    if flow.matched is None or not words["asked"]:
        return _accept(flow, "ServerAnswered", words, pod)
    because = (service_ref(flow.matched.port, "spec.ports"), pod_ref(pod))
    return stop(flow, "HostAndPathIgnored", words, Disposition.DELIVERED, because, kind=StepKind.APPLICATION)


def asked_words(flow: Flow) -> str:
    """Write which host and path the request carries that a Service never looks at; empty when neither."""
    host = flow.asked.host_header("")
    found = [f"Host {host}"] if host else []
    if flow.asked.path not in ("", "/"):
        found.append(f"path {flow.asked.path}")
    return phrases.listed(found, joint="or")


def _accept(flow: Flow, code: str, words: Mapping[str, Any], pod: Object) -> Verdict:
    return stop(flow, code, words, Disposition.DELIVERED, (pod_ref(pod),), kind=StepKind.APPLICATION)


def _reset(flow: Flow, code: str, pod: Object) -> Verdict:
    because = (pod_ref(pod, "spec.containers[0].image"),)
    return stop(flow, code, {"pod": flow.server_name}, Disposition.RESET, because, kind=StepKind.APPLICATION)


def _is_known(pod: Object, container: str) -> bool:
    for one in images.serving_containers(pod):
        if one.get("name") == container:
            return images.known(str(one.get("image") or "")) is not None
    return False


def told_status(pod: Object, container: str, path: str) -> int:
    """Return the status that httpbin and podinfo are told to answer by the path /status/503, 0 for anything else."""
    match = re.fullmatch(r"/status/([1-5]\d\d)", path)
    if match is None:
        return 0
    for one in images.serving_containers(pod):
        image = images.known(str(one.get("image") or "")) if one.get("name") == container else None
        if image is not None and image.page in ("httpbin", "podinfo"):
            return int(match[1])
    return 0


def slowness(text: str) -> float:
    """Read a duration such as 300ms or 2s as milliseconds, 0 for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text.strip())
    return float(match[1]) * _UNITS[match[2]] if match else 0.0


def answer_outside(world: World, flow: Flow) -> Verdict:
    """Let the API server answer at its address, and a stand-in for the names of the world outside."""
    packet = flow.packet
    api_server = world.api_server_addresses().get(packet.dst)
    if api_server == packet.dport:
        return _answer_api_server(flow)
    if api_server is not None:
        words = {"dport": packet.dport, "node": "the API server's machine"}
        because = (ObjectRef("Service", "default", "kubernetes", "spec.ports"),)
        return stop(flow, "NothingListensOnNode", words, Disposition.REFUSED, because, kind=StepKind.DELIVER)
    if flow.endpoint is not None:
        return _handmade(flow, flow.endpoint)
    if networks.STAND_INS.holds(packet.dst):
        flow.answer = Answer(200 if flow.asked.scheme in ("http", "https") else 0)
        flow.server_name = packet.dst
        words = {"address": packet.dst}
        return stop(flow, "OutsideAnswered", words, Disposition.DELIVERED, kind=StepKind.APPLICATION)
    return stop(flow, "NobodyOutside", {"address": packet.dst}, Disposition.DROPPED)


def _handmade(flow: Flow, endpoint: proxy.Endpoint) -> Verdict:
    """A hand-written EndpointSlice leads out of the cluster: whoever wrote it is taken at their word."""
    flow.answer = Answer(200 if flow.asked.scheme in ("http", "https") else 0)
    flow.server_name = endpoint.ip
    assert flow.matched is not None
    ref = ObjectRef("EndpointSlice", flow.matched.port.namespace, endpoint.slice_name, "endpoints")
    words = {"address": endpoint.ip}
    return stop(flow, "OutsideAnswered", words, Disposition.DELIVERED, (ref,), kind=StepKind.APPLICATION)


def _answer_api_server(flow: Flow) -> Verdict:
    """The API server knows nobody without a token: 403, but for what anybody may read."""
    flow.server_name = "kube-apiserver"
    ref = (ObjectRef("Service", "default", "kubernetes", "spec.ports"),)
    scheme, path = flow.asked.scheme, flow.asked.path
    if scheme == "http":
        flow.answer = Answer(400, "Client sent an HTTP request to an HTTPS server.\n")
        words = {"pod": "kube-apiserver", "status": 400}
        return stop(flow, "PlainHTTPToTLS", words, Disposition.DELIVERED, ref, kind=StepKind.APPLICATION)
    if scheme != "https":
        words = {"pod": "kube-apiserver"}
        return stop(flow, "ConnectionAccepted", words, Disposition.DELIVERED, ref, kind=StepKind.APPLICATION)
    known = any(name.lower() == "authorization" for name in flow.asked.headers)
    if known or path.partition("?")[0] in _OPEN_PATHS:
        flow.answer = Answer(200, "ok")
        words = {"status": 200}
        return stop(flow, "APIServerAnswered", words, Disposition.DELIVERED, ref, kind=StepKind.APPLICATION)
    flow.answer = Answer(403)
    return stop(flow, "AnonymousForbidden", {"path": path}, Disposition.DELIVERED, ref, kind=StepKind.APPLICATION)
