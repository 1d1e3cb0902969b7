"""A Service's diagnosis in the inspector: what cannot work, found without sending, and the change that mends it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cluster import state
from app.engine import diagnosing
from app.machinery import errors
from app.web import findings, refs, render, thought, words
from app.web.pages import common

router = APIRouter(prefix="/p/{playground}/diagnosis")


@router.get("")
async def diagnosis(request: Request, playground: str) -> Response:
    """Show what is wrong with one Service."""
    caller = await common.may_look(request, playground)
    ref = request.query_params.get("ref", "")
    held = await common.host_of(request).read(playground)
    told = findings.of_service(ref, _found(held, ref))
    return render.block(common.PAGE, "diagnosis", {"at": common.at(caller), "diagnosis": told})


@router.post("/fix")
async def apply_fix(request: Request, playground: str) -> Response:
    """Apply the fix of one finding, found anew in the cluster as it is now."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)
    held = await common.host_of(request).read(playground)
    fix = next((one.get("fix") for one in _found(held, form.get("ref", "")) if one["code"] == form.get("code")), None)
    if fix is None or not fix["target"]:
        return common.refused(words.say("diagnosis", "gone"))
    return await common.apply_fix(request, caller, fix)


def _found(held: state.ClusterState, ref: str) -> list[dict[str, Any]]:
    key = refs.key(ref)
    if key[:2] != state.SERVICES:
        raise errors.BadRequest(words.say("diagnosis", "services_only"))
    return diagnosing.findings(held, thought.env(held), f"{key.namespace}/{key.name}")
