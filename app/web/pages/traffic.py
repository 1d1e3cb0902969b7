"""Sending requests, trying the nearest fix on a copy, and applying it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from app.cluster import state
from app.dataplane import requests
from app.engine import commands, trials
from app.machinery import errors
from app.machinery.objects import Key
from app.web import equivalents, forms, render, thought, words
from app.web.inspector import Place, Typed
from app.web.pages import acting, common

router = APIRouter(prefix="/p/{playground}/requests")


@router.post("")
async def send(request: Request, playground: str) -> Response:
    """Send what the form asks; the stream brings what became of it."""
    caller = await common.may_change(request, playground)
    asked = forms.asked(await common.form_of(request))
    if asked["count"] > 1:
        asked["trace"] = True
    try:
        await common.run(request, playground, commands.Send(caller.actor, asked))
    except errors.ApiError as error:
        typed = Typed(asked, error.message, error.plain)
        return await common.panel(request, caller, Place(), typed, common.REFUSED)
    held = await common.host_of(request).read(playground)
    return render.nothing(**equivalents.told(equivalents.send(held, asked)))


@router.post("/{revision}/try")
async def try_fix(request: Request, playground: str, revision: int) -> Response:
    """Try the nearest fix on a copy of the cluster as it is now, and say how many requests would arrive."""
    await common.may_change(request, playground)
    found = await _request(request, playground, revision)
    held = await common.host_of(request).read(playground)
    tried = _trial(held, found)
    if tried is None:
        return HTMLResponse(words.say("tried_gone"))
    return HTMLResponse(words.say("tried", arrived=tried[0], sent=tried[1]))


def _trial(held: state.ClusterState, found: Mapping[str, Any]) -> tuple[int, int] | None:
    env = thought.env(held)
    fix, changed = found["fix"], held
    if fix.get("target"):
        patch = commands.Patch("trial", Key(**fix["target"]), fix["patch"], commands.PatchType.STRATEGIC)
        attempted = trials.attempt(held, patch, env)
        if attempted is None:
            return None
        changed = attempted
    asked = {**found["asked"], **(fix.get("request") or {}), "count": trials.TRIAL_REQUESTS, "trace": False}
    asked.pop("results", None)
    try:
        summary = requests.run(changed, requests.parse(asked), env).summary
    except errors.ApiError:
        return None
    return summary.by_outcome.get("ok", 0), summary.sent


@router.post("/{revision}/fix")
async def apply_fix(request: Request, playground: str, revision: int) -> Response:
    """Apply the nearest fix: patch the object it names, or send the mended request."""
    caller = await common.may_change(request, playground)
    found = await _request(request, playground, revision)
    fix = found["fix"]
    if not fix.get("target"):
        return render.nothing(ask=acting.ask_detail({**found["asked"], **(fix.get("request") or {})}, 0))
    return await common.apply_fix(request, caller, fix)


async def _request(request: Request, playground: str, revision: int) -> Mapping[str, Any]:
    found = await common.request_at(request, playground, revision)
    if found is None or not found.get("fix"):
        raise errors.NotFound("This request is no longer in the history, or it needs no fix.")
    return found
