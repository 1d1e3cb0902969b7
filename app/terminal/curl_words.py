"""The words of a curl line: its options, bundled or long, with or without a value."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

_VALUED = {
    "-H": "header", "--header": "header", "-o": "output", "--output": "output", "-w": "write", "--write-out": "write",
    "-m": "patience", "--max-time": "patience", "--connect-timeout": "connect", "-X": "method", "--request": "method",
    "-d": "text", "--data": "text", "--data-raw": "text", "--data-ascii": "text", "--data-binary": "text",
    "--data-urlencode": "urlencoded", "--json": "json", "--cacert": "ca", "--capath": "capath", "-A": "agent",
    "--user-agent": "agent", "--retry": "retry", "--retry-delay": "delay", "--retry-max-time": "-", "-u": "user",
    "--user": "user", "--interface": "interface", "--resolve": "resolve", "--connect-to": "-", "-e": "referer",
    "--referer": "referer", "-b": "cookie", "--cookie": "cookie", "-c": "-", "--cookie-jar": "-", "--url": "url",
    "--oauth2-bearer": "bearer", "--max-redirs": "-", "-x": "proxy", "--proxy": "proxy", "-E": "-", "--cert": "-",
    "--key": "-", "--limit-rate": "-", "-T": "upload", "--upload-file": "upload", "-F": "form", "--form": "form",
    "--noproxy": "-", "--dns-servers": "-", "-K": "-", "--config": "-", "-r": "range", "--range": "range", "-z": "-",
    "--local-port": "-", "--keepalive-time": "-", "-y": "-", "-Y": "-", "--speed-limit": "-", "--speed-time": "-",
    "-D": "dump", "--dump-header": "dump", "--stderr": "-", "--unix-socket": "-", "--ciphers": "-", "--tls-max": "-",
}  # fmt: skip
_SWITCHES = {
    "--silent": "s", "--show-error": "S", "--include": "i", "--show-headers": "i", "--head": "I", "--insecure": "k",
    "--verbose": "v", "--fail": "f", "--location": "L", "--globoff": "g", "--disable": "q", "--ipv4": "4",
    "--ipv6": "6", "--get": "G", "--remote-name": "O", "--no-buffer": "N", "--http1.1": "-", "--http1.0": "0",
    "--http2": "-", "--compressed": "-", "--progress-bar": "#", "--no-progress-meter": "s", "--retry-connrefused": "R",
    "--retry-all-errors": "R", "--fail-with-body": "F", "--tlsv1.2": "-", "--tlsv1.3": "-", "--anyauth": "-",
    "--basic": "-", "--no-keepalive": "-", "--tcp-nodelay": "-", "--location-trusted": "L", "--parallel": "-",
    "--version": "V", "--help": "h", "--http0.9": "9", "--ssl-no-revoke": "-", "--raw": "-", "--path-as-is": "-",
    "--trace-time": "-", "--haproxy-protocol": "-", "--create-dirs": "-", "--remove-on-error": "-", "--no-npn": "-",
    "--no-alpn": "-", "--http2-prior-knowledge": "-", "--proto-default": "-", "--fail-early": "-", "--next": "-",
}  # fmt: skip
_LETTERS = frozenset("sSiIkvfLgq46GON#0V12nhjJlMRaB:-Z")


class Misused(Exception):
    """The line cannot be understood; the text is what curl prints."""


@dataclass(slots=True)
class Line:
    """A curl line, understood."""

    urls: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    """Headers that are not to be sent."""
    given: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    pins: dict[str, str] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)


def understand(words: list[str]) -> Line:
    """Read the words behind curl; raises Misused."""
    line, rest = Line(), iter(words)
    for word in rest:
        if word.startswith("--") and len(word) > 2:
            _long(line, word, rest)
        elif word.startswith("-") and len(word) > 1:
            _bundle(line, word[1:], rest)
        else:
            line.urls.append(word)
    return line


def _long(line: Line, word: str, rest: Iterator[str]) -> None:
    if word in _VALUED:
        _take(line, word, next(rest, None))
    elif word in _SWITCHES:
        line.flags.add(_SWITCHES[word])
    elif not word.startswith("--no-"):
        raise Misused(f"option {word}: is unknown")


def _bundle(line: Line, letters: str, rest: Iterator[str]) -> None:
    for position, letter in enumerate(letters):
        if f"-{letter}" in _VALUED:
            _take(line, f"-{letter}", letters[position + 1 :] or next(rest, None))
            return
        if letter not in _LETTERS:
            raise Misused(f"option -{letters}: is unknown")
        line.flags.add(letter)


def _take(line: Line, option: str, value: str | None) -> None:
    if value is None:
        raise Misused(f"option {option}: requires parameter")
    name = _VALUED[option]
    match name:
        case "header":
            _header(line, value)
        case "bearer":
            line.headers["Authorization"] = f"Bearer {value}"
        case "user":
            line.headers["Authorization"] = f"Basic {base64.b64encode(value.encode()).decode()}"
            line.given["user"] = value.partition(":")[0]
        case "agent":
            line.headers["User-Agent"] = value
        case "referer" | "cookie":
            line.headers[name.capitalize()] = value
        case "range":
            line.headers["Range"] = f"bytes={value}"
        case "url":
            line.urls.append(value)
        case "output":
            line.outputs.append(value)
        case "text" | "urlencoded" | "json":
            _add_text(line, name, value, raw=option == "--data-raw")
        case "resolve":
            host, _, place = value.lstrip("+").partition(":")
            port, _, address = place.partition(":")
            line.pins[f"{host}:{port}"] = address
        case _:
            line.given[name] = value


def _header(line: Line, value: str) -> None:
    title, colon, text = value.partition(":")
    if colon and not text.strip():
        line.dropped.add(title.strip().lower())
    elif colon:
        line.headers[title.strip()] = text.strip()
    elif value.endswith(";"):
        line.headers[value[:-1]] = ""


def _add_text(line: Line, name: str, value: str, *, raw: bool) -> None:
    if name == "json":
        line.headers.setdefault("Content-Type", "application/json")
        line.headers.setdefault("Accept", "application/json")
    if name == "urlencoded":
        title, sign, text = value.partition("=")
        value = f"{title}={quote(text, safe='')}" if sign else quote(title, safe="")
    line.texts.append(f"={value}" if raw or name == "urlencoded" else f":{value}")
