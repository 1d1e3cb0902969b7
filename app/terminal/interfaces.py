"""What a pod's network looks like from inside: ip, ifconfig, route, ss and netstat, in their several formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.kinds import images
from app.machinery import objects
from app.terminal.calls import Call, Program

_GO = frozenset({"agnhost", "whoami", "http-echo", "podinfo", "hello-app", "coredns", "traefik", "serve_hostname"})
_FOREVER = "       valid_lft forever preferred_lft forever\n"
_ROUTES = "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"


def _hardware(address: str) -> str:
    """Return the hardware address of a pod's interface, made from its address as bridge plugins do."""
    numbers = [int(part) for part in address.split(".")]
    return "0a:58:" + ":".join(f"{number:02x}" for number in numbers)


def _link_local(address: str) -> str:
    one, two, three, four = (int(part) for part in address.split("."))
    return f"fe80::858:{one << 8 | 0xFF:x}:{0xFE00 | two:x}:{three << 8 | four:x}"


def _gateway(address: str) -> str:
    return address.rpartition(".")[0] + ".1"


def _network(address: str) -> str:
    return address.rpartition(".")[0] + ".0"


async def ip(call: Call) -> int:
    """Show addresses, links or routes."""
    flags = [word for word in call.words[1:] if word.startswith("-")]
    words = [word for word in call.words[1:] if not word.startswith("-")]
    what, rest = (words[0], words[1:]) if words else ("", [])
    if not what:
        return call.complain("Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\n", 255)
    if "route".startswith(what):
        return _route(call, rest)
    if "neighbour".startswith(what) or "neighbor".startswith(what):
        return 0
    if not ("address".startswith(what) or "link".startswith(what)):
        return call.complain(f'Object "{what}" is unknown, try "ip help".\n')
    if rest and rest[0] not in ("show", "s", "list", "ls", "sh", "l"):
        return call.complain("RTNETLINK answers: Operation not permitted\n", 2)
    wanted = next((word for word in rest[1:] if word != "dev"), "")
    if wanted not in ("", "lo", "eth0"):
        missing = f'Device "{wanted}" does not exist.\n'
        return call.complain(missing if call.home.flavor != "busybox" else f"ip: can't find device '{wanted}'\n")
    if "-br" in flags or "-brief" in flags:
        return _brief(call, wanted)
    for name in ("lo", "eth0"):
        if wanted in ("", name):
            call.say(_interface(call, name, addresses="address".startswith(what), only_ipv4="-4" in flags))
    return 0


def _interface(call: Call, name: str, *, addresses: bool, only_ipv4: bool) -> str:
    iproute, own = call.home.flavor != "busybox", call.home.address
    mode = "group default " if iproute else ""
    mode = f"mode DEFAULT {mode}" if iproute and not addresses else mode
    if name == "lo":
        text = f"1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN {mode}qlen 1000\n"
        hardware, address, scope, v6, local = "00:00:00:00:00:00", "127.0.0.1/8", "host", "::1/128", "host"
        cast, brd = "loopback", "00:00:00:00:00:00"
    else:
        text = f"2: eth0@if7: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP {mode}qlen 1000\n"
        hardware, scope, v6, local = _hardware(own), "global", f"{_link_local(own)}/64", "link"
        address, cast, brd = f"{own}/24 brd {own.rpartition('.')[0]}.255", "ether", "ff:ff:ff:ff:ff:ff"
    if not only_ipv4:
        text += f"    link/{cast} {hardware} brd {brd}\n"
    if addresses:
        text += f"    inet {address} scope {scope} {name}\n{_FOREVER}"
        text += "" if only_ipv4 else f"    inet6 {v6} scope {local} \n{_FOREVER}"
    return text


def _brief(call: Call, wanted: str) -> int:
    own = call.home.address
    if wanted in ("", "lo"):
        call.say(f"{'lo':<17}{'UNKNOWN':<15}127.0.0.1/8 ::1/128 \n")
    if wanted in ("", "eth0"):
        call.say(f"{'eth0@if7':<17}{'UP':<15}{own}/24 {_link_local(own)}/64 \n")
    return 0


def _route(call: Call, rest: Sequence[str]) -> int:
    own, gateway = call.home.address, _gateway(call.home.address)
    if rest[:1] == ["get"] and len(rest) > 1:
        near = rest[1].rpartition(".")[0] == own.rpartition(".")[0]
        via = "" if near else f"via {gateway} "
        call.say(f"{rest[1]} {via}dev eth0 src {own} uid 0 \n    cache \n")
        return 0
    if rest and rest[0] not in ("show", "s", "list", "ls", "sh", "l"):
        return call.complain("RTNETLINK answers: Operation not permitted\n", 2)
    call.say(f"default via {gateway} dev eth0 \n")
    if "default" not in rest:
        link = "scope link  src" if call.home.flavor == "busybox" else "proto kernel scope link src"
        call.say(f"{_network(own)}/24 dev eth0 {link} {own} \n")
    return 0


async def route(call: Call) -> int:
    """Show the routing table in the old format."""
    own = call.home.address
    rows = (("0.0.0.0", _gateway(own), "0.0.0.0", "UG"), (_network(own), "0.0.0.0", "255.255.255.0", "U"))
    lines = (f"{to:<15} {by:<15} {mask:<15} {flags:<5} 0      0        0 eth0\n" for to, by, mask, flags in rows)
    call.say(_ROUTES + "".join(lines))
    return 0


async def ifconfig(call: Call) -> int:
    """Show the interfaces in the old format."""
    wanted = next((word for word in call.words[1:] if not word.startswith("-")), "")
    own = call.home.address
    if wanted not in ("", "eth0", "lo"):
        return call.complain(f"ifconfig: {wanted}: error fetching interface information: Device not found\n")
    if wanted in ("", "eth0"):
        call.say(
            f"eth0      Link encap:Ethernet  HWaddr {_hardware(own).upper()}  \n"
            f"          inet addr:{own}  Bcast:{own.rpartition('.')[0]}.255  Mask:255.255.255.0\n"
            f"          inet6 addr: {_link_local(own)}/64 Scope:Link\n"
            "          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n"
            "          RX packets:14 errors:0 dropped:0 overruns:0 frame:0\n"
            "          TX packets:12 errors:0 dropped:0 overruns:0 carrier:0\n"
            "          collisions:0 txqueuelen:1000 \n          RX bytes:1126 (1.0 KiB)  TX bytes:936 (936.0 B)\n\n"
        )
    if wanted in ("", "lo"):
        call.say(
            "lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n"
            "          inet6 addr: ::1/128 Scope:Host\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n"
            "          RX packets:0 errors:0 dropped:0 overruns:0 frame:0\n"
            "          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n"
            "          collisions:0 txqueuelen:1000 \n          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)\n\n"
        )
    return 0


# --- sockets -----------------------------------------------------------------------------------------------


def _letters(call: Call) -> str:
    return "".join(word[1:] for word in call.words[1:] if word.startswith("-") and not word.startswith("--"))


def _open_ports(call: Call) -> list[tuple[images.Listener, str, bool]]:
    """Return what listens in the pod, the program behind it, and whether it is bound to both families."""
    flags = _letters(call)
    both = not set(flags) & {"t", "u"}
    found = []
    for one in images.listeners(call.home.pod):
        if not both and ("u" if one.protocol == "UDP" else "t") not in flags:
            continue
        own = next((each for each in images.serving_containers(call.home.pod) if each.get("name") == one.container), {})
        name = images.parse_name(str(own.get("image") or "")).repository.rpartition("/")[2] or "server"
        found.append((one, name, name in _GO))
    listed = "l" in flags or "a" in flags or both
    return found if listed else []


async def netstat(call: Call) -> int:
    """Show listening sockets; connections end before anybody could look."""
    flags = _letters(call)
    if "r" in flags:
        return await route(call)
    kind = "servers and established" if "a" in flags else "only servers" if "l" in flags else "w/o servers"
    programs = "PID/Program name    " if "p" in flags else ""
    call.say(f"Active Internet connections ({kind})\n")
    call.say(f"Proto Recv-Q Send-Q Local Address           Foreign Address         State       {programs}\n")
    for one, name, both in _open_ports(call):
        proto = one.protocol.lower()
        everywhere = ("::", ":::*") if both and not one.address else (one.address or "0.0.0.0", "0.0.0.0:*")
        local, state = f"{everywhere[0]}:{one.port}", "LISTEN" if proto == "tcp" else ""
        shown = f"1/{name}".ljust(20) if programs else ""
        call.say(f"{proto:<5}      0      0 {local:<23} {everywhere[1]:<23} {state:<11} {shown}\n")
    return 0


async def ss(call: Call) -> int:
    """Show listening sockets as iproute2 does: columns as wide as they need to be."""
    flags = _letters(call)
    found = _open_ports(call)
    shows_kind = ("t" in flags) == ("u" in flags)
    rows = []
    for one, name, both in found:
        proto = one.protocol.lower()
        address = one.address or ("*" if both else "0.0.0.0")
        users = f'users:(("{name}",pid=1,fd=6))' if "p" in flags else ""
        state = "UNCONN" if proto == "udp" else "LISTEN"
        queue = "0" if proto == "udp" else "4096"
        rows.append((proto, state, queue, address, str(one.port), "*" if both else "0.0.0.0", users))
    wide = [
        max([len(title), *(len(row[at]) for row in rows)]) for at, title in ((3, "Local Address"), (5, "Peer Address"))
    ]
    process = max([7, *(len(row[6]) for row in rows)])
    kind = "Netid " if shows_kind else ""
    call.say(
        f"{kind}State  Recv-Q Send-Q {'Local Address':>{wide[0]}}:Port {'Peer Address':>{wide[1]}}:Port{'Process':<{process}}\n"
    )
    for proto, state, queue, local, port, peer, users in rows:
        kind = f"{proto:<6}" if shows_kind else ""
        call.say(
            f"{kind}{state:<7}0      {queue:<6} {local:>{wide[0]}}:{port:<4} {peer:>{wide[1]}}:*   {users:<{process}}\n"
        )
    return 0


async def ps(call: Call) -> int:
    """Show the container's own process, and this one."""
    container = call.home.container
    words = [*(container.get("command") or ()), *(container.get("args") or ())]
    own = images.parse_name(str(container.get("image") or "")).repository.rpartition("/")[2]
    told = " ".join(str(word) for word in words) or own
    if objects.spec_of(call.home.pod).get("shareProcessNamespace"):
        told = "/pause"
    call.say(
        f"PID   USER     TIME  COMMAND\n    1 root      0:00 {told}\n    7 root      0:00 {' '.join(call.words)}\n"
    )
    return 0


PROGRAMS: Mapping[str, Program] = {
    "ip": ip,
    "route": route,
    "ifconfig": ifconfig,
    "netstat": netstat,
    "ss": ss,
    "ps": ps,
}
