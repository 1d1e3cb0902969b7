"""Follows one new packet through rules as `iptables-save` prints them: what the kernel would do with it, every chance taken."""

from __future__ import annotations

import ipaddress
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

ENDS = frozenset({"ACCEPT", "DROP", "REJECT", "RETURN", "DNAT", "MASQUERADE", "MARK"})


@dataclass(frozen=True)
class Traced:
    """A packet on its way, with its mark, what it met, and how likely this way is."""

    proto: str
    src: str
    dst: str
    dport: int
    mark: int = 0
    share: float = 1.0
    verdict: str = ""
    translated: bool = False
    masqueraded: bool = False

    @property
    def output(self) -> str:
        """What a packet table calls the output: REJECT, DROP, an endpoint, or nothing."""
        return self.verdict or (f"{self.dst}:{self.dport}" if self.translated else "")


@dataclass(frozen=True)
class Rule:
    """One rule: what must hold of a packet, and where it goes then."""

    tests: tuple[tuple[str, bool, str], ...]
    target: str
    options: Mapping[str, str]


def read(text: str) -> dict[str, dict[str, list[Rule]]]:
    """Read the output of iptables-save: rules by table and chain."""
    tables: dict[str, dict[str, list[Rule]]] = {}
    table: dict[str, list[Rule]] = {}
    for line in text.splitlines():
        if line.startswith("*"):
            table = tables[line[1:]] = {}
        elif line.startswith(":"):
            table.setdefault(line[1:].split()[0], [])
        elif line.startswith("-A "):
            words = shlex.split(line)
            table.setdefault(words[1], []).append(_rule(words[2:]))
    return tables


def _rule(words: Sequence[str]) -> Rule:
    tests: list[tuple[str, bool, str]] = []
    options: dict[str, str] = {}
    target, negated = "", False
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "!":
            negated = True
            continue
        value = ""
        while waiting and not waiting[0].startswith("-") and waiting[0] != "!":
            value = f"{value} {waiting.pop(0)}".strip()
        if word == "-j":
            target = value
        elif target:
            options[word] = value
        elif word not in ("-m", "--comment"):
            tests.append((word, negated, value))
        negated = False
    return Rule(tuple(tests), target, options)


@dataclass
class Tracer:
    """The rules of one node, and which addresses are its own."""

    rules: dict[str, dict[str, list[Rule]]]
    local: frozenset[str]
    unknown: set[str] = field(default_factory=set)

    def trace(self, packet: Traced) -> list[Traced]:
        """Follow a packet: translation, filters, and the source on the way out."""
        from_here = packet.src in self.local
        found = []
        for one in self._chain("nat", "OUTPUT" if from_here else "PREROUTING", packet):
            found += self._filtered(one, from_here)
        return found

    def _filtered(self, packet: Traced, from_here: bool) -> Iterator[Traced]:
        hooks = ["OUTPUT"] if from_here else []
        hooks += ["INPUT"] if packet.dst in self.local else [] if from_here else ["FORWARD"]
        ways = [packet]
        for hook in hooks:
            ways = [after for way in ways for after in ([way] if way.verdict else self._chain("filter", hook, way))]
        for way in ways:
            yield from [way] if way.verdict else self._chain("nat", "POSTROUTING", way)

    def _chain(self, table: str, chain: str, packet: Traced) -> list[Traced]:
        """Return every way through a built-in chain; what no rule ends is accepted."""
        return [replace(one, share=one.share) for one, _ in self._walk(table, chain, packet)]

    def _walk(self, table: str, chain: str, packet: Traced) -> list[tuple[Traced, bool]]:
        """Return the packet as it leaves the chain on each way, with whether its table is done with it."""
        under_way, done = [packet], []
        for rule in self.rules[table].get(chain, ()):
            following: list[Traced] = []
            for one in under_way:
                likely = self._likelihood(rule, one)
                if likely < 1.0:
                    following.append(replace(one, share=one.share * (1 - likely)))
                if likely > 0.0:
                    went_on, ended = self._jump(table, rule, replace(one, share=one.share * likely))
                    following += went_on
                    done += ended
            under_way = following
        return [*done, *((one, False) for one in under_way)]

    def _jump(self, table: str, rule: Rule, packet: Traced) -> tuple[list[Traced], list[tuple[Traced, bool]]]:
        match rule.target:
            case "":
                return [packet], []
            case "ACCEPT":
                return [], [(packet, True)]
            case "RETURN":
                return [], [(packet, False)]
            case "DROP" | "REJECT":
                return [], [(replace(packet, verdict=rule.target), True)]
            case "MARK":
                return [replace(packet, mark=_marked(packet.mark, rule.options))], []
            case "DNAT":
                address, _, port = rule.options["--to-destination"].rpartition(":")
                return [], [(replace(packet, dst=address, dport=int(port), translated=True), True)]
            case "MASQUERADE":
                return [], [(replace(packet, masqueraded=True), True)]
        went_on, done = [], []
        for after, is_done in self._walk(table, rule.target, packet):
            if is_done:
                done.append((after, True))
            else:
                went_on.append(after)
        return went_on, done

    def _likelihood(self, rule: Rule, packet: Traced) -> float:
        likely = 1.0
        for name, negated, value in rule.tests:
            if name == "--probability":
                likely *= float(value)
            elif name not in ("--mode", "--set", "--name", "--seconds", "--reap", "--rsource", "--mask"):
                if self._holds(name, value, packet) is negated:
                    return 0.0
        return likely

    def _holds(self, name: str, value: str, packet: Traced) -> bool:
        match name:
            case "-s":
                return _within(packet.src, value)
            case "-d":
                return _within(packet.dst, value)
            case "-p":
                return packet.proto.lower() == value
            case "--dport":
                return packet.dport == int(value)
            case "--mark":
                wanted, _, mask = value.partition("/")
                return packet.mark & int(mask or "0xffffffff", 16) == int(wanted, 16)
            case "--ctstate":
                states = value.split(",")
                return "NEW" in states or ("DNAT" in states and packet.translated)
            case "--src-type":
                return packet.src in self.local
            case "--dst-type":
                return packet.dst in self.local
            case "--rcheck":
                # The first packet of a client: nobody remembers it.
                return False
            case "--nfacct-name":
                return True
        self.unknown.add(name)
        return False


def _within(address: str, network: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network)


def _marked(mark: int, options: Mapping[str, str]) -> int:
    """MARK --set-xmark value/mask: clear the mask's bits, then toggle the value's."""
    value, _, mask = options["--set-xmark"].partition("/")
    return (mark & ~int(mask or "0xffffffff", 16)) ^ int(value, 16)
