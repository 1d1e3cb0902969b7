"""The terminal under the timeline: a form posts a line, the answer streams what it prints, and last what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cluster import clock
from app.machinery import errors
from app.runtime.loaded import Playground
from app.terminal import calls, completing, typed
from app.web import contexts, live, render, signin, transcript, words
from app.web.pages import common
from app.web.signin import Caller, Role

router = APIRouter(prefix="/p/{playground}/terminal")

LONGEST_SECONDS = 600.0
"""How long one line may run: a watch that nobody ends is ended."""
PIECE = 16_000
MOST_OUTPUT = 2_000_000


@router.post("")
async def run_line(request: Request, playground: str) -> Response:
    """Run a line, and stream what it prints."""
    caller = await common.may_look(request, playground)
    form = await common.form_of(request)
    line = form.get("line", "").replace("\r\n", "\n").strip("\n")
    desk = _desk(form.get("desk", ""))

    async def may_look() -> bool:
        return await signin.role_of(request, playground) is not None

    host = common.host_of(request)
    about = await host.describe(playground)
    around = _around(request, caller, about)
    return live.EventStream(
        lambda: _told(request, caller, (line, desk, around)), may_look, request.app.state.draining, host
    )


def _desk(text: str) -> typed.Desk:
    """Read what the terminal kept; whatever is not understood is begun anew."""
    with contextlib.suppress(msgspec.DecodeError, msgspec.ValidationError):
        return msgspec.json.decode(text or "{}", type=typed.Desk)
    return typed.Desk()


def _around(request: Request, caller: Caller, about: Playground) -> typed.Around:
    started, told = time.monotonic(), about.clock
    moves = not told.paused and about.time != clock.TimeMode.MANUAL

    def now() -> float:
        return told.now + (time.monotonic() - started) * told.speed if moves else told.now

    made = request.app.state.kubernetes(request.app, caller.playground, caller.role, caller.actor)
    return typed.Around(
        api=made,
        playground=caller.playground,
        base=str(request.base_url).rstrip("/"),
        clock=now,
        waits=about.time != clock.TimeMode.INSTANT,
        can_edit=caller.role is Role.EDIT,
    )


async def _told(request: Request, caller: Caller, asked: tuple[str, typed.Desk, typed.Around]) -> AsyncIterator[bytes]:
    """Yield frames: `told` with a stream's name and parts, last `ended` with what the line leaves behind."""
    line, desk, around = asked
    queue: asyncio.Queue[tuple[str, str] | None] = asyncio.Queue()
    size = 0

    def say(kind: str, text: str) -> None:
        nonlocal size
        size += len(text)
        if size > MOST_OUTPUT:
            raise calls.Stopped(124, words.say("terminal", "much"))
        queue.put_nowait((kind, text))

    async def run() -> tuple[typed.Desk, dict[str, str]]:
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                return await typed.run(line, desk, around, say)
        except TimeoutError:
            queue.put_nowait(("err", words.say("terminal", "long")))
            return typed.Desk(desk.namespace, desk.files, desk.variables, 124), {}
        except errors.ApiError as error:
            queue.put_nowait(("err", f"{error.message}\n"))
            return typed.Desk(desk.namespace, desk.files, desk.variables, 1), {}
        finally:
            queue.put_nowait(None)

    running = asyncio.create_task(run())
    try:
        refused = False
        while (first := await queue.get()) is not None:
            kind, text = first
            ended = False
            while not queue.empty() and len(text) < PIECE:
                following = queue.get_nowait()
                if following is None:
                    ended = True
                    break
                if following[0] != kind:
                    yield await _frame(request, caller, (kind, text), (line, desk))
                    kind, text = following
                else:
                    text += following[1]
            refused = refused or (kind == "err" and "(Forbidden)" in text)
            yield await _frame(request, caller, (kind, text), (line, desk))
            if ended:
                break
        if refused and not around.can_edit:
            yield await _frame(request, caller, ("note", words.say("terminal", "looking")), (line, desk))
        left, chosen = await running
        told = {"desk": left, "code": left.code, **({"edit": chosen["edit"]} if "edit" in chosen else {})}
        yield b"event: ended\ndata: %s\n\n" % msgspec.json.encode(told)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _frame(request: Request, caller: Caller, told: tuple[str, str], typed_as: tuple[str, typed.Desk]) -> bytes:
    kind, text = told
    line, desk = typed_as
    found: list[Any] = [(text,)]
    with contextlib.suppress(errors.ApiError):
        held = await common.host_of(request).read(caller.playground)
        found = list(transcript.Linker(held, desk.namespace, transcript.kinds_in(line)).parts(text))
    return b"event: told\ndata: %s\n\n" % msgspec.json.encode({"kind": kind, "parts": found})


@router.get("/choices")
async def choices(request: Request, playground: str) -> Response:
    """List what could stand at the end of a line that is being typed."""
    await common.may_look(request, playground)
    query = request.query_params
    held = await common.host_of(request).read(playground)
    found = completing.complete(held, query.get("line", "")[:4_000], query.get("namespace") or "default")
    return render.block("cluster/choices.html", "choices", {"choices": contexts.Completions(found.words, found.typed)})


@router.post("/kubeconfig")
async def kubeconfig(request: Request, playground: str) -> Response:
    """Give this browser a kubeconfig of its own, with a key made for it."""
    caller = await common.may_look(request, playground)
    key = await signin.doors_of(request).add_key(playground, caller.role)
    text = request.app.state.kubeconfig(str(request.base_url), playground, key)
    headers = {"Content-Disposition": 'attachment; filename="podlane.kubeconfig"'}
    return Response(text, headers=headers, media_type="application/yaml")
