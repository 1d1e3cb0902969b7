"""Opening a playground with its link, and making links to share."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.machinery import errors
from app.store import keys
from app.web import contexts, render, signin
from app.web.pages import common, home
from app.web.signin import Role

router = APIRouter(prefix="/p/{playground}")


@router.post("/sign-in")
async def sign_in(request: Request, playground: str) -> Response:
    """Take the key that stood behind the # and let this browser keep it."""
    form = await common.form_of(request)
    key = form.get("k", "").strip()
    role = await signin.role_by_key(request, playground, key) if key else None
    if role is None:
        raise errors.Forbidden("This key does not open the playground. Ask for its present link.")
    answer = render.nothing()
    await signin.hold(request, answer, playground, role, keys.digest(key))
    return answer


@router.get("/share")
async def share(request: Request, playground: str) -> Response:
    """Show what can be shared."""
    return _dialog(await common.may_look(request, playground), contexts.Sharing(home.DAYS))


@router.post("/share")
async def make_link(request: Request, playground: str) -> Response:
    """Make one more key and show its link, this once."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)
    role = Role.EDIT if form.get("role") == "edit" else Role.VIEW
    key = await signin.doors_of(request).add_key(playground, role)
    link = f"{str(request.base_url).rstrip('/')}/p/{playground}#k={key}"
    return _dialog(caller, contexts.Sharing(home.DAYS, role.value, link))


def _dialog(caller: signin.Caller, sharing: contexts.Sharing) -> Response:
    return render.block(common.PAGE, "sharing", {"at": common.at(caller), "sharing": sharing})
