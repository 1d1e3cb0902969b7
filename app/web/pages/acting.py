"""What changes objects: labels, selectors, ports, scale, readiness, deletion, undo and redo, demonstrations.

Nothing here draws anything: a POST answers 204 and the stream brings the change, or the form comes back with a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.engine import commands
from app.lessons import facts
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.web import equivalents, forms, nodework, refs, refusals, render, words
from app.web.inspector import Place, Typed
from app.web.pages import common
from app.web.signin import Caller

router = APIRouter(prefix="/p/{playground}")

LAG_MS = 900
"""How long a demonstration waits between a change and its request: until every node's rules are synced."""

Form = Mapping[str, str]


@router.post("/rename")
async def rename(request: Request, playground: str) -> Response:
    """Give the playground another name."""
    await common.may_change(request, playground)
    form = await common.form_of(request)
    try:
        await common.host_of(request).rename(playground, form.get("title", ""))
    except errors.BadRequest as error:
        return common.refused(error)
    return render.nothing()


@router.post("/labels")
async def labels(request: Request, playground: str) -> Response:
    """Write the labels of an object."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)

    def patch(obj: Object) -> dict[str, Any]:
        return {"metadata": {"labels": forms.pairs_patch(objects.labels_of(obj), forms.pairs(form.get("text", "")))}}

    return await _edit(request, caller, form, "labels", patch, _labels_line)


@router.post("/selector")
async def selector(request: Request, playground: str) -> Response:
    """Write the selector of a Service."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)

    def patch(obj: Object) -> dict[str, Any]:
        before = objects.spec_of(obj).get("selector") or {}
        return {"spec": {"selector": forms.pairs_patch(before, forms.pairs(form.get("text", "")))}}

    return await _edit(request, caller, form, "selector", patch, _selector_line)


@router.post("/ports")
async def ports(request: Request, playground: str) -> Response:
    """Write the type and the ports of a Service."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)
    return await _edit(request, caller, form, "ports", lambda obj: forms.ports_patch(obj, form))


def _labels_line(key: Key, obj: Object, wanted: Mapping[str, Any]) -> str:
    return equivalents.labels(key, wanted["metadata"]["labels"])


def _selector_line(key: Key, obj: Object, wanted: Mapping[str, Any]) -> str:
    changes = wanted["spec"]["selector"]
    before = objects.spec_of(obj).get("selector") or {}
    pairs = {name: value for name, value in {**before, **changes}.items() if value is not None}
    return equivalents.selector(key, pairs)


def _patch_line(key: Key, obj: Object, wanted: Mapping[str, Any]) -> str:
    return equivalents.patch(key, wanted)


async def _edit(
    request: Request, caller: Caller, form: Form, name: str, patch: Any, line: Any = _patch_line
) -> Response:
    """Patch the object the form is about; refused, the form comes back with what was typed."""
    ref = form.get("ref", "")
    says: dict[str, Any] = {}
    try:
        key, obj = await _found(request, caller, ref)
        wanted = patch(obj)
        if wanted != _NOTHING.get(name):
            await common.run(request, caller.playground, commands.Patch(caller.actor, key, wanted))
            says = equivalents.told(line(key, obj, wanted))
    except forms.Unreadable as problem:
        return await common.panel(request, caller, Place(ref=ref), Typed(None, problem.sentence, "", name, form), 422)
    except errors.ApiError as error:
        told = refusals.told(error)
        typed = Typed(None, told.message, told.plain, name, form)
        return await common.panel(request, caller, Place(ref=ref), typed, common.REFUSED)
    return render.nothing(saved={"form": name}, **says)


_NOTHING: dict[str, Any] = {"labels": {"metadata": {"labels": {}}}, "selector": {"spec": {"selector": {}}}}


async def _found(request: Request, caller: Caller, ref: str) -> tuple[Key, Object]:
    key = refs.key(ref)
    obj = (await common.host_of(request).read(caller.playground)).get(key)
    if obj is None:
        raise errors.not_found(key)
    return key, obj


@router.post("/scale")
async def scale(request: Request, playground: str) -> Response:
    """Set how many replicas a workload has."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)
    try:
        key, obj = await _found(request, caller, form.get("ref", ""))
        if form.get("step", "").lstrip("-").isdecimal():
            replicas = max(0, int(objects.spec_of(obj).get("replicas", 1)) + int(form["step"]))
        else:
            replicas = forms.number(form, "replicas", "replicas")
        patch = {"spec": {"replicas": replicas}}
        await common.run(request, playground, commands.Patch(caller.actor, key, patch))
    except (errors.ApiError, forms.Unreadable) as error:
        return common.refused(error if isinstance(error, errors.ApiError) else error.sentence)
    return render.nothing(**equivalents.told(equivalents.scale(key, replicas)))


@router.post("/ready")
async def ready(request: Request, playground: str) -> Response:
    """Break or mend a pod's readiness."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)
    value = None if form.get("ready") == "true" else "false"
    patch = {"metadata": {"annotations": {forms.READY: value}}}
    try:
        key, _ = await _found(request, caller, form.get("ref", ""))
        await common.run(request, playground, commands.Patch(caller.actor, key, patch))
    except errors.ApiError as error:
        return common.refused(error)
    return render.nothing(**equivalents.told(equivalents.notes(key, {forms.READY: value})))


@router.post("/node")
async def node(request: Request, playground: str) -> Response:
    """Close or open a node, or stop or start its kubelet."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)
    try:
        key, _ = await _found(request, caller, form.get("ref", ""))
        if "open" in form:
            patch, line = nodework.schedulable(key, is_open=form["open"] == "true")
        else:
            patch, line = nodework.kubelet(key, is_stopped=form.get("kubelet") == nodework.STOPPED)
        await common.run(request, playground, commands.Patch(caller.actor, key, patch))
    except errors.ApiError as error:
        return common.refused(error)
    return render.nothing(**equivalents.told(line))


@router.post("/proxy")
async def proxy(request: Request, playground: str) -> Response:
    """Choose the mode and the delay of a node's kube-proxy."""
    caller = await common.may_change(request, playground)
    form = await common.form_of(request)
    try:
        key, obj = await _found(request, caller, form.get("ref", ""))
        patch, line = nodework.proxy(key, obj, form)
        if patch:
            await common.run(request, playground, commands.Patch(caller.actor, key, patch))
    except (errors.ApiError, forms.Unreadable) as error:
        return common.refused(error if isinstance(error, errors.ApiError) else error.sentence)
    return render.nothing(saved={"form": "proxy"}, **equivalents.told(line))


@router.post("/delete")
async def delete(request: Request, playground: str) -> Response:
    """Delete an object; the message after it offers to undo."""
    caller = await common.may_change(request, playground)
    ref = (await common.form_of(request)).get("ref", "")
    try:
        await common.run(request, playground, commands.Delete(caller.actor, refs.key(ref)))
    except errors.ApiError as error:
        return common.refused(error)
    kind = ref.partition("/")[0]
    said = words.say("toasts", "deleted", kind=kind, name=refs.label(ref))
    line = equivalents.delete(refs.key(ref))
    return render.nothing(toast={"text": said, "undo": True}, **equivalents.told(line))


@router.post("/undo")
async def undo(request: Request, playground: str) -> Response:
    """Take back the last command of this browser."""
    caller = await common.may_change(request, playground)
    return await _back(request, commands.Undo(caller.actor), playground, "undone")


@router.post("/redo")
async def redo(request: Request, playground: str) -> Response:
    """Do the last undone command of this browser again."""
    caller = await common.may_change(request, playground)
    return await _back(request, commands.Redo(caller.actor), playground, "redone")


async def _back(request: Request, command: commands.Undo | commands.Redo, playground: str, word: str) -> Response:
    try:
        done = await common.run(request, playground, command)
    except errors.ApiError as error:
        return common.refused(error)
    what = next(iter(done.result.values()), "")
    return render.nothing(toast={"text": words.say("toasts", word, what=what)})


@router.post("/show/{slug}")
async def show(request: Request, playground: str, slug: str) -> Response:
    """Show a fact in this cluster: a change that can be undone, then a request or an object to look at."""
    caller = await common.may_look(request, playground)
    held = await common.host_of(request).read(playground)
    plan = facts.plan(held, slug, caller.actor)
    if plan.command is not None or plan.request is not None:
        await common.may_change(request, playground)
    if plan.command is not None:
        try:
            await common.run(request, playground, plan.command)
        except errors.ApiError as error:
            return common.refused(error)
    if plan.request is not None:
        return render.nothing(ask=ask_detail(plan.request, LAG_MS if plan.command else 0))
    assert plan.show is not None
    return render.nothing(show={"ref": refs.of_key(plan.show), "tab": plan.tab})


def ask_detail(asked: Mapping[str, Any], after: int) -> dict[str, Any]:
    """Return what fills the request form, and after how long it is sent."""
    return {
        "source": forms.source_value(asked["from"]),
        "to": asked["to"],
        "count": str(asked.get("count", 1)),
        "host": str((asked.get("headers") or {}).get("Host", "")),
        "after": after,
    }
