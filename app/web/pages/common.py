"""What the page routes share: the host, who may do what, forms as text, and refusals that keep what was typed."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from app.cluster import journal
from app.engine import commands
from app.machinery import errors
from app.machinery.objects import Key
from app.runtime.host import Executed, Host
from app.web import contexts, equivalents, history, inspector, refusals, render, signin, words
from app.web.inspector import Place, Typed
from app.web.signin import Caller, Role

PAGE = "pages/cluster.html"
REFUSED = 422
KEEP = {"HX-Retarget": "#panel", "HX-Reswap": "outerMorph"}


def host_of(request: Request) -> Host:
    """Return this app's host."""
    host: Host = request.app.state.host
    return host


def at(caller: Caller, past: int = 0) -> contexts.At:
    """Return the place that fragments link to; nobody changes the past."""
    return contexts.At(caller.playground, f"/p/{caller.playground}", caller.role is Role.EDIT and not past, past)


async def may_look(request: Request, playground: str) -> Caller:
    """Return the caller, who may look."""
    return await signin.require(request, playground, Role.VIEW)


async def may_change(request: Request, playground: str) -> Caller:
    """Return the caller, who may change."""
    return await signin.require(request, playground, Role.EDIT)


async def form_of(request: Request) -> dict[str, str]:
    """Return the posted form as text; of a name that stands twice the last counts."""
    posted = await request.form()
    return {name: value for name, value in posted.items() if isinstance(value, str)}


async def run(request: Request, playground: str, command: commands.Command) -> Executed:
    """Run a command."""
    return await host_of(request).execute(playground, command)


async def entry_at(request: Request, playground: str, revision: int) -> journal.Entry | None:
    """Return the entry of a revision, None when it is compacted away or not there yet."""
    host = host_of(request)
    if revision < 1 or revision > (await host.describe(playground)).revision:
        return None
    with contextlib.suppress(errors.Expired):
        async with contextlib.aclosing(host.follow(playground, revision - 1)) as commits:
            async for entries in commits:
                return entries[0] if entries[0].revision == revision else None
    return None


async def request_at(request: Request, playground: str, revision: int) -> Mapping[str, Any] | None:
    """Return the request that completed at a revision."""
    entry = await entry_at(request, playground, revision)
    return entry.body.request if entry and isinstance(entry.body, journal.RequestCompleted) else None


async def panel(
    request: Request, caller: Caller, place: Place, typed: Typed = inspector.NOTHING_TYPED, status: int = 200
) -> Response:
    """Answer with the inspector; refused forms come back in it with what was typed."""
    shown = await request_at(request, caller.playground, place.request) if place.request else None
    host = host_of(request)
    made = inspector.panel(await host.read(caller.playground), place, shown, typed, can_edit=caller.role is Role.EDIT)
    if inspector.tells_changes(made) or inspector.tells_leaving(made):
        made = inspector.with_history(made, await history.recent(host, await host.describe(caller.playground)))
    answer = render.block(PAGE, "panel", {"at": at(caller), "panel": made}, status)
    if status >= 400:
        answer.headers.update(KEEP)
    return answer


async def apply_fix(request: Request, caller: Caller, fix: Mapping[str, Any]) -> Response:
    """Patch the object that a fix names, and show the line that does the same."""
    patch = commands.Patch(caller.actor, Key(**fix["target"]), fix["patch"], commands.PatchType.STRATEGIC)
    try:
        await run(request, caller.playground, patch)
    except errors.ApiError as error:
        return refused(error)
    toast = {"text": words.say("toasts", "applied"), "again": True}
    return render.nothing(toast=toast, **equivalents.told(str(fix.get("command") or "")))


def refused(error: errors.ApiError | str) -> Response:
    """Answer a refused button: a message that goes away, and nothing else changes."""
    told = refusals.told(error) if isinstance(error, errors.ApiError) else refusals.Told(error, "")
    said = told.plain or told.message
    answer = render.nothing(toast={"text": said, "bad": True})
    answer.status_code = REFUSED
    answer.headers["HX-Reswap"] = "none"
    return answer
