"""A Service's diagnosis in the inspector: what cannot work, found without sending, and the change that mends it."""

from __future__ import annotations

import time
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cluster import clock, state
from app.engine import commands, diagnosing
from app.machinery import errors
from app.machinery.objects import Key
from app.web import equivalents, findings, refs, render, words
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
    patch = commands.Patch(caller.actor, Key(**fix["target"]), fix["patch"], commands.PatchType.STRATEGIC)
    try:
        await common.run(request, playground, patch)
    except errors.ApiError as error:
        return common.refused(error)
    toast = {"text": words.say("toasts", "applied"), "again": True}
    return render.nothing(toast=toast, **equivalents.told(str(fix["command"] or "")))


def _found(held: state.ClusterState, ref: str) -> list[dict[str, Any]]:
    key = refs.key(ref)
    if key[:2] != state.SERVICES:
        raise errors.BadRequest(words.say("diagnosis", "services_only"))
    env = clock.env_for(0, held.revision, held.now or time.time(), clock.TimeMode.INSTANT)
    return diagnosing.findings(held, env, f"{key.namespace}/{key.name}")
