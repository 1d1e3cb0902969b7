"""The API's proxy: HTTP through the API server to a pod, to an endpoint of a Service, to a node's kubelet.

Mirrors pkg/registry/core/{pod,service,node}/rest and staging/src/k8s.io/apimachinery/pkg/util/proxy (release 1.36).
DIFFERS: WebSockets are not carried on; of a kubelet only /healthz answers.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

from app.cluster import clock, state
from app.dataplane import networks
from app.dataplane import proxy as endpoints
from app.dataplane.packet import Protocol
from app.engine import commands
from app.kinds import node as nodes
from app.kubeapi import carrying, status, worlds
from app.kubeapi.call import Call
from app.kubeapi.paths import Target
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.terminal import replies
from app.terminal.messages import Ask, Reply

_KUBELET_PORT = "10250"
_HOPS = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
_OURS = frozenset({"authorization", "content-length"})
"""Headers that end at the API server: what it let the caller in by, and what the server measures again."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a proxied request goes."""

    scheme: str
    ip: str
    port: str

    @property
    def address(self) -> str:
        """Host and port, as an error names them."""
        return f"{self.ip}:{self.port}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The name in the path taken apart: `[scheme:]name[:port]`."""

    scheme: str
    name: str
    port: str


async def serve(call: Call, target: Target) -> Response:
    """Carry one request on, and its answer back."""
    tail, query = _tail(call, target)
    method = str(call.scope["method"])
    place = await _place(call, target)
    if not tail and method in ("GET", "HEAD"):
        # Relative, so that it holds behind `kubectl proxy` as well; upstream writes the whole path.
        return Response(b"", 301, {"Location": f"proxy/{query}"})
    if place is None:
        return _kubelet(tail)
    ask = Ask((tail or "/") + query, method, _headers(call, target, tail), await call.request.body())
    return _answer(await _exchange(call, place, ask), target, tail)


def _tail(call: Call, target: Target) -> tuple[str, str]:
    """Return what follows `/proxy` in the path as the caller wrote it, and the query with its question mark."""
    raw = bytes(call.scope.get("raw_path") or str(call.scope["path"]).encode()).decode("latin-1").partition("?")[0]
    start = raw.index("/api/v1/")
    marker = f"/{target.resource}/"
    name_on = raw[raw.index(marker, start) + len(marker) :]
    tail = name_on.partition("/proxy")[2]
    query = bytes(call.scope.get("query_string") or b"").decode("latin-1")
    return tail, f"?{query}" if query else ""


def _headers(call: Call, target: Target, tail: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in call.request.headers.items():
        if name not in _HOPS and name not in _OURS:
            title = name.title()
            found[title] = f"{found[title]}, {value}" if title in found else value
    found["X-Forwarded-Uri"] = _prefix(target) + (tail or "")
    client = call.scope.get("client")
    if client:
        found["X-Forwarded-For"] = str(client[0])
    return found


# --- where to -----------------------------------------------------------------------------------


async def _place(call: Call, target: Target) -> Place | None:
    """Find the address; None stands for a simulated kubelet."""
    wanted = _taken_apart(target)
    held = await call.host.read(call.playground)
    match target.resource:
        case "pods":
            return _pod(held, target, wanted)
        case "services":
            return _service(held, target, wanted)
    return _node(held, wanted)


def _taken_apart(target: Target) -> Wanted:
    parts = target.name.split(":")
    if len(parts) == 1:
        parts = ["", parts[0], ""]
    elif len(parts) == 2:
        parts = ["", *parts]
    if len(parts) != 3 or parts[0] not in ("", "http", "https") or not parts[1]:
        raise errors.BadRequest(f'invalid {target.resource.removesuffix("s")} request "{target.name}"')
    return Wanted(parts[0] or "http", parts[1], parts[2])


def _pod(held: state.ClusterState, target: Target, wanted: Wanted) -> Place:
    pod = held.find(state.PODS, target.namespace, wanted.name)
    if pod is None:
        raise errors.not_found(Key(*state.PODS, target.namespace, wanted.name))
    port = wanted.port or _first_port(pod)
    ip = next(iter(state.pod_ips(pod)), "")
    _check(ip)
    return _numbered(Place(wanted.scheme, ip, port or ("443" if wanted.scheme == "https" else "80")))


def _first_port(pod: Object) -> str:
    for container in objects.spec_of(pod).get("containers") or ():
        for port in container.get("ports") or ():
            return str(port["containerPort"])
    return ""


def _service(held: state.ClusterState, target: Target, wanted: Wanted) -> Place:
    service = held.find(state.SERVICES, target.namespace, wanted.name)
    if service is None:
        raise errors.not_found(Key(*state.SERVICES, target.namespace, wanted.name))
    name = wanted.port
    if name.isdecimal():
        ports = objects.spec_of(service).get("ports") or ()
        found = next((one for one in ports if str(one.get("port")) == name.lstrip("0")), None)
        if found is None:
            raise _unavailable(f'no service port {name} found for service "{wanted.name}"')
        name = str(found.get("name") or "")
    places: list[tuple[str, int]] = []
    for piece in held.slices_of(target.namespace, wanted.name):
        number = endpoints.slice_port(piece, name, Protocol.TCP)
        if number is not None:
            ready = (one for one in piece.get("endpoints") or () if (one.get("conditions") or {}).get("ready", True))
            places += [(one["addresses"][0], number) for one in ready if one.get("addresses")]
    if not places:
        raise _unavailable(f'no endpoints available for service "{target.name}"')
    ip, number = clock.env_for(0, held.revision, held.now or 0.0, held.mode).rng.choice(places)
    _check(ip)
    return Place(wanted.scheme, ip, str(number))


def _node(held: state.ClusterState, wanted: Wanted) -> Place | None:
    node = held.find(state.NODES, "", wanted.name)
    if node is None:
        raise errors.not_found(Key(*state.NODES, "", wanted.name))
    ip = next((one["address"] for one in objects.status_of(node).get("addresses") or ()), "")
    if not ip:
        raise errors.BadRequest("no preferred addresses found; known addresses: []")
    port = wanted.port or _KUBELET_PORT
    if port == _KUBELET_PORT and objects.annotations_of(node).get(nodes.KUBELET) == "simulated":
        return None
    if port == _KUBELET_PORT:
        raise _unreached(f"dial tcp {ip}:{port}: connect: no route to host")
    return _numbered(Place(wanted.scheme, ip, port))


def _numbered(place: Place) -> Place:
    if not place.port.isdecimal():
        raise _unreached(f"dial tcp: lookup tcp/{place.port}: unknown port")
    if not 0 < int(place.port[:9]) <= 65535:
        raise _unreached(f"dial tcp: address {place.port}: invalid port")
    return place


def _check(ip: str) -> None:
    """Refuse what no proxy may lead to: nothing, the API server's own loopback, its link."""
    if networks.ipv4(ip) is None or networks.LOOPBACK.holds(ip) or ip.startswith("169.254."):
        raise errors.BadRequest("address not allowed")


def _unavailable(message: str) -> status.Refusal:
    return status.Refusal(503, "ServiceUnavailable", message)


def _unreached(why: str) -> status.Refusal:
    return _unavailable(f"error trying to reach service: {why}")


# --- there and back -----------------------------------------------------------------------------

_FAILURES = {
    "refused": "dial tcp {}: connect: connection refused",
    "timeout": "dial tcp {}: i/o timeout",
    "no_route": "dial tcp {}: connect: no route to host",
    "reset": "EOF",
}


async def _exchange(call: Call, place: Place, ask: Ask) -> Reply:
    asked = carrying.written({"api_server": "proxy"}, f"{place.scheme}://{place.address}", ask)
    done = await call.host.execute(call.playground, commands.Send(call.actor, asked))
    result: Mapping[str, object] = done.result["results"][0]
    if "http_status" not in result:
        outcome = str(result["outcome"])
        if outcome == "reset" and place.scheme == "https":
            raise _unreached("http: server gave HTTP response to HTTPS client")
        raise _unreached(_FAILURES.get(outcome, "EOF").format(place.address))
    return await replies.exchanged(await worlds.of(call), result, ask)


def _kubelet(tail: str) -> Response:
    if tail.rstrip("/") in ("/healthz", "/healthz/ping", "/healthz/syncloop"):
        return Response(b"ok", 200, {"content-type": "text/plain; charset=utf-8"})
    return Response(b"404 page not found\n", 404, {"content-type": "text/plain; charset=utf-8"})


def _answer(reply: Reply, target: Target, tail: str) -> Response:
    headers = {
        name.lower(): text
        for name, text in reply.headers.items()
        if name.lower() not in _HOPS and not name.lower().startswith("access-control-")
    }
    body = reply.body
    if reply.type:
        headers["content-type"] = reply.type
    if "location" in headers:
        headers["location"] = _relative(headers["location"], tail)
    elif reply.type.partition(";")[0].strip() == "text/html":
        body = rewritten(body, _prefix(target))
    return Response(body.encode(), reply.status, headers)


def _prefix(target: Target) -> str:
    """Return the path of the proxy as upstream's links name it: from `/api` on, whatever stands before that."""
    within = f"namespaces/{target.namespace}/" if target.namespace else ""
    return f"/api/v1/{within}{target.resource}/{target.name}/proxy"


def _relative(location: str, tail: str) -> str:
    """Return a redirect inside the server as one inside the proxy.

    Relative, so that it holds for callers with the playground's prefix and behind `kubectl proxy`.
    """
    url = urlsplit(location)
    if url.netloc or not url.path.startswith("/"):
        return location
    up = "../" * max(tail.count("/") - 1, 0) if tail else "proxy/"
    rest = f"?{url.query}" if url.query else ""
    return (up + url.path[1:] or "./") + rest


_LINKS = {
    "a": "href", "applet": "codebase", "area": "href", "audio": "src", "base": "href", "blockquote": "cite",
    "body": "background", "button": "formaction", "command": "icon", "del": "cite", "embed": "src", "form": "action",
    "frame": "longdesc src", "head": "profile", "html": "manifest", "iframe": "longdesc src",
    "img": "longdesc src usemap", "input": "src usemap formaction", "ins": "cite", "link": "href",
    "object": "classid codebase data usemap", "q": "cite", "script": "src", "source": "src", "video": "poster src",
}  # fmt: skip
"""Attributes of HTML elements that hold addresses."""
_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>\"']+))?)+)")
_ATTRIBUTE = re.compile(r"([^\s=>/]+)(\s*=\s*)(\"[^\"]*\"|'[^']*'|[^\s>\"']+)")


def rewritten(page: str, prefix: str) -> str:
    """Return an HTML page whose links to its own server lead through the proxy."""

    def link(found: re.Match[str], names: list[str]) -> str:
        name, sign, value = found.groups()
        bare = value.strip("\"'")
        if name.lower() not in names or not bare.startswith("/") or bare.startswith(("//", prefix)):
            return found[0]
        cut = next((place for place, sign_ in enumerate(bare) if sign_ in "?#"), len(bare))
        path, rest = bare[:cut], bare[cut:]
        path = posixpath.normpath(prefix + path) + ("/" if path.endswith("/") else "")
        return f'{name}{sign}"{path}{rest}"'

    def tag(found: re.Match[str]) -> str:
        names = _LINKS.get(found[1].lower(), "").split()
        return f"<{found[1]}{_ATTRIBUTE.sub(lambda one: link(one, names), found[2])}" if names else found[0]

    return _TAG.sub(tag, page)
