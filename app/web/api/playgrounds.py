"""Routes of playgrounds: make, look at, rename, delete; their clock, keys and kubeconfig."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cluster import clock
from app.lessons import scenarios
from app.machinery import errors
from app.machinery.objects import Draft
from app.runtime import creation
from app.runtime.clocks import ClockChange
from app.runtime.creation import Created, NewPlayground
from app.runtime.host import Host
from app.runtime.loaded import Playground
from app.store import keys
from app.store.answers import Answered, Once
from app.web import signin
from app.web.api import bodies, manifests, once
from app.web.signin import Role

router: APIRouter = APIRouter(prefix="/api/v1/playgrounds")

Title = Annotated[str, msgspec.Meta(max_length=creation.TITLE_LENGTH)]


class NewBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a new playground may be asked to be."""

    title: Title | None = None
    scenario: str | None = None
    manifests: str | None = None
    seed: Annotated[int, msgspec.Meta(ge=-creation.MOST_SEED, le=creation.MOST_SEED)] | None = None
    time: Literal["live", "instant", "manual"] = "live"
    nodes: Annotated[int, msgspec.Meta(ge=0, le=500)] | None = None
    load_balancer: Literal["simulated", "none"] = "simulated"


class ForkBody(msgspec.Struct, forbid_unknown_fields=True):
    """The moment to fork from; now, when it names none."""

    revision: int | None = None


class TitleBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new title."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=creation.TITLE_LENGTH)]


class ClockBody(msgspec.Struct, forbid_unknown_fields=True):
    """What the clock is asked to do."""

    pause: bool = False
    resume: bool = False
    speed: float | None = None
    advance_ms: float | None = None
    step: int | None = None


class RotateBody(msgspec.Struct, forbid_unknown_fields=True):
    """Whose key is replaced."""

    role: Literal["edit", "view"]


def host_of(request: Request) -> Host:
    """Return this app's host."""
    host: Host = request.app.state.host
    return host


@router.post("")
async def create(request: Request) -> Response:
    """Make a playground; refused manifests leave nothing behind."""
    body = await bodies.read(request, NewBody)

    async def work(key: Once | None) -> Answered:
        wanted, documents = wanted_of(body)
        receipt = None if key is None else (lambda made: (key, created(made)))
        try:
            return created(await host_of(request).create(wanted, receipt))
        except errors.Invalid as refusal:
            raise manifests.located(refusal, documents) from None

    return await once.run(request, work)


@router.post("/{playground}/fork")
async def fork(request: Request, playground: str) -> Response:
    """Make a playground of one's own out of this one as it is, or was. Who may look may do so: nothing is written here."""
    await signin.require(request, playground, Role.VIEW)
    body = await bodies.read(request, ForkBody)

    async def work(key: Once | None) -> Answered:
        receipt = None if key is None else (lambda made: (key, created(made)))
        return created(await host_of(request).fork(playground, body.revision, receipt))

    return await once.run(request, work)


def wanted_of(body: NewBody) -> tuple[NewPlayground, manifests.Read]:
    """Turn the call's body into a playground to make, with the documents it came from."""
    title, documents, drafts = body.title or "", manifests.NOTHING, ()
    begun: tuple[Draft, ...] = drafts
    if body.scenario is not None:
        scenario = scenarios.get(body.scenario)
        title, begun = title or scenario.title, scenario.manifests
    if body.manifests is not None:
        documents = manifests.read(body.manifests)
        begun = (*begun, *documents.drafts)
    wanted = NewPlayground(
        title=title,
        seed=body.seed,
        time=clock.TimeMode(body.time),
        nodes=body.nodes,
        load_balancer=body.load_balancer,
        manifests=begun,
    )
    return wanted, documents


def created(made: Created) -> Answered:
    """Answer a creation: the only time the keys are told."""
    told: dict[str, Any] = {
        "id": made.id,
        "revision": made.revision,
        "edit_key": made.edit_key,
        "view_key": made.view_key,
        "links": {**links(made.id), "page": f"/p/{made.id}#k={made.edit_key}"},
    }
    if made.warnings:
        told["warnings"] = list(made.warnings)
    return Answered(201, bodies.encode(told))


def links(playground: str) -> dict[str, str]:
    """Return the addresses of a playground."""
    return {
        "page": f"/p/{playground}",
        "kubernetes": f"/clusters/{playground}",
        "kubeconfig": f"/api/v1/playgrounds/{playground}/kubeconfig",
    }


@router.get("/{playground}")
async def show(request: Request, playground: str) -> Response:
    """Describe a playground; no entry is written."""
    caller = await signin.require(request, playground, Role.VIEW)
    return bodies.answer(described(await host_of(request).describe(playground), caller.role))


def described(found: Playground, role: Role) -> dict[str, Any]:
    """Render a playground's description. Times are seconds since 1970."""
    return {
        "id": found.id,
        "title": found.title,
        "revision": found.revision,
        "time": found.time.value,
        "clock": {"now": found.clock.now, "speed": found.clock.speed, "paused": found.clock.paused},
        "created_at": found.created_at,
        "role": role.value,
        "nodes": [{"name": name, "internal_ip": address} for name, address in found.nodes],
        "counts": dict(found.counts),
        "load_balancer": found.settings.get("load_balancer", "simulated"),
        "links": links(found.id),
    }


@router.patch("/{playground}")
async def rename(request: Request, playground: str) -> Response:
    """Give the playground another title."""
    caller = await signin.require(request, playground, Role.EDIT)
    body = await bodies.read(request, TitleBody)
    if not body.title.strip():
        raise bodies.Unprocessable("A title has at least one character that can be seen.")
    await host_of(request).rename(playground, body.title)
    return bodies.answer(described(await host_of(request).describe(playground), caller.role))


@router.delete("/{playground}")
async def delete(request: Request, playground: str) -> Response:
    """Delete the playground with all its history."""
    await signin.require(request, playground, Role.EDIT)
    await host_of(request).delete(playground)
    return Response(status_code=204)


@router.post("/{playground}/clock")
async def clock_call(request: Request, playground: str) -> Response:
    """Pause, resume, speed up or move the clock; answers once everything that fell due has happened."""
    caller = await signin.require(request, playground, Role.EDIT)
    body = await bodies.read(request, ClockBody)
    change = ClockChange(body.pause, body.resume, body.speed, body.advance_ms, body.step)

    async def work(_: Once | None) -> Answered:
        moved = await host_of(request).clock(playground, change)
        return Answered(200, bodies.encode(described(moved, caller.role)))

    return await once.run(request, work)


@router.post("/{playground}/keys/rotate")
async def rotate(request: Request, playground: str) -> Response:
    """Replace the key of one role: the old one opens nothing any more."""
    caller = await signin.require(request, playground, Role.EDIT)
    body = await bodies.read(request, RotateBody)
    role = Role(body.role)

    async def work(_: Once | None) -> Answered:
        key = await signin.doors_of(request).rotate(playground, role)
        told = {"role": role.value, "key": key, f"{role.value}_key": key, "links": links(playground)}
        told["links"] = {**links(playground), "page": f"/p/{playground}#k={key}"}
        return Answered(200, bodies.encode(told))

    answer = await once.run(request, work)
    if caller.by_cookie:
        fresh = msgspec.json.decode(answer.body)["key"]
        await signin.hold(request, answer, playground, role, keys.digest(fresh))
    return answer


@router.get("/{playground}/kubeconfig")
async def kubeconfig(request: Request, playground: str) -> Response:
    """Answer a kubeconfig for the key that asked; a browser, which holds no key's text, gets a key of its own made."""
    caller = await signin.require(request, playground, Role.VIEW)
    key = signin.bearer(request) or await signin.doors_of(request).add_key(playground, caller.role)
    text: str = request.app.state.kubeconfig(str(request.base_url), playground, key)
    headers = {"Content-Disposition": f'attachment; filename="podlane-{playground}.yaml"'}
    return Response(text, media_type="application/yaml", headers=headers)
