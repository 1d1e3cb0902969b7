"""What servers in pods answer beyond their one page: agnhost's netexec by path, hostnames without a line end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.kinds import images
from app.machinery import objects
from app.machinery.objects import Object
from app.terminal import webfiles
from app.terminal.calls import World


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: str
    type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """An HTTP request as a server in a pod reads it: `target` is path and query, `client` address:port of the caller."""

    target: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""


def role_of(pod: Object, container: str = "") -> str:
    """Name the agnhost subcommand a pod's server runs, empty for other images."""
    for one in images.serving_containers(pod):
        if container and one.get("name") != container:
            continue
        found = images.known(str(one.get("image") or ""))
        if found is not None and found.page == "agnhost":
            words = [str(w) for w in [*(one.get("command") or ()), *(one.get("args") or ())]]
            return next((word for word in words if not word.endswith("agnhost")), "pause")
        if found is not None and found.page == "hostname":
            return "serve-hostname"
    return ""


async def reply(world: World, pod: Object, port: int, ask: Ask) -> Reply | None:
    """Answer as a pod's HTTP server does: the one door to its answers; None when no HTTP server listens there."""
    responder = images.responds(pod, port)
    if responder is None or not responder.http:
        return None
    role = role_of(pod, responder.container)
    if role == "netexec":
        return await _netexec(world, pod, ask.target, ask.client)
    if role == "serve-hostname":
        return Reply(200, objects.name_of(pod))
    text = await webfiles.page(world, pod, responder.container, ask.target)
    if text is None and role == "test-webserver" and urlsplit(ask.target).path != "/":
        return Reply(404, "404 page not found\n")
    body = responder.body if text is None else text
    kind = "text/html" if body.lstrip().startswith("<") else "text/plain; charset=utf-8"
    return Reply(responder.status, body, kind)


async def _netexec(world: World, pod: Object, target: str, client: str) -> Reply:
    url = urlsplit(target)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    path = url.path.lower()
    if path == "/hostname":
        return Reply(200, objects.name_of(pod))
    if path == "/clientip":
        return Reply(200, f"{client}:{asked.get('port', '40000')}" if ":" not in client else client)
    if path == "/echo":
        return Reply(200, asked.get("msg", ""))
    if path == "/dial":
        return Reply(200, await _dial(world, pod, asked))
    if path in ("/healthz", "/redirect", "/header", "/"):
        return Reply(200, "" if path != "/" else "NOW: 2026-01-01 00:00:00 +0000 UTC")
    return Reply(404, "404 page not found\n")


async def _dial(world: World, pod: Object, asked: Mapping[str, str]) -> str:
    scheme = "udp" if asked.get("protocol") == "udp" else "http"
    want = asked.get("request", "hostname")
    address = f"{asked.get('host', '')}:{asked.get('port', '80')}"
    tries = min(int(asked["tries"]), 50) if asked.get("tries", "").isdigit() else 1
    origin = {"pod": f"{objects.namespace_of(pod)}/{objects.name_of(pod)}"}
    said: list[str] = []
    failed: list[str] = []
    for _ in range(tries):
        result = await world.ask({"from": origin, "to": f"{scheme}://{address}{'' if scheme == 'udp' else '/' + want}"})
        if result["outcome"] != "ok":
            failed.append(f"reading from {address}: {result['outcome']}")
        elif scheme == "udp":
            said.append(await spoken(world, result, "udp", want))
        else:
            said.append(await served(world, result, "/" + want))
    return json.dumps({"responses": said, **({"errors": failed} if failed else {})}, separators=(",", ":"))


async def served(world: World, result: Mapping[str, Any], target: str) -> str:
    """Return the body that came back with a result of an HTTP request."""
    by = result.get("served_by") or {}
    if result.get("http_status") == 200 and by.get("namespace"):
        view = await world.view()
        pod = view.pod(by["namespace"], by["name"])
        if pod is not None:
            found = await reply(world, pod, by["port"], Ask(target, client=_client(result)))
            if found is not None:
                return found.body
    return str(result.get("body") or "")


async def spoken(world: World, result: Mapping[str, Any], scheme: str, text: str) -> str:
    """Return what a server answers to raw text over TCP or UDP."""
    by = result.get("served_by") or {}
    view = await world.view()
    pod = view.pod(by.get("namespace", ""), by.get("name", ""))
    if pod is None:
        return ""
    role, word = role_of(pod), text.strip()
    first, *rest = word.split() or [""]
    if scheme == "udp":
        if role == "netexec" and first.lower() == "clientip":
            return _client(result)
        if role == "netexec" and first.lower() == "echo":
            return " ".join(rest)
        return objects.name_of(pod) if role else ""
    if first in ("GET", "HEAD", "POST"):
        target = rest[0] if rest else "/"
        found = await reply(world, pod, by["port"], Ask(target, first, client=_client(result)))
        return http(found) if found else ""
    return http(Reply(400, "400 Bad Request")) if images.responds(pod, by["port"]) else ""


def _client(result: Mapping[str, Any]) -> str:
    hops = result.get("trace", {}).get("hops") or ()
    port = hops[-1]["steps"][-1]["before"]["sport"] if hops else 40000
    return f"{result.get('client_ip', '')}:{port}"


REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable"}


def http(answer: Reply, *, keep: bool = False) -> str:
    """Write an answer as an HTTP/1.1 server sends it."""
    length = len(answer.body.encode())
    connection = "keep-alive" if keep else "close"
    return (
        f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Status')}\r\n"
        f"Content-Type: {answer.type}\r\nContent-Length: {length}\r\nConnection: {connection}\r\n\r\n{answer.body}"
    )
