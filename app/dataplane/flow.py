"""One walk in progress: where the packet is, what was decided so far, and the steps written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.dataplane import candidates, proxy, reasons
from app.dataplane.packet import Packet, Place, PlaceKind
from app.dataplane.trace import Action, Disposition, Hop, Step, StepKind, Trace
from app.dataplane.world import Matched
from app.machinery.objects import Object, ObjectRef


@dataclass(frozen=True, slots=True)
class Asked:
    """What the client wants of the far end, beyond reaching it."""

    scheme: str
    host: str
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    via: str = ""
    connection: str = ""
    """The endpoint of the open connection that the client goes on with."""
    headless: tuple[str, str] = ("", "")
    """The headless Service whose name led to a pod's address."""
    alias: tuple[str, str, str] = ("", "", "")
    """The ExternalName Service whose name was asked, and the name that it stands for."""

    def host_header(self, untold: str) -> str:
        """Return the Host header that the client was told to send; `untold` when it was told none."""
        return next((value for name, value in self.headers.items() if name.lower() == "host"), untold)


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: kind (pod, node or external), the words for it, its node and its address."""

    kind: str
    namespace: str
    name: str
    node: str
    address: str

    @property
    def words(self) -> str:
        """The client as a sentence names it."""
        return f"The client {self.address}" if self.kind == "external" else self.name


@dataclass(frozen=True, slots=True)
class Move:
    """The packet goes to another place; on a node, `node` is its name."""

    to: Place
    node: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """The walk is over."""

    disposition: Disposition


Verdict = Move | Stop | None
"""What a step function decides: go elsewhere, end, or (None) let the next step of the place have its say."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the far end said: an HTTP status (0 without HTTP), and the body's text."""

    status: int = 0
    body: str = ""
    slow_ms: float = 0.0


@dataclass(slots=True)
class Flow:
    """The mutable part of a walk; nobody outside sees it."""

    client: Client
    asked: Asked
    packet: Packet
    at: Place
    node: str = ""
    matched: Matched | None = None
    endpoint: proxy.Endpoint | None = None
    usable: tuple[proxy.Endpoint, ...] = ()
    prefix: str = "SVC"
    picked: int = 0
    entry: str = ""
    """The node whose rules rewrote the destination: conntrack there rewrites the answers."""
    masquerade: str = ""
    masqueraded: bool = False
    load_balanced: bool = False
    passed_egress: bool = False
    continued: bool = False
    """conntrack decided, not the rules."""
    unanswerable: bool = False
    """The answers will not come back the way the packet went."""
    proxied: str = ""
    """The Ingress controller's pod that carries the request on with a connection of its own."""
    server: Object | None = None
    server_name: str = ""
    answer: Answer = field(default_factory=Answer)
    considered: candidates.Candidates = candidates.NOBODY
    """Who could be chosen, for the step that chooses."""
    hops: list[Hop] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def before_proxy(self) -> str:
        """Return the source address that the program at this end of the connection sees."""
        return self.steps[-1].before.src if self.steps else self.packet.src

    def start_again(self, proxied: str) -> None:
        """Forget the first connection: a program in between opens a second one."""
        self.proxied = proxied
        self.matched, self.endpoint, self.usable, self.entry = None, None, (), ""
        self.passed_egress = self.masqueraded = self.load_balanced = False
        self.server, self.server_name, self.answer = None, "", Answer()

    def called(self, namespace: str, name: str) -> str:
        """Name a Service as the client would: without its namespace when that is the client's own."""
        return name if namespace == (self.client.namespace or "default") else f"{namespace}/{name}"

    def note(
        self,
        kind: StepKind,
        action: Action,
        code: str,
        words: Mapping[str, Any],
        because: tuple[ObjectRef, ...] = (),
        rule: str = "",
    ) -> None:
        """Write down a step that leaves the packet as it is."""
        why = reasons.explain(code, words)
        considered, self.considered = self.considered, candidates.NOBODY
        self.steps.append(Step(kind, action, code, why, self.packet, self.packet, because, rule, considered))

    def rewrite(
        self,
        kind: StepKind,
        code: str,
        words: Mapping[str, Any],
        after: Packet,
        because: tuple[ObjectRef, ...] = (),
        rule: str = "",
    ) -> None:
        """Write down a step that changes the packet."""
        why = reasons.explain(code, words)
        action = Action.TRANSLATED if after != self.packet else Action.PERMITTED
        self.steps.append(Step(kind, action, code, why, self.packet, after, because, rule))
        self.packet = after

    def move(self, move: Move) -> None:
        """Close the hop and go on at the next place."""
        self._close()
        self.at = move.to
        if move.node:
            self.node = move.node

    def trace(self, disposition: Disposition) -> Trace:
        """Close the walk."""
        self._close()
        return Trace(disposition, self.hops[-1].steps[-1].reason, tuple(self.hops))

    def _close(self) -> None:
        if self.steps:
            self.hops.append(Hop(self.at, tuple(self.steps)))
            self.steps = []


def service_ref(port: proxy.ServicePort, field_path: str) -> ObjectRef:
    """Point at a field of a Service."""
    return ObjectRef("Service", port.namespace, port.name, field_path)


def port_ref(port: proxy.ServicePort, name: str) -> ObjectRef:
    """Point at a field of one port of a Service."""
    return service_ref(port, f"spec.ports[{port.index}].{name}")


def pod_ref(pod: Object | tuple[str, str], field_path: str = "") -> ObjectRef:
    """Point at a pod, or a field of it."""
    if isinstance(pod, tuple):
        return ObjectRef("Pod", *pod, field_path)
    meta = pod["metadata"]
    return ObjectRef("Pod", meta.get("namespace", ""), meta["name"], field_path)


def node_ref(name: str, field_path: str = "") -> ObjectRef:
    """Point at a node, or a field of it."""
    return ObjectRef("Node", "", name, field_path)


def to_node(name: str) -> Move:
    """Go to a node."""
    return Move(Place(PlaceKind.NODE, name), name)


_ACTION = {
    Disposition.DROPPED: Action.DROPPED,
    Disposition.NO_ROUTE: Action.DROPPED,
    Disposition.REFUSED: Action.REJECTED,
    Disposition.RESET: Action.REJECTED,
    Disposition.DELIVERED: Action.ACCEPTED,
}


def stop(
    flow: Flow,
    code: str,
    words: Mapping[str, Any],
    disposition: Disposition,
    because: tuple[ObjectRef, ...] = (),
    rule: str = "",
    kind: StepKind = StepKind.ROUTE,
) -> Stop:
    """Write down the last step of a walk, and end it."""
    flow.note(kind, _ACTION[disposition], code, words, because, rule)
    return Stop(disposition)
