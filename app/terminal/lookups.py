"""Programs that ask DNS: nslookup, dig, host, getent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.dataplane import networks, resolver
from app.terminal.calls import Call, Program

_SILENT = frozenset({"ClusterDNSUnreachable", "ClusterDNSMissing"})
_TYPES = frozenset({"A", "AAAA", "SRV", "CNAME", "PTR", "TXT", "MX", "NS", "ANY", "SOA"})


async def query(call: Call, name: str, kind: str = "A") -> Mapping[str, Any]:
    """Ask for one type of record, through the pod's resolv.conf."""
    return await call.world.ask({"from": call.home.origin, "to": f"dns://{name}?type={kind}"})


async def _server(call: Call) -> str:
    view = await call.world.view()
    return resolver.pod_config(view, call.home.pod).nameserver or "127.0.0.1"


def is_silent(answer: Mapping[str, Any]) -> bool:
    """Say whether no DNS server answered at all."""
    return answer.get("dns_trace", {}).get("reason") in _SILENT


def _last(answer: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return the last name asked and its return code."""
    queries = answer.get("dns_trace", {}).get("queries") or ()
    return (queries[-1]["name"], queries[-1]["rcode"]) if queries else (name, "NXDOMAIN")


async def nslookup(call: Call) -> int:
    """Ask for addresses, as busybox's or bind's nslookup prints them."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    kinds = [word.rpartition("=")[2].upper() for word in call.words[1:] if word.startswith(("-type=", "-q", "-query="))]
    if not words:
        return call.complain("nslookup: usage: nslookup [-type=TYPE] HOST [SERVER]\n")
    name, bind = words[0], call.home.flavor != "busybox"
    server = words[1] if len(words) > 1 else await _server(call)
    is_address = networks.ipv4(name) is not None
    answer = await query(call, name, kinds[0] if kinds else "PTR" if is_address else "A")
    if is_silent(answer):
        if bind:
            call.say(";; connection timed out; no servers could be reached\n\n")
            return 1
        return call.complain(";; connection timed out; no servers could be reached\n\n")
    call.say(f"Server:\t\t{server}\nAddress:\t{server}{'#' if bind else ':'}53\n\n")
    records = answer.get("answers") or ()
    if not records:
        asked, code = _last(answer, name)
        shown = name if bind else asked
        call.say(
            f"*** Can't find {shown}: No answer\n\n"
            if code == "NOERROR"
            else f"** server can't find {shown}: {code}\n\n"
        )
        return 1
    for record in records:
        call.say(_nslookup_line(record, bind))
    call.say("\n")
    return 0


def _nslookup_line(record: Mapping[str, Any], bind: bool) -> str:
    name, value = record["name"], record["data"]
    if record["type"] in ("A", "AAAA"):
        return f"Name:\t{name}\nAddress: {value}\n"
    if record["type"] == "PTR":
        return f"{name}\tname = {value}\n"
    if record["type"] == "CNAME":
        return f"{name}\tcanonical name = {value if bind else value.rstrip('.')}\n"
    return f"{name}\tservice = {value}\n"


async def dig(call: Call) -> int:
    """Ask for records, as bind's dig prints them: all of it, +short, or +noall +answer."""
    name, kind, flags = "", "A", set()
    server = await _server(call)
    words = iter(call.words[1:])
    for word in words:
        if word.startswith("+"):
            flags.add(word[1:])
        elif word.startswith("@"):
            server = word[1:]
        elif word == "-x":
            name, kind = next(words, ""), "PTR"
        elif word.startswith("-"):
            kind = next(words, "A").upper() if word == "-t" else kind
        elif word.upper() in _TYPES and name:
            kind = word.upper()
        else:
            name = word
    asked = name.rstrip(".") + ("" if "search" in flags or kind == "PTR" else ".")
    answer = await query(call, asked, kind)
    if is_silent(answer):
        call.say(f";; communications error to {server}#53: timed out\n;; no servers could be reached\n")
        return 9
    records = answer.get("answers") or ()
    lines = [f"{r['name'].rstrip('.')}.\t\t{r['ttl']}\tIN\t{r['type']}\t{r['data']}\n" for r in records]
    if "short" in flags:
        call.say("".join(f"{record['data']}\n" for record in records))
    elif "noall" in flags:
        call.say("".join(lines) if "answer" in flags else "")
    else:
        asked_name, code = _last(answer, name)
        call.say(_dig_all(asked_name.rstrip("."), kind, code if not records else "NOERROR", lines, server))
    return 0


def _dig_all(name: str, kind: str, code: str, lines: list[str], server: str) -> str:
    answers = f";; ANSWER SECTION:\n{''.join(lines)}\n" if lines else ""
    return (
        f"\n; <<>> DiG 9.18 <<>> {name} {kind}\n;; global options: +cmd\n;; Got answer:\n"
        f";; ->>HEADER<<- opcode: QUERY, status: {code}, id: 4660\n"
        f";; flags: qr aa rd; QUERY: 1, ANSWER: {len(lines)}, AUTHORITY: 0, ADDITIONAL: 1\n\n"
        f";; QUESTION SECTION:\n;{name}.\t\tIN\t{kind}\n\n{answers}"
        f";; Query time: 1 msec\n;; SERVER: {server}#53({server}) (UDP)\n\n"
    )


async def host(call: Call) -> int:
    """Ask as bind's host does."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    if not words:
        return call.complain("host: usage: host NAME\n")
    name = words[0]
    kind = "PTR" if networks.ipv4(name) is not None else "A"
    answer = await query(call, name, kind)
    if is_silent(answer):
        call.say(";; connection timed out; no servers could be reached\n")
        return 1
    records = answer.get("answers") or ()
    for record in records:
        verb = "domain name pointer" if kind == "PTR" else "has address"
        if record["type"] == "CNAME":
            verb = "is an alias for"
        call.say(f"{record['name'].rstrip('.')} {verb} {record['data']}\n")
    if not records:
        code = _last(answer, name)[1]
        number = 3 if code == "NXDOMAIN" else 2
        call.say(f"{name} has no A record\n" if code == "NOERROR" else f"Host {name} not found: {number}({code})\n")
    return int(not records)


async def getent(call: Call) -> int:
    """Look a name up as programs do: /etc/hosts first, then DNS."""
    words = call.words[1:]
    if len(words) < 2 or words[0] not in ("hosts", "ahosts", "ahostsv4"):
        return 1
    from_file = _in_hosts(call, words[1])
    if from_file:
        call.say(f"{from_file:<16}{words[1]}\n")
        return 0
    answer = await query(call, words[1])
    records = [record for record in answer.get("answers") or () if record["type"] == "A"]
    for record in records:
        name = record["name"].rstrip(".")
        if words[0] == "hosts":
            call.say(f"{record['data']:<16}{name}\n")
        else:
            call.say(
                f"{record['data']:<15} STREAM {name}\n{record['data']:<15} DGRAM  \n{record['data']:<15} RAW    \n"
            )
    return 0 if records else 2


def _in_hosts(call: Call, name: str) -> str:
    for line in (call.read("/etc/hosts") or "").splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if name in names and ":" not in address:
            return address
    return ""


PROGRAMS: Mapping[str, Program] = {"nslookup": nslookup, "dig": dig, "host": host, "getent": getent}
