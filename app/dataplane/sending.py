"""Sends a request as often as asked: names first, then connections; walks each distinct way once when no trace is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from app.cluster import clock, state
from app.cluster.affinity import PinKey
from app.cluster.connections import ConnectionKey
from app.cluster.state import ClusterState
from app.dataplane import asking, lookup, networks, timing, walk
from app.dataplane.asking import Origin, Request
from app.dataplane.flow import Asked, Client, Flow
from app.dataplane.packet import Packet
from app.dataplane.trace import Disposition, Outcome, Trace
from app.dataplane.world import Chance, Draw, Picked, World
from app.machinery import errors, objects
from app.machinery.objects import Key

FIRST_PORT = 32768
PORTS = 28232
MOST_SAMPLES = 8
IDLE_TCP = 75.0
"""Seconds after which servers close a connection that nobody uses (nginx's keepalive_timeout)."""
IDLE_UDP = 120.0
"""Seconds after which conntrack forgets a UDP flow with answers (nf_conntrack_udp_timeout_stream)."""


class ServedBy(msgspec.Struct, frozen=True, gc=False):
    """Who answered."""

    namespace: str
    name: str
    ip: str
    port: int
    node: str


class Result(msgspec.Struct, frozen=True, gc=False):
    """What came of one request; the traces are None where there was no lookup, or no connection."""

    outcome: Outcome
    took_ms: float
    http_status: int = 0
    served_by: ServedBy | None = None
    client_ip: str = ""
    body: str = ""
    lookup: lookup.Lookup | None = None
    trace: Trace | None = None

    @property
    def verdict(self) -> Trace | None:
        """The trace that decided the outcome: the connection's, else the lookup's."""
        return self.trace or (self.lookup.trace if self.lookup else None)


class Summary(msgspec.Struct, frozen=True, gc=False):
    """Sums over all that was sent."""

    sent: int
    by_outcome: dict[str, int]
    by_pod: dict[str, int]


class Completed(msgspec.Struct, frozen=True, gc=False):
    """A request that ran: its results if asked for, the sums, one result of each kind with traces, and new affinity."""

    request: Request
    results: tuple[Result, ...]
    summary: Summary
    samples: tuple[Result, ...]
    pins: dict[PinKey, str]
    connection: tuple[str, str, str] | None = None
    """Client, target and endpoint of the connection left open (endpoint empty: it was lost); None when none was kept."""
    turns: dict[str, int] = {}
    """How far each place has counted that gives endpoints in turn."""


def run(cluster: ClusterState, request: Request, env: clock.Env) -> Completed:
    """Send a request `count` times in this state, which stays as it is; raises NotFound or BadRequest for the sender.

    Session affinity remembers what the state remembers; what it remembers anew is in the answer.
    """
    sender = sender_of(world_of(cluster, env, request.trace), request)
    return sender.keep() if request.trace or request.results else sender.count()


def world_of(cluster: ClusterState, env: clock.Env, explains: bool) -> World:
    """Return this state as walks see it, with what it remembers and nothing drawn yet."""
    chance = Chance(env, cluster.affinity.find, counted=lambda place: cluster.cursors.get(place, 0))
    return World(cluster, chance, explains)


def sender_of(world: World, request: Request) -> Sender:
    """Return what sends the request from its origin, one by one."""
    cluster, env = world.state, world.chance.env
    client = client_of(world, request.origin)
    if request.via and world.node(request.via) is None:
        raise errors.not_found(Key(*state.NODES, "", request.via))
    sender = Sender(world, client, request, env.rng.randrange(PORTS))
    if request.keep_alive:
        idle = IDLE_UDP if request.target.scheme == "udp" else IDLE_TCP
        sender.connection = cluster.connections.find(sender.pooled, env.now, idle)
    return sender


def client_of(world: World, origin: Origin) -> Client:
    """Find who sends; a pod can send only while it runs."""
    if origin.kind == "external":
        return Client("external", "", origin.name, "", origin.name)
    if origin.kind == "node":
        if world.node(origin.name) is None:
            raise errors.not_found(Key(*state.NODES, "", origin.name))
        return Client("node", "", origin.name, origin.name, world.proxy(origin.name).address)
    if origin.kind == "api_server":
        return Client("api_server", "", "kube-apiserver", "", next(iter(world.api_server_addresses()), "10.0.0.10"))
    pod = world.pod(origin.namespace, origin.name)
    if pod is None:
        raise errors.not_found(Key(*state.PODS, origin.namespace, origin.name))
    phase = objects.status_of(pod).get("phase") or "Pending"
    addresses = state.pod_ips(pod)
    if (phase != "Running" and not origin.by_container) or not addresses:
        lack = "" if addresses else " and has no address"
        raise errors.BadRequest(
            f"Pod {origin.name} cannot send a request: its phase is {phase}{lack}.",
            plain="Choose a pod that is Running, or wait until this one is.",
        )
    node = str(objects.spec_of(pod).get("nodeName") or "")
    return Client(origin.kind, origin.namespace, origin.name, node, addresses[0])


@dataclass(slots=True)
class _Branch:
    """One draw on the way of all walks that came here, and what followed each of its answers."""

    draw: Draw
    ways: dict[tuple[int, str], _Branch | Result] = field(default_factory=dict)


@dataclass(slots=True)
class Sender:
    """One client that sends one request again and again."""

    world: World
    client: Client
    request: Request
    first_port: int
    sent: int = 0
    by_outcome: dict[str, int] = field(default_factory=dict)
    by_pod: dict[str, int] = field(default_factory=dict)
    samples: list[Result] = field(default_factory=list)
    connection: str = ""
    """The endpoint of the connection that is open."""

    @property
    def pooled(self) -> ConnectionKey:
        """By what the client finds the connection it kept open."""
        origin, target = self.request.origin, self.request.target
        client = f"{origin.kind}:{origin.namespace}/{origin.name}"
        return ConnectionKey(client, f"{target.scheme}://{target.host}:{target.port}")

    def keep(self) -> Completed:
        """Walk every request and keep its result."""
        results = tuple(self._next() for _ in range(self.request.count))
        for result in results:
            self._add(result, 1)
        return self._completed(results)

    def count(self) -> Completed:
        """Count only: the way of a walk is decided by its draws, so each distinct way is walked once."""
        if self.request.keep_alive:
            return self._count_open()
        tree: dict[str, _Branch | Result] = {}
        times: dict[int, tuple[Result, int]] = {}
        for _ in range(self.request.count):
            result = self._follow(tree)
            known = times.get(id(result))
            times[id(result)] = (result, known[1] + 1 if known else 1)
        for result, count in times.values():
            self._add(result, count)
        return self._completed(())

    def _count_open(self) -> Completed:
        """Walk until a connection is open and was used once; all that follow fare the same."""
        left = self.request.count
        while left:
            was_open = bool(self.connection)
            result = self._next()
            times = left if was_open and self.connection else 1
            self._add(result, times)
            left -= times
        return self._completed(())

    def _follow(self, tree: dict[str, _Branch | Result]) -> Result:
        """Go down the tree of known ways; where it ends, walk once with the answers drawn so far and hang the way in."""
        chance = self.world.chance
        at = tree.get("")
        drawn: list[Picked] = []
        while isinstance(at, _Branch):
            picked = chance.ask(at.draw)
            drawn.append(picked)
            at = at.ways.get((picked.index, picked.how))
        if isinstance(at, Result):
            return at
        chance.given = drawn
        result = self._next()
        chance.given = []
        self._hang(tree, result)
        return result

    def _hang(self, tree: dict[str, _Branch | Result], result: Result) -> None:
        drawn = self.world.chance.drawn
        if not drawn:
            tree[""] = result
            return
        at = tree.setdefault("", _Branch(drawn[0][0]))
        for number, (_, picked) in enumerate(drawn):
            assert isinstance(at, _Branch)
            last = number == len(drawn) - 1
            if last:
                at.ways[picked.index, picked.how] = result
            else:
                at = at.ways.setdefault((picked.index, picked.how), _Branch(drawn[number + 1][0]))

    def walk_one(self) -> Result:
        """Walk once and keep nothing but the draws."""
        return self._next()

    def _next(self) -> Result:
        chance = self.world.chance
        chance.drawn = []
        result = self._one(FIRST_PORT + (self.first_port + self.sent) % PORTS)
        self.sent += 1
        return result

    def _one(self, sport: int) -> Result:
        target = self.request.target
        found: lookup.Lookup | None = None
        address = target.host
        if target.scheme == "dns":
            found = lookup.look_up(self.world, self.client, target.host, target.question, sport)
            return _looked_up(found)
        if networks.ipv4(address) is None:
            found = lookup.look_up(self.world, self.client, target.host, "A", sport)
            if not found.address:
                return Result(Outcome.NAME_NOT_FOUND, timing.of_lookup(found), lookup=found)
            address = found.address
        asked = Asked(
            target.scheme,
            target.host,
            target.path,
            self.request.headers,
            self.request.via,
            self.connection,
            found.headless if found else ("", ""),
            found.alias if found else ("", "", ""),
        )
        source = address if networks.LOOPBACK.holds(address) else self.client.address
        packet = Packet(asking.PROTOCOLS[target.scheme], source, sport, address, target.port)
        trace, flow = walk.connect(self.world, self.client, asked, packet)
        if self.request.keep_alive:
            arrived = trace.disposition is Disposition.DELIVERED and flow.endpoint is not None
            self.connection = flow.endpoint.text if arrived and flow.endpoint is not None else ""
        return _connected(trace, flow, found)

    def _add(self, result: Result, count: int) -> None:
        self.by_outcome[result.outcome.value] = self.by_outcome.get(result.outcome.value, 0) + count
        if result.served_by is not None:
            pod = f"{result.served_by.namespace}/{result.served_by.name}"
            self.by_pod[pod] = self.by_pod.get(pod, 0) + count
        if len(self.samples) < MOST_SAMPLES and all(_kind(result) != _kind(known) for known in self.samples):
            self.samples.append(result)

    def _completed(self, results: tuple[Result, ...]) -> Completed:
        chance = self.world.chance
        summary = Summary(self.request.count, self.by_outcome, dict(sorted(self.by_pod.items())))
        pooled = (*self.pooled, self.connection) if self.request.keep_alive else None
        return Completed(
            self.request, results, summary, tuple(self.samples), dict(chance.pins), pooled, dict(chance.turns)
        )


def _kind(result: Result) -> tuple[str, str]:
    verdict = result.verdict
    return result.outcome.value, verdict.reason if verdict else ""


def _looked_up(found: lookup.Lookup) -> Result:
    outcome = Outcome.OK if found.address else Outcome.NAME_NOT_FOUND
    return Result(outcome, timing.of_lookup(found), lookup=found)


_OUTCOMES = {
    Disposition.DELIVERED: Outcome.OK,
    Disposition.ANSWERED: Outcome.OK,
    Disposition.REFUSED: Outcome.REFUSED,
    Disposition.DROPPED: Outcome.TIMEOUT,
    Disposition.NO_ROUTE: Outcome.NO_ROUTE,
    Disposition.NAME_ERROR: Outcome.NAME_NOT_FOUND,
    Disposition.RESET: Outcome.RESET,
}
"""What a client program sees of each fate."""


_GATEWAY = {Disposition.REFUSED: 502, Disposition.RESET: 502, Disposition.NO_ROUTE: 502, Disposition.DROPPED: 504}
"""What an Ingress controller answers when its own connection to the backend fails."""


def _connected(trace: Trace, flow: Flow, found: lookup.Lookup | None) -> Result:
    outcome = _OUTCOMES[trace.disposition]
    if flow.proxied and trace.disposition in _GATEWAY:
        status = _GATEWAY[trace.disposition]
        return Result(Outcome.HTTP_ERROR, timing.of(trace, flow, found), status, lookup=found, trace=trace)
    if trace.disposition is not Disposition.DELIVERED:
        return Result(outcome, timing.of(trace, flow, found), lookup=found, trace=trace)
    status = flow.answer.status
    return Result(
        Outcome.HTTP_ERROR if status >= 400 else outcome,
        timing.of(trace, flow, found),
        status,
        _served_by(flow),
        flow.packet.src,
        flow.answer.body,
        found,
        trace,
    )


def _served_by(flow: Flow) -> ServedBy:
    packet = flow.packet
    if flow.server is None:
        namespace = "default" if flow.server_name == "kube-apiserver" else ""
        return ServedBy(
            namespace, flow.server_name, packet.dst, packet.dport, flow.node if flow.server_name == flow.node else ""
        )
    pod = flow.server
    node = str(objects.spec_of(pod).get("nodeName") or "")
    return ServedBy(objects.namespace_of(pod), objects.name_of(pod), packet.dst, packet.dport, node)
