"""Whether somebody in the pod listens, and if not, what is to blame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.dataplane import networks, phrases, proxy
from app.dataplane.flow import Flow, Stop, Verdict, pod_ref, port_ref, service_ref, stop
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import World
from app.kinds import images
from app.machinery import objects
from app.machinery.objects import Object, ObjectRef


def find_listener(world: World, flow: Flow) -> Verdict:
    """Hand the packet to the program that listens on its port, or let the pod's kernel refuse it."""
    pod = flow.server or world.pod(flow.at.namespace, flow.at.name)
    assert pod is not None
    flow.server, flow.server_name = pod, objects.name_of(pod)
    packet = flow.packet
    listener = images.listens(pod, packet.dport, packet.proto.value, _bound(packet.dst))
    if listener is None and flow.asked.scheme == "dns":
        listener = images.Listener(packet.dport, packet.proto.value, "", "coredns")
    if listener is None:
        return _refused(world, flow, pod)
    halted = _halted(pod, listener.container)
    if halted is not None:
        words = {"pod": flow.server_name, "container": listener.container, "dport": packet.dport, "state": halted}
        because = (pod_ref(pod, "status.containerStatuses"),)
        return stop(flow, "ContainerNotRunning", words, Disposition.REFUSED, because, kind=StepKind.DELIVER)
    if _reply_is_lost(world, flow, pod):
        return _lost_reply(flow, pod)
    words = {
        "container": listener.container or "main",
        "pod": flow.server_name,
        "dport": packet.dport,
        "protocol": packet.proto.value,
    }
    flow.note(StepKind.DELIVER, Action.PERMITTED, "ListenerFound", words, (pod_ref(pod, "spec.containers"),))
    return Stop(Disposition.DELIVERED) if flow.asked.scheme == "dns" else None


def _bound(address: str) -> str:
    return address if networks.LOOPBACK.holds(address) else ""


def _halted(pod: Object, container: str) -> str | None:
    """Return the reason, in brackets, why the container does not run; None when it does or nobody says."""
    for status in objects.status_of(pod).get("containerStatuses") or ():
        if status.get("name") == container and not (status.get("state") or {}).get("running"):
            reason = phrases.container_state(status)
            return f" ({reason})" if reason else ""
    return None


def _reply_is_lost(world: World, flow: Flow, pod: Object) -> bool:
    """Say whether the answer passes by the node whose conntrack would have to rewrite it."""
    if flow.unanswerable and not flow.masqueraded:
        return True
    if not flow.entry or flow.masqueraded or flow.client.kind == "external" or flow.entry == flow.client.node:
        return False
    return objects.spec_of(pod).get("nodeName") != flow.entry


def _lost_reply(flow: Flow, pod: Object) -> Verdict:
    assert flow.matched is not None
    words = {"source": flow.packet.src, "pod": flow.server_name, "node": flow.entry}
    because = (service_ref(flow.matched.port, "spec.externalTrafficPolicy"), pod_ref(pod, "spec.nodeName"))
    return stop(flow, "ReplyTakesAnotherWay", words, Disposition.DROPPED, because)


# --- when nobody listens ------------------------------------------------------------------------


def _refused(world: World, flow: Flow, pod: Object) -> Verdict:
    packet = flow.packet
    open_ports = images.listeners(pod)
    same = [listener for listener in open_ports if listener.port == packet.dport]
    words: dict[str, Any] = {
        "pod": flow.server_name,
        "dport": packet.dport,
        "protocol": packet.proto.value,
        "listens": _listens(open_ports),
    }
    if networks.LOOPBACK.holds(packet.dst):
        return _end(flow, "NothingListensOnLocalhost", words, (pod_ref(pod),))
    if not open_ports:
        return _end(flow, "NothingListensInPod", words, (pod_ref(pod, _listen_field(pod)),))
    if any(listener.protocol == packet.proto for listener in same):
        return _end(flow, "ListensOnLocalhostOnly", words, (pod_ref(pod, _listen_field(pod)),))
    if flow.matched is not None:
        return _wrong_target(flow, pod, words)
    if flow.asked.headless[1]:
        found = _unmapped(world, flow, words)
        if found is not None:
            return found
    if same:
        words["has"] = phrases.listed([listener.protocol for listener in same])
        return _end(flow, "PodListensWithOtherProtocol", words, (pod_ref(pod, _listen_field(pod)),))
    return _end(flow, "PodPortNotListening", words, (pod_ref(pod, _listen_field(pod)),))


def _listen_field(pod: Object) -> str:
    if images.LISTEN in objects.annotations_of(pod):
        return f"metadata.annotations['{images.LISTEN}']"
    return "spec.containers[0].image"


def _listens(listeners: Sequence[images.Listener]) -> str:
    return phrases.listed([f"{listener.port}/{listener.protocol}" for listener in listeners]) or "no port"


def _wrong_target(flow: Flow, pod: Object, words: dict[str, Any]) -> Verdict:
    assert flow.matched is not None
    port = flow.matched.port
    words |= {"service": flow.called(port.namespace, port.name), "port": port.port, "target": port.target_port}
    because = (port_ref(port, "targetPort"), pod_ref(pod, _listen_field(pod)))
    same = [one.protocol for one in images.listeners(pod) if one.port == flow.packet.dport]
    if same:
        words["has"] = phrases.listed(same)
        return _end(flow, "PodListensWithOtherProtocol", words, (port_ref(port, "protocol"), because[1]))
    return _end(flow, "WrongTargetPort", words, because)


def _unmapped(world: World, flow: Flow, words: dict[str, Any]) -> Verdict:
    """Blame the headless Service when the port asked for is its port and not its targetPort."""
    namespace, name = flow.asked.headless
    service = world.service(namespace, name)
    for index, port in enumerate(objects.spec_of(service or {}).get("ports") or ()):
        if port.get("port") != flow.packet.dport:
            continue
        for piece in world.state.slices_of(namespace, name):
            number = proxy.slice_port(piece, port.get("name") or "", flow.packet.proto)
            if number is not None and number != flow.packet.dport:
                words |= {"service": flow.called(namespace, name), "target": number}
                because = (
                    ObjectRef("Service", namespace, name, "spec.clusterIP"),
                    ObjectRef("Service", namespace, name, f"spec.ports[{index}].targetPort"),
                )
                return _end(flow, "HeadlessPortNotMapped", words, because)
    return None


def _end(flow: Flow, code: str, words: dict[str, Any], because: tuple[ObjectRef, ...]) -> Stop:
    return stop(flow, code, words, Disposition.REFUSED, because, kind=StepKind.DELIVER)
