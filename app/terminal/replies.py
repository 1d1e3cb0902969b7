"""What servers in pods answer: one door for curl, port-forward and the API's proxy, whatever the program is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kinds import images
from app.machinery import errors, objects
from app.machinery.objects import Object
from app.terminal import messages, netexec, servers, webfiles
from app.terminal.calls import World
from app.terminal.messages import Ask, Reply, Serving

__all__ = ["Ask", "Reply", "client_of", "exchanged", "http", "reply", "served", "spoken"]

_REQUEST = re.compile(r"([A-Z]{3,8}) (\S+)(?: HTTP/1\.[01])?\r?")


def _serving(pod: Object, responder: images.Responder) -> Serving:
    """Return the program that answers."""
    containers = images.serving_containers(pod)
    own = next((one for one in containers if one.get("name") == responder.container), containers[0])
    return Serving(pod, own, responder.page, responder.body)


async def reply(world: World, pod: Object, port: int, ask: Ask) -> Reply | None:
    """Answer as a pod's HTTP server does: the one door to its answers; None when no HTTP server listens there."""
    responder = images.responds(pod, port)
    if responder is None or not responder.http:
        return None
    serving = _serving(pod, responder)
    serving.file = await webfiles.page(world, pod, responder.container, ask.target)
    return await netexec.answer(world, serving, port, ask, _fetch) or servers.answer(serving, ask)


async def _fetch(world: World, serving: Serving, url: str) -> str | None:
    """Ask another server from a pod, as netexec's /dial does."""
    scheme, _, rest = url.partition("://")
    address, _, want = rest.partition("/")
    to = f"{scheme}://{address}" + (f"/{want}" if scheme == "http" else "")
    origin = f"{objects.namespace_of(serving.pod)}/{objects.name_of(serving.pod)}"
    try:
        result = await world.ask({"from": {"pod": origin}, "to": to})
    except errors.ApiError:
        return None
    if result["outcome"] not in ("ok", "http_error"):
        return None
    if scheme == "http":
        found = await exchanged(world, result, Ask(f"/{want}", headers={"Host": address}))
        return found.body
    return await spoken(world, result, scheme, want)


async def exchanged(world: World, result: Mapping[str, Any], ask: Ask) -> Reply:
    """Return the answer that came back with the result of an HTTP request."""
    by = result.get("served_by") or {}
    if by.get("namespace"):
        view = await world.view()
        pod = view.pod(by["namespace"], by["name"])
        if pod is not None:
            asked = Ask(ask.target, ask.method, ask.headers, ask.body, client_of(result))
            found = await reply(world, pod, by["port"], asked)
            if found is not None:
                return found
    body = str(result.get("body") or "")
    return Reply(int(result.get("http_status") or 200), body, "text/html" if body.startswith("<") else messages.PLAIN)


async def served(world: World, result: Mapping[str, Any], target: str) -> str:
    """Return the body that came back with a result of an HTTP GET."""
    return (await exchanged(world, result, Ask(target))).body


async def spoken(world: World, result: Mapping[str, Any], scheme: str, text: str) -> str:
    """Return what a server answers to raw text over TCP or UDP."""
    by = result.get("served_by") or {}
    view = await world.view()
    pod = view.pod(by.get("namespace", ""), by.get("name", ""))
    if pod is None:
        return ""
    responder = images.responds(pod, by["port"], scheme.upper())
    if responder is None:
        return ""
    if scheme != "tcp":
        return netexec.datagram(_serving(pod, responder), text, client_of(result))
    if not responder.http:
        return servers.raw(pod, responder.container, text)
    return await _over_tcp(world, pod, by["port"], text, client_of(result))


async def _over_tcp(world: World, pod: Object, port: int, text: str, client: str) -> str:
    first, *rest = text.split("\n")
    found = _REQUEST.fullmatch(first)
    if found is None:
        return http(Reply(400, "400 Bad Request", headers={"Connection": "close"})) if text else ""
    headers = dict(line.rstrip("\r").split(": ", 1) for line in rest if ": " in line)
    answered = await reply(world, pod, port, Ask(found[2], found[1], headers, client=client))
    return http(answered) if answered else ""


def client_of(result: Mapping[str, Any]) -> str:
    """Write who asked, as the server saw it: address and port."""
    hops = result.get("trace", {}).get("hops") or ()
    port = hops[-1]["steps"][-1]["before"]["sport"] if hops else 40000
    return f"{result.get('client_ip', '')}:{port}"


def http(answer: Reply, *, keep: bool = False) -> str:
    """Write an answer as an HTTP/1.1 server sends it."""
    connection = {} if "Connection" in answer.headers else {"Connection": "keep-alive" if keep else "close"}
    marked = Reply(answer.status, answer.body, answer.type, {**answer.headers, **connection})
    return messages.head(marked) + answer.body
