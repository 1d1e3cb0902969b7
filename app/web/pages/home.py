"""The front page: start a playground, and find, rename and delete the ones this browser holds a key of."""

from __future__ import annotations

import contextlib
import time

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.lessons import scenarios
from app.machinery import errors
from app.runtime.creation import NewPlayground
from app.runtime.host import UNUSED_SECONDS
from app.store import keys
from app.web import contexts, render, signin
from app.web.pages import common
from app.web.signin import Role

router = APIRouter()

SEE_OTHER = 303
DAYS = round(UNUSED_SECONDS / 86_400)


@router.get("/")
async def home(request: Request) -> Response:
    """Show the front page."""
    held, now = await signin.held(request), time.time()
    owned = tuple(
        contexts.Owned(one.playground, one.title, one.role is Role.EDIT, used(now - one.used_at)) for one in held
    )
    beginnings = tuple(
        contexts.Beginning(one.slug, one.title, one.summary) for one in scenarios.all() if one.slug != scenarios.FIRST
    )
    roots = {
        "shell": contexts.Shell("Podlane", render.theme_of(request), "home"),
        "home": contexts.Home(owned, beginnings, DAYS),
    }
    return render.page("pages/home.html", roots)


@router.post("/playgrounds")
async def create(request: Request) -> Response:
    """Make a playground from a scenario, put its key into this browser's hands, and go there."""
    form = await common.form_of(request)
    scenario = scenarios.get(form.get("scenario") or scenarios.FIRST)
    wanted = NewPlayground(title=scenario.title, manifests=scenario.manifests)
    made = await common.host_of(request).create(wanted)
    answer = RedirectResponse(f"/p/{made.id}?welcome={scenario.slug}", SEE_OTHER)
    await signin.hold(request, answer, made.id, Role.EDIT, keys.digest(made.edit_key))
    return answer


@router.post("/playgrounds/{playground}/rename")
async def rename(request: Request, playground: str) -> Response:
    """Give a playground another name."""
    await common.may_change(request, playground)
    form = await common.form_of(request)
    await common.host_of(request).rename(playground, form.get("title", ""))
    return RedirectResponse("/", SEE_OTHER)


@router.post("/playgrounds/{playground}/delete")
async def delete(request: Request, playground: str) -> Response:
    """Delete a playground with its history."""
    await common.may_change(request, playground)
    with contextlib.suppress(errors.NotFound):
        await common.host_of(request).delete(playground)
    return RedirectResponse("/", SEE_OTHER)


def used(seconds: float) -> str:
    """Say when a playground was last used."""
    units = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
    for size, unit in units:
        if seconds >= size:
            return render.words_of("used")["ago"].format(span=render.counted(int(seconds // size), unit))
    return render.words_of("used")["now"]
