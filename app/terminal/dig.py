"""dig, as bind 9.18 prints it (recorded in tests/terminal/recorded)."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.dataplane import dns
from app.terminal import questions
from app.terminal.calls import Call
from app.terminal.questions import Answer, Record

VERSION = "9.18.49"
_KINDS = frozenset({*dns.TYPES, "ANY", "CAA", "DS", "DNSKEY", "HTTPS", "SVCB", "NAPTR"})
_SECTIONS = ("cmd", "comments", "question", "answer", "authority", "additional", "stats")
_VALUED = frozenset({"-p", "-b", "-c", "-f", "-k", "-y"})


@dataclass(slots=True)
class _Line:
    """A dig line, understood."""

    questions: list[tuple[str, str]] = field(default_factory=list)
    server: str = ""
    shown: set[str] = field(default_factory=lambda: set(_SECTIONS))
    flags: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)


def _understand(words: Sequence[str]) -> _Line:
    line, rest, kind = _Line(words=list(words)), iter(words), ""
    for word in rest:
        if word.startswith("+"):
            _toggle(line, word[1:].partition("=")[0])
        elif word.startswith("@"):
            line.server = word[1:]
        elif word == "-x":
            line.questions.append((next(rest, ""), "PTR"))
        elif word in ("-t", "-q"):
            value = next(rest, "")
            if word == "-q":
                line.questions.append((value, kind))
            else:
                kind = _typed(line, value.upper())
        elif word in _VALUED:
            next(rest, "")
        elif word.startswith("-") and len(word) > 1:
            continue
        elif word.upper() in _KINDS:
            kind = _typed(line, word.upper())
        elif word.upper() != "IN":
            line.questions.append((word, kind))
    return line


def _typed(line: _Line, kind: str) -> str:
    """A type is that of the name before it; the first may come before its name."""
    if line.questions and not line.questions[-1][1]:
        line.questions[-1] = (line.questions[-1][0], kind)
        return ""
    return kind


def _toggle(line: _Line, flag: str) -> None:
    if flag in ("all", "noall"):
        chosen = set(_SECTIONS) if flag == "all" else set()
        line.shown = {*chosen, *(line.shown & {"cmd"})}
    elif flag.removeprefix("no") in _SECTIONS:
        (line.shown.discard if flag.startswith("no") else line.shown.add)(flag.removeprefix("no"))
    else:
        line.flags.add(flag)


async def dig(call: Call) -> int:
    """Ask for records: all of the answer, +short, or what +noall leaves."""
    line = _understand(call.words[1:])
    code = 0
    for name, kind in line.questions or [(".", "NS")]:
        code = max(code, await _one(call, line, name, kind or "A"))
    return code


async def _one(call: Call, line: _Line, name: str, kind: str) -> int:
    searched = "search" in line.flags or kind == "PTR"
    asked = name if searched else name.rstrip(".") + "."
    answer = await questions.ask(call, asked, kind, line.server)
    if answer.fault:
        return _unreachable(call, line, answer)
    if "short" in line.flags:
        call.say("".join(f"{record['data']}\n" for record in answer.records))
        return 0
    more = await questions.additional(call, answer) if kind == "SRV" else []
    view = await call.world.view()
    serial, zone = int(view.state.now), view.cluster_domain
    soa = f"ns.dns.{zone}. hostmaster.{zone}. {serial} 7200 1800 86400 30"
    authority = [{"name": zone, "type": "SOA", "ttl": 30, "data": soa}] if _is_negative(answer, zone) else []
    call.say(_written(call, line, answer, (authority, more)))
    return 0


def _is_negative(answer: Answer, zone: str) -> bool:
    return not answer.records and answer.name.endswith(zone)


def _unreachable(call: Call, line: _Line, answer: Answer) -> int:
    if answer.fault.startswith("couldn't"):
        return call.complain(f"dig: {answer.fault}\n", 10)
    tries = next((int(word[7:]) for word in line.words if word.startswith("+tries=") and word[7:].isdecimal()), 3)
    call.say(f";; communications error to {answer.server}#53: {answer.fault}\n" * min(tries, 10))
    if "short" in line.flags or "cmd" not in line.shown:
        call.say(";; no servers could be reached\n")
        return 9
    call.say(f"\n{_banner(line)};; no servers could be reached\n")
    return 9


def _banner(line: _Line) -> str:
    found = "; (1 server found)\n" if line.server else ""
    return f"; <<>> DiG {VERSION} <<>> {' '.join(line.words)}\n{found};; global options: +cmd\n"


def _written(call: Call, line: _Line, answer: Answer, others: tuple[Sequence[Record], Sequence[Record]]) -> str:
    authority, more = others
    shown, text = line.shown, ""
    if "cmd" in shown and "comments" in shown:
        text += f"\n{_banner(line)}"
    if "comments" in shown:
        text += _header(answer, len(authority), len(more))
        text += f";; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n; COOKIE: {_cookie(answer)} (echoed)\n"
    if "question" in shown:
        question = _question(answer)
        text += f";; QUESTION SECTION:\n{question}\n\n" if "comments" in shown else f"{question}\n"
    for name, records in (("ANSWER", answer.records), ("AUTHORITY", authority), ("ADDITIONAL", more)):
        if records and name.lower() in shown:
            lines = "".join(f"{row(record)}\n" for record in records)
            text += f";; {name} SECTION:\n{lines}\n" if "comments" in shown else lines
    if "stats" in shown:
        text += _stats(call, line, answer, [*answer.records, *authority, *more])
    return text


def _header(answer: Answer, authority: int, more: int) -> str:
    warned = (
        ";; WARNING: .local is reserved for Multicast DNS\n"
        ";; You are currently testing what happens when an mDNS query is leaked to DNS\n"
    )
    flags = "qr aa rd" if answer.is_own else "qr rd ra"
    lacking = ";; WARNING: recursion requested but not available\n" if answer.is_own else ""
    return (
        f";; Got answer:\n{warned if answer.name.endswith('.local') else ''}"
        f";; ->>HEADER<<- opcode: QUERY, status: {answer.rcode}, id: {_number(answer)}\n"
        f";; flags: {flags}; QUERY: 1, ANSWER: {len(answer.records)}, AUTHORITY: {authority}, ADDITIONAL: {more + 1}\n"
        f"{lacking}\n"
    )


def _number(answer: Answer) -> int:
    return int(_cookie(answer)[:4], 16)


def _cookie(answer: Answer) -> str:
    return hashlib.sha256(f"{answer.name} {answer.kind} {answer.server}".encode()).hexdigest()[:16]


def _tab(column: int, to: int) -> str:
    """Move to a column, at least one further, by tabs where one is passed (lib/dns/masterdump.c)."""
    to = max(to, column + 1)
    tabs = to // 8 - column // 8
    return "\t" * tabs + " " * (to % 8 if tabs else to - column)


def _columns(fields: Sequence[tuple[str, int]]) -> str:
    text, column = "", 0
    for value, start in fields:
        if start:
            text += (gap := _tab(column, start))
            for sign in gap:
                column = (column // 8 + 1) * 8 if sign == "\t" else column + 1
        text += value
        column += len(value)
    return text


def row(record: Record) -> str:
    """Write one record in dig's columns."""
    name = str(record["name"]).rstrip(".") + "."
    return _columns([(name, 0), (str(record["ttl"]), 24), ("IN", 32), (record["type"], 40), (str(record["data"]), 48)])


def _question(answer: Answer) -> str:
    return ";" + _columns([(f"{answer.name}.", 0), ("IN", 32), (answer.kind, 40)])


def _stats(call: Call, line: _Line, answer: Answer, records: Sequence[Record]) -> str:
    moment = datetime.datetime.fromtimestamp(call.world.moment, datetime.UTC)
    proto = "TCP" if line.flags & {"tcp", "vc"} else "UDP"
    size = 12 + _length(answer.name) + 4 + 23 + sum(_length(str(one["name"])) + 10 + _size(one) for one in records)
    return (
        f";; Query time: 1 msec\n;; SERVER: {answer.server}#53({answer.server}) ({proto})\n"
        f";; WHEN: {moment.strftime('%a %b %d %H:%M:%S UTC %Y')}\n;; MSG SIZE  rcvd: {size}\n\n"
    )


def _length(name: str) -> int:
    return sum(len(label) + 1 for label in name.rstrip(".").split(".") if label) + 1


def _size(record: Record) -> int:
    words = str(record["data"]).split()
    match record["type"]:
        case "A":
            return 4
        case "SRV":
            return 6 + _length(words[3])
        case "SOA":
            return 20 + _length(words[0]) + _length(words[1])
        case "TXT":
            return len(words[0]) - 1
        case _:
            return _length(words[0])
