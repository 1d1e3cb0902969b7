"""The world of a simulated program that a call of this API makes run: its network, its API server, the files around."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.engine import commands
from app.kubeapi.call import Call
from app.terminal import calls
from app.terminal.containers import Containers
from app.terminal.messages import Ask, Reply


async def of(call: Call) -> calls.World:
    """Return the world of a program in the caller's playground; what it sends is the caller's doing."""
    containers: Containers = call.scope["app"].state.containers

    async def send(asked: Mapping[str, Any]) -> Mapping[str, Any]:
        done = await call.host.execute(call.playground, commands.Send(call.actor, asked))
        answer: Mapping[str, Any] = done.result
        return answer

    async def api(asked: Ask) -> Reply:
        return await containers.asks(call.playground, asked)

    await call.host.read(call.playground)
    return containers.world(call.playground, send, api)
