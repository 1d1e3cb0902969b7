"""The door of the Kubernetes API: `/clusters/{id}/…`, with a Bearer key or, over plain http, the key in the path."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from app.kubeapi import (
    auth,
    definitions,
    discovery,
    forwarding,
    intake,
    lasting,
    lists,
    logs,
    not_simulated,
    paths,
    permissions,
    proxying,
    reading,
    rendering,
    reviews,
    scaling,
    sockets,
    status,
    streaming,
    token_requests,
    versions,
    watch,
    write_options,
    writing,
)
from app.kubeapi.call import Call, flag
from app.kubeapi.openapi import serving
from app.kubeapi.paths import Target
from app.machinery import errors
from app.runtime import callers
from app.store.keys import Role


def routes() -> list[BaseRoute]:
    """Return the routes of this room."""
    return [Mount("/clusters", app=dispatch)]


async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one call; every refusal is a Status."""
    if scope["type"] != "http":
        await _socket(scope, receive, send)
        return
    target = None
    try:
        entry = await auth.enter(scope, scope["app"].state.doors)
        callers.note(auth.client_word(scope))
        target = paths.parse(entry.path)
        host = scope["app"].state.host
        bounded = intake.bounded(scope, receive)
        call = Call(
            scope, bounded, send, host, entry.playground, entry.role, entry.actor, entry.path, target, entry.user
        )
        permissions.check(call)
        if _is_watch(call):
            await watch.watch(call, watch.Lines(receive, send))
            return
        answer = await _answer(call)
    except errors.ApiError as refusal:
        answer = status.response(refusal, target)
    answer = await rendering.finish(Request(scope), answer)
    await answer(scope, receive, send)


async def _socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a WebSocket: a watch, or an exec for holders of an edit key; any other is refused with a Status."""
    try:
        entry = await auth.enter(scope, scope["app"].state.doors)
        callers.note(auth.client_word(scope))
    except errors.ApiError as refusal:
        await sockets.refuse_early(scope, receive, send, refusal)
        return
    target, host = paths.parse(entry.path), scope["app"].state.host
    call = Call(scope, receive, send, host, entry.playground, entry.role, entry.actor, entry.path, target, entry.user)
    try:
        if _is_watch(call):
            await watch.watch(call, watch.Messages(receive, send, scope.get("subprotocols") or ()))
            return
        serve = _SOCKETS.get((target.resource, target.subresource)) if target is not None else None
        if target is None or target.kind is None or serve is None:
            raise status.not_served()
        if not call.role.covers(Role.EDIT):
            raise status.forbidden(target, "create", call.user)
    except errors.ApiError as refusal:
        await sockets.refuse(call, refusal)
        return
    if not await lasting.until_ended(scope, serve(call), lasting.until_deleted(host, call.playground)):
        await send({"type": "websocket.close", "code": 1001})


_SOCKETS = {
    ("pods", "attach"): streaming.execute,
    ("pods", "exec"): streaming.execute,
    ("pods", "portforward"): forwarding.serve,
}


def _is_watch(call: Call) -> bool:
    target = call.target
    if call.scope.get("method", "GET") != "GET" or target is None or target.kind is None:
        return False
    if target.subresource:
        return False
    return target.is_watch or (not target.name and flag(call.connection.query_params.get("watch")))


async def _answer(call: Call) -> Response:
    request, target = call.request, call.target
    if target is None:
        return await _described(call, request)
    if (target.group, target.resource) in paths.REVIEWS and target.version == "v1":
        if bool(target.namespace) != (target.resource in paths.NAMESPACED_REVIEWS):
            raise status.not_served()
        if request.method != "POST":
            raise status.not_allowed()
        rendering.form(request.headers.get("accept", ""))
        return await reviews.review(call, target)
    if definitions.are_asked_for(target, request.method):
        return reading.answer(definitions.none())
    if target.group == definitions.GROUP:
        raise status.no_definitions()
    not_simulated.check(target, request.method, request.query_params)
    if not discovery.serves(target.group, target.version):
        return PlainTextResponse("404 page not found\n", 404)
    if target.kind is None:
        raise status.not_served()
    if target.subresource == "proxy" and "proxy" in paths.subresources_of(target.kind):
        return await proxying.serve(call, target)
    if target.subresource not in _FREE_FORM:
        rendering.form(request.headers.get("accept", ""))
    write_options.check(request.method, request.query_params, applies=writing.applies(call))
    return await _served(call, target, request.method)


_FREE_FORM = frozenset({"attach", "exec", "log", "portforward", "proxy"})
"""Subresources that answer in forms of their own."""


async def _described(call: Call, request: Request) -> Response:
    if request.method not in ("GET", "HEAD"):
        raise status.not_allowed()
    found = discovery.answer(call.path, request)
    if found is not None:
        return found
    whole = call.scope["path"]
    prefix = whole[: len(whole) - len(call.path)]
    found = await serving.answer(call.path.strip("/"), request, prefix)
    return PlainTextResponse("404 page not found\n", 404) if found is None else found


async def _served(call: Call, target: Target, method: str) -> Response:
    kind = target.kind
    assert kind is not None
    if (kind.namespaced and target.name and not target.namespace) or (target.namespace and not kind.namespaced):
        raise status.not_served()
    if target.subresource:
        return await _subresource(call, target, method)
    if not target.name:
        match method:
            case "GET" | "HEAD":
                return await lists.listing(call, target, kind)
            case "POST":
                return await writing.create(call, target, kind)
            case "DELETE" if kind.resource != "namespaces":
                return await writing.delete_all(call, target, kind)
        raise status.not_allowed()
    match method:
        case "GET" | "HEAD":
            return await reading.get(call, target, kind)
        case "PUT":
            return await writing.replace(call, target, kind)
        case "PATCH" if kind.version_of is not None:
            return await versions.patch(call, target, kind)
        case "PATCH":
            return await writing.patch(call, target, kind)
        case "DELETE":
            return await writing.delete(call, target, kind)
    raise status.not_allowed()


async def _subresource(call: Call, target: Target, method: str) -> Response:
    kind = target.kind
    assert kind is not None
    if target.subresource not in paths.subresources_of(kind):
        raise status.not_served()
    match target.subresource, method:
        case "portforward", "GET" | "POST":
            return await forwarding.refuse_upgrade(call)
        case "scale", "GET" | "PUT" | "PATCH":
            return await scaling.scale(call, target, kind)
        case "binding", "POST":
            return await writing.bind(call, target, kind)
        case "eviction", "POST":
            return await writing.evict(call, target, kind)
        case "log", "GET" | "HEAD":
            return await logs.answer(call)
        case "exec" | "attach", "GET" | "POST":
            return await streaming.without_upgrade(call)
        case "token", "POST":
            return await token_requests.create(call, target, kind)
        case "status" | "ephemeralcontainers", "GET":
            return await reading.get(call, target, kind)
        case "status", "PATCH" if kind.version_of is not None:
            return await versions.patch(call, target, kind)
        case "status", "PATCH":
            return await writing.patch(call, target, kind)
        case "status" | "finalize", "PUT":
            return await writing.replace(call, target, kind)
    raise status.not_allowed()
