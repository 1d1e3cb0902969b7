"""Adding objects by form and by YAML: checked while it is typed, refused with lines and plain words, mended by a click."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cluster import state
from app.engine import commands, execute, trials
from app.machinery import errors, manifests, objects
from app.machinery.objects import Draft, Key
from app.web import adding, contexts, editing, equivalents, forms, passports, refs, refusals, render, thought, words
from app.web.inspected import Editing, Fault
from app.web.pages import common
from app.web.signin import Caller

router = APIRouter(prefix="/p/{playground}")

REHEARSED = 3_000
"""Objects up to which manifests are tried on a copy while they are typed."""

Found = tuple[tuple[Fault, ...], str | None]


@router.get("/add/{kind}")
async def add_form(request: Request, playground: str, kind: str) -> Response:
    """Show the form that adds an object of that kind."""
    caller = await common.may_change(request, playground)
    held = await common.host_of(request).read(playground)
    return _adding(caller, adding.form(held, kind, {}))


@router.post("/add/{kind}")
async def add(request: Request, playground: str, kind: str) -> Response:
    """Add an object; refused, the form comes back with what was typed."""
    caller = await common.may_change(request, playground)
    typed = await common.form_of(request)
    held = await common.host_of(request).read(playground)
    try:
        draft = adding.draft(held, kind, typed)
        line = equivalents.create(draft)
        done = await common.run(request, playground, commands.Create(caller.actor, draft))
    except forms.Unreadable as problem:
        again = adding.form(held, kind, typed, field=problem.field, problem=problem.sentence)
        return _adding(caller, again, common.REFUSED)
    except errors.ApiError as error:
        held = await common.host_of(request).read(playground)
        told = refusals.told(error)
        again = adding.form(held, kind, typed, field=told.field, problem=told.message, plain=told.plain)
        return _adding(caller, again, common.REFUSED)
    said = words.say("toasts", "added", kind=done.result["kind"], name=objects.name_of(done.result))
    return render.nothing(
        toast={"text": said, "undo": True}, show={"ref": refs.of(done.result)}, **equivalents.told(line)
    )


def _adding(caller: Caller, shown: contexts.Adding, status: int = 200) -> Response:
    return render.block(common.PAGE, "adding", {"at": common.at(caller), "adding": shown}, status)


@router.get("/paste")
async def paste(request: Request, playground: str) -> Response:
    """Show the dialog for pasted manifests."""
    caller = await common.may_change(request, playground)
    return _pasting(caller, editing.pasted(""))


def _pasting(caller: Caller, edit: Editing, status: int = 200) -> Response:
    return render.block(common.PAGE, "pasting", {"at": common.at(caller), "pasting": edit}, status)


@router.post("/validate")
async def validate(request: Request, playground: str) -> Response:
    """Say what is wrong with manifests while they are typed. Nothing is changed."""
    caller = await common.may_change(request, playground)
    typed = await common.form_of(request)
    text = _text(typed)
    checked = manifests.check(text)
    if checked.errors:
        faults, mended = editing.faults_of(text, checked.errors)
    else:
        held = await common.host_of(request).read(playground)
        faults, mended = _rehearse(held, text, checked.documents, caller.actor)
    edit = editing.pasted(text, faults=faults, mended=mended, kept=passports.kept_in(checked.documents))
    return render.block("cluster/faults.html", "faults", {"edit": edit})


def _rehearse(held: state.ClusterState, text: str, documents: Sequence[manifests.Document], actor: str) -> Found:
    """Apply the manifests to a copy of a cluster that is small enough, and return what refuses them."""
    size = sum(len(collection.objects) for collection in held.collections.values())
    if not documents or size > REHEARSED:
        return (), None
    copy, drafts = trials.fork(held), _drafts(documents)
    try:
        execute.execute(copy, commands.Apply(actor, drafts), thought.env(held))
    except errors.ApiError as error:
        return editing.fault_of(error, text, documents)
    return (), None


@router.post("/apply")
async def apply(request: Request, playground: str) -> Response:
    """Apply manifests, all or none; an object that somebody else changed meanwhile is not overwritten."""
    caller = await common.may_change(request, playground)
    typed = await common.form_of(request)
    ref, text = typed.get("ref", ""), _text(typed)
    checked, version = manifests.check(text), typed.get("version", "")
    kept = passports.kept_in(checked.documents)
    edit = Editing(editing.key(ref, version) if ref else "pasted", text, ref, version, kept=kept)
    if checked.errors:
        return await _refused(request, caller, edit, editing.faults_of(text, checked.errors))
    if not checked.documents:
        nothing = Fault(0, 0, 0, words.say("nothing", "server"), words.say("nothing", "plain"))
        return await _refused(request, caller, edit, ((nothing,), None))
    try:
        said = await _apply(request, caller, edit, checked.documents)
    except errors.Conflict as error:
        return await _overtaken(request, caller, edit, error)
    except errors.ApiError as error:
        return await _refused(request, caller, edit, editing.fault_of(error, text, checked.documents))
    line = equivalents.manifest("apply", text)
    return render.nothing(toast={"text": said, "undo": True}, applied={"ref": ref}, **equivalents.told(line))


async def _apply(request: Request, caller: Caller, edit: Editing, documents: Sequence[manifests.Document]) -> str:
    drafts = _drafts(documents)
    key = refs.key(edit.ref) if edit.ref else None
    if key is not None and len(drafts) == 1 and _is(drafts[0], key):
        present = (await common.host_of(request).read(caller.playground)).get(key)
        draft = editing.with_hidden(drafts[0], present or {})
        meta = {**draft["metadata"], "resourceVersion": edit.resource_version}
        command = commands.Replace(caller.actor, key, {**draft, "metadata": meta})
        await common.run(request, caller.playground, command)
        return words.say("toasts", "saved")
    done = await common.run(request, caller.playground, commands.Apply(caller.actor, drafts))
    return editing.applied_words(done.result)


def _is(draft: Draft, key: Key) -> bool:
    return refs.of(draft) == refs.of_key(key) or (
        objects.name_of(draft) == key.name and not objects.namespace_of(draft) and key.namespace in ("", "default")
    )


async def _overtaken(request: Request, caller: Caller, edit: Editing, error: errors.Conflict) -> Response:
    held = await common.host_of(request).read(caller.playground)
    theirs = held.get(refs.key(edit.ref)) if edit.ref else None
    if theirs is None:
        return await _refused(request, caller, edit, editing.fault_of(error, edit.text, ()))
    return _form(caller, editing.overtaken(edit, edit.text, theirs), 409)


async def _refused(request: Request, caller: Caller, edit: Editing, found: Found) -> Response:
    faults, mended = found
    return _form(caller, editing.refused(edit, edit.text, faults, mended), common.REFUSED)


def _form(caller: Caller, edit: Editing, status: int) -> Response:
    return render.block("cluster/editor.html", "editor", {"at": common.at(caller), "edit": edit}, status)


def _drafts(documents: Sequence[manifests.Document]) -> tuple[Draft, ...]:
    return tuple(objects.draft_of(document.obj) for document in documents)


def _text(typed: dict[str, str]) -> str:
    return typed.get("text", "").replace("\r\n", "\n")
