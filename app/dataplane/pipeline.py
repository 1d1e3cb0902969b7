"""PIPELINE: which steps run at which kind of place, in which order. The one visible list."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.dataplane.flow import Flow, Verdict
from app.dataplane.packet import PlaceKind
from app.dataplane.steps import (
    application,
    choose_endpoint,
    connection,
    deliver,
    host,
    host_port,
    icmp,
    ingress,
    load_balance,
    network_policy,
    origin,
    rewrite,
    route,
    service_match,
)
from app.dataplane.world import World

StepFunction = Callable[[World, Flow], Verdict]

START: tuple[StepFunction, ...] = (
    origin.leave_pod,
    origin.leave_node,
    origin.leave_port_forward,
    origin.leave_api_server,
    origin.leave_outside,
)
"""Where the client is: exactly one of them has something to say."""

_IN_A_POD: tuple[StepFunction, ...] = (
    # The pod's door stands before its kernel: what a policy drops meets no listener.
    network_policy.check_ingress,
    # The kernel answers a ping itself.
    icmp.answer_in_pod,
    # The kernel first: without a listener the program is never asked.
    deliver.find_listener,
    # The program sees the name as the client wrote it, alias or not.
    application.mind_the_alias,
    # An Ingress controller answers only what it cannot carry on.
    ingress.route_by_host_and_path,
    application.answer_in_pod,
)

PIPELINE: Mapping[PlaceKind, tuple[StepFunction, ...]] = {
    PlaceKind.LOAD_BALANCER: (icmp.meet_load_balancer, load_balance.pick_node),
    PlaceKind.NODE: (
        # What stands before the node sees the packet before the node does.
        service_match.pass_firewall,
        # Rules of Services speak of ports: a ping finds none.
        icmp.meet_service,
        # nat PREROUTING or OUTPUT: the destination as the client wrote it.
        service_match.match_service,
        # The load balancer firewall stands before the choice: a source that may not come is not balanced.
        service_match.check_source,
        # conntrack knows an open connection: the rules below see only the first packet of each.
        connection.go_on,
        # No endpoint: the filter table's REJECT or DROP, since nat had no rule to rewrite with.
        choose_endpoint.choose,
        rewrite.rewrite_destination,
        # The client's door, seen with the translated destination: policies speak of pods and their ports.
        network_policy.check_egress,
        # Host ports: the CNI plugin's chain stands behind that of the Services.
        host_port.rewrite_destination,
        # POSTROUTING comes after the routing decision in the kernel; here the route is the step that leaves the place.
        rewrite.rewrite_source,
        # Only with the destination rewritten is it known who is meant.
        route.onward,
        # What is left was meant for the node itself.
        icmp.answer_on_node,
        host.answer_health_check,
        host.refuse,
    ),
    PlaceKind.POD: _IN_A_POD,
    PlaceKind.DNS: _IN_A_POD,
    PlaceKind.OUTSIDE: (icmp.answer_outside, application.mind_the_alias, application.answer_outside),
}
