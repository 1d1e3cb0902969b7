"""POST, PUT, PATCH and DELETE: every write becomes a command."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.engine import commands
from app.kinds.kind import Kind
from app.kubeapi import bodies, field_owners, reading, status
from app.kubeapi.call import Call
from app.kubeapi.paths import Target
from app.machinery import errors, objects
from app.machinery.objects import Draft, Object

_CREATED_BY_PUT = frozenset({"services", "endpoints", "leases", "events"})
_APPLY = "application/apply-patch+yaml"
_PROPAGATIONS = ("Foreground", "Background", "Orphan")


async def body_of(call: Call) -> Any:
    """Read the call's body."""
    request = call.request
    return bodies.read(await request.body(), request.headers.get("content-type", ""))


def strictness(call: Call) -> str:
    """Return what is asked of fields that nobody knows; write_options has checked it."""
    return call.request.query_params.get("fieldValidation") or "Warn"


def is_dry(call: Call) -> bool:
    """Say whether the call is to leave nothing behind."""
    wanted = call.request.query_params.getlist("dryRun")
    if any(value != "All" for value in wanted):
        raise errors.BadRequest('dryRun: Unsupported value: supported values: "All"')
    return bool(wanted)


async def create(call: Call, target: Target, kind: Kind, *, named: str = "", obj: Draft | None = None) -> Response:
    """Create an object."""
    draft = obj or bodies.as_object(await body_of(call), target, kind.kind, kind.api_version)
    if named:
        draft["metadata"] = {**draft["metadata"], "name": named}
    if draft["metadata"].get("resourceVersion"):
        raise status.Refusal(500, "InternalError", "resourceVersion should not be set on objects to be created")
    command = commands.Create(
        call.actor,
        draft,
        dry_run=is_dry(call),
        validation=strictness(call),
        field_manager=field_owners.field_manager(call),
    )
    done = await call.host.execute(call.playground, command)
    return await reading.one(call, kind, done.result, 201, done.warnings)


async def replace(call: Call, target: Target, kind: Kind) -> Response:
    """Store an object in place of the present one; some kinds are made when they are not there."""
    draft = bodies.as_object(await body_of(call), target, kind.kind, kind.api_version)
    name = str(draft["metadata"].get("name") or "")
    if name and name != target.name:
        raise errors.BadRequest(f"the name of the object ({name}) does not match the name on the URL ({target.name})")
    key = kind.key(target.namespace, target.name)
    if kind.resource in _CREATED_BY_PUT and not target.subresource:
        if (await call.host.read(call.playground)).get(key) is None:
            return await create(call, target, kind, named=target.name, obj=draft)
    command = commands.Replace(
        call.actor,
        key,
        draft,
        target.subresource,
        dry_run=is_dry(call),
        validation=strictness(call),
        field_manager=field_owners.field_manager(call),
    )
    done = await call.host.execute(call.playground, command)
    return await reading.one(call, kind, done.result, warnings=done.warnings)


def applies(call: Call) -> bool:
    """Say whether a patch is a configuration to apply."""
    return bodies.media_type(call.request.headers.get("content-type", "")) == _APPLY


async def application(call: Call, target: Target, kind: Kind, config: Draft | None = None) -> commands.ServerSideApply:
    """Make the command of a server-side apply from the body, or from a configuration that stands for it."""
    owner = field_owners.field_manager(call)
    found = await body_of(call) if config is None else config
    if not isinstance(found, dict):
        raise errors.BadRequest("error decoding YAML: the configuration is no object")
    return commands.ServerSideApply(
        call.actor,
        kind.key(target.namespace, target.name),
        found,
        owner,
        field_owners.force(call),
        subresource=target.subresource,
        dry_run=is_dry(call),
        validation=strictness(call),
    )


def patch_type(call: Call, *, with_apply: bool = True) -> commands.PatchType:
    """Return the format of a patch; a refusal names the formats, and where it is served that of an application."""
    found = bodies.media_type(call.request.headers.get("content-type", ""))
    try:
        return commands.PatchType(found)
    except ValueError:
        accepted = ", ".join([*(kind.value for kind in commands.PatchType), *([_APPLY] if with_apply else ())])
        message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
        raise status.Refusal(415, "UnsupportedMediaType", message) from None


async def patch_of(call: Call, form: commands.PatchType) -> Any:
    """Read the call's body as a patch of that format."""
    found = await body_of(call)
    if not isinstance(found, list if form is commands.PatchType.JSON else dict):
        raise errors.BadRequest("the body of the request is no patch of this type")
    return found


async def patch(call: Call, target: Target, kind: Kind) -> Response:
    """Patch an object or its status, or apply a configuration to it."""
    if applies(call):
        done = await call.host.execute(call.playground, await application(call, target, kind))
        code = 201 if done.result.verb == "created" else 200
        return await reading.one(call, kind, done.result.obj, code, done.warnings)
    form = patch_type(call)
    command = commands.Patch(
        call.actor,
        kind.key(target.namespace, target.name),
        await patch_of(call, form),
        form,
        subresource=target.subresource,
        dry_run=is_dry(call),
        validation=strictness(call),
        field_manager=field_owners.field_manager(call),
    )
    done = await call.host.execute(call.playground, command)
    return await reading.one(call, kind, done.result, warnings=done.warnings)


async def _delete_options(call: Call) -> dict[str, Any]:
    found = await body_of(call) if await call.request.body() else {}
    if not isinstance(found, dict):
        raise errors.BadRequest("the body of the request is no DeleteOptions")
    query = call.request.query_params
    merged = {name: query[name] for name in ("gracePeriodSeconds", "propagationPolicy") if name in query}
    return {**merged, **bodies.without_nulls(found)}


def _propagation(options: dict[str, Any]) -> str:
    wanted = str(options.get("propagationPolicy") or "Background")
    if wanted not in _PROPAGATIONS:
        detail = f'Unsupported value: "{wanted}": supported values: "Foreground", "Background", "Orphan", "nil"'
        message = f'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: {detail}'
        raise status.Refusal(422, "Invalid", message, {"group": "meta.k8s.io", "kind": "DeleteOptions"})
    return wanted


def _grace(options: dict[str, Any]) -> int | None:
    wanted = options.get("gracePeriodSeconds")
    try:
        return None if wanted is None else int(wanted)
    except (TypeError, ValueError):
        raise errors.BadRequest("gracePeriodSeconds is no whole number") from None


async def delete(call: Call, target: Target, kind: Kind) -> Response:
    """Delete an object."""
    command = _deletion(call, target, kind, await _delete_options(call))
    done = await call.host.execute(call.playground, command)
    gone: Object = done.result
    if kind.resource in ("pods", "services", "serviceaccounts", "namespaces") or objects.is_terminating(gone):
        return reading.answer(gone, warnings=done.warnings)
    return reading.answer(status.success(target, gone), warnings=(*done.warnings, *reading.deprecated(kind)))


def _deletion(call: Call, target: Target, kind: Kind, asked: dict[str, Any]) -> commands.Delete:
    conditions = asked.get("preconditions") or {}
    return commands.Delete(
        call.actor,
        kind.key(target.namespace, target.name),
        _grace(asked),
        _propagation(asked),
        uid=str(conditions.get("uid") or ""),
        resource_version=str(conditions.get("resourceVersion") or ""),
        dry_run=is_dry(call) or bool(asked.get("dryRun")),
    )


async def delete_all(call: Call, target: Target, kind: Kind) -> Response:
    """Delete the objects of a collection that its selectors match."""
    options, query = await _delete_options(call), call.request.query_params
    matches = reading.selecting(kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))
    held = await call.host.read(call.playground)
    keys = tuple(kind.key_of(obj) for obj in held.in_order(kind.resource_key, target.namespace) if matches(obj))
    command = commands.DeleteCollection(call.actor, keys, _grace(options), _propagation(options), dry_run=is_dry(call))
    done = await call.host.execute(call.playground, command)
    gone = reading.collection(kind, done.result, {"resourceVersion": str(done.revision)})
    return reading.answer(gone, warnings=reading.deprecated(kind))


async def bind(call: Call, target: Target, kind: Kind) -> Response:
    """Give a pod its node."""
    found = await body_of(call)
    node = str(objects.dig(found, "target", "name") or "")
    key = kind.key(target.namespace, target.name)
    await call.host.execute(call.playground, commands.Bind(call.actor, key, node, dry_run=is_dry(call)))
    return reading.answer(status.done(), 201)


async def evict(call: Call, target: Target, kind: Kind) -> Response:
    """Evict a pod: delete it with the options in the body, if its disruption budget allows that."""
    found = await body_of(call)
    options = found.get("deleteOptions") if isinstance(found, dict) else None
    deletion = _deletion(call, target, kind, dict(options or {}))
    await call.host.execute(call.playground, commands.Evict(call.actor, deletion, dry_run=deletion.dry_run))
    return reading.answer(status.done(), 201)
