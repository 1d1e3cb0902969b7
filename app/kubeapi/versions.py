"""Patches of another version of a kind: made in its own form, kept in the kind's.

Upstream converts, patches, converts back and writes, and tries again when somebody was quicker
(staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go, release 1.36); so does this.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from app.engine import commands
from app.kinds.kind import Kind
from app.kubeapi import bodies, field_owners, reading, status, writing
from app.kubeapi.call import Call
from app.kubeapi.paths import Target
from app.machinery import errors, merge_keys, objects, patches
from app.machinery.objects import Object

TRIES = 5
_FORMS = (commands.PatchType.JSON, commands.PatchType.MERGE, commands.PatchType.STRATEGIC)


async def patch(call: Call, target: Target, kind: Kind) -> Response:
    """Patch an object in the version that the path names.

    DIFFERS: server-side apply is for a kind's own version.
    """
    media = bodies.media_type(call.request.headers.get("content-type", ""))
    form = next((one for one in _FORMS if one.value == media), None)
    if form is None:
        accepted = ", ".join(one.value for one in _FORMS)
        message = f"the body of the request was in an unknown format - accepted media types include: {accepted}"
        raise status.Refusal(415, "UnsupportedMediaType", message)
    asked = await writing.body_of(call)
    if not isinstance(asked, list if form is commands.PatchType.JSON else dict):
        raise errors.BadRequest("the body of the request is no patch of this type")
    key = kind.key(target.namespace, target.name)
    tries = TRIES
    while True:
        before = reading.present(await call.host.read(call.playground), target, kind)
        after = objects.draft_of(_patched(kind.shown(before), asked, form))
        # Without a version of the client's own it holds for the state it was made on.
        chosen = objects.dig(asked, "metadata", "resourceVersion") if isinstance(asked, dict) else None
        after["metadata"] = {**after["metadata"], "resourceVersion": chosen or before["metadata"]["resourceVersion"]}
        command = commands.Replace(
            call.actor,
            key,
            after,
            target.subresource,
            dry_run=writing.is_dry(call),
            validation=writing.strictness(call),
            field_manager=field_owners.field_manager(call),
        )
        tries -= 1
        try:
            done = await call.host.execute(call.playground, command)
        except errors.Conflict:
            if chosen or not tries:
                raise
            continue
        return await reading.one(call, kind, done.result, warnings=done.warnings)


def _patched(shown: Object, asked: Any, form: commands.PatchType) -> Object:
    match form:
        case commands.PatchType.JSON:
            found: Object = patches.json_patch(shown, asked)
        case commands.PatchType.STRATEGIC:
            keys = merge_keys.of(str(shown["apiVersion"]), str(shown["kind"]))
            found = patches.strategic_merge(shown, asked, keys)
        case _:
            found = patches.merge_patch(shown, asked)
    return found
