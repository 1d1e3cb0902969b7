"""Routes that act on a playground: send requests, undo, redo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.engine import commands, execute
from app.runtime.host import Executed, Receipt
from app.store.answers import Answered, Once
from app.web import signin, thought
from app.web.api import bodies, once
from app.web.api.playgrounds import host_of
from app.web.signin import Role

router: APIRouter = APIRouter(prefix="/api/v1/playgrounds/{playground}")


@router.post("/requests")
async def send(request: Request, playground: str) -> Response:
    """Send requests and tell where they went and why; `at` asks what they had met at a past revision.

    The past stores nothing, so whoever may look may ask it.
    """
    await signin.require(request, playground, Role.VIEW)
    asked = await bodies.mapping(request)
    if "at" in asked:
        return bodies.answer(await at_revision(request, playground, asked))
    caller = await signin.require(request, playground, Role.EDIT)
    return await carry_out(request, playground, commands.Send(caller.actor, asked), lambda done: done.result)


async def at_revision(request: Request, playground: str, asked: dict[str, Any]) -> Any:
    """Send in the state at a past revision; nothing is stored."""
    revision = asked["at"]
    if not isinstance(revision, int) or isinstance(revision, bool):
        raise bodies.Unprocessable('The field "at" must be a revision, a whole number.')
    held = await host_of(request).past(playground, revision)
    rest = {name: value for name, value in asked.items() if name != "at"}
    return execute.execute(held, commands.Send(signin.actor_of(request), rest, record=False), thought.env(held)).result


@router.post("/undo")
async def undo(request: Request, playground: str) -> Response:
    """Take back the caller's last command."""
    caller = await signin.require(request, playground, Role.EDIT)
    await bodies.mapping(request)
    return await carry_out(
        request, playground, commands.Undo(caller.actor), lambda done: {"revision": done.revision, **done.result}
    )


@router.post("/redo")
async def redo(request: Request, playground: str) -> Response:
    """Do the caller's last undone command again."""
    caller = await signin.require(request, playground, Role.EDIT)
    await bodies.mapping(request)
    return await carry_out(
        request, playground, commands.Redo(caller.actor), lambda done: {"revision": done.revision, **done.result}
    )


async def carry_out(
    request: Request, playground: str, command: commands.Command, tell: Callable[[Executed], Any]
) -> Response:
    """Run a command once and answer with what `tell` makes of it."""

    def answered(done: Executed) -> Answered:
        return Answered(200, bodies.encode(tell(done)))

    async def work(key: Once | None) -> Answered:
        receipt = None if key is None else Receipt(key, answered)
        return answered(await host_of(request).execute(playground, command, receipt))

    return await once.run(request, work)
