"""Server-side apply: a configuration is merged into the live object, and its fields are the applier's.

Mirrors staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher) and apimachinery's
pkg/util/managedfields (release 1.36).
"""

from __future__ import annotations

from typing import Any

from app.engine import admission, commands, owning, run
from app.kinds import components, registry
from app.kinds.kind import Kind
from app.machinery import errors, fieldsets, objects, ownership, structured, typed_faults
from app.machinery.objects import Draft, Object


class NotTyped(errors.ApiError):
    """A configuration that is no object of its kind; upstream gives no reason, only the sentence."""

    reason = ""


def apply(under_way: run.Run, command: commands.ServerSideApply) -> commands.Applied:
    """Apply a configuration; an object that is not there is created, an equal result writes nothing."""
    key = command.key
    kind = registry.kind_for_key(key)
    before = under_way.state.get(key)
    config = _checked(command, kind)
    if before is None and command.subresource:
        raise errors.not_found(key)
    if before is not None:
        _check_version(command, before)
    live: Object = before if before is not None else {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}}
    known = components.everybody(live) if before is not None else {}
    if before is not None and not known:
        known = ownership.creation(live, _first(under_way), owning.ignored(command.subresource, has_status=False))
    assert under_way.writer is not None
    merged = ownership.apply(
        known,
        live,
        config,
        under_way.writer,
        force=command.force,
        ignored=owning.ignored(command.subresource, has_status=kind.has_status),
    )
    under_way.owners = _recorded(merged.managed, known, live, under_way.writer)
    draft: Draft = objects.draft_of(_without_nulls(merged.obj))
    draft["metadata"]["name"] = key.name
    if key.namespace:
        draft["metadata"]["namespace"] = key.namespace
    seen = len(under_way.warnings)
    if before is None:
        if kind.has_status:
            draft.pop("status", None)
        stored = admission.create(under_way, draft, strictness=command.validation)
        verb = "created"
    else:
        stored = admission.replace(
            under_way, key, draft, subresource=command.subresource, strictness=command.validation
        )
        verb = "unchanged" if stored is before else "configured"
    return commands.Applied(key, kind.kind, verb, stored, tuple(under_way.warnings[seen:]))


def _checked(command: commands.ServerSideApply, served: Kind) -> Draft:
    config, api_version = command.config, served.api_version
    found = str(config.get("apiVersion") or "")
    if found != api_version:
        raise errors.BadRequest(
            f"Incorrect version specified in apply patch. Specified patch version: {found}, expected: {api_version}"
        )
    kind = str(config.get("kind") or "")
    if kind != served.kind:
        raise errors.BadRequest(f"the kind in the data ({kind}) does not match the expected kind ({served.kind})")
    meta = config.get("metadata") or {}
    node = structured.root(api_version, kind)
    fault = typed_faults.sentence(config, node)
    if fault:
        place = f"{command.key.namespace}/{command.key.name}"
        group, _, version = api_version.rpartition("/")
        raise NotTyped(f"failed to create typed patch object ({place}; {group}/{version}, Kind={kind}): {fault}")
    if meta.get("managedFields") is not None:
        raise errors.BadRequest("metadata.managedFields must be nil")
    namespace = meta.get("namespace")
    if namespace and namespace != command.key.namespace:
        raise errors.BadRequest("the namespace of the provided object does not match the namespace sent on the request")
    name = meta.get("name")
    if name and name != command.key.name:
        raise errors.BadRequest(
            f"the name of the object ({name}) does not match the name on the URL ({command.key.name})"
        )
    return {**config, "metadata": {**meta, "name": command.key.name}}


def _check_version(command: commands.ServerSideApply, before: Object) -> None:
    wanted = objects.metadata(command.config).get("resourceVersion")
    if wanted and str(wanted) != objects.metadata(before).get("resourceVersion"):
        raise errors.modified(command.key)


def _recorded(
    managed: ownership.Managed, known: ownership.Managed, live: Object, writer: ownership.Writer
) -> ownership.Managed:
    """Leave out what is derived from the object itself whenever somebody looks."""
    own = components.own(live)
    recorded: ownership.Managed = {}
    for owner, held in managed.items():
        if owner in own and owner.name != writer.name:
            fields = fieldsets.intersection(held.fields, own[owner].fields)
            recorded[owner] = ownership.Held(fields, own[owner].time, held.api_version)
        elif owner not in known or owner in own or owner.name == ownership.BEFORE_FIRST_APPLY:
            recorded[owner] = held
    return recorded


def _first(under_way: run.Run) -> ownership.Writer:
    return ownership.Writer(ownership.BEFORE_FIRST_APPLY, under_way.env.timestamp())


def _without_nulls(value: Any) -> Any:
    """Leave out what was applied as null: to Go it is absent."""
    if isinstance(value, dict):
        return {name: _without_nulls(child) for name, child in value.items() if child is not None}
    return [_without_nulls(child) for child in value] if isinstance(value, list) else value
