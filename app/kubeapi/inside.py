"""The Kubernetes API as programs inside pods reach it: the same app, asked without a socket."""

from __future__ import annotations

from typing import Any

from starlette.types import ASGIApp

from app.kubeapi import auth
from app.store.keys import Role
from app.terminal.containers import Asks


def asks(app: ASGIApp) -> Asks:
    """Return what answers a GET of a path from inside a playground.

    The program's own token has been looked at by then: what it may read is what any ServiceAccount may.
    """

    async def ask(playground: str, path: str) -> tuple[int, str]:
        bare, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "https",
            "method": "GET",
            "path": f"/clusters/{playground}{bare}",
            "raw_path": f"/clusters/{playground}{bare}".encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"accept", b"application/json"), (b"host", b"kubernetes.default.svc")],
            auth.INSIDE: auth.Entry(playground, Role.VIEW, "pod", bare),
        }
        seen: dict[str, Any] = {"status": 500, "body": b""}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            elif message["type"] == "http.response.body":
                seen["body"] += message.get("body", b"")

        await app(scope, receive, send)
        return seen["status"], seen["body"].decode("utf-8", "replace")

    return ask
