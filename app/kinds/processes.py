"""What a command line does in a simulated container: which ports it opens, whether it stays, how it exits.

The vocabulary of tutorials: sleep, tail -f, while true, nc -l, httpd, python -m http.server, socat, exit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "busybox"})
LONG_SLEEP = 60.0
"""A sleep at least this long is there to keep the container running."""

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LOOP = re.compile(
    r"\bwhile\s+(true|:|sleep\b|date\b|echo\b|\[+\s*(1|true)\s*\]+)|\buntil\s+false|\bfor\s*\(\(\s*;\s*;\s*\)\)"
)
_BRANCH = re.compile(r"\b(if|for|until|while|case)\b|\|\|")
_EXIT = re.compile(r"\bexit\s+(\d+)")
_SPLIT = re.compile(r"&&|\|\||[;\n|]|(?<![&>])&(?![&>\d])|\bdo\b|\bthen\b|\belse\b|\bdone\b|\bfi\b|[{}()]")
_NAMED = {"exec", "nohup", "tini", "dumb-init", "--", "-g", "time", "env", "sudo"}


@dataclass(frozen=True, slots=True)
class Process:
    """What became of a command line; `understood` is False when nothing in it is known."""

    stays: bool
    exit_code: int = 0
    ports: tuple[str, ...] = ()
    http: tuple[str, ...] = ()
    understood: bool = True
    seconds: float = 0.0
    """How long it sleeps before it exits, counted loops included."""


@dataclass(slots=True)
class _Reading:
    ports: list[str] = field(default_factory=list)
    http: list[str] = field(default_factory=list)
    stays: bool = False
    known: bool = False
    exit_code: int = 0
    seconds: float = 0.0


def understand(argv: Sequence[str], interactive: bool = False) -> Process:
    """Say what a command line does; a shell with a terminal waits for somebody to type."""
    words = [str(word) for word in argv]
    if not words:
        return Process(stays=False, understood=False)
    program = _base(words[0])
    if program in SHELLS and not (program == "busybox" and len(words) > 1 and _base(words[1]) not in SHELLS):
        script = _script_of(words)
        if script is None:
            return Process(stays=interactive)
        return _understand_script(script)
    reading = _Reading()
    _read_words(words, reading)
    return _result(reading)


def _script_of(words: Sequence[str]) -> str | None:
    for position, word in enumerate(words[1:], start=1):
        if re.fullmatch(r"-[a-z]*c[a-z]*", word):
            return "\n".join(words[position + 1 : position + 2])
    return None


def _understand_script(script: str) -> Process:
    """A script is always understood: what it does beyond our vocabulary is done at once."""
    reading = _Reading(known=True)
    if _LOOP.search(script):
        reading.stays = True
    rounds = _rounds(script)
    for line in _SPLIT.split(script):
        words = line.replace('"', " ").replace("'", " ").split()
        while words and (words[0] in _NAMED or re.fullmatch(r"\w+=\S*", words[0])):
            words = words[1:]
        if words:
            _read_words(words, reading)
    reading.seconds *= rounds
    reading.stays = reading.stays or reading.seconds >= LONG_SLEEP
    ended = _EXIT.findall(script)
    if ended:
        # A script that branches is taken to reach its good end: what it waits for is there.
        reading.exit_code = 0 if _BRANCH.search(script) else int(ended[-1])
    return _result(reading)


def _rounds(script: str) -> int:
    """Return how often a counted loop goes round: `for i in $(seq 600)`, `{1..5}` or `1 2 3`; 1 without one."""
    found = re.search(
        r"\bfor\s+\w+\s+in\s+(?:[$`]\(?\s*seq\s+(?:(\d+)\s+)?(\d+)|\{(\d+)\.\.(\d+)\}|([^;$`\n]*))", script
    )
    if found is None:
        return 1
    if found[5] is not None:
        return max(1, len(found[5].split()))
    first, last = found[1] or found[3] or "1", found[2] or found[4]
    return max(1, min(int(last[:6]) - int(first[:6]) + 1, 1_000_000))


def _result(reading: _Reading) -> Process:
    stays = reading.stays or bool(reading.ports)
    return Process(
        stays=stays,
        exit_code=0 if stays else reading.exit_code,
        ports=tuple(dict.fromkeys(reading.ports)),
        http=tuple(dict.fromkeys(reading.http)),
        understood=reading.known or stays,
        seconds=0.0 if stays else reading.seconds,
    )


def _read_words(words: Sequence[str], reading: _Reading) -> None:
    program = _base(words[0])
    rest = list(words[1:])
    if program == "busybox" and rest:
        program, rest = _base(rest[0]), rest[1:]
    reader = _PROGRAMS.get(program) or (_python if program.startswith("python") else None)
    if reader is not None:
        reading.known = True
        reader(rest, reading)


def _sleep(rest: Sequence[str], reading: _Reading) -> None:
    told = sum(seconds_of(word) for word in rest)
    reading.stays = reading.stays or told >= LONG_SLEEP
    reading.seconds += min(told, LONG_SLEEP)


def seconds_of(text: str) -> float:
    """Return the seconds of a sleep argument: `infinity`, `3600`, `1h`; 0 for anything else."""
    if text.lower() in ("infinity", "inf"):
        return float("inf")
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    return float(match[1]) * _UNITS[match[2]] if match else 0.0


def _tail(rest: Sequence[str], reading: _Reading) -> None:
    reading.stays = reading.stays or any(re.fullmatch(r"-\w*[fF]\w*|--follow\S*", word) for word in rest)


def _stays(rest: Sequence[str], reading: _Reading) -> None:
    reading.stays = True


def _ping(rest: Sequence[str], reading: _Reading) -> None:
    reading.stays = reading.stays or not any(word.startswith("-c") for word in rest)


def _fails(rest: Sequence[str], reading: _Reading) -> None:
    reading.exit_code = 1


def _exit(rest: Sequence[str], reading: _Reading) -> None:
    reading.exit_code = int(rest[0]) if rest and rest[0].isdecimal() else 0


def _ends(rest: Sequence[str], reading: _Reading) -> None:
    """It does its work and is done."""


def _netcat(rest: Sequence[str], reading: _Reading) -> None:
    flags = "".join(word[1:] for word in rest if re.fullmatch(r"-[A-Za-z]+", word))
    listening = "l" in flags or "--listen" in rest
    numbers = [word for word in rest if word.isdecimal()]
    glued = [match[1] for word in rest if (match := re.fullmatch(r"-\w*[lp](\d+)", word))]
    if (listening or glued) and (numbers or glued):
        reading.ports.append((glued or numbers)[-1] + ("/udp" if "u" in flags else ""))


def _httpd(rest: Sequence[str], reading: _Reading) -> None:
    address, _, port = (_flag(rest, "-p") or "80").rpartition(":")
    _serves(port, address, reading)


def _serves(port: str, address: str, reading: _Reading) -> None:
    """Open an HTTP port; at one address only, when the program is told to."""
    told = f"{address}:{port}" if address and address not in ("0.0.0.0", "::", "[::]") else port
    reading.ports.append(told)
    reading.http.append(told)


def _python(rest: Sequence[str], reading: _Reading) -> None:
    if "http.server" in rest or "SimpleHTTPServer" in rest:
        numbers = [word for word in rest if word.isdecimal()]
        _serves(numbers[0] if numbers else "8000", _flag(rest, "--bind") or _flag(rest, "-b"), reading)


def _socat(rest: Sequence[str], reading: _Reading) -> None:
    for word in rest:
        match = re.match(r"(tcp|udp)(4|6)?-(l|listen|recvfrom|recv)\w*:(\d+)", word, re.I)
        if match:
            reading.ports.append(match[4] + ("/udp" if match[1].lower() == "udp" else ""))


def _iperf(rest: Sequence[str], reading: _Reading) -> None:
    if "-s" in rest or "--server" in rest:
        reading.ports.append(_flag(rest, "-p") or "5201")


def _flag(rest: Sequence[str], name: str) -> str:
    for position, word in enumerate(rest):
        if word == name and position + 1 < len(rest):
            return rest[position + 1]
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
    return ""


def _base(word: str) -> str:
    return word.rpartition("/")[2]


_PROGRAMS = {
    "sleep": _sleep,
    "tail": _tail,
    "top": _stays,
    "watch": _stays,
    "pause": _stays,
    "cat": _ends,
    "sh": _ends,
    "echo": _ends,
    "printf": _ends,
    "true": _ends,
    "date": _ends,
    "env": _ends,
    "hostname": _ends,
    "id": _ends,
    "ls": _ends,
    "mkdir": _ends,
    "cp": _ends,
    "chmod": _ends,
    "touch": _ends,
    "wget": _ends,
    "curl": _ends,
    "nslookup": _ends,
    "dig": _ends,
    "ping": _ping,
    "false": _fails,
    "exit": _exit,
    "nc": _netcat,
    "ncat": _netcat,
    "netcat": _netcat,
    "httpd": _httpd,
    "socat": _socat,
    "iperf3": _iperf,
    "iperf": _iperf,
}
