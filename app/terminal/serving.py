"""A TCP connection to a server in a simulated pod: HTTP/1.1 as it goes over the wire, and lines of other protocols."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import h11

from app.kinds import images
from app.machinery.objects import Object
from app.terminal import lines, messages, servers
from app.terminal.messages import Ask, Reply

MOST_BODY = 1024 * 1024
"""Bytes of a request's body; more is answered 413, as nginx does unless told otherwise."""
MOST_LINE = 64 * 1024


class Connection(Protocol):
    """The far end's bytes."""

    async def read(self) -> bytes:
        """Return the next bytes, b"" at their end."""

    async def write(self, content: bytes) -> None:
        """Send bytes; raises OSError when nobody takes them."""


@dataclass(slots=True)
class Room:
    """What the unfinished requests of one caller may hold together; without room for its body a request gets 503."""

    left: int = 8 * MOST_BODY


Answers = Callable[[Ask], Awaitable[Reply | None]]
"""What the program says to one request; None when it closes the connection instead."""

_BODILESS = frozenset({204, 304})


async def speak_http(connection: Connection, answers: Answers, now: Callable[[], float], room: Room) -> None:
    """Serve one connection as a web server does: one request after the other until either side has enough."""
    state = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_LINE)
    try:
        while (ask := await _read(connection, state, now, room)) is not None:
            answer = Reply(400, "400 Bad Request\n") if ask.method == "CONNECT" else await answers(ask)
            if answer is None:
                return
            await _send(connection, state, ask, answer, now())
            if state.our_state is not h11.DONE or state.their_state is not h11.DONE:
                return
            state.start_next_cycle()
    except h11.RemoteProtocolError as error:
        if state.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            broken = Reply(error.error_status_hint, f"{messages.reason(error.error_status_hint)}\n")
            await _send(connection, state, Ask(), broken, now())


async def _read(connection: Connection, state: h11.Connection, now: Callable[[], float], room: Room) -> Ask | None:
    """Read one whole request; None when none comes, or when it was refused for its size."""
    request: h11.Request | None = None
    body = bytearray()
    try:
        while True:
            event = state.next_event()
            if event is h11.NEED_DATA:
                if state.they_are_waiting_for_100_continue:
                    await connection.write(state.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
                state.receive_data(await connection.read())
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
                room.left -= len(event.data)
                if len(body) > MOST_BODY or room.left < 0:
                    code = 413 if len(body) > MOST_BODY else 503
                    await _send(connection, state, Ask(), Reply(code, f"{code} {messages.reason(code)}\n"), now())
                    return None
            elif isinstance(event, h11.EndOfMessage) and request is not None:
                return _ask(request, bytes(body))
            else:
                return None
    finally:
        room.left += len(body)


def _ask(request: h11.Request, body: bytes) -> Ask:
    headers = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in request.headers}
    return Ask(_path(request.target.decode("latin-1")), request.method.decode("latin-1"), headers, body)


def _path(target: str) -> str:
    """Return path and query of a request target, which a client of a proxy writes with scheme and host."""
    if target.startswith("/"):
        return target
    _, scheme, rest = target.partition("://")
    return "/" + rest.partition("/")[2] if scheme else "/"


async def _send(connection: Connection, state: h11.Connection, ask: Ask, answer: Reply, now: float) -> None:
    body = answer.body.encode()
    _, *lines_of_head = messages.head(answer, now).rstrip("\r\n").split("\r\n")
    headers = [(name, text) for name, _, text in (line.partition(": ") for line in lines_of_head)]
    if answer.status in _BODILESS:
        headers = [(name, text) for name, text in headers if not name.startswith("Content-")]
    if state.their_state is not h11.DONE:
        # What is left of the request is not read.
        headers.append(("Connection", "close"))
    out = (
        state.send(h11.Response(status_code=answer.status, headers=headers, reason=messages.reason(answer.status)))
        or b""
    )
    if ask.method != "HEAD" and answer.status not in _BODILESS:
        out += state.send(h11.Data(data=body)) or b""
    out += state.send(h11.EndOfMessage()) or b""
    await connection.write(out)


async def speak_lines(connection: Connection, protocol: str) -> None:
    """Serve a protocol of lines until the client has enough of it."""
    held = b""
    while chunk := await connection.read():
        held += chunk
        while (found := lines.take(protocol, held)) is not None:
            words, held = found
            answer = lines.answer(protocol, words)
            await connection.write(answer.text.encode())
            if answer.closes:
                return
        if len(held) > MOST_LINE:
            return


async def speak_raw(connection: Connection, pod: Object, port: int) -> None:
    """Serve a connection to a server that speaks no HTTP; one that nobody knows hangs up on the first word."""
    protocol = lines.protocol_of(pod, port)
    if protocol:
        await speak_lines(connection, protocol)
        return
    responder = images.responds(pod, port)
    said = await connection.read()
    if responder is not None:
        await connection.write(servers.raw(pod, responder.container, said.decode("utf-8", "replace")).encode())
