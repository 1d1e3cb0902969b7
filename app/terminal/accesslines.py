"""What servers print for a request they have served: the access log of each kind of server, in its own format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from app.cluster import journal
from app.kinds import images
from app.machinery import objects
from app.machinery.objects import Object
from app.terminal import netexec, startlines
from app.terminal.boxes import Line

AGENT = "curl/8.17.0"
MOST_ALIKE = 1_000
"""Lines of one entry: a call may send 100,000 requests."""


@dataclass(frozen=True, slots=True)
class Served:
    """One request that reached a server."""

    at: float
    path: str
    host: str
    client: str
    status: int
    size: int
    agent: str


Format = Callable[[Served, Object], list[str]]


def of_entry(entry: journal.Entry, pod: Object, container: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what a container of the pod prints for the requests of an entry that it served."""
    form = format_of(pod, container)
    if form is None:
        return
    for served in _served(entry, pod):
        for text in form(served, pod):
            yield Line(served.at, text)


def format_of(pod: Object, container: Mapping[str, Any]) -> Format | None:
    """Return the access log's format of the container's server; None when it keeps none."""
    serving = images.listeners(pod)
    if not any(one.container in ("", container.get("name")) for one in serving):
        return None
    known = images.known(str(container.get("image") or ""))
    if known is None:
        words = [str(word) for word in [*(container.get("command") or ()), *(container.get("args") or ())]]
        return _python if any("http.server" in word for word in words) else None
    role = "serve-hostname" if known.page == "hostname" else netexec.role_of(container)
    return _FORMATS.get(role or known.page)


def _served(entry: journal.Entry, pod: Object) -> Iterator[Served]:
    match entry.body:
        case journal.RequestCompleted(request=request):
            yield from _of_request(request, entry.at, pod)
        case journal.TrafficSampled(sample=sample):
            yield from _of_sample(sample, pod)
        case _:
            return


def _of_request(request: Mapping[str, Any], at: float, pod: Object) -> Iterator[Served]:
    asked = request.get("asked") or {}
    mine = [one for one in request.get("results") or () if _is_by(one, pod)]
    for result in mine:
        yield _one(asked, result, at, pod)
    place = f"{objects.namespace_of(pod)}/{objects.name_of(pod)}"
    more = int((request.get("summary") or {}).get("by_pod", {}).get(place, 0)) - len(mine)
    if mine:
        yield from [_one(asked, mine[0], at, pod)] * min(more, MOST_ALIKE)


def _of_sample(sample: Mapping[str, Any], pod: Object) -> Iterator[Served]:
    """Spread what was counted over the time it was counted in."""
    for edge in sample.get("edges") or ():
        if not _is_by(edge, pod):
            continue
        count = min(int(edge["count"]), MOST_ALIKE)
        gap = (edge["last"] - edge["first"]) / max(count - 1, 1)
        like = _one(edge, edge, edge["first"], pod)
        for number in range(count):
            yield replace(like, at=edge["first"] + number * gap)


def _is_by(result: Mapping[str, Any], pod: Object) -> bool:
    by = result.get("served_by") or {}
    return (
        bool(result.get("http_status"))
        and by.get("name") == objects.name_of(pod)
        and by.get("namespace") == objects.namespace_of(pod)
    )


def _one(asked: Mapping[str, Any], result: Mapping[str, Any], at: float, pod: Object) -> Served:
    url = urlsplit(str(asked.get("to") or ""))
    headers = {str(name).lower(): str(text) for name, text in (asked.get("headers") or {}).items()}
    body = result.get("body")
    if body is None:
        found = images.responds(pod, int((result.get("served_by") or {}).get("port") or 0))
        body = found.body if found is not None else ""
    return Served(
        at=at,
        path=(url.path or "/") + (f"?{url.query}" if url.query else ""),
        host=headers.get("host") or url.netloc,
        client=str(result.get("client_ip") or "-"),
        status=int(result["http_status"]),
        size=len(str(body).encode()),
        agent=headers.get("user-agent", AGENT),
    )


def _combined(served: Served, pod: Object) -> list[str]:
    return [f'{line} "-" "{served.agent}" "-"' for line in _common(served, pod)]


def _common(served: Served, pod: Object) -> list[str]:
    moment = startlines.utc(served.at, "%d/%b/%Y:%H:%M:%S +0000")
    return [f'{served.client} - - [{moment}] "GET {served.path} HTTP/1.1" {served.status} {served.size}']


def _python(served: Served, pod: Object) -> list[str]:
    moment = startlines.utc(served.at, "%d/%b/%Y %H:%M:%S")
    return [f'{served.client} - - [{moment}] "GET {served.path} HTTP/1.1" {served.status} -']


def _netexec(served: Served, pod: Object) -> list[str]:
    path = served.path.partition("?")[0]
    return [f"{startlines.klog(served.at)}GET {path}"]


def _serve_hostname(served: Served, pod: Object) -> list[str]:
    return [f"{startlines.klog(served.at)}HTTP request from {served.client}:40000"]


def _http_echo(served: Served, pod: Object) -> list[str]:
    moment = startlines.utc(served.at, "%Y/%m/%d %H:%M:%S")
    return [
        f'{moment} {served.host} {served.client}:40000 "GET {served.path} HTTP/1.1" {served.status} {served.size} '
        f'"{served.agent}" 12.5µs'
    ]


def _hello(served: Served, pod: Object) -> list[str]:
    return [f"{startlines.utc(served.at, '%Y/%m/%d %H:%M:%S')} Serving request: {served.path.partition('?')[0]}"]


def _bootcamp(served: Served, pod: Object) -> list[str]:
    moment = startlines.utc(served.at, "%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return [f"Running On: {objects.name_of(pod)} | Total Requests: 1 | Log Time: {moment}"]


_FORMATS: Mapping[str, Format] = {
    "nginx": _combined,
    "httpd": _common,
    "netexec": _netexec,
    "serve-hostname": _serve_hostname,
    "http-echo": _http_echo,
    "hello": _hello,
    "bootcamp": _bootcamp,
}
