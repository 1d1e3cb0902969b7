"""WebSockets of the Kubernetes API: which call each of them is, and how one is refused."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from app.kubeapi import status
from app.kubeapi.call import Call
from app.machinery import errors


def frame(channel: int, content: bytes, *, is_text: bool) -> dict[str, Any]:
    """Write bytes of a numbered channel as a message, in base64 where text is spoken."""
    if is_text:
        return {"type": "websocket.send", "text": f"{channel}{base64.b64encode(content).decode()}"}
    return {"type": "websocket.send", "bytes": bytes([channel]) + content}


async def refuse(call: Call, refusal: errors.ApiError) -> None:
    """Answer the upgrade with a Status body instead."""
    await call.receive()
    await _answer(call.scope, call.send, refusal.code, msgspec.json.encode(status.of(refusal, call.target)))


async def refuse_early(scope: Scope, receive: Receive, send: Send, refusal: errors.ApiError) -> None:
    """Answer the upgrade of a caller who was not let in."""
    await receive()
    await _answer(scope, send, refusal.code, msgspec.json.encode(status.of(refusal)))


async def _answer(scope: Scope, send: Send, code: int, body: bytes) -> None:
    if "websocket.http.response" not in (scope.get("extensions") or {}):
        await send({"type": "websocket.close", "code": 1000})
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "websocket.http.response.start", "status": code, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
