"""Programs that look names up: dig and nslookup have rooms of their own, host and getent are here."""

from __future__ import annotations

from collections.abc import Mapping

from app.dataplane import networks
from app.terminal import dig, nslookup, questions
from app.terminal.calls import Call, Program

_VERBS = {"A": "has address", "AAAA": "has IPv6 address", "PTR": "domain name pointer", "CNAME": "is an alias for"}


async def host(call: Call) -> int:
    """Ask as bind's host does."""
    kind, rest, words = "", [], iter(call.words[1:])
    for word in words:
        if word in ("-t", "-W", "-R", "-c", "-N", "-m"):
            value = next(words, "")
            kind = value.upper() if word == "-t" else kind
        elif not word.startswith("-"):
            rest.append(word)
    if not rest:
        return call.complain("Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time] hostname [server]\n")
    name, server = rest[0], rest[1] if len(rest) > 1 else ""
    kind = kind or ("PTR" if networks.ipv4(name) is not None else "A")
    answer = await questions.ask(call, name, kind, server)
    if answer.fault:
        call.say(f";; communications error to {answer.server}#53: {answer.fault}\n" * 2)
        call.say(";; no servers could be reached\n")
        return 1
    if server:
        call.say(f"Using domain server:\nName: {server}\nAddress: {answer.server}#53\nAliases: \n\n")
    for record in answer.records:
        verb = _VERBS.get(record["type"], f"has {record['type']} record")
        call.say(f"{str(record['name']).rstrip('.')} {verb} {record['data']}\n")
    if answer.records:
        return 0
    if answer.rcode == "NOERROR":
        call.say(f"{answer.name} has no {kind} record\n")
        return 0
    shown = f"{answer.name}." if kind == "PTR" else name
    call.say(f"Host {shown} not found: {3 if answer.rcode == 'NXDOMAIN' else 2}({answer.rcode})\n")
    return 1


async def getent(call: Call) -> int:
    """Look a name up as programs do: /etc/hosts first, then DNS."""
    words = call.words[1:]
    if len(words) < 2 or words[0] not in ("hosts", "ahosts", "ahostsv4", "ahostsv6"):
        return 1
    code = 0
    for name in words[1:]:
        code = code or await _entry(call, words[0], name)
    return code


async def _entry(call: Call, database: str, name: str) -> int:
    known = _in_hosts(call, name)
    if known:
        address, *names = known
        _show(call, database, [address], " ".join(names) if database == "hosts" else names[0])
        return 0
    if database == "ahostsv6":
        return 2
    is_address = networks.ipv4(name) is not None
    if is_address and database != "hosts":
        _show(call, database, [name], name)
        return 0
    answer = await questions.ask(call, name, "PTR" if is_address else "A")
    if is_address and answer.records:
        _show(call, database, [name], str(answer.records[0]["data"]).rstrip("."))
        return 0
    records = [record for record in answer.records if record["type"] == "A"]
    if not records:
        return 2
    own = str(records[0]["name"]).rstrip(".")
    alias = str(answer.records[0]["name"]).rstrip(".")
    shown = f"{own} {alias}" if alias != own and database == "hosts" else own
    _show(call, database, [str(record["data"]) for record in records], shown)
    return 0


def _show(call: Call, database: str, addresses: list[str], name: str) -> None:
    for number, address in enumerate(addresses):
        if database == "hosts":
            call.say(f"{address:<15} {name}\n")
        else:
            first = name if number == 0 else ""
            call.say(f"{address:<15} STREAM {first}\n{address:<15} DGRAM  \n{address:<15} RAW    \n")


def _in_hosts(call: Call, name: str) -> list[str]:
    """Return the address and names of the line in /etc/hosts that has the name or address."""
    for line in (call.read("/etc/hosts") or "").splitlines():
        words = line.partition("#")[0].split()
        if name in words and ":" not in words[0]:
            return words
    return []


PROGRAMS: Mapping[str, Program] = {"nslookup": nslookup.nslookup, "dig": dig.dig, "host": host, "getent": getent}
