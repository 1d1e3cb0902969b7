"""What a request asks for, read from JSON and checked: every refusal says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from app.dataplane import dns, networks
from app.dataplane.packet import Protocol
from app.machinery import errors, validation

MOST = 100_000
MOST_TRACED = 1_000
PORTS = {"http": 80, "https": 443}
PROTOCOLS = {
    "http": Protocol.TCP,
    "https": Protocol.TCP,
    "tcp": Protocol.TCP,
    "udp": Protocol.UDP,
    "sctp": Protocol.SCTP,
    "icmp": Protocol.ICMP,
}
SCHEMES = (*PROTOCOLS, "dns")
_ORIGINS = ("pod", "node", "external", "port_forward", "api_server")
_FIELDS = ("from", "to", "via", "headers", "count", "keep_alive", "trace", "results", "at")
_TARGET = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?(?P<host>[^/?#:\s]*)(?::(?P<port>[^/?#\s]*))?(?P<path>[/?][^#\s]*)?"
)
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Origin:
    """Who sends: kind is pod, node, external (name is the address), port_forward (into that pod) or api_server."""

    kind: str
    name: str
    namespace: str = ""
    by_container: bool = False
    """What a container does by itself: an init container asks before its pod runs, a short one may have ended."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: a URL taken apart; `question` is the record type of a dns request."""

    scheme: str
    host: str
    port: int
    path: str = "/"
    question: str = "A"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as a learner asked for it, sent `count` times."""

    origin: Origin
    target: Target
    via: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    count: int = 1
    keep_alive: bool = False
    trace: bool = True
    results: bool = False


def parse(asked: Mapping[str, Any]) -> Request:
    """Read the body of a requests call; raises BadRequest for what cannot be read, Invalid for what breaks a limit."""
    if not isinstance(asked, Mapping):
        _refuse("The request must be a JSON object with `from` and `to`.")
    for name in asked:
        if name not in _FIELDS:
            _refuse(f'Unknown field "{name}": a request has {", ".join(_FIELDS)}.')
    request = Request(
        origin=read_origin(asked.get("from")),
        target=read_target(asked.get("to")),
        via=_via(asked.get("via")),
        headers=_headers(asked.get("headers")),
        count=_count(asked.get("count", 1)),
        keep_alive=_flag(asked, "keep_alive", False),
        trace=_flag(asked, "trace", True),
        results=_flag(asked, "results", False),
    )
    _check_limits(request)
    if request.origin.kind == "port_forward" and not networks.LOOPBACK.holds(request.target.host):
        _refuse("What a port-forward carries goes to 127.0.0.1 of its pod: write `to` as http://127.0.0.1:8080/path.")
    return request


def _check_limits(request: Request) -> None:
    broken = []
    if not 1 <= request.count <= MOST:
        broken.append(validation.invalid("count", request.count, f"must be between 1 and {MOST}, inclusive"))
    elif request.count > MOST_TRACED and request.trace:
        detail = f"must be false when count is over {MOST_TRACED}"
        broken.append(validation.invalid("trace", True, detail))
    elif request.count > MOST_TRACED and request.results:
        detail = f"must be false when count is over {MOST_TRACED}"
        broken.append(validation.invalid("results", True, detail))
    if request.via and request.origin.kind != "external":
        broken.append(
            validation.invalid("via", request.via, "only a request from outside can choose the node it enters by")
        )
    if broken:
        raise errors.Invalid("Request", request.target.host, broken)


def read_origin(value: Any) -> Origin:
    """Read who sends: {"pod": "ns/name"}, {"node": name} or {"external": address}.

    What comes through the Kubernetes API says {"port_forward": "ns/name"} or {"api_server": "proxy"}.
    """
    if not isinstance(value, Mapping) or len(value) != 1:
        _refuse('`from` must be one of {"pod": "namespace/name"}, {"node": "name"} or {"external": "198.51.100.7"}.')
    kind, name = next(iter(value.items()))
    if kind not in _ORIGINS or not isinstance(name, str) or not name:
        _refuse('`from` must be one of {"pod": "namespace/name"}, {"node": "name"} or {"external": "198.51.100.7"}.')
    if kind == "external":
        if networks.ipv4(name) is None:
            _refuse(f'`from.external` must be an IPv4 address such as 198.51.100.7, not "{name}".')
        return Origin("external", name)
    if kind in ("node", "api_server"):
        return Origin(kind, name)
    namespace, slash, pod = name.partition("/")
    if not slash:
        namespace, pod = "default", name
    if not namespace or not pod or "/" in pod:
        _refuse(f'`from.{kind}` must be "namespace/name", not "{name}".')
    return Origin(kind, pod, namespace)


def read_target(value: Any) -> Target:
    """Read where to: scheme://host[:port][/path], dns://name?type=SRV."""
    if not isinstance(value, str) or not value.strip():
        _refuse("`to` must be an address such as http://web, tcp://10.96.0.1:443 or dns://web?type=SRV.")
    text = value.strip()
    found = _TARGET.fullmatch(text)
    if found is None or not found["host"]:
        _refuse(f'`to` cannot be read: "{text[:200]}". Write it as http://web:8080/path.')
    scheme = (found["scheme"] or "http").lower()
    if scheme not in SCHEMES:
        _refuse(f'`to` has the scheme "{scheme}": use one of {", ".join(SCHEMES)}.')
    host = found["host"]
    numeric = re.fullmatch(r"[0-9.]+", host) is not None
    if (numeric and networks.ipv4(host) is None) or not _HOST.fullmatch(host) or len(host) > 253:
        _refuse(f'`to` names the host "{host[:260]}", which is neither a DNS name nor an IPv4 address.')
    path = found["path"] or "/"
    if scheme == "icmp":
        if found["port"]:
            _refuse("`to` has a port, and ICMP knows none: write icmp://host.")
        return Target("icmp", host, 0)
    if scheme == "dns":
        return Target("dns", host, 53, path, _question(path))
    return Target(scheme, host, _port(scheme, found["port"]), path if path.startswith("/") else f"/{path}")


def _question(path: str) -> str:
    match = re.search(r"[?&]type=([A-Za-z]+)", path)
    kind = match[1].upper() if match else "A"
    if kind not in dns.TYPES:
        _refuse(f'`to` asks for the record type "{kind}": use one of {", ".join(dns.TYPES)}.')
    return kind


def _port(scheme: str, text: str | None) -> int:
    if text is None or text == "":
        if scheme in PORTS:
            return PORTS[scheme]
        _refuse(f"`to` needs a port: {scheme}://host:port.")
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:9]) <= 65535 or len(text) > 9:
        _refuse(f'`to` has the port "{text[:40]}": a port is a number between 1 and 65535.')
    return int(text)


def _via(value: Any) -> str:
    if value is None:
        return ""
    if (
        not isinstance(value, Mapping)
        or set(value) != {"node"}
        or not isinstance(value["node"], str)
        or not value["node"]
    ):
        _refuse('`via` must be {"node": "name"}.')
    return str(value["node"])


def _headers(value: Any) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > 50:
        _refuse('`headers` must be an object such as {"Host": "shop.example"}, of at most 50 headers.')
    for name, text in value.items():
        if not isinstance(name, str) or not _HEADER.fullmatch(name) or not isinstance(text, str):
            _refuse(f'`headers`: "{str(name)[:80]}" must be a header name with a text as value.')
        if len(text) > 4096 or any(sign in text for sign in "\r\n\0"):
            _refuse(f'`headers`: the value of "{name}" must be one line of at most 4096 characters.')
    return dict(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        _refuse("`count` must be a whole number.")
    return int(value)


def _flag(asked: Mapping[str, Any], name: str, default: bool) -> bool:
    value = asked.get(name, default)
    if not isinstance(value, bool):
        _refuse(f"`{name}` must be true or false.")
    return value


def _refuse(sentence: str) -> NoReturn:
    raise errors.BadRequest(sentence)
