"""Follows one new packet through a table as `nft list table` prints it: what the kernel would do, every chance taken."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.dataplane.iptables_tracer import Traced

NAME = r"[^\s{}]+"
STATEMENTS = (
    ("comment", r'comment "[^"]*"'),
    ("yes", r"ct state new|update @\S+ \{ ip saddr \}"),
    ("translated", r"ct status dnat"),
    ("jump", rf"jump ({NAME})"),
    ("goto", rf"goto ({NAME})"),
    ("hairpin", r"ip saddr \. ip daddr \. meta l4proto \. th dport @(\S+)"),
    ("address_map", r"ip daddr \. meta l4proto \. th dport vmap @(\S+)"),
    ("port_map", r"meta l4proto \. th dport vmap @(\S+)"),
    ("in_set", r"ip (saddr|daddr) @(\S+)"),
    ("in_network", r"ip (saddr|daddr) (!= )?(?:\{ ([^}]*) \}|([\d./]+))"),
    ("protocol", r"meta l4proto (tcp|udp|sctp)"),
    ("mark", r"meta mark set meta mark ([|^]) (0x[0-9a-f]+)"),
    ("marked", r"meta mark & (0x[0-9a-f]+) != 0x00000000"),
    ("from_here", r"fib saddr type local"),
    ("chances", r"numgen random mod \d+ vmap \{ ([^}]*) \}"),
    ("dnat_by_chance", r"dnat ip to numgen random mod \d+ map \{ ([^}]*) \}"),
    ("dnat", r"dnat to ([\d.]+):(\d+)"),
    ("masquerade", r"masquerade fully-random"),
    ("end", r"reject|drop"),
)
_PATTERNS = tuple((name, re.compile(pattern)) for name, pattern in STATEMENTS)
Statement = tuple[str, tuple[str, ...]]


@dataclass
class Table:
    """Chains as statements, sets and maps as what they hold."""

    chains: dict[str, list[list[Statement]]] = field(default_factory=dict)
    elements: dict[str, dict[str, str]] = field(default_factory=dict)


def read(text: str) -> Table:
    """Read a listing; what no statement fits is an error."""
    found = Table()
    for kind, name, body in re.findall(r"\t(set|map|chain) (\S+) \{\n(.*?)\n\t\}", text, re.DOTALL):
        if kind == "chain":
            lines = [line.strip() for line in body.splitlines()]
            found.chains[name] = [_statements(line) for line in lines if not line.startswith("type ")]
        else:
            held = re.search(r"elements = \{ (.*) \}", body, re.DOTALL)
            found.elements[name] = dict(_elements(held[1])) if held else {}
    return found


def _elements(text: str) -> Iterator[tuple[str, str]]:
    for one in text.split(",\n"):
        key, _, verdict = re.sub(r' comment "[^"]*"', "", one.strip()).partition(" : ")
        yield key.strip(), verdict.strip()


def _statements(line: str) -> list[Statement]:
    found: list[Statement] = []
    rest = line
    while rest:
        for name, pattern in _PATTERNS:
            match = pattern.match(rest)
            if match:
                found.append((name, (match[0], *(group or "" for group in match.groups()))))
                rest = rest[match.end() :].strip()
                break
        else:
            raise ValueError(f"no statement of nft is known for {rest!r}")
    return found


@dataclass
class Tracer:
    """The table of one node, and which addresses are its own."""

    table: Table
    local: frozenset[str]

    def trace(self, packet: Traced) -> list[Traced]:
        """Follow a packet through the hooks in their order."""
        from_here = packet.src in self.local
        first = (
            ("filter-output-pre-dnat", "nat-output") if from_here else ("filter-prerouting-pre-dnat", "nat-prerouting")
        )
        ways = self._hooks(first, [packet])
        found = []
        for way in ways:
            hooks = ["filter-output"] if from_here else []
            hooks += ["filter-input"] if way.dst in self.local else [] if from_here else ["filter-forward"]
            found += self._hooks((*hooks, "nat-postrouting"), [way])
        return found

    def _hooks(self, hooks: tuple[str, ...], ways: list[Traced]) -> list[Traced]:
        for hook in hooks:
            ways = [after for way in ways for after in ([way] if way.verdict else self._ends(hook, way))]
        return ways

    def _ends(self, chain: str, packet: Traced) -> list[Traced]:
        return [one for one, _ in self._walk(chain, packet)]

    def _walk(self, chain: str, packet: Traced) -> list[tuple[Traced, bool]]:
        """Return the packet as it leaves the chain, with whether its hook is done with it."""
        under_way, left = [packet], []
        for rule in self.table.chains[chain]:
            following: list[Traced] = []
            for one in under_way:
                for after, fate in self._rule(rule, one):
                    if fate == "next":
                        following.append(after)
                    else:
                        left.append((after, fate == "done"))
            under_way = following
        return [*left, *((one, False) for one in under_way)]

    def _rule(self, rule: list[Statement], packet: Traced) -> list[tuple[Traced, str]]:
        """Return what one rule makes of a packet: the next rule has its say, the chain is left, or the hook is done."""
        now = packet
        for name, words in rule:
            match name:
                case "comment" | "yes":
                    continue
                case "mark":
                    bits = int(words[2], 16)
                    now = replace(now, mark=now.mark | bits if words[1] == "|" else now.mark ^ bits)
                case "jump":
                    return [(one, "done" if done else "next") for one, done in self._walk(words[1], now)]
                case "goto":
                    return self._go(words[1], now)
                case "address_map" | "port_map":
                    verdict = self._looked_up(name, words[1], now)
                    if not verdict:
                        break
                    return self._verdict(verdict, now)
                case "chances":
                    choices = [one.partition(" : ")[2].strip() for one in words[1].split(", ")]
                    likely = replace(now, share=now.share / len(choices))
                    return [found for verdict in choices for found in self._verdict(verdict, likely)]
                case "dnat_by_chance":
                    targets = [one.partition(" : ")[2].split(" . ") for one in words[1].split(", ")]
                    share = now.share / len(targets)
                    return [(_moved(replace(now, share=share), *target), "done") for target in targets]
                case "dnat":
                    return [(_moved(now, words[1], words[2]), "done")]
                case "masquerade":
                    return [(replace(now, masqueraded=True), "done")]
                case "end":
                    return [(replace(now, verdict=words[0].upper()), "done")]
                case _:
                    if not self._holds(name, words, now):
                        break
        return [(now, "next")]

    def _go(self, chain: str, packet: Traced) -> list[tuple[Traced, str]]:
        return [(one, "done" if done else "left") for one, done in self._walk(chain, packet)]

    def _verdict(self, verdict: str, packet: Traced) -> list[tuple[Traced, str]]:
        if verdict.startswith("goto "):
            return self._go(verdict[5:], packet)
        return [(replace(packet, verdict=verdict.upper()), "done")]

    def _looked_up(self, name: str, held: str, packet: Traced) -> str:
        place = f"{packet.proto.lower()} . {packet.dport}"
        if name == "address_map":
            place = f"{packet.dst} . {place}"
        return self.table.elements[held].get(place, "")

    def _holds(self, name: str, words: tuple[str, ...], packet: Traced) -> bool:
        match name:
            case "translated":
                return packet.translated
            case "from_here":
                return packet.src in self.local
            case "protocol":
                return packet.proto.lower() == words[1]
            case "marked":
                return bool(packet.mark & int(words[1], 16))
            case "in_set":
                address = packet.src if words[1] == "saddr" else packet.dst
                # Sets of affinity are empty: nobody was here before.
                return address in self.table.elements[words[2]]
            case "hairpin":
                place = f"{packet.src} . {packet.dst} . {packet.proto.lower()} . {packet.dport}"
                return place in self.table.elements[words[1]]
        address = ipaddress.ip_address(packet.src if words[1] == "saddr" else packet.dst)
        networks = [ipaddress.ip_network(text.strip()) for text in (words[3] or words[4]).split(",")]
        return any(address in network for network in networks) is not bool(words[2])


def _moved(packet: Traced, address: str, port: str) -> Traced:
    return replace(packet, dst=address, dport=int(port), translated=True)
