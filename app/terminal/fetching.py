"""One HTTP request of a program in a pod: a URL taken apart, sent over the simulated network, and what came back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.dataplane import networks
from app.machinery import errors, objects
from app.terminal import messages, replies
from app.terminal.calls import Call
from app.terminal.messages import Ask, Reply

_SENT = frozenset({"host", "authorization"})
"""Headers that the walk is told of and the journal keeps; a secret is kept as a dash."""
_HTTP_LESS = frozenset({"redis", "valkey", "mysql", "mariadb", "percona", "memcached", "redis-stack"})


@dataclass(frozen=True, slots=True)
class Url:
    """A URL taken apart as curl does: a scheme is guessed, a port is the scheme's."""

    scheme: str
    host: str
    port: int
    path: str
    shown_port: str = ""

    @property
    def authority(self) -> str:
        """What the Host header says."""
        return self.host + (f":{self.shown_port}" if self.shown_port else "")

    @property
    def text(self) -> str:
        """The whole URL."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read_url(text: str) -> Url | None:
    """Take a URL apart; None when curl would call it malformed."""
    found = re.fullmatch(
        r"(?:([a-z][a-z0-9+.-]*)://)?(?:[^/@\s]*@)?([^/:?#\s]+)(?::(\d{1,9}))?([/?][^#\s]*)?(?:#\S*)?", text
    )
    if found is None or (found[3] and not 0 < int(found[3]) < 65536):
        return None
    scheme = found[1] or "http"
    standard = {"https": 443, "telnet": 23}.get(scheme, 80)
    port = int(found[3] or standard)
    path = found[4] or "/"
    shown = found[3] if found[3] and port != standard else ""
    return Url(scheme, found[2], port, path if path.startswith("/") else f"/{path}", shown or "")


def joined(base: Url, location: str) -> Url | None:
    """Return where a Location header leads."""
    if "://" in location:
        return read_url(location)
    path = location if location.startswith("/") else base.path.rpartition("/")[0] + f"/{location}"
    return Url(base.scheme, base.host, base.port, path, base.shown_port)


@dataclass(frozen=True, slots=True)
class Got:
    """What came of one request: an answer, or the outcome and reason without one."""

    outcome: str
    took_ms: float
    answer: Reply | None = None
    address: str = ""
    client: str = ""
    reason: str = ""
    is_trusted: bool = True
    """Whether the far end's certificate is one that the world's authorities signed."""
    is_cluster_api: bool = False
    speaks: bool = False
    """Whether what answers there sends text of its own, and no HTTP."""


@dataclass(slots=True)
class Want:
    """What a request carries; `pins` are the addresses that names are given by hand."""

    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    pins: Mapping[str, str] = field(default_factory=dict)


async def fetch(call: Call, url: Url, want: Want) -> Got:
    """Send the request over the simulated network and read what the server at the far end says.

    Raises ApiError for what cannot be sent at all.
    """
    host = want.pins.get(f"{url.host}:{url.port}", url.host)
    scheme = url.scheme if url.scheme in ("http", "https") else "tcp"
    to = f"{scheme}://{host}:{url.port}{url.path if scheme != 'tcp' else ''}"
    headers = {"Host": url.authority, **want.headers}
    bare = f"{host}:{url.shown_port}" if url.shown_port else host
    kept = {
        name: "-" if name.lower() == "authorization" else text[:1000]
        for name, text in headers.items()
        if text and text.isprintable() and name.lower() in _SENT and not (name == "Host" and text == bare)
    }
    result = await call.world.ask({"from": call.home.origin, "to": to, "headers": kept})
    hops = result.get("trace", {}).get("hops") or ()
    address = destination(result)
    client = f"{call.home.address}:{hops[0]['steps'][0]['before']['sport']}" if hops else ""
    reason = str((result.get("trace") or result.get("dns_trace") or {}).get("reason") or "")
    if scheme == "tcp" or "http_status" not in result:
        speaks = result["outcome"] == "reset" and await _speaks(call, result)
        return Got(result["outcome"], result["took_ms"], None, address, client, reason, speaks=speaks)
    ask = Ask(url.path, want.method, headers, want.body.encode(), client)
    by = result.get("served_by") or {}
    if by.get("name") == "kube-apiserver" and url.scheme == "https":
        answer = await call.world.api(ask)
        return Got("ok", result["took_ms"], answer, address, client, reason, False, True)
    answer = await replies.exchanged(call.world, result, ask)
    trusted = networks.STAND_INS.holds(address)
    return Got(result["outcome"], result["took_ms"], answer, address, client, reason, trusted)


async def _speaks(call: Call, result: Mapping[str, Any]) -> bool:
    at = result["trace"]["hops"][-1]["at"]
    pod = (await call.world.view()).pod(at.get("namespace", ""), at["name"])
    images = [str(one.get("image") or "") for one in objects.spec_of(pod or {}).get("containers") or ()]
    return any(image.rpartition("/")[2].partition(":")[0] in _HTTP_LESS for image in images)


async def connected(call: Call, host: str, port: int, scheme: str = "tcp") -> Mapping[str, Any] | None:
    """Try a bare connection; None when the name or port cannot even be asked for."""
    try:
        return await call.world.ask({"from": call.home.origin, "to": f"{scheme}://{host}:{port}"})
    except errors.ApiError:
        return None


async def echoed(call: Call, address: str) -> Mapping[str, Any] | None:
    """Send an echo request, as ping does; None when it cannot be sent at all."""
    try:
        return await call.world.ask({"from": call.home.origin, "to": f"icmp://{address}"})
    except errors.ApiError:
        return None


def destination(result: Mapping[str, Any]) -> str:
    """Return the address that a connection was opened to, empty when none was."""
    hops = result.get("trace", {}).get("hops") or ()
    return str(hops[0]["steps"][0]["before"]["dst"]) if hops else ""


def head_of(call: Call, answer: Reply) -> str:
    """Write the status line and headers of an answer, with the empty line."""
    return messages.head(answer, call.world.moment)
