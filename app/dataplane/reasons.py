"""The registry of reasons: every cause a step can name, with its words. Closed: two reasons never share a code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from app.dataplane import reasons_failing, reasons_of_ingresses, reasons_of_policies, reasons_passing
from app.dataplane.reason import Reason, Stage
from app.dataplane.trace import Trace


def register(reasons: Iterable[Reason]) -> Mapping[str, Reason]:
    """Make the registry; a code that comes twice is an error."""
    found: dict[str, Reason] = {}
    for reason in reasons:
        if reason.code in found:
            raise ValueError(f"two reasons have the code {reason.code}")
        found[reason.code] = reason
    return MappingProxyType(found)


PASSING = (*reasons_passing.PASSING, *reasons_of_policies.PASSING, *reasons_of_ingresses.PASSING)
FAILING = (*reasons_failing.FAILING, *reasons_of_policies.FAILING, *reasons_of_ingresses.FAILING)
REASONS = register((*PASSING, *FAILING))


class Excluded(msgspec.Struct, frozen=True, gc=False):
    """Another reason that would have looked the same, and why this trace rules it out."""

    reason: str
    title: str
    why: str


_NOT_REACHED = {
    Stage.NAME: "the name was not the question",
    Stage.PATH: "the packet was never sent",
    Stage.RULES: "the packet never met the rules of a node",
    Stage.LEAVING: "it got no further than the Service's rules",
    Stage.NODE: "the packet was not meant for a node itself",
    Stage.POD: "the packet never reached a pod",
    Stage.APPLICATION: "no program ever saw the request",
}
_PASSED = {
    Stage.NAME: "the name was found",
    Stage.PATH: "the packet came where it should",
    Stage.RULES: "a rule matched and an endpoint was chosen",
    Stage.LEAVING: "nothing kept the client from sending it",
    Stage.NODE: "the packet came to a pod",
    Stage.POD: "a program took the connection",
}


def explain(code: str, words: Mapping[str, Any]) -> str:
    """Write the sentence of a reason with its blanks filled."""
    return REASONS[code].explanation.format_map(words)


def ruled_out(trace: Trace) -> tuple[Excluded, ...]:
    """Return the other faults that end like this trace, each with the sentence that excludes it."""
    actual = REASONS[trace.reason]
    if not FAILURES.get(trace.reason):
        return ()
    passed_rules = any(step.kind == "DNAT" for hop in trace.hops for step in hop.steps)
    return tuple(
        Excluded(other.code, other.title, _exclusion(other, actual, passed_rules))
        for other in FAILING
        if other.rules_out and other.code != actual.code and trace.disposition in other.ends
    )


def _exclusion(other: Reason, actual: Reason, passed_rules: bool) -> str:
    if other.stage is actual.stage:
        return other.rules_out
    if other.stage > actual.stage:
        return _NOT_REACHED[other.stage]
    if other.stage is Stage.RULES and not passed_rules:
        return "no Service was involved"
    return _PASSED[other.stage]


FAILURES = MappingProxyType({reason.code: reason for reason in FAILING})
