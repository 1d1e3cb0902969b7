"""The Kubernetes API asked in process, as somebody whom another door already let in: what the page's terminal speaks through.

Every call is an ASGI call of this very room, so a line typed in the page and the same line of the real kubectl meet the same
validation, tables and warnings.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from starlette.types import Message

from app.kubeapi import app as door
from app.kubeapi import auth
from app.store.keys import Role
from app.terminal.kubectl import api

PROTOCOL = "v5.channel.k8s.io"
_STDIN, _CLOSE = 0, 255


class Admitted:
    """One playground's API for one caller."""

    def __init__(self, app: Any, playground: str, role: Role, actor: str) -> None:
        self.app = app
        self.playground = playground
        self.role = role
        self.actor = actor

    def _scope(self, kind: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        bare, _, query = path.partition("?")
        whole = f"/clusters/{self.playground}{bare}"
        return {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "http" if kind == "http" else "ws",
            "app": self.app,
            "path": whole,
            "raw_path": whole.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()],
            "client": ("127.0.0.1", 0),
            "server": ("127.0.0.1", 0),
            "state": {},
            auth.INSIDE: auth.Entry(self.playground, self.role, self.actor, bare),
        }

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> api.Answer:
        """Ask and return the whole answer."""
        given = {"host": "kubernetes.default.svc", **(headers or {}), "content-length": str(len(body))}
        sent = False
        told: list[Message] = []
        over = asyncio.Event()

        async def receive() -> Message:
            nonlocal sent
            if sent:
                await over.wait()
                return {"type": "http.disconnect"}
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            told.append(message)

        await door.dispatch({**self._scope("http", path, given), "method": method}, receive, send)
        over.set()
        begun = next(message for message in told if message["type"] == "http.response.start")
        content = b"".join(message.get("body", b"") for message in told if message["type"] == "http.response.body")
        found: dict[str, list[str]] = {}
        for name, value in begun["headers"]:
            found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        return api.Answer(int(begun["status"]), found, content)

    async def follow(self, path: str, accept: str) -> AsyncGenerator[bytes, None]:
        """Ask with GET and yield the body as it comes; a refusal raises."""
        queue: asyncio.Queue[Message] = asyncio.Queue(64)
        left = asyncio.Event()
        first = True

        async def receive() -> Message:
            nonlocal first
            if first:
                first = False
                return {"type": "http.request", "body": b"", "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        headers = {"host": "kubernetes.default.svc", "accept": accept}
        scope = {**self._scope("http", path, headers), "method": "GET"}
        running = asyncio.create_task(door.dispatch(scope, receive, queue.put))
        try:
            begun = await _next(queue, running)
            refused = begun is not None and int(begun["status"]) >= 400
            content = b""
            while (message := await _next(queue, running)) is not None:
                body = message.get("body", b"")
                if refused:
                    content += body
                elif body:
                    yield body
                if not message.get("more_body"):
                    break
            if refused and begun is not None:
                raise api.Refused(_status(int(begun["status"]), content))
        finally:
            left.set()
            await _end(running)

    async def converse(self, path: str, stdin: bytes) -> AsyncGenerator[tuple[int, bytes], None]:
        """Open the channels of exec or attach and yield (channel, bytes) until they close."""
        queue: asyncio.Queue[Message] = asyncio.Queue(64)
        coming: asyncio.Queue[Message] = asyncio.Queue()
        coming.put_nowait({"type": "websocket.connect"})
        if stdin:
            coming.put_nowait({"type": "websocket.receive", "bytes": bytes([_STDIN]) + stdin})
        coming.put_nowait({"type": "websocket.receive", "bytes": bytes([_CLOSE, _STDIN])})
        scope = {
            **self._scope("websocket", path, {"host": "kubernetes.default.svc"}),
            "subprotocols": [PROTOCOL],
            "extensions": {"websocket.http.response": {}},
        }
        running = asyncio.create_task(door.dispatch(scope, coming.get, queue.put))
        status, content = 0, b""
        try:
            while (message := await _next(queue, running)) is not None:
                match message["type"]:
                    case "websocket.http.response.start":
                        status = int(message["status"])
                    case "websocket.http.response.body":
                        content += message.get("body", b"")
                        if not message.get("more_body"):
                            raise api.Refused(_status(status, content))
                    case "websocket.send":
                        frame = message.get("bytes") or b""
                        if len(frame) > 1:
                            yield frame[0], frame[1:]
                    case "websocket.close":
                        return
        finally:
            coming.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await _end(running)


def _status(code: int, content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        found = {}
    return {"code": code, **(found if isinstance(found, dict) else {"message": content.decode("utf-8", "replace")})}


async def _next(queue: asyncio.Queue[Message], running: asyncio.Task[None]) -> Message | None:
    """Return what comes next; None when the call has ended and everything was read."""
    if not queue.empty():
        return queue.get_nowait()
    coming = asyncio.create_task(queue.get())
    try:
        await asyncio.wait({coming, running}, return_when=asyncio.FIRST_COMPLETED)
        if coming.done():
            return coming.result()
        if not queue.empty():
            return await coming
        running.result()
        return None
    finally:
        coming.cancel()


async def _end(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
