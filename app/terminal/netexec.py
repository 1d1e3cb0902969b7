"""The serving subcommands of Kubernetes' test image: netexec by path, porter by environment, liveness by age.

Mirrors test/images/agnhost/{netexec,porter,liveness,serve-hostname} (release 1.36).
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.kinds import images
from app.machinery import objects
from app.terminal import messages, surroundings
from app.terminal.calls import World
from app.terminal.messages import Ask, Reply, Serving, reason

Fetch = Callable[[World, Serving, str], Awaitable[str | None]]
"""Sends `scheme://host:port` with what to ask for, from the serving pod; returns the answer's text, None on failure."""

_STARTED_SECONDS = 10.0
MOST_TRIES = 50


def words_of(container: Mapping[str, Any]) -> list[str]:
    """Return the words behind the program's own name."""
    words = [str(word) for word in [*(container.get("command") or ()), *(container.get("args") or ())]]
    return words[1:] if words[:1] and words[0].rpartition("/")[2] == "agnhost" else words


def role_of(container: Mapping[str, Any]) -> str:
    """Name the subcommand that a container of the image runs, empty for other images."""
    known = images.known(str(container.get("image") or ""))
    if known is None or known.page != "agnhost":
        return ""
    return next(iter(words_of(container)), "pause")


async def answer(world: World, serving: Serving, port: int, ask: Ask, fetch: Fetch) -> Reply | None:
    """Answer as the subcommand does; None when it is one that answers like any server."""
    match role_of(serving.container):
        case "netexec":
            return await _netexec(world, serving, ask, fetch)
        case "porter":
            return _porter(serving, port, ask)
        case "liveness":
            return _liveness(world, serving, ask)
        case "serve-hostname":
            return Reply(200, surroundings.hostname(serving.pod))
        case _:
            return None


def datagram(serving: Serving, text: str, client: str) -> str:
    """Answer a datagram: netexec knows hostname, clientip and echo; serve-hostname says its name to anything."""
    role = role_of(serving.container)
    if role == "serve-hostname":
        return surroundings.hostname(serving.pod)
    if role != "netexec":
        return ""
    word, _, rest = text.strip().partition(" ")
    match word.lower():
        case "echo":
            return rest
        case "hostname":
            return surroundings.hostname(serving.pod)
        case "clientip":
            return client
        case _:
            return ""


# --- netexec -----------------------------------------------------------------------------------------------


async def _netexec(world: World, serving: Serving, ask: Ask, fetch: Fetch) -> Reply:
    url = urlsplit(ask.target)
    asked = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    match url.path:
        case "/hostname" | "/hostName":
            return Reply(200, surroundings.hostname(serving.pod))
        case "/clientip":
            return Reply(200, ask.client)
        case "/echo":
            return _echo(asked)
        case "/dial":
            return await _dial(world, serving, asked, fetch)
        case "/healthz":
            return Reply(200, "", "")
        case "/header":
            return Reply(200, _header(ask, asked.get("key", "")))
        case "/redirect":
            return _redirect(asked)
        case "/shell":
            # DIFFERS: commands are run by kubectl exec, not over netexec's /shell.
            return Reply(200, '{"error":"exec: \\"/bin/sh\\": not simulated over HTTP, use kubectl exec"}')
        case "/exit" | "/shutdown":
            # DIFFERS: the program stays; upstream ends it, and the kubelet starts it again.
            return Reply(200, "")
        case "/upload":
            return Reply(200, json.dumps({"error": "http: no such file"}, separators=(",", ":")))
        case _:
            now = datetime.datetime.fromtimestamp(world.moment, datetime.UTC)
            return Reply(200, f"NOW: {now.strftime('%Y-%m-%d %H:%M:%S.%f')} +0000 UTC m=+{world.moment % 1000:.6f}")


def _echo(asked: Mapping[str, str]) -> Reply:
    code = asked.get("code", "200")
    if not code.isdecimal() or not 100 <= int(code) <= 599:
        return Reply(200, asked.get("msg", ""))
    return Reply(int(code), asked.get("msg", ""))


def _header(ask: Ask, key: str) -> str:
    return next((text for name, text in ask.headers.items() if name.lower() == key.lower()), "")


def _redirect(asked: Mapping[str, str]) -> Reply:
    location, code = asked.get("location", ""), asked.get("code", "302")
    status = int(code) if code.isdecimal() and 300 <= int(code) <= 399 else 302
    body = f'<a href="{location}">{reason(status)}</a>.\n\n'
    return Reply(status, body, "text/html; charset=utf-8", {"Location": location})


async def _dial(world: World, serving: Serving, asked: Mapping[str, str], fetch: Fetch) -> Reply:
    """Ask another netexec, as often as told, and list what came back."""
    protocol = asked.get("protocol", "").lower() or "http"
    if protocol not in ("http", "udp", "sctp"):
        return Reply(400, f"unsupported protocol: {asked['protocol']}\n", headers={"X-Content-Type-Options": "nosniff"})
    tries = asked.get("tries", "1")
    if not tries.isdecimal() or int(tries) < 1:
        return Reply(400, f"tries parameter is invalid: {tries}\n", headers={"X-Content-Type-Options": "nosniff"})
    where = f"{asked.get('host', '')}:{asked.get('port', '')}"
    said: list[str] = []
    failed: list[str] = []
    for _ in range(min(int(tries), MOST_TRIES)):
        got = await fetch(world, serving, f"{protocol}://{where}/{asked.get('request', '')}")
        if got is None:
            failed.append(f"dial {'tcp' if protocol == 'http' else protocol} {where}: connect: connection refused")
        else:
            said.append(got)
    found: dict[str, Sequence[str]] = {}
    if failed:
        found["errors"] = failed
    if said:
        found["responses"] = said
    return Reply(200, json.dumps(found, separators=(",", ":")))


# --- porter and liveness -----------------------------------------------------------------------------------


def _porter(serving: Serving, port: int, ask: Ask) -> Reply:
    body = images.porter_bodies(serving.container).get(port, "")
    if any(word in ("--json-response", "--json-response=true") for word in words_of(serving.container)):
        shown = json.dumps({"Method": ask.method, "Body": body}, separators=(",", ":"))
        return Reply(200, shown, "application/json", {"X-Content-Type-Options": "nosniff"})
    return Reply(200, body, "text/html; charset=utf-8" if body.startswith("<") else messages.PLAIN)


def _liveness(world: World, serving: Serving, ask: Ask) -> Reply:
    """Healthy for ten seconds, then failing: the example of the probes tutorial."""
    statuses = objects.status_of(serving.pod).get("containerStatuses") or ()
    started = next((objects.dig(one, "state", "running", "startedAt") for one in statuses), None)
    began = datetime.datetime.fromisoformat(str(started)).timestamp() if started else world.moment
    age = world.moment - began
    if ask.target.partition("?")[0] == "/started":
        return Reply(200, f"{age:.9f}s")
    if age > _STARTED_SECONDS:
        return Reply(500, f"error: {age:.9f}")
    return Reply(200, "ok")
