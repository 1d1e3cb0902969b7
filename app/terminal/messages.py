"""HTTP messages between simulated programs: what is asked, what is answered, and how an answer looks on the wire."""

from __future__ import annotations

import datetime
import http as statuses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.machinery.objects import Object

PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; an empty `type` sends no Content-Type."""

    status: int
    body: str
    type: str = PLAIN
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """An HTTP request as a server in a pod reads it: `target` is path and query, `client` address:port of the caller."""

    target: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""


@dataclass(slots=True)
class Serving:
    """The program that answers: its pod and container, what it is (`page`), and the file it was asked for, if any."""

    pod: Object
    container: Mapping[str, Any]
    page: str
    body: str
    file: str | None = None

    @property
    def image(self) -> str:
        """The container's image."""
        return str(self.container.get("image") or "")


def reason(status: int) -> str:
    """Return the words behind a status code."""
    try:
        return statuses.HTTPStatus(status).phrase
    except ValueError:
        return "Status"


def head(answer: Reply, now: float = 0.0) -> str:
    """Write the status line and headers in the order that servers of its family send them, with the empty line."""
    others = dict(answer.headers)
    date = datetime.datetime.fromtimestamp(now, datetime.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT") if now else ""
    first = {"Server": others.pop("Server")} if "Server" in others else {}
    size = str(len(answer.body.encode()))
    kind = {"Content-Type": answer.type} if answer.type else {}
    rest = {**kind, "Content-Length": size} if first else {"Content-Length": size, **kind}
    lines = {**first, **({"Date": date} if date else {}), **rest, **others}
    shown = "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    return f"HTTP/1.1 {answer.status} {reason(answer.status)}\r\n{shown}\r\n"
