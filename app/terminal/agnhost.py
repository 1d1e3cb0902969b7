"""The subcommands of the test image agnhost that ask instead of serve (test/images/agnhost, release 1.36)."""

from __future__ import annotations

from app.dataplane import networks
from app.machinery import errors
from app.terminal import questions
from app.terminal.calls import Call

_CONNECTED = {"name_not_found": "DNS", "refused": "REFUSED", "timeout": "TIMEOUT", "ok": ""}


async def agnhost(call: Call) -> int:
    """Run connect, dns-suffix, dns-server-list, etc-hosts, pause or help."""
    words = call.words[1:]
    name = words[0] if words else "pause"
    match name:
        case "connect":
            return await _connect(call, words[1:])
        case "dns-suffix":
            call.say(",".join((await questions.config(call)).search) + "\n")
        case "dns-server-list":
            call.say(",".join((await questions.config(call)).nameservers) + "\n")
        case "etc-hosts":
            call.say(call.read("/etc/hosts") or "")
        case "help" | "--help":
            call.say("Usage:\n  app [command]\n")
        case "--version":
            call.say("agnhost version 2.53\n")
        case "pause":
            await call.world.sleep(86_400.0)
        case _:
            return call.complain(f'Error: unknown command "{name}" for "app"\nRun \'app --help\' for usage.\n')
    return 0


async def _connect(call: Call, words: list[str]) -> int:
    """Print TIMEOUT, REFUSED or DNS and fail, or print nothing."""
    given, address, rest = {"protocol": "tcp"}, "", iter(words)
    for word in rest:
        if word.startswith("--"):
            name, sign, value = word[2:].partition("=")
            given[name] = value if sign else next(rest, "")
        elif not word.startswith("-"):
            address = word
    protocol, (host, _, port) = given["protocol"], address.rpartition(":")
    if protocol not in ("tcp", "udp", "sctp"):
        return call.complain(f"Unsupported protocol {protocol}\n")
    if not host or not port.isdecimal():
        return call.complain("OTHER\n")
    try:
        result = await call.world.ask({"from": call.home.origin, "to": f"{protocol}://{host}:{port}"})
    except errors.ApiError:
        return call.complain("DNS\n" if networks.ipv4(host) is None else "OTHER\n")
    said = _CONNECTED.get(result["outcome"], "OTHER")
    return call.complain(f"{said}\n") if said else 0
