"""A walk: one connection from its client to wherever it ends, step by step."""

from __future__ import annotations

from app.dataplane import pipeline
from app.dataplane.flow import Asked, Client, Flow, Move, Stop
from app.dataplane.packet import Packet, Place, PlaceKind
from app.dataplane.trace import Trace
from app.dataplane.world import World

MOST_PLACES = 24
"""A walk that visits more places goes in circles."""


def place_of(client: Client) -> Place:
    """Return where a client is."""
    match client.kind:
        case "pod":
            return Place(PlaceKind.POD, client.name, client.namespace)
        case "node":
            return Place(PlaceKind.NODE, client.name)
        case "port_forward":
            return Place(PlaceKind.NODE, client.node)
        case _:
            return Place(PlaceKind.OUTSIDE, client.address)


def connect(world: World, client: Client, asked: Asked, packet: Packet) -> tuple[Trace, Flow]:
    """Open one connection, and return its trace with the flow as it ended."""
    flow = Flow(client, asked, packet, place_of(client), client.node)
    for step in pipeline.START:
        verdict = step(world, flow)
        if isinstance(verdict, Stop):
            return flow.trace(verdict.disposition), flow
        if isinstance(verdict, Move):
            flow.move(verdict)
            break
    stop = run(world, flow)
    return flow.trace(stop.disposition), flow


def run(world: World, flow: Flow) -> Stop:
    """Let the steps of each place have their say until one of them ends the walk."""
    for _ in range(MOST_PLACES):
        verdict = _visit(world, flow)
        if isinstance(verdict, Stop):
            return verdict
        flow.move(verdict)
    raise RuntimeError(f"the walk to {flow.packet.dst} goes in circles")


def _visit(world: World, flow: Flow) -> Move | Stop:
    for step in pipeline.PIPELINE[flow.at.kind]:
        verdict = step(world, flow)
        if verdict is not None:
            return verdict
    raise RuntimeError(f"nothing decides what happens at {flow.at.kind} {flow.at.name}")
