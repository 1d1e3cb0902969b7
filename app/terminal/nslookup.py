"""nslookup in its two kinds: busybox's, and bind's (recorded in tests/terminal/recorded)."""

from __future__ import annotations

from app.dataplane import networks
from app.terminal import questions
from app.terminal.calls import Call
from app.terminal.questions import Answer, Record

_USAGE = (
    "Usage: nslookup [-type=QUERY_TYPE] [-debug] HOST [DNS_SERVER]\n\nQuery DNS about HOST\n\n"
    "QUERY_TYPE: soa,ns,a,aaaa,cname,mx,txt,ptr,srv,any\n"
)
_NO_RECURSION = ";; Got recursion not available from "


async def nslookup(call: Call) -> int:
    """Ask for addresses, or for one type of record."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    kinds = [word.rpartition("=")[2].upper() for word in call.words[1:] if word.startswith(("-type=", "-q", "-query="))]
    if not words:
        return call.complain(_USAGE)
    server = words[1] if len(words) > 1 else ""
    kind = kinds[0] if kinds else ""
    if not kind and networks.ipv4(words[0]) is not None:
        kind = "PTR"
    if call.home.flavor == "bind":
        return await _bind(call, words[0], kind, server)
    return await _busybox(call, words[0], kind, server)


def _faulty(call: Call, answer: Answer) -> int:
    if answer.fault.startswith("couldn't"):
        return call.complain(f"nslookup: {answer.fault}\n")
    if call.home.flavor == "bind":
        call.say(f";; communications error to {answer.server}#53: {answer.fault}\n" * 3)
        call.say(";; no servers could be reached\n\n")
        return 1
    call.say(";; connection timed out; no servers could be reached\n\n")
    if answer.fault == "connection refused":
        call.complain(f"nslookup: write to '{answer.server}': Connection refused\n")
    return 1


# --- busybox -----------------------------------------------------------------------------------------------


async def _busybox(call: Call, name: str, kind: str, server: str) -> int:
    """Ask each name of the search list when the name has no dot, else the name as it is: A first, then AAAA."""
    config = await questions.config(call)
    searched = [f"{name}.{domain}." for domain in config.search] if "." not in name and not server else []
    names = searched or [name if kind == "PTR" else name.rstrip(".") + "."]
    answers = [
        await questions.ask(call, one, each, server) for each in ([kind] if kind else ["A", "AAAA"]) for one in names
    ]
    faulty = next((answer for answer in answers if answer.fault), None)
    if faulty is not None:
        return _faulty(call, faulty)
    shown = server or config.nameserver or "127.0.0.1"
    call.say(f"Server:\t\t{shown}\nAddress:\t{shown}:53\n\n")
    code = 0
    for answer in answers:
        if answer.rcode != "NOERROR":
            call.say(f"** server can't find {answer.name}: {answer.rcode}\n")
            code = 1
        call.say("".join(_line(record, "") for record in answer.records) + "\n")
    return code


def _line(record: Record, ending: str) -> str:
    name, value = str(record["name"]).rstrip("."), str(record["data"])
    value = value if record["type"] == "TXT" else value.rstrip(".") + (ending if value.endswith(".") else "")
    match record["type"]:
        case "A" | "AAAA":
            return f"Name:\t{name}\nAddress: {value}\n"
        case "PTR":
            return f"{name}\tname = {value}\n"
        case "CNAME":
            return f"{name}\tcanonical name = {value}\n"
        case "SRV":
            return f"{name}\tservice = {value}\n"
        case "TXT":
            return f"{name}\ttext = {value}\n"
        case _:
            return f"{name}\t{str(record['type']).lower()} = {value}\n"


# --- bind --------------------------------------------------------------------------------------------------


async def _bind(call: Call, name: str, kind: str, server: str) -> int:
    answer = await questions.ask(call, name, kind or "A", server)
    if answer.fault:
        return _faulty(call, answer)
    where = answer.server
    tried = [own for own, _ in answer.asked] if answer.is_own or len(answer.asked) > 1 else []
    # Old versions and a server named by hand say nothing of recursion.
    note = "" if server or "jessie" in str(call.home.container.get("image")) else f"{_NO_RECURSION}{where}\n"
    call.say(note * sum(own.endswith(".local") or (own.endswith("arpa") and answer.is_own) for own in tried))
    if answer.rcode == "NXDOMAIN":
        head = "" if kind == "PTR" else f"Server:\t\t{where}\nAddress:\t{where}#53\n\n"
        call.say(f"{head}** server can't find {answer.name if kind == 'PTR' else name}: NXDOMAIN\n\n")
        return 1
    if kind != "PTR":
        call.say(f"Server:\t\t{where}\nAddress:\t{where}#53\n\n")
    if not answer.records:
        call.say(f"*** Can't find {name}: No answer\n\n")
        return 0
    aliased = answer.records[-1]["type"] in ("A", "AAAA") and answer.records[0]["type"] != "CNAME"
    again = note if not kind and answer.is_own and aliased else ""
    call.say("".join(_line(record, ".") for record in answer.records) + again + "\n")
    return 0
