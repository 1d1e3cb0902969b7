"""What conntrack does with a connection that is already open: rules see only the first packet of each.

Mirrors pkg/proxy/conntrack/cleanup.go (release 1.36) for UDP: entries to an endpoint that serves no more are deleted,
unless the Service has no serving endpoint at all.
"""

from __future__ import annotations

from app.dataplane import proxy
from app.dataplane.flow import Flow, Verdict, service_ref, stop
from app.dataplane.packet import Protocol
from app.dataplane.trace import Action, Disposition, StepKind
from app.dataplane.world import World
from app.machinery import objects
from app.machinery.objects import ObjectRef


def go_on(world: World, flow: Flow) -> Verdict:
    """Send a packet of an open connection where the first one went, whatever the rules say by now."""
    told, matched = flow.asked.connection, flow.matched
    if not told or matched is None or flow.entry or flow.proxied:
        return None
    own = world.proxy(flow.node)
    every = own.endpoints(matched.port)[0]
    known = next((one for one in every if one.text == told), None)
    address, _, number = told.rpartition(":")
    pods = world.pods_at(address)
    words = {
        "endpoint": told,
        "pod": known.pod[1] if known is not None and known.pod[1] else (objects.name_of(pods[0]) if pods else told),
        "service": flow.called(matched.port.namespace, matched.port.name),
        "node": flow.node,
    }
    service = service_ref(matched.port, "spec.ports")
    if flow.packet.proto is Protocol.UDP:
        serving = [one for one in every if one.serving]
        if serving and (known is None or not known.serving):
            flow.note(StepKind.CONNTRACK, Action.PERMITTED, "UDPEntryDeleted", words, (service,))
            return None
        if not pods:
            return stop(flow, "StaleUDPEntry", words, Disposition.DROPPED, (service,), kind=StepKind.CONNTRACK)
    elif not pods:
        return stop(flow, "ConnectionOutlivedPod", words, Disposition.RESET, (service,), kind=StepKind.CONNTRACK)
    flow.endpoint = known or _gone_from_slices(address, int(number), pods[0])
    flow.usable, flow.picked, flow.continued = (flow.endpoint,), 0, True
    because = (ObjectRef("Pod", *flow.endpoint.pod),) if flow.endpoint.pod[1] else (service,)
    flow.note(StepKind.CONNTRACK, Action.PERMITTED, "ConnectionContinues", words, because)
    return None


def _gone_from_slices(address: str, number: int, pod: objects.Object) -> proxy.Endpoint:
    """Make the record of an endpoint that no slice lists any more."""
    node = str(objects.spec_of(pod).get("nodeName") or "")
    named = (objects.namespace_of(pod), objects.name_of(pod))
    return proxy.Endpoint(address, number, False, False, True, node, named, "")
