"""Programs that try a connection: nc, ping, telnet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.dataplane import networks
from app.terminal import lookups, replies
from app.terminal.calls import Call, Program


async def nc(call: Call) -> int:
    """Connect, send what comes in, print what comes back."""
    flags, rest, words = "", [], iter(call.words[1:])
    patience = ""
    for word in words:
        if word in ("-w", "-q", "-i", "-p", "-s"):
            given = next(words, "")
            patience = given if word == "-w" else patience
        elif word.startswith("-") and len(word) > 1:
            flags += word[1:]
        else:
            rest.append(word)
    if len(rest) < 2 or not rest[1].isdigit():
        return call.complain("nc: usage: nc [-uvz] [-w SECONDS] HOST PORT\n")
    name, port = rest[0], int(rest[1])
    scheme = "udp" if "u" in flags else "tcp"
    result = await call.world.ask({"from": call.home.origin, "to": f"{scheme}://{name}:{port}"})
    outcome = result["outcome"]
    if outcome != "ok":
        return call.complain(_failure(call, name, port, outcome, "v" in flags or "z" in flags))
    if "v" in flags:
        address = _destination(result) or name
        shown = f"{name} ({address}:{port}) open\n"
        if call.home.flavor != "busybox":
            shown = f"Connection to {name} ({address}) {port} port [{scheme}/*] succeeded!\n"
        call.err.append(shown)
    if "z" not in flags and call.stdin:
        call.say(await replies.spoken(call.world, result, scheme, call.stdin))
    return 0


def _failure(call: Call, name: str, port: int, outcome: str, told: bool) -> str:
    if outcome == "name_not_found":
        return (
            f"nc: bad address '{name}'\n"
            if call.home.flavor == "busybox"
            else f'nc: getaddrinfo for host "{name}" port {port}: Name does not resolve\n'
        )
    said = {"refused": "Connection refused", "no_route": "Host is unreachable"}.get(outcome, "Operation timed out")
    if call.home.flavor == "busybox":
        return f"nc: {name} ({name}:{port}): {said}\n"
    return f"nc: connect to {name} port {port} (tcp) failed: {said}\n" if told else ""


def _destination(result: Mapping[str, Any]) -> str:
    hops = result.get("trace", {}).get("hops") or ()
    return str(hops[0]["steps"][0]["before"]["dst"]) if hops else ""


async def ping(call: Call) -> int:
    """Pods and nodes answer an echo request, a ClusterIP does not: no rule turns ICMP around there."""
    words = iter(call.words[1:])
    name, count = "", 4
    for word in words:
        if word in ("-c", "-W", "-w", "-i", "-s"):
            given = next(words, "")
            count = min(int(given), 20) if word == "-c" and given.isdigit() else count
        elif not word.startswith("-"):
            name = word
    address = name
    if networks.ipv4(name) is None:
        answer = await lookups.query(call, name)
        found = [record["data"] for record in answer.get("answers") or () if record["type"] == "A"]
        if not found:
            return call.complain(f"ping: bad address '{name}'\n")
        address = found[0]
    view = await call.world.view()
    answers = bool(view.pods_at(address) or view.node_at(address)) or networks.LOOPBACK.holds(address)
    call.say(f"PING {name} ({address}): 56 data bytes\n")
    for number in range(count if answers else 0):
        call.say(f"64 bytes from {address}: seq={number} ttl=62 time=0.{90 + number} ms\n")
    call.say(f"\n--- {name} ping statistics ---\n")
    if not answers:
        call.say(f"{count} packets transmitted, 0 packets received, 100% packet loss\n")
        return 1
    call.say(f"{count} packets transmitted, {count} packets received, 0% packet loss\n")
    call.say(f"round-trip min/avg/max = 0.090/0.{90 + count // 2}/0.{89 + count} ms\n")
    return 0


async def telnet(call: Call) -> int:
    """Say whether a port can be connected to."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    if not words:
        return call.complain("telnet: usage: telnet HOST [PORT]\n")
    port = words[1] if len(words) > 1 else "23"
    result = await call.world.ask({"from": call.home.origin, "to": f"tcp://{words[0]}:{port}"})
    outcome = result["outcome"]
    if outcome == "ok":
        call.say(f"Connected to {words[0]}\nConnection closed by foreign host\n")
        return 1
    if outcome == "name_not_found":
        return call.complain(f"telnet: bad address '{words[0]}'\n")
    said = {"refused": "Connection refused", "no_route": "Host is unreachable"}.get(outcome, "Operation timed out")
    return call.complain(f"telnet: can't connect to remote host ({words[0]}): {said}\n")


PROGRAMS: Mapping[str, Program] = {"nc": nc, "ncat": nc, "netcat": nc, "ping": ping, "telnet": telnet}
