"""The playground's page and its parts that are read: panel, tables, search, the stream."""

from __future__ import annotations

from typing import Any

import markupsafe
import msgspec
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from app.cluster import journal, state
from app.lessons import cast, facts, scenarios
from app.runtime import creation, loading
from app.runtime.loaded import Playground
from app.web import (
    asking,
    contexts,
    diagram,
    forms,
    history,
    inspector,
    live,
    matching,
    render,
    signin,
    tableau,
    ticks,
)
from app.web.contexts import Link
from app.web.inspector import Place, Typed
from app.web.pages import common, moments
from app.web.signin import Caller, Role

router = APIRouter(prefix="/p/{playground}")

VIEWS = ("logical", "physical", "table")
VIEW_COOKIE = "view"
ADDABLE = (
    Link("add/pod", "Pod"),
    Link("add/deployment", "Deployment"),
    Link("add/service", "Service"),
    Link("add/ingress", "Ingress"),
    Link("add/policy", "Policy"),
    Link("add/namespace", "Namespace"),
    Link("add/node", "Node"),
    Link("paste", "YAML"),
)


@router.get("")
async def playground_page(request: Request, playground: str) -> Response:
    """Show the playground, or the shell that takes the key out of the link."""
    role = await signin.role_of(request, playground) if creation.is_id(playground) else None
    if role is None:
        return await _without_key(request, playground)
    caller = Caller(playground, role, signin.actor_of(request), by_cookie=True)
    about = await common.host_of(request).describe(playground)
    past = await history.recent(common.host_of(request), about)
    shown = next((e for e in reversed(past) if e.type == "request" and _is_mine(e, caller)), None)
    held = await common.host_of(request).read(playground)
    roots = _roots(request, caller, about, held, past, shown)
    return render.page(common.PAGE, roots)


def _is_mine(entry: journal.Entry, caller: Caller) -> bool:
    """Say whether the inspector opens on this request: one's own; whoever only looks sees everybody's."""
    return entry.cause.actor == caller.actor or caller.role is Role.VIEW


async def _without_key(request: Request, playground: str) -> Response:
    if not creation.is_id(playground) or not await common.host_of(request).exists(playground):
        raise loading.not_found(playground)
    roots = {
        "shell": contexts.Shell("Podlane", render.theme_of(request), "sign-in"),
        "sign_in": contexts.SignIn(playground),
    }
    return render.page("pages/sign_in.html", roots)


def _roots(
    request: Request,
    caller: Caller,
    about: Playground,
    held: state.ClusterState,
    past: list[journal.Entry],
    shown: journal.Entry | None,
) -> dict[str, Any]:
    query = request.query_params
    asked = shown.body.request if shown and isinstance(shown.body, journal.RequestCompleted) else None
    place = Place(query.get("tab", "main"), query.get("ref", ""), shown.revision if shown else 0)
    typed = Typed(asked=asked.get("asked")) if asked else inspector.NOTHING_TYPED
    welcome = _welcome(held, query.get("welcome", "")) if not asked else None
    view = query.get("view") or request.cookies.get(VIEW_COOKIE, "")
    return {
        "shell": contexts.Shell(f"{about.title} · Podlane", render.theme_of(request), "cluster"),
        "at": common.at(caller),
        "ground": contexts.Ground(
            title=about.title,
            revision=held.revision,
            age="",
            view=view if view in VIEWS else "logical",
            seed=_diagram_seed(caller, held, inside=view == "physical"),
            page=_page_seed(caller, about, held, past, welcome),
            welcome=welcome is not None,
        ),
        "left": _left(held),
        "tables": tableau.tables(held, place.ref),
        "panel": inspector.panel(held, place, asked, typed, can_edit=caller.role is Role.EDIT),
        "adding": None,
        "pasting": None,
        "found": None,
        "diagnosis": None,
        "sharing": None,
        "terminal": contexts.Terminal(about.title, _terminal_seed()),
    }


def _diagram_seed(caller: Caller, held: state.ClusterState, *, inside: bool) -> Any:
    return render.seed(
        {
            "snapshot": diagram.snapshot(held),
            "stream": f"/p/{caller.playground}/stream",
            "view": {"can_edit": caller.role is Role.EDIT, "actor": caller.actor, "inside": inside},
            "labels": diagram.labels(),
        }
    )


def _page_seed(
    caller: Caller, about: Playground, held: state.ClusterState, past: list[journal.Entry], welcome: Any
) -> Any:
    return render.seed(
        {
            "base": f"/p/{caller.playground}",
            "actor": caller.actor,
            "revision": held.revision,
            "now": about.clock.now,
            "started": about.created_at,
            "paused": about.clock.paused,
            "ticks": ticks.ticks(past),
            "can_edit": caller.role is Role.EDIT,
            "welcome": welcome,
            "words": render.words_of("page"),
        }
    )


def _terminal_seed() -> Any:
    return render.seed({"words": render.words_of("terminal")})


def _welcome(held: state.ClusterState, slug: str) -> dict[str, str] | None:
    """Return the request that is sent by itself on the first visit of the first scenario."""
    request = scenarios.get(scenarios.FIRST).request
    if slug != scenarios.FIRST or request is None or cast.first_service(held) is None:
        return None
    return {"source": forms.source_value(request["from"]), "to": str(request["to"]), "service": "web"}


def _left(held: state.ClusterState) -> contexts.Left:
    lessons = tuple(
        contexts.Lesson(fact.slug, fact.sentence, fact.action, facts.missing(held, fact)) for fact in facts.FACTS
    )
    return contexts.Left(asking.attempts(held), lessons, ADDABLE)


@router.get("/left")
async def left(request: Request, playground: str) -> Response:
    """Show what is worth trying now."""
    caller = await common.may_look(request, playground)
    held = await common.host_of(request).read(playground)
    return render.block(common.PAGE, "left", {"at": common.at(caller), "left": _left(held)})


@router.get("/table")
async def table(request: Request, playground: str) -> Response:
    """Show the table view."""
    caller, at = await common.may_look(request, playground), moments.asked_for(request.query_params)
    host = common.host_of(request)
    held = await host.past(playground, at) if at else await host.read(playground)
    found = tableau.tables(held, request.query_params.get("ref", ""))
    return render.block(common.PAGE, "tables", {"at": common.at(caller, at), "tables": found})


@router.get("/panel")
async def panel(request: Request, playground: str) -> Response:
    """Show the inspector; the request form keeps what the query says was typed."""
    caller = await common.may_look(request, playground)
    query = dict(request.query_params)
    revision = query.get("request", "")
    place = Place(query.get("tab", "main"), query.get("ref", ""), int(revision) if revision.isdecimal() else 0)
    typed = Typed(asked=forms.asked(query)) if query.get("to") else inspector.NOTHING_TYPED
    at = moments.asked_for(query)
    if at:
        return await moments.panel(request, caller, at, place, typed)
    return await common.panel(request, caller, place, typed)


@router.get("/search")
async def search(request: Request, playground: str) -> Response:
    """Show the search dialog with what was found."""
    caller = await common.may_look(request, playground)
    held = await common.host_of(request).read(playground)
    found = tableau.search(held, request.query_params.get("q", "")[:200])
    return render.block(common.PAGE, "found", {"at": common.at(caller), "found": found})


@router.get("/match")
async def match(request: Request, playground: str) -> Response:
    """Say how many pods a selector matches while it is being typed."""
    await common.may_look(request, playground)
    query = request.query_params
    held = await common.host_of(request).read(playground)
    try:
        wanted = forms.pairs(query.get("text", query.get("selector", "")))
    except forms.Unreadable as problem:
        return HTMLResponse(markupsafe.escape(problem.sentence))
    return HTMLResponse(markupsafe.escape(matching.count(held, query.get("namespace") or "default", wanted)))


@router.get("/stream")
async def stream(request: Request, playground: str) -> Response:
    """Stream what changes in the diagram and on the timeline; ids are revisions."""
    await common.may_look(request, playground)
    return await live.stream(request, playground, _encoded, kind="page")


def _encoded(entry: journal.Entry) -> bytes | None:
    told = diagram.delta(entry)
    made = ticks.tick(entry)
    return msgspec.json.encode({**told, "tick": made} if made else told)
