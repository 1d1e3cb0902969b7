"""A name lookup as a walk of its own: the question's way to cluster DNS, then every name tried, then the answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from app.dataplane import dns, networks, phrases, resolver, walk
from app.dataplane.flow import Asked, Client, Flow, Move, pod_ref
from app.dataplane.packet import Packet, Place, PlaceKind, Protocol
from app.dataplane.trace import Action, Disposition, Step, StepKind, Trace
from app.dataplane.world import Draw, World
from app.machinery.objects import ObjectRef

MOST_ALIASES = 8
_PORT = 53
_BLAME = (
    "WrongClusterDomain",
    "ExternalNameUnknown",
    "ExternalNameIsAddress",
    "HeadlessWithoutReadyPods",
    "NoRecordOfThatType",
    "NoSuchEndpointName",
    "NoSuchPortName",
    "ServiceInAnotherNamespace",
    "NoSuchService",
    "NoSuchNamespace",
)
"""Which failed name explains the failure best, when several were tried."""


class Query(msgspec.Struct, frozen=True, gc=False):
    """One question asked, with what came back."""

    name: str
    type: str
    rcode: str
    answers: tuple[dns.Record, ...]


class Lookup(msgspec.Struct, frozen=True, gc=False):
    """What became of a name: the address taken (empty on failure), the records, the questions, and the trace."""

    address: str
    records: tuple[dns.Record, ...]
    queries: tuple[Query, ...]
    trace: Trace
    headless: tuple[str, str] = ("", "")
    alias: tuple[str, str, str] = ("", "", "")
    """The ExternalName Service on the way, and the name that it stands for."""


@dataclass(slots=True)
class _Search:
    """The names tried so far, on the flow that carries the questions."""

    world: World
    client: Client
    config: resolver.Config
    flow: Flow
    queries: list[Query] = field(default_factory=list)
    failed: list[dns.Answer] = field(default_factory=list)
    chain: list[dns.Record] = field(default_factory=list)
    alias: ObjectRef | None = None
    target: str = ""


def look_up(world: World, client: Client, name: str, kind: str = "A", sport: int = 40000) -> Lookup:
    """Resolve a name as the client's libc does, or ask for one type of record as dig does.

    DIFFERS: no client keeps an answer, as glibc keeps none; programs with a cache of their own (a JVM) are not simulated.
    DIFFERS: glibc asks for AAAA beside each A; those questions are not listed, and nodes here have IPv4 only.
    """
    config = resolver.config_of(world, client)
    packet = Packet(Protocol.UDP, client.address, sport, config.nameserver or "0.0.0.0", _PORT)
    flow = Flow(client, Asked("dns", name), packet, walk.place_of(client), client.node)
    search = _Search(world, client, config, flow)
    words = {"client": client.words, "name": name, "resolver": config.sentence}
    because = (pod_ref((client.namespace, client.name), "spec.dnsPolicy"),) if client.kind == "pod" else ()
    flow.note(StepKind.ORIGIN, Action.FORWARDED, "LooksUpName", words, because)
    known = resolver.hosts_file(world, client, name) if kind == "A" else ""
    if known:
        return _end(search, "HostsFileAnswered", {"name": name, "address": known}, known)
    return _ask(search, name, kind)


def _ask(search: _Search, name: str, kind: str) -> Lookup:
    world, config, flow = search.world, search.config, search.flow
    if config.asks_cluster:
        lost = _travel(search, name)
        if lost is not None:
            return lost
    elif resolver.is_cluster_name(world, name):
        assert config.words is not None
        return _fail(search, config.code, {**config.words, "name": dns.normal(name)}, _policy_ref(search.client))
    else:
        flow.move(Move(Place(PlaceKind.DNS, "outside")))
    tried = resolver.candidates(name, config) if kind != "PTR" else (_pointer(name),)
    for position, candidate in enumerate(tried):
        answer = _query(search, candidate, kind)
        if answer.records:
            return _succeed(search, name, kind, answer)
        search.failed.append(answer)
        rest = len(tried) - position - 1
        if rest:
            words = {
                "tried": candidate,
                "rcode": _rcode(answer),
                "next": f"{phrases.counted(rest, 'name')} left to try.",
            }
            flow.note(StepKind.DNS_QUERY, Action.FORWARDED, "NameTried", words, answer.because)
    return _blame(search)


def _travel(search: _Search, name: str) -> Lookup | None:
    """Take the question to a DNS pod; return the failed lookup when it does not get there."""
    flow = search.flow
    if not search.config.nameserver:
        ref = (ObjectRef("Service", "kube-system", "kube-dns"),)
        return _fail(search, "ClusterDNSMissing", {"name": name}, ref)
    flow.move(Move(Place(PlaceKind.NODE, flow.client.node), flow.client.node))
    stop = walk.run(search.world, flow)
    if stop.disposition is Disposition.DELIVERED:
        return None
    last = flow.steps.pop()
    if last.reason == "EgressToDNSNotAllowed":
        flow.steps.append(
            Step(StepKind.DNS_ANSWER, Action.REJECTED, last.reason, last.why, last.before, last.after, last.because)
        )
        return Lookup("", (), (), flow.trace(Disposition.NAME_ERROR))
    words = {"name": name, "cause": last.why}
    return _fail(search, "ClusterDNSUnreachable", words, last.because, last.rule)


def _query(search: _Search, name: str, kind: str) -> dns.Answer:
    """Ask one name; a CNAME is followed for address questions."""
    answer = _answer(search, name, kind)
    search.queries.append(Query(name, kind, answer.rcode, answer.records))
    for _ in range(MOST_ALIASES):
        if kind == "CNAME" or not answer.records or answer.records[0].type != "CNAME":
            break
        target = dns.normal(answer.records[0].value)
        search.chain.extend(answer.records)
        search.alias = answer.because[0] if answer.because else None
        service = search.alias.name if search.alias else name
        search.target = target
        words = {"name": service, "target": target}
        search.flow.note(StepKind.DNS_QUERY, Action.FORWARDED, "AliasFollowed", words, answer.because)
        answer = _answer(search, target, kind)
        search.queries.append(Query(target, kind, answer.rcode, answer.records))
        if not answer.records:
            words = {"service": service, "target": target}
            return dns.Answer(dns.NXDOMAIN, (), "ExternalNameUnknown", words, (search.alias,) if search.alias else ())
    return answer


def _answer(search: _Search, name: str, kind: str) -> dns.Answer:
    if search.config.asks_cluster:
        own = dns.answer(search.world, name, kind)
        if own is not None:
            return own
    return dns.outside(search.world, name, kind)


def _succeed(search: _Search, name: str, kind: str, answer: dns.Answer) -> Lookup:
    question = answer.records[0].name
    if kind != "A":
        records = (*search.chain, *answer.records)
        words = {"name": question, "type": kind, "count": phrases.counted(len(answer.records), "record")}
        return _end(search, "RecordsAnswered", words, records[-1].value, records, answer)
    picked = search.world.chance.pick(Draw(len(answer.records)))
    address = answer.records[picked.index].value
    # The plugin loadbalance shuffles addresses, and clients take the first.
    records = (*search.chain, *answer.records[picked.index :], *answer.records[: picked.index])
    words = {"name": question, "address": address}
    if answer.headless[1] and (len(answer.records) > 1 or answer.exact):
        words["count"] = phrases.counted(len(answer.records), "ready address")
        return _end(search, "HeadlessResolved", words, address, records, answer)
    if networks.STAND_INS.holds(address):
        return _end(search, "OutsideNameResolved", words, address, records, answer)
    if answer.because and answer.because[0].kind == "Node":
        return _end(search, "NodeNameResolved", words, address, records, answer)
    words["what"] = _what(answer)
    return _end(search, "NameResolved", words, address, records, answer)


def _what(answer: dns.Answer) -> str:
    if not answer.because:
        return "which the name itself says"
    ref = answer.because[0]
    if answer.headless[1]:
        return f"a ready endpoint of Service {ref.name}"
    return f"the ClusterIP of Service {ref.name}"


def _blame(search: _Search) -> Lookup:
    """Choose, among the names that failed, the one that explains it best."""
    ranked = [answer for answer in search.failed if answer.code in _BLAME and _is_telling(answer)]
    found = min(ranked, key=lambda answer: _BLAME.index(answer.code), default=None)
    if found is None:
        unknown = (answer for answer in search.failed if answer.code == "NameUnknownOutside")
        found = next(unknown, search.failed[-1])
    return _fail(search, found.code, found.words, found.because)


def _is_telling(answer: dns.Answer) -> bool:
    """Say whether the failure of this name is about what was meant, and not about a search domain put behind it."""
    return answer.exact or answer.code not in ("NoSuchService", "NoSuchNamespace")


def _fail(search: _Search, code: str, words: Any, because: tuple[ObjectRef, ...] = (), rule: str = "") -> Lookup:
    search.flow.note(StepKind.DNS_ANSWER, Action.REJECTED, code, words, because, rule)
    trace = search.flow.trace(Disposition.NAME_ERROR)
    return Lookup("", (), tuple(search.queries), trace)


def _end(
    search: _Search,
    code: str,
    words: Any,
    address: str,
    records: tuple[dns.Record, ...] = (),
    answer: dns.Answer | None = None,
) -> Lookup:
    because = answer.because if answer else ()
    headless = answer.headless if answer else ("", "")
    search.flow.note(StepKind.DNS_ANSWER, Action.ANSWERED, code, words, because)
    trace = search.flow.trace(Disposition.ANSWERED)
    known = search.alias
    alias = (known.namespace, known.name, search.target) if known is not None else ("", "", "")
    return Lookup(address, records, tuple(search.queries), trace, headless, alias)


def _rcode(answer: dns.Answer) -> str:
    return answer.rcode if answer.rcode != dns.NOERROR else "NOERROR without records"


def _policy_ref(client: Client) -> tuple[ObjectRef, ...]:
    if client.kind == "pod":
        return (pod_ref((client.namespace, client.name), "spec.dnsPolicy"),)
    return (ObjectRef("Node", "", client.name),) if client.kind == "node" else ()


def _pointer(name: str) -> str:
    if networks.ipv4(name) is None:
        return dns.normal(name)
    return ".".join(reversed(name.split("."))) + dns.REVERSE
