"""port-forward: bytes from a client straight to a server in a pod, past every Service, rule and policy.

Mirrors staging/src/k8s.io/kubelet/pkg/cri/streaming/portforward and containerd's sandbox_portforward (release 1.36).
DIFFERS: only WebSockets are served (SPDY/3.1 tunnelled in one, and v4.channel.k8s.io); the older upgrade of a POST to
SPDY is refused, so KUBECTL_PORT_FORWARD_WEBSOCKETS=false does not work.
DIFFERS: TLS is not spoken inside the tunnel: a TLS client is answered in plain HTTP, as by a server without TLS.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import Response

from app.cluster import state
from app.controllers.kubelet import parts
from app.engine import commands
from app.kinds import images
from app.kubeapi import carrying, lasting, pairs, pipes, podcontainers, portchannels, sockets, status, worlds
from app.kubeapi.call import Call
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.terminal import replies, serving
from app.terminal.replies import Ask, Reply

TUNNEL = "SPDY/3.1+portforward.k8s.io"

MOST_OPEN = 50
"""port-forwards of a playground at the same time."""
_open = lasting.Open(MOST_OPEN, f"This playground has {MOST_OPEN} port-forwards open: end one of them first.")


async def serve(call: Call) -> None:
    """Serve one port-forward WebSocket, or refuse it with a Status."""
    try:
        pod = await check(call)
        _open.check(call.playground)
    except errors.ApiError as refusal:
        await sockets.refuse(call, refusal)
        return
    with _open.counted(call.playground):
        await _forward(call, pod)


async def _forward(call: Call, pod: Object) -> None:
    try:
        offered = call.scope.get("subprotocols") or []
        place = Place(call, pod)
        if TUNNEL in offered:
            await call.receive()
            await call.send({"type": "websocket.accept", "subprotocol": TUNNEL})
            await pairs.serve(call, place.carry)
            return
        chosen = next((one for one in portchannels.PROTOCOLS if one in offered), None)
        if chosen is None and offered:
            raise errors.BadRequest(
                f"unable to upgrade: the server offers {TUNNEL} and {', '.join(portchannels.PROTOCOLS)}, "
                f"the client {', '.join(offered)}"
            )
        ports = _ports(call)
    except errors.ApiError as refusal:
        await sockets.refuse(call, refusal)
        return
    await call.receive()
    await call.send({"type": "websocket.accept", "subprotocol": chosen})
    await portchannels.serve(call, ports, place.carry, is_text="base64" in (chosen or ""))


async def refuse_upgrade(call: Call) -> Response:
    """Answer a port-forward that is no WebSocket: the refusals of one, else what to use instead."""
    await check(call)
    if call.request.headers.get("upgrade", "").lower() == "spdy/3.1":
        raise errors.BadRequest(
            "this API server forwards ports over WebSockets only: use kubectl 1.31 or newer without "
            "KUBECTL_PORT_FORWARD_WEBSOCKETS=false"
        )
    raise errors.BadRequest("Upgrade request required")


async def check(call: Call) -> Object:
    """Return the pod that is to be reached; refuse as API server and kubelet do before anything is upgraded."""
    target = call.target
    assert target is not None
    held = await call.host.read(call.playground)
    pod = held.find(state.PODS, target.namespace, target.name)
    if pod is None:
        raise errors.not_found(Key(*state.PODS, target.namespace, target.name))
    podcontainers.check_host(pod)
    if not parts.is_simulated(held, pod):
        node = str(objects.spec_of(pod)["nodeName"])
        host = held.find(state.NODES, "", node) or {}
        address = next((one["address"] for one in objects.status_of(host).get("addresses") or ()), node)
        raise status.Refusal(
            500, "InternalError", f"error dialing backend: dial tcp {address}:10250: connect: no route to host"
        )
    if objects.status_of(pod).get("phase") == "Pending":
        whole = f"{target.name}_{target.namespace}({objects.uid_of(pod)})"
        raise status.Refusal(500, "InternalError", f'failed to find sandboxID for pod "{whole}"')
    return pod


def _ports(call: Call) -> list[int]:
    asked = parse_qs(call.scope.get("query_string", b"").decode()).get("ports", [])
    found = [text for value in asked for text in value.split(",")]
    if not found:
        raise errors.BadRequest('query parameter "ports" is required')
    for text in found:
        if not text.isdecimal() or not 0 < int(text[:9]) <= 65535:
            raise errors.BadRequest(f'unable to parse "{text}" as a port')
    return [int(text) for text in found]


@dataclass(frozen=True, slots=True)
class Place:
    """The pod at the far end."""

    call: Call
    pod: Object
    room: serving.Room = field(default_factory=serving.Room)

    async def carry(self, port: int, pipe: pipes.Pipe) -> None:
        """Connect to the port inside the pod and carry the connection until either side ends it."""
        try:
            refused = await self._connect(port)
        except errors.ApiError as error:
            refused = error.message
        if refused:
            sandbox = sandbox_of(self.pod)
            await pipe.fail(f"error forwarding port {port} to pod {sandbox}, uid : {refused}")
            return
        try:
            await self._converse(port, pipe)
        except (errors.ApiError, OSError):
            # The pod is gone or the client is: what was not said will not be.
            return

    async def _converse(self, port: int, pipe: pipes.Pipe) -> None:
        responder = images.responds(self.pod, port)
        if responder is not None and responder.http:
            world = await worlds.of(self.call)
            await serving.speak_http(pipe, lambda ask: self._answer(port, ask), lambda: world.moment, self.room)
            return
        await self._send(self._connection(port), record=True)
        await serving.speak_raw(pipe, self.pod, port)

    async def _connect(self, port: int) -> str:
        """Try the port; return the container runtime's words when nobody takes the connection."""
        pod = await self._find()
        if pod is None or objects.status_of(pod).get("phase") != "Running":
            gone = sandbox_of(self.pod)
            return f'network namespace for sandbox "{gone}" is closed'
        asked = self._connection(port)
        result = await self._send(asked, record=False)
        if result["outcome"] == "ok":
            return ""
        await self._send(asked, record=True)
        return (
            f'failed to execute portforward in network namespace "{namespace_of(pod)}": failed to connect to '
            f'localhost:{port} inside namespace "{sandbox_of(pod)}", IPv4: dial tcp4 127.0.0.1:{port}: connect: '
            f"connection refused IPv6 dial tcp6 [::1]:{port}: connect: connection refused "
        )

    async def _answer(self, port: int, ask: Ask) -> Reply | None:
        pod = await self._find()
        if pod is None:
            return None
        result = await self._send(carrying.written(self._origin, f"http://127.0.0.1:{port}", ask), record=True)
        if "http_status" not in result:
            return None
        return await replies.exchanged(await worlds.of(self.call), result, ask)

    async def _find(self) -> Object | None:
        """Return the pod as it is now; None when it, and not just another of its name, is gone."""
        held = await self.call.host.read(self.call.playground)
        found = held.find(state.PODS, objects.namespace_of(self.pod), objects.name_of(self.pod))
        return found if found is not None and objects.uid_of(found) == objects.uid_of(self.pod) else None

    @property
    def _origin(self) -> dict[str, str]:
        return {"port_forward": f"{objects.namespace_of(self.pod)}/{objects.name_of(self.pod)}"}

    def _connection(self, port: int) -> dict[str, Any]:
        return {"from": self._origin, "to": f"tcp://127.0.0.1:{port}", "headers": {}, "trace": True}

    async def _send(self, asked: Mapping[str, Any], *, record: bool) -> Mapping[str, Any]:
        done = await self.call.host.execute(self.call.playground, commands.Send(self.call.actor, asked, record=record))
        result: Mapping[str, Any] = done.result["results"][0]
        return result


def sandbox_of(pod: Object) -> str:
    """Return the id of the pod's sandbox, as a container runtime would give it: the same for the pod's whole life."""
    return hashlib.sha256(f"sandbox/{objects.uid_of(pod)}".encode()).hexdigest()


def namespace_of(pod: Object) -> str:
    """Return the path of the pod's network namespace on its node."""
    if objects.spec_of(pod).get("hostNetwork"):
        return "host"
    return f"/var/run/netns/cni-{uuid.uuid5(uuid.NAMESPACE_OID, objects.uid_of(pod))}"
