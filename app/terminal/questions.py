"""Questions to DNS that programs in a pod ask: through resolv.conf, or at a server named by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.dataplane import dns, networks, resolver
from app.machinery import errors, objects
from app.terminal import fetching
from app.terminal.calls import Call

Record = Mapping[str, Any]
"""name, type, ttl and data, as the requests route answers."""

_SILENT = frozenset({"ClusterDNSUnreachable", "ClusterDNSMissing"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the name that was asked last, its rcode and records; `fault` when no server answered."""

    name: str
    kind: str
    rcode: str = "NXDOMAIN"
    records: Sequence[Record] = ()
    server: str = ""
    fault: str = ""
    """`timed out`, `connection refused`, or empty."""
    is_own: bool = False
    """Whether cluster DNS knows it by itself, and did not ask the world outside."""
    asked: Sequence[tuple[str, str]] = ()
    """Every name asked, with its rcode."""


async def config(call: Call) -> resolver.Config:
    """Return the pod's resolv.conf."""
    return resolver.pod_config(await call.world.view(), call.home.pod)


async def ask(call: Call, name: str, kind: str = "A", server: str = "") -> Answer:
    """Ask for one type of record; without a server, the pod's own nameserver is asked."""
    own = (await config(call)).nameserver
    if server and server != own:
        return await _at(call, name, kind, server)
    if kind not in dns.TYPES:
        return await _of_unknown_kind(call, name, kind, own)
    try:
        result = await call.world.ask({"from": call.home.origin, "to": f"dns://{name}?type={kind}"})
    except errors.ApiError:
        return Answer(name, kind, "SERVFAIL", server=own)
    found = result.get("dns_trace") or {}
    if found.get("reason") in _SILENT:
        probe = await fetching.connected(call, own, 53, "udp") if own else None
        refused = not own or (probe is not None and probe["outcome"] == "refused")
        fault = "connection refused" if refused else "timed out"
        return Answer(name, kind, server=own or "127.0.0.1", fault=fault)
    return await _read(call, result, name, kind, own or "127.0.0.1")


async def _of_unknown_kind(call: Call, name: str, kind: str, own: str) -> Answer:
    """Cluster DNS answers a type it does not know by whether the name is there."""
    found = await ask(call, name, "A", own)
    return Answer(found.name, kind, found.rcode, (), found.server, found.fault, found.is_own, found.asked)


async def _read(call: Call, result: Mapping[str, Any], name: str, kind: str, server: str) -> Answer:
    records: Sequence[Record] = result.get("answers") or ()
    queries = [(str(one["name"]), str(one["rcode"])) for one in result["dns_trace"].get("queries") or ()]
    if not records:  # an alias whose target has no such record is an answer all the same
        asked = result["dns_trace"].get("queries") or ()
        records = [one for query in asked for one in query["answers"] if one["type"] == "CNAME"]
    empty = next((one for one in queries if one[1] == "NOERROR"), queries[-1] if queries else None)
    last = records[0]["name"] if records else empty[0] if empty else dns.normal(name)
    rcode = "NOERROR" if records else empty[1] if empty else "NXDOMAIN"
    if not queries:  # the hosts file knew it
        records = [{"name": dns.normal(name), "type": "A", "ttl": 0, "data": _in_hosts(call, dns.normal(name))}]
        rcode = "NOERROR"
    is_own = _is_own(await call.world.view(), str(last)) and (bool(records) or not str(last).endswith("arpa"))
    return Answer(dns.normal(str(last)), kind, rcode, records, server, "", is_own, queries)


def _in_hosts(call: Call, name: str) -> str:
    for line in (call.read("/etc/hosts") or "").splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if name in names and ":" not in address:
            return address
    return ""


def _is_own(view: Any, name: str) -> bool:
    bare, zone = dns.normal(name), view.cluster_domain
    if bare.endswith(dns.REVERSE):
        address = ".".join(reversed(bare[: -len(dns.REVERSE)].split(".")))
        return networks.SERVICES.holds(address) or networks.PODS.holds(address)
    return bool(bare == zone or bare.endswith(f".{zone}"))


async def _at(call: Call, name: str, kind: str, server: str) -> Answer:
    """Ask a server named by hand: it must be reachable, and be cluster DNS."""
    result = await fetching.connected(call, server, 53, "udp")
    bare = _pointer(name) if kind == "PTR" else dns.normal(name)
    if result is None or result["outcome"] == "name_not_found":
        return Answer(bare, kind, server=server, fault=f"couldn't get address for '{server}': not found")
    by = result.get("served_by") or {}
    view = await call.world.view()
    pod = view.pod(by.get("namespace", ""), by.get("name", ""))
    if result["outcome"] != "ok" or pod is None:
        fault = "connection refused" if result["outcome"] == "refused" else "timed out"
        return Answer(bare, kind, server=server, fault=fault)
    if not _is_dns(pod):
        return Answer(bare, kind, server=server, fault="timed out")
    found = dns.answer(view, bare, kind) or dns.outside(view, bare, kind)
    records = [_record(one) for one in found.records]
    if records and records[0]["type"] == "CNAME" and kind != "CNAME":
        target = dns.normal(str(records[0]["data"]))
        behind = dns.answer(view, target, kind) or dns.outside(view, target, kind)
        records += [_record(one) for one in behind.records]
    address = fetching.destination(result)
    return Answer(bare, kind, found.rcode, records, address or server, "", _is_own(view, bare), [(bare, found.rcode)])


def _record(one: dns.Record) -> Record:
    return {"name": one.name, "type": one.type, "ttl": one.ttl, "data": one.value}


def _is_dns(pod: objects.Object) -> bool:
    return any("dns" in str(one.get("image") or "") for one in objects.spec_of(pod).get("containers") or ())


def _pointer(name: str) -> str:
    if networks.ipv4(name) is None:
        return dns.normal(name)
    return ".".join(reversed(name.split("."))) + dns.REVERSE


async def additional(call: Call, answer: Answer) -> list[Record]:
    """Return the addresses that cluster DNS adds to an SRV answer."""
    view = await call.world.view()
    targets = [dns.normal(str(one["data"]).rpartition(" ")[2]) for one in answer.records if one["type"] == "SRV"]
    found = (dns.answer(view, target, "A") for target in dict.fromkeys(targets))
    return [_record(record) for one in found if one for record in one.records]
