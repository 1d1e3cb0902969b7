"""Patches of another version of a kind: made in its own form, kept in the kind's.

Upstream converts, patches, converts back and writes, and tries again when somebody was quicker
(staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go, release 1.36); so does this.
"""

from __future__ import annotations

from starlette.responses import Response

from app.engine import commands, patching
from app.kinds.kind import Kind
from app.kubeapi import field_owners, reading, writing
from app.kubeapi.call import Call
from app.kubeapi.paths import Target
from app.machinery import errors, merge_keys, objects

TRIES = 5


async def patch(call: Call, target: Target, kind: Kind) -> Response:
    """Patch an object in the version that the path names.

    DIFFERS: server-side apply is for a kind's own version.
    """
    form = writing.patch_type(call, with_apply=False)
    asked = await writing.patch_of(call, form)
    key = kind.key(target.namespace, target.name)
    chosen = objects.dig(asked, "metadata", "resourceVersion") if isinstance(asked, dict) else None
    tries = TRIES
    while True:
        before = reading.present(await call.host.read(call.playground), target, kind)
        shown = kind.shown(before)
        keys = merge_keys.of(str(shown["apiVersion"]), str(shown["kind"]))
        after = objects.draft_of(patching.patched(shown, asked, form, keys))
        # Without a version of the client's own it holds for the state it was made on.
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
