"""How many replicas a workload has, as autoscaling/v1 Scale: read, set, patched and applied."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.engine import commands, patching
from app.kinds.kind import Kind
from app.kubeapi import bodies, field_owners, reading, writing
from app.kubeapi.call import Call
from app.kubeapi.paths import Target
from app.machinery import errors, merge_keys, objects
from app.machinery.objects import Draft, Object

API_VERSION = "autoscaling/v1"


async def scale(call: Call, target: Target, kind: Kind) -> Response:
    """Read or change how many replicas a workload has."""
    present = reading.present(await call.host.read(call.playground), target, kind)
    if call.request.method == "GET":
        return reading.answer(of(present))
    if call.request.method == "PATCH" and writing.applies(call):
        config = _configuration(bodies.as_object(await writing.body_of(call), target, "Scale", API_VERSION), kind)
        done = await call.host.execute(call.playground, await writing.application(call, target, kind, config))
        return reading.answer(of(done.result.obj), warnings=done.warnings)
    wanted = await _wanted(call, of(present))
    version = str(objects.dig(wanted, "metadata", "resourceVersion") or "0")
    if not version.isdecimal():
        raise errors.BadRequest("metadata.resourceVersion is no number")
    command = commands.Patch(
        call.actor,
        kind.key(target.namespace, target.name),
        {"spec": {"replicas": objects.dig(wanted, "spec", "replicas") or 0}},
        resource_version=int(version),
        subresource="scale",
        dry_run=writing.is_dry(call),
        field_manager=field_owners.field_manager(call),
    )
    done = await call.host.execute(call.playground, command)
    return reading.answer(of(done.result), warnings=done.warnings)


async def _wanted(call: Call, shown: Draft) -> Any:
    """Return the Scale that a PUT or a PATCH asks for; a patch holds whatever was written meanwhile."""
    found = await writing.body_of(call)
    if call.request.method == "PUT":
        return found
    form = writing.patch_type(call)
    bare = {**shown, "metadata": {name: v for name, v in shown["metadata"].items() if name != "resourceVersion"}}
    if form is commands.PatchType.JSON:
        found = found if isinstance(found, list) else []
    elif not isinstance(found, dict):
        raise errors.BadRequest("the body of the request is no patch of this type")
    return patching.patched(bare, found, form, merge_keys.replace_all)


def _configuration(config: Draft, kind: Kind) -> Draft:
    """Return what applying a Scale says of the workload."""
    meta = {name: config["metadata"][name] for name in ("name", "resourceVersion") if name in config["metadata"]}
    replicas = objects.dig(config, "spec", "replicas")
    spec = {} if replicas is None else {"replicas": replicas}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, "spec": spec}


def of(obj: Object) -> Draft:
    """Return the Scale of a workload."""
    meta = objects.metadata(obj)
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = objects.spec_of(obj).get("selector") or {}
    matched = selector.get("matchLabels", selector) if isinstance(selector, dict) else {}
    return {
        "kind": "Scale",
        "apiVersion": API_VERSION,
        "metadata": {name: meta[name] for name in kept if name in meta},
        "spec": {"replicas": objects.spec_of(obj).get("replicas", 0)},
        "status": {
            "replicas": objects.status_of(obj).get("replicas", 0),
            "selector": ",".join(
                f"{name}={value}" for name, value in sorted(matched.items()) if isinstance(value, str)
            ),
        },
    }
