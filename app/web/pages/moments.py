"""Moments of the past: the cluster as it was at a revision, requests sent there, and forks from there. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cluster import state
from app.engine import commands, execute
from app.kinds import columns
from app.machinery import errors
from app.store import keys
from app.web import diagram, forms, inspector, render, signin, thought, words
from app.web.inspector import Place, Typed
from app.web.pages import common
from app.web.signin import Caller, Role

router = APIRouter(prefix="/p/{playground}")


def asked_for(query: Mapping[str, str]) -> int:
    """Return the revision that a page stands at, 0 for now."""
    text = query.get("at", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


@router.get("/past/{revision}")
async def look(request: Request, playground: str, revision: int) -> Response:
    """Tell what the diagram draws of the moment, and how long ago it was."""
    await common.may_look(request, playground)
    host = common.host_of(request)
    held, about = await host.past(playground, revision), await host.describe(playground)
    age = columns.human_duration(max(0.0, about.clock.now - held.now))
    told = {"snapshot": diagram.snapshot(held), "said": words.say("past", "as_it_was", revision=revision, age=age)}
    return Response(msgspec.json.encode(told), media_type="application/json", headers=render.NO_STORE)


async def panel(request: Request, caller: Caller, at: int, place: Place, typed: Typed) -> Response:
    """Show the inspector on the cluster as it was."""
    held = await common.host_of(request).past(caller.playground, at)
    shown = await common.request_at(request, caller.playground, place.request) if place.request else None
    return _panel(caller, held, place, shown, typed)


def _panel(
    caller: Caller, held: state.ClusterState, place: Place, shown: Mapping[str, object] | None, typed: Typed
) -> Response:
    made = inspector.panel(held, place, shown, typed)
    return render.block(common.PAGE, "panel", {"at": common.at(caller, held.revision), "panel": made})


@router.post("/past/{revision}/requests")
async def send(request: Request, playground: str, revision: int) -> Response:
    """Send what the form asks in the state of the moment; nothing is stored, so whoever may look may send."""
    caller = await common.may_look(request, playground)
    asked = forms.asked(await common.form_of(request))
    if asked["count"] > 1:
        asked["trace"] = True
    held = await common.host_of(request).past(playground, revision)
    shown, typed = None, Typed(asked)
    try:
        done = execute.execute(held, commands.Send(caller.actor, asked, record=False), thought.env(held))
        shown = {"asked": asked, **done.result, "fix": None}
    except errors.ApiError as error:
        typed = Typed(asked, error.message, error.plain)
    answer = _panel(caller, held, Place(), shown, typed)
    answer.status_code = 200 if shown else common.REFUSED
    answer.headers.update(common.KEEP)
    return answer


@router.post("/fork")
async def fork(request: Request, playground: str) -> Response:
    """Make a playground of one's own out of the moment, put its key into this browser's hands, and go there."""
    await common.may_look(request, playground)
    at = asked_for(await common.form_of(request))
    made = await common.host_of(request).fork(playground, at or None)
    answer = Response(status_code=204, headers={**render.NO_STORE, "HX-Redirect": f"/p/{made.id}"})
    await signin.hold(request, answer, made.id, Role.EDIT, keys.digest(made.edit_key))
    return answer
