"""exec over WebSocket: the channels of `kubectl exec`, with a command run in the simulated pod.

Mirrors staging/src/k8s.io/apimachinery/pkg/util/remotecommand and cri-streaming (release 1.36).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from app.cluster import state
from app.engine import commands
from app.kubeapi import sockets, status
from app.kubeapi.call import Call, flag
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.terminal import calls, running

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io", "v5.base64.channel.k8s.io", "base64.channel.k8s.io")
_STDIN, _STDOUT, _STDERR, _ERROR, _CLOSE = 0, 1, 2, 3, 255
MOST_INPUT = 1_000_000


async def execute(call: Call) -> None:
    """Serve one exec WebSocket: refuse it with a Status, or run the command and close with its exit code."""
    try:
        pod, container, argv = await _wanted(call)
    except errors.ApiError as refusal:
        await sockets.refuse(call, refusal)
        return
    offered = call.scope.get("subprotocols") or []
    chosen = next((one for one in PROTOCOLS if one in offered), None)
    if chosen is None:
        await sockets.refuse(call, errors.BadRequest("unable to upgrade: no supported subprotocol was offered"))
        return
    await call.receive()
    await call.send({"type": "websocket.accept", "subprotocol": chosen})
    channels = Channels(call, "base64" in chosen)
    asked = parse_qs(call.scope.get("query_string", b"").decode(), keep_blank_values=True)
    await channels.write(_STDOUT, b"")
    stdin = await channels.read_input() if flag(asked.get("stdin", [None])[0]) else ""
    done = await running.execute(argv, pod, await _world(call), container, stdin)
    await channels.write(_STDOUT, done.stdout.encode("utf-8", "replace"))
    await channels.write(_STDERR, done.stderr.encode("utf-8", "replace"))
    await channels.write(_ERROR, json.dumps(ending(done)).encode())
    await call.send({"type": "websocket.close", "code": 1000})


def ending(done: running.ShellResult) -> dict[str, Any]:
    """Return the Status that tells how a command ended."""
    if done.refusal:
        return {
            "metadata": {},
            "status": "Failure",
            "message": done.refusal,
            "reason": "InternalError",
            "details": {"causes": [{"message": done.refusal}]},
            "code": 500,
        }
    if done.exit_code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": "command terminated with non-zero exit code",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(done.exit_code)}]},
    }


class Channels:
    """The numbered streams inside one WebSocket, as bytes or as base64 text."""

    def __init__(self, call: Call, is_text: bool) -> None:
        self.call = call
        self.is_text = is_text

    async def write(self, channel: int, content: bytes) -> None:
        """Send a frame of a channel; an empty one is sent only to open the output."""
        if not content and channel != _STDOUT:
            return
        if self.is_text:
            await self.call.send({"type": "websocket.send", "text": str(channel) + base64.b64encode(content).decode()})
            return
        await self.call.send({"type": "websocket.send", "bytes": bytes([channel]) + content})

    async def read_input(self) -> str:
        """Collect the standard input until its end."""
        kept = b""
        while len(kept) <= MOST_INPUT:
            message = await self.call.receive()
            if message["type"] != "websocket.receive":
                break
            channel, content = self._read(message)
            if channel == _CLOSE:
                break
            if channel == _STDIN:
                kept += content
        return kept.decode("utf-8", "replace")

    def _read(self, message: Mapping[str, Any]) -> tuple[int, bytes]:
        if self.is_text:
            text = message.get("text") or ""
            return (int(text[0]) if text[:1].isdigit() else _CLOSE), base64.b64decode(text[1:] or "")
        frame = message.get("bytes") or b"\xff"
        return frame[0], frame[1:]


async def _wanted(call: Call) -> tuple[Object, Mapping[str, Any], list[str]]:
    target = call.target
    assert target is not None
    held = await call.host.read(call.playground)
    pod = held.find(state.PODS, target.namespace, target.name)
    if pod is None:
        raise errors.not_found(Key(*state.PODS, target.namespace, target.name))
    asked = parse_qs(call.scope.get("query_string", b"").decode(), keep_blank_values=True)
    container = container_of(pod, asked.get("container", [""])[0])
    if objects.status_of(pod).get("phase") in ("Succeeded", "Failed"):
        phase = objects.status_of(pod)["phase"]
        raise status.Refusal(
            500, "InternalError", f"cannot exec into a container in a completed pod; current phase is {phase}"
        )
    if objects.status_of(pod).get("phase") != "Running":
        raise errors.BadRequest(f"pod {target.name} does not have a host assigned")
    if not asked.get("command"):
        raise errors.BadRequest("you must specify at least 1 command for the container")
    return pod, container, asked["command"]


def container_of(pod: Object, name: str) -> Mapping[str, Any]:
    """Return the container of that name, the first one without a name; refuse a name the pod does not have."""
    containers: list[Mapping[str, Any]] = list(objects.spec_of(pod).get("containers") or ())
    if not name and containers:
        return containers[0]
    for one in containers:
        if one.get("name") == name:
            return one
    raise errors.BadRequest(f"container {name} is not valid for pod {objects.name_of(pod)}")


async def _world(call: Call) -> calls.World:
    async def read() -> state.ClusterState:
        return await call.host.read(call.playground)

    async def send(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        done = await call.host.execute(call.playground, commands.Send(call.actor, asked))
        answer: Mapping[str, Any] = done.result
        return answer

    async def api(path: str) -> tuple[int, str]:
        return await ask(call, path)

    held = await read()
    return calls.World(read, send, api, held.now or 0.0)


async def ask(call: Call, path: str) -> tuple[int, str]:
    """Ask this very app for a path of the same playground, as the caller."""
    bare, _, query = path.partition("?")
    whole = str(call.scope["path"])
    prefix = whole[: len(whole) - len(call.path)] if whole.endswith(call.path) else whole
    kept = [(name, value) for name, value in call.scope["headers"] if name == b"authorization"]
    scope = {
        **{name: call.scope[name] for name in ("asgi", "app", "client", "server", "state") if name in call.scope},
        "type": "http",
        "http_version": "1.1",
        "scheme": {"ws": "http", "wss": "https"}.get(call.scope.get("scheme", "http"), "http"),
        "method": "GET",
        "path": prefix + bare,
        "raw_path": (prefix + bare).encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [*kept, (b"accept", b"application/json"), (b"host", b"kubernetes.default.svc")],
    }
    seen: dict[str, Any] = {"status": 500, "body": b""}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            seen["status"] = message["status"]
        elif message["type"] == "http.response.body":
            seen["body"] += message.get("body", b"")

    await call.scope["app"](scope, receive, send)
    return seen["status"], seen["body"].decode("utf-8", "replace")
