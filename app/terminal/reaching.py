"""Programs that try a connection: nc in its kinds, ping, telnet, traceroute, and the clients of stores."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.dataplane import networks
from app.terminal import fetching, questions, replies
from app.terminal.calls import Call, Program

_BUSYBOX_NC = (
    "Usage: nc [-iN] [-wN] [-l] [-p PORT] [-f FILE|IPADDR PORT] [-e PROG]\n\n"
    "Open a pipe to IP:PORT or FILE\n\n\t-l\tListen mode, for inbound connects\n\t\t(use -ll with -e for persistent server)\n"
    "\t-p PORT\tLocal port\n\t-w SEC\tConnect timeout\n\t-i SEC\tDelay interval for lines sent\n"
    "\t-f FILE\tUse file (ala /dev/ttyS0) instead of network\n\t-e PROG\tRun PROG after connect\n"
)
_OPENBSD_NC = (
    "usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n"
    "\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n"
    "\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n"
    "\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]\n"
)
_SERVICES = {
    "22": "ssh", "25": "smtp", "53": "domain", "80": "http", "443": "https", "3306": "mysql", "5432": "postgresql",
    "6379": "redis", "8080": "http-alt", "9090": "*", "27017": "*",
}  # fmt: skip


@dataclass(slots=True)
class _Line:
    flags: str = ""
    rest: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


def _understand(call: Call, valued: str) -> _Line:
    line, words = _Line(), iter(call.words[1:])
    for word in words:
        if not word.startswith("-") or len(word) == 1:
            line.rest.append(word)
            continue
        for position, letter in enumerate(word[1:], 2):
            if letter in valued:
                line.values[letter] = word[position:] or next(words, "")
                break
            line.flags += letter
    return line


async def nc(call: Call) -> int:
    """Connect, send what comes in, print what comes back."""
    busybox = call.home.flavor == "busybox"
    line = _understand(call, "wqipsIMmOPTVWXxef")
    if "l" in line.flags:
        return call.complain(
            f"{call.program}: listening is not simulated: give a pod the annotation podlane.dev/listen\n"
        )
    ports = _ports(line.rest[1]) if len(line.rest) > 1 else []
    if not ports:
        return call.complain(_BUSYBOX_NC if busybox else _OPENBSD_NC)
    code = 1
    for port in ports:
        code = min(code, await _connect(call, line, line.rest[0], port))
    return code


def _ports(text: str) -> list[int]:
    found = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", text)
    if found is None:
        return []
    first, last = int(found[1]), int(found[2] or found[1])
    return list(range(first, min(last, first + 99, 65535) + 1)) if first > 0 else []


async def _connect(call: Call, line: _Line, name: str, port: int) -> int:
    busybox, told = call.home.flavor == "busybox", "v" in line.flags
    scheme = "udp" if "u" in line.flags else "tcp"
    result = await fetching.connected(call, name, port, scheme)
    outcome = result["outcome"] if result else "name_not_found"
    if result is None or outcome == "name_not_found":
        if busybox:
            return call.complain(f"nc: bad address '{name}'\n")
        return call.complain(f'nc: getaddrinfo for host "{name}" port {port}: Name or service not known\n')
    address = fetching.destination(result) or name
    if outcome != "ok":
        return call.complain(_failure(call, (name, address, port, scheme), outcome, told))
    if told:
        shown = f"{name} ({address}:{port}) open\n"
        if not busybox:
            numeric = "" if name == address else f" ({address})"
            shown = f"Connection to {name}{numeric} {port} port [{scheme}/{_SERVICES.get(str(port), '*')}] succeeded!\n"
        call.complain(shown)
    if "z" not in line.flags:
        # What says nothing until it hears something is waited for until the input ends.
        call.say(await replies.spoken(call.world, result, scheme, call.stdin))
    return 0


def _failure(call: Call, place: tuple[str, str, int, str], outcome: str, told: bool) -> str:
    name, address, port, scheme = place
    said = {"refused": "Connection refused", "no_route": "No route to host"}.get(outcome, "Operation timed out")
    if call.home.flavor == "busybox":
        said = {"No route to host": "Host is unreachable"}.get(said, said)
        return f"nc: {name} ({address}:{port}): {said}\n"
    shown = name if name == address else f"{name} ({address})"
    if not told or scheme == "udp":
        return ""
    if outcome == "timeout":
        return f"nc: connect to {shown} port {port} ({scheme}) timed out: Operation now in progress\n"
    return f"nc: connect to {shown} port {port} ({scheme}) failed: {said}\n"


async def _addressed(call: Call, name: str) -> tuple[str, str]:
    """Return the address of a name, with the name in full; empty when it has none."""
    if networks.ipv4(name) is not None:
        return name, name
    answer = await questions.ask(call, name)
    found = [record for record in answer.records if record["type"] == "A"]
    return (str(found[0]["data"]), str(found[0]["name"]).rstrip(".")) if found else ("", "")


async def ping(call: Call) -> int:
    """Pods and nodes answer an echo request, a ClusterIP does not: no rule turns ICMP around there."""
    line = _understand(call, "cWwisIt")
    name = line.rest[0] if line.rest else ""
    busybox = call.home.flavor == "busybox"
    if not name:
        return call.complain(
            "ping: usage error: Destination address required\n" if not busybox else "Usage: ping HOST\n", 2
        )
    wanted = line.values.get("c", "4")
    count = min(int(wanted), 20) if wanted.isdecimal() and int(wanted) else 4
    address, full = await _addressed(call, name)
    if not address:
        said = f"ping: bad address '{name}'\n" if busybox else f"ping: {name}: Name or service not known\n"
        return call.complain(said, 1 if busybox else 2)
    result = await fetching.echoed(call, address)
    answers = result is not None and result["outcome"] == "ok"
    near = not networks.STAND_INS.holds(address)
    own = address == call.home.address or networks.LOOPBACK.holds(address)
    hops = (64 if own else 62) if near else 54
    times = [0.041 + 0.013 * (number * 7 % 5) + (0 if own else 0.2) for number in range(count if answers else 0)]
    if busybox:
        return _ping_busybox(call, (name, full, address), times, (count, hops))
    said = _UNREACHABLE.get(result["outcome"] if result else "", "")
    return _ping_iputils(call, (name, full, address), times, (count, hops), said)


_UNREACHABLE = {"refused": "Destination Port Unreachable", "no_route": "Destination Host Unreachable"}


def _ping_busybox(call: Call, place: tuple[str, str, str], times: list[float], sent: tuple[int, int]) -> int:
    name, _, address = place
    count, hops = sent
    quiet = "q" in "".join(word for word in call.words[1:] if word.startswith("-"))
    call.say(f"PING {name} ({address}): 56 data bytes\n")
    for number, time in enumerate(times if not quiet else []):
        call.say(f"64 bytes from {address}: seq={number} ttl={hops} time={time:.3f} ms\n")
    call.say(f"\n--- {name} ping statistics ---\n")
    lost = 100 - 100 * len(times) // count
    call.say(f"{count} packets transmitted, {len(times)} packets received, {lost}% packet loss\n")
    if times:
        mean = sum(times) / len(times)
        call.say(f"round-trip min/avg/max = {min(times):.3f}/{mean:.3f}/{max(times):.3f} ms\n")
    return int(not times)


def _ping_iputils(
    call: Call, place: tuple[str, str, str], times: list[float], sent: tuple[int, int], refusal: str
) -> int:
    name, full, address = place
    count, hops = sent
    shown, origin = (name, address) if name == address else (full, f"{full} ({address})")
    call.say(f"PING {shown} ({address}) 56(84) bytes of data.\n")
    for number, time in enumerate(times, 1):
        call.say(f"64 bytes from {origin}: icmp_seq={number} ttl={hops} time={time:.3f} ms\n")
    gateway = f"{call.home.address.rpartition('.')[0]}.1"
    for number in range(1, count + 1 if refusal else 1):
        call.say(f"From {gateway} icmp_seq={number} {refusal}\n")
    call.say(f"\n--- {shown} ping statistics ---\n")
    lost = 100 - 100 * len(times) // count
    failed = f", +{count} errors" if refusal else ""
    call.say(
        f"{count} packets transmitted, {len(times)} received{failed}, {lost}% packet loss, time {(count - 1) * 1014}ms\n"
    )
    if not times:
        call.say("\n")
        return 1
    mean = sum(times) / len(times)
    spread = (sum((time - mean) ** 2 for time in times) / len(times)) ** 0.5
    call.say(f"rtt min/avg/max/mdev = {min(times):.3f}/{mean:.3f}/{max(times):.3f}/{spread:.3f} ms\n")
    return 0


async def traceroute(call: Call) -> int:
    """DIFFERS: the way is shown by its end only: which router stands between nodes is not simulated."""
    line = _understand(call, "mqwpfis")
    name = line.rest[0] if line.rest else ""
    address, _ = await _addressed(call, name)
    if not address:
        return call.complain(f"traceroute: bad address '{name}'\n")
    view = await call.world.view()
    call.say(f"traceroute to {name} ({address}), 30 hops max, 46 byte packets\n")
    node = view.node_at(address) or next((str(one["spec"].get("nodeName")) for one in view.pods_at(address)), "")
    if not node:
        call.say("".join(f"{number:2}  *  *  *\n" for number in range(1, 31)))
        return 0
    call.say(f" 1  {address} ({address})  0.004 ms  0.003 ms  0.003 ms\n")
    return 0


def _is_port(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 65536


async def telnet(call: Call) -> int:
    """Say whether a port can be connected to."""
    words = [word for word in call.words[1:] if not word.startswith("-")]
    if not words:
        return call.complain("Usage: telnet [-a] [-l USER] HOST [PORT]\n\nConnect to telnet server\n")
    port = words[1] if len(words) > 1 else "23"
    result = await fetching.connected(call, words[0], int(port)) if _is_port(port) else None
    if result is None or result["outcome"] == "name_not_found":
        return call.complain(f"telnet: bad address '{words[0]}'\n")
    outcome, address = result["outcome"], fetching.destination(result)
    if outcome == "ok":
        call.say(f"Connected to {words[0]}\n")
        said = await replies.spoken(call.world, result, "tcp", call.stdin)
        call.say(said)
        if said.startswith("HTTP/"):
            return call.complain("Connection closed by foreign host\n")
        return 0
    said = {"refused": "Connection refused", "no_route": "Host is unreachable"}.get(outcome, "Operation timed out")
    return call.complain(f"telnet: can't connect to remote host ({address}): {said}\n")


async def redis_cli(call: Call) -> int:
    """Ask a store for PING; other commands are not simulated, since it holds nothing."""
    line = _understand(call, "hpanu")
    name, port = line.values.get("h", "127.0.0.1"), line.values.get("p", "6379")
    result = await fetching.connected(call, name, int(port)) if _is_port(port) else None
    outcome = result["outcome"] if result else "name_not_found"
    if result is None or outcome != "ok":
        said = {"name_not_found": "Name or service not known", "refused": "Connection refused"}.get(
            outcome, "Connection timed out"
        )
        return call.complain(f"Could not connect to Redis at {name}:{port}: {said}\n")
    said = await replies.spoken(call.world, result, "tcp", " ".join(line.rest) or "ping")
    call.say(said.lstrip("+").replace("-ERR", "(error) ERR").replace("\r\n", "\n"))
    return 0


async def openssl(call: Call) -> int:
    """DIFFERS: certificates are not simulated: s_client says whether a connection came about, and no more."""
    words = call.words[1:]
    place = words[words.index("-connect") + 1] if "-connect" in words[:-1] else ""
    name, _, port = place.partition(":")
    if words[:1] != ["s_client"] or not _is_port(port):
        return call.complain("openssl: the simulated openssl knows s_client -connect HOST:PORT\n")
    result = await fetching.connected(call, name, int(port))
    outcome = result["outcome"] if result else "name_not_found"
    if outcome == "name_not_found":
        return call.complain(
            f"BIO_lookup_ex:system lib:Name or service not known:calling getaddrinfo({name})\nconnect:errno=22\n"
        )
    if outcome != "ok":
        return call.complain(f"connect:errno={111 if outcome == 'refused' else 110}\n")
    call.say("CONNECTED(00000003)\n---\nno peer certificate available\n---\n")
    return call.complain("openssl: the simulated far end shows no certificate; curl -v https://… says how TLS fares\n")


PROGRAMS: Mapping[str, Program] = {
    "nc": nc,
    "ncat": nc,
    "netcat": nc,
    "ping": ping,
    "traceroute": traceroute,
    "tracepath": traceroute,
    "telnet": telnet,
    "redis-cli": redis_cli,
    "openssl": openssl,
}
