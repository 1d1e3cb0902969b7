"""How long a request seems to take: simulated, the same for the same way, so that causes can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.dataplane.packet import PlaceKind
from app.dataplane.trace import Disposition, Trace

if TYPE_CHECKING:
    from app.dataplane.flow import Flow
    from app.dataplane.lookup import Lookup

QUESTION_MS = 0.3
PLACE_MS = 0.15
WIRE_MS = 0.25
OUTSIDE_MS = 8.0
GIVES_UP_MS = 5000.0
"""A client that hears nothing gives up after five seconds."""
UNREACHABLE_MS = 3000.0
"""The kernel asks for a neighbour three times, a second each, before it says that there is no route."""


def of_lookup(found: Lookup | None) -> float:
    """Return the time a lookup took: each name tried is a question and an answer."""
    if found is None:
        return 0.0
    if found.trace.reason in ("ClusterDNSUnreachable", "EgressToDNSNotAllowed"):
        return GIVES_UP_MS * 2
    return round(QUESTION_MS * len(found.queries), 2)


def of(trace: Trace, flow: Flow, found: Lookup | None) -> float:
    """Return the time of a whole request: its lookup, its way there and back, and the program's own time."""
    spent = of_lookup(found)
    if trace.disposition is Disposition.DROPPED:
        return round(spent + GIVES_UP_MS, 2)
    if trace.disposition is Disposition.NO_ROUTE:
        return round(spent + UNREACHABLE_MS, 2)
    nodes = [hop.at.name for hop in trace.hops if hop.at.kind is PlaceKind.NODE]
    outside = any(hop.at.kind is PlaceKind.OUTSIDE for hop in trace.hops)
    way = PLACE_MS * len(trace.hops) + WIRE_MS * max(0, len(nodes) - 1) + (OUTSIDE_MS if outside else 0.0)
    return round(spent + way * 2 + flow.answer.slow_ms, 2)
