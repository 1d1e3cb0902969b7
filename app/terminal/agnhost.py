"""The subcommands of the test image agnhost that ask instead of serve."""

from __future__ import annotations

from app.dataplane import resolver
from app.terminal.calls import Call


async def agnhost(call: Call) -> int:
    """Run connect, dns-suffix, dns-server-list, etc-hosts or help."""
    words = call.words[1:]
    name = words[0] if words else ""
    if name == "connect":
        return await _connect(call, words[1:])
    config = resolver.pod_config(await call.world.view(), call.home.pod)
    if name == "dns-suffix":
        call.say(",".join(config.search) + "\n")
        return 0
    if name == "dns-server-list":
        call.say(config.nameserver + "\n")
        return 0
    if name == "etc-hosts":
        call.say(call.read("/etc/hosts") or "")
        return 0
    return call.complain(f'Error: unknown command "{name}" for "app"\nRun \'app --help\' for usage.\n')


async def _connect(call: Call, words: list[str]) -> int:
    """Print TIMEOUT, REFUSED or DNS and fail, or print nothing."""
    protocol, address = "tcp", ""
    for word in words:
        if word.startswith("--protocol="):
            protocol = word.partition("=")[2]
        elif not word.startswith("-"):
            address = word
    result = await call.world.ask({"from": call.home.origin, "to": f"{protocol}://{address}"})
    said = {"name_not_found": "DNS", "refused": "REFUSED", "timeout": "TIMEOUT", "ok": ""}.get(
        result["outcome"], "OTHER"
    )
    return call.complain(f"{said}\n") if said else 0
