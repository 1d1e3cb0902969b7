"""exec and attach: a program in a simulated container, and somebody who types and reads at the other end.

Mirrors staging/src/k8s.io/apimachinery/pkg/util/remotecommand and cri-streaming (release 1.36).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import parse_qs

from app.kubeapi import lasting, podcontainers, sockets, worlds
from app.kubeapi.call import Call, flag
from app.kubeapi.channels import PROTOCOLS, STDERR, STDOUT, Channels, Output, hang_up
from app.kubeapi.podcontainers import Chosen
from app.machinery import errors, objects
from app.runtime import moments
from app.terminal import boxes, running, streams, tty
from app.terminal.boxes import Box
from app.terminal.containers import Containers
from app.terminal.shell import Streams

MOST_OPEN = 50
"""exec and attach sessions of a playground at the same time."""
_open = lasting.Open(
    MOST_OPEN, f"This playground has {MOST_OPEN} exec and attach sessions open: end one of them first."
)


async def execute(call: Call) -> None:
    """Serve one exec or attach WebSocket: refuse it with a Status, or run until the program or the client ends."""
    asked = _asked(call)
    try:
        chosen = await _wanted(call, asked)
    except errors.ApiError as refusal:
        await sockets.refuse(call, refusal)
        return
    offered = call.scope.get("subprotocols") or []
    protocol = next((one for one in PROTOCOLS if one in offered), None)
    if protocol is None:
        await sockets.refuse(call, errors.BadRequest("unable to upgrade: no supported subprotocol was offered"))
        return
    await call.receive()
    await call.send({"type": "websocket.accept", "subprotocol": protocol})
    channels = Channels(call, protocol)
    with _open.counted(call.playground):
        await _talk(call, channels, chosen, asked)


async def without_upgrade(call: Call) -> NoReturn:
    """Refuse a call that is no WebSocket, for what is wrong with it first: kubectl comes again over SPDY to hear that."""
    await _wanted(call, _asked(call))
    raise errors.BadRequest("Upgrade request required")


def _asked(call: Call) -> dict[str, list[str]]:
    return parse_qs(call.scope.get("query_string", b"").decode(), keep_blank_values=True)


async def _wanted(call: Call, asked: Mapping[str, list[str]]) -> Chosen:
    assert call.target is not None
    _open.check(call.playground)
    chosen = await podcontainers.chosen(call, asked.get("container", [""])[0])
    podcontainers.check_host(chosen.pod)
    if not any(_is_asked(asked, name) for name in ("stdin", "stdout", "stderr")):
        raise errors.BadRequest("you must specify at least 1 of stdin, stdout, stderr")
    if call.target.subresource == "exec" and not asked.get("command"):
        raise errors.BadRequest("you must specify at least 1 command for the container")
    return chosen


async def _talk(call: Call, channels: Channels, chosen: Chosen, asked: Mapping[str, list[str]]) -> None:
    """Run the program beside what reads and writes; the first to end ends the others."""
    await channels.frame(STDOUT, b"")
    attaches = call.target is not None and call.target.subresource == "attach"
    own = _streams(channels, asked, has_terminal=_is_asked(asked, "tty") and not attaches)
    attached = _attached(call, chosen, own, with_input=_is_asked(asked, "stdin")) if attaches else None
    program = asyncio.ensure_future(attached or _executed(call, chosen, own, asked["command"]))
    others = [
        asyncio.ensure_future(channels.read(own.stdin)),
        asyncio.ensure_future(channels.write()),
    ]
    try:
        await asyncio.wait((program, *others), return_when=asyncio.FIRST_COMPLETED)
        if program.done():
            others[1].cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await others[1]
            await channels.flush()
            await channels.end(program.result())
    finally:
        for task in (program, *others):
            task.cancel()
        await asyncio.gather(program, *others, return_exceptions=True)


def _is_asked(asked: Mapping[str, list[str]], name: str) -> bool:
    return flag(asked.get(name, [None])[0])


def _streams(channels: Channels, asked: Mapping[str, list[str]], *, has_terminal: bool) -> Streams:
    """Return the program's ends of the channels that were asked for; a terminal has one output.

    Who attaches is passed through as is: the terminal, if there is one, is the container's.
    """
    out: streams.Sink = Output(channels, STDOUT) if _is_asked(asked, "stdout") else streams.Into(lambda text: None)
    err: streams.Sink = Output(channels, STDERR) if _is_asked(asked, "stderr") else streams.Into(lambda text: None)
    if has_terminal:
        screen = tty.Screen(out)
        terminal = tty.Tty(screen)
        if not _is_asked(asked, "stdin"):
            terminal.hang_up()
        return Streams(terminal, screen, screen)
    return Streams(streams.Pipe() if _is_asked(asked, "stdin") else streams.given(), out, err)


# --- exec --------------------------------------------------------------------------------------


async def _executed(call: Call, chosen: Chosen, own: Streams, argv: list[str]) -> dict[str, Any]:
    if "running" not in chosen.state:
        return not_found(chosen)
    containers: Containers = call.scope["app"].state.containers
    box = await containers.box(call.playground, chosen.pod, chosen.container)

    world = await worlds.of(call)
    main = boxes.Printer(box, lambda: world.moment)
    code, refusal = await running.run(running.Job(argv, chosen.pod, chosen.container, own, box.files, main), world)
    return ending(code, refusal, argv)


def ending(code: int, refusal: str = "", argv: Sequence[str] = ()) -> dict[str, Any]:
    """Return the Status that tells how a command ended, in the words of cri-streaming and containerd."""
    if refusal:
        return {
            "metadata": {},
            "status": "Failure",
            "message": refusal,
            "reason": "InternalError",
            "details": {"causes": [{"message": refusal}]},
            "code": 500,
        }
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "message": "command terminated with non-zero exit code: "
        f"error executing command [{' '.join(argv)}], exit code {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def not_found(chosen: Chosen) -> dict[str, Any]:
    """Say that the container does not run, as the kubelet does when the API server upgrades to it."""
    return ending(1, f'Internal error occurred: unable to upgrade connection: container not found ("{chosen.name}")')


# --- attach ------------------------------------------------------------------------------------


async def _attached(call: Call, chosen: Chosen, own: Streams, *, with_input: bool) -> dict[str, Any]:
    """Show what the container's own process prints from now on, until it ends; pass on what is typed."""
    if "running" not in chosen.state:
        return not_found(chosen)
    containers: Containers = call.scope["app"].state.containers
    box = await containers.box(call.playground, chosen.pod, chosen.container)
    box.listeners.append(own.out)
    passing: asyncio.Future[None] | None = None
    if with_input and box.stdin is not None:
        passing = asyncio.ensure_future(_pass_on(own.stdin, box))
    try:
        while box.exit_code is None and await _runs(call, chosen):
            await _heard(box, own.out)
        await own.out.drained()
        return ending(0)
    finally:
        box.listeners.remove(own.out)
        if passing is not None:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
            if chosen.container.get("stdinOnce") and box.stdin is not None:
                hang_up(box.stdin)


async def _heard(box: Box, out: streams.Sink) -> None:
    await moments.wait_for(box.bell, 1.0)
    await out.drained()


async def _runs(call: Call, chosen: Chosen) -> bool:
    """Say whether that very run of the container goes on."""
    found = await podcontainers.find(call)
    if found is None or objects.uid_of(found) != objects.uid_of(chosen.pod):
        return False
    now = boxes.statuses_of(found).get(chosen.name) or {}
    return now.get("containerID") == chosen.status.get("containerID") and "running" in now.get("state", {})


async def _pass_on(typed: streams.Pipe, box: Box) -> None:
    assert box.stdin is not None
    while text := await typed.some():
        if isinstance(box.stdin, tty.Tty):
            box.stdin.type(text)
        else:
            box.stdin.append(text)
            await box.stdin.drained()
    hang_up(box.stdin)
