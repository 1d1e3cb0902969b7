"""Trace, hop, step: what one exchange did and why. Data with checks at construction, no engine.

Illegal traces cannot be built: see `Trace.__post_init__`.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from app.dataplane.candidates import NOBODY, Candidates
from app.dataplane.packet import Packet, Place
from app.machinery.objects import ObjectRef


class Action(StrEnum):
    """What a step did with the packet."""

    FORWARDED = "Forwarded"
    TRANSLATED = "Translated"
    PERMITTED = "Permitted"
    REJECTED = "Rejected"
    DROPPED = "Dropped"
    ACCEPTED = "Accepted"
    ANSWERED = "Answered"


class StepKind(StrEnum):
    """The kinds of decision a packet meets. One file under `steps/` for each family."""

    ORIGIN = "Origin"
    DNS_QUERY = "DNSQuery"
    DNS_ANSWER = "DNSAnswer"
    SERVICE_MATCH = "ServiceMatch"
    CONNTRACK = "Conntrack"
    CHOOSE_ENDPOINT = "ChooseEndpoint"
    DNAT = "DNAT"
    MASQUERADE = "Masquerade"
    ROUTE = "Route"
    LOAD_BALANCE = "LoadBalance"
    NETWORK_POLICY = "NetworkPolicy"
    INGRESS = "Ingress"
    DELIVER = "Deliver"
    APPLICATION = "Application"


class Disposition(StrEnum):
    """The final fate of an exchange, as the network sees it."""

    DELIVERED = "Delivered"
    ANSWERED = "Answered"
    REFUSED = "Refused"
    DROPPED = "Dropped"
    NO_ROUTE = "NoRoute"
    NAME_ERROR = "NameError"
    RESET = "Reset"


class Outcome(StrEnum):
    """What a client program sees."""

    OK = "ok"
    NAME_NOT_FOUND = "name_not_found"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_ROUTE = "no_route"
    RESET = "reset"
    HTTP_ERROR = "http_error"


TERMINAL = {Action.REJECTED, Action.DROPPED, Action.ACCEPTED, Action.ANSWERED}
"""Actions that end a trace."""

ENDS = {
    Disposition.DELIVERED: {Action.ACCEPTED},
    Disposition.ANSWERED: {Action.ANSWERED},
    Disposition.REFUSED: {Action.REJECTED},
    Disposition.DROPPED: {Action.DROPPED},
    Disposition.NO_ROUTE: {Action.DROPPED, Action.REJECTED},
    Disposition.NAME_ERROR: {Action.REJECTED, Action.ANSWERED},
    Disposition.RESET: {Action.REJECTED},
}
"""The terminal actions that fit each disposition."""


class Step(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One decision: its kind, what it did, the reason code (a key of `reasons.REASONS`), one sentence why,
    the packet before and after, the objects and fields that decided it, the rule as the real tool prints it, and for a choice all that
    could have been chosen."""

    kind: StepKind
    action: Action
    reason: str
    why: str
    before: Packet
    after: Packet
    because: tuple[ObjectRef, ...] = ()
    rule: str = ""
    candidates: Candidates = NOBODY

    def __post_init__(self) -> None:
        if (self.action is Action.TRANSLATED) != (self.before != self.after):
            raise ValueError(f"{self.kind}: Translated if and only if the packet differs")


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One place and the steps taken there."""

    at: Place
    steps: tuple[Step, ...]


class Trace(msgspec.Struct, frozen=True, gc=False):
    """One exchange from its origin to its end: hops, final fate and the reason for it."""

    disposition: Disposition
    reason: str
    hops: tuple[Hop, ...]

    def __post_init__(self) -> None:
        steps = [step for hop in self.hops for step in hop.steps]
        if not steps or not all(hop.steps for hop in self.hops):
            raise ValueError("a trace has hops, and every hop has steps")
        if any(step.action in TERMINAL for step in steps[:-1]):
            raise ValueError("only the last step of a trace is terminal")
        last = steps[-1]
        if last.action not in ENDS[self.disposition]:
            raise ValueError(f"{self.disposition} does not end in {last.action}")
        if last.reason != self.reason:
            raise ValueError("the trace's reason is that of its last step")
        for earlier, later in zip(steps, steps[1:], strict=False):
            if earlier.after != later.before:
                raise ValueError(f"{later.kind} does not continue where {earlier.kind} left the packet")
