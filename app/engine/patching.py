"""Changes given as a difference: patches of one object, and `apply` of whole manifests."""

from __future__ import annotations

import json
from typing import Any

from app.engine import admission, commands, patch_faults, run
from app.kinds import registry
from app.machinery import errors, merge_keys, objects, patches
from app.machinery.objects import Draft, Object

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def patch(under_way: run.Run, command: commands.Patch) -> Object:
    """Patch one object; a stale resource version is a Conflict, an equal result writes nothing."""
    key = command.key
    before = under_way.state.get(key)
    if before is None:
        raise errors.not_found(key)
    if command.resource_version and command.resource_version != objects.resource_version_of(before):
        raise errors.modified(key)
    after = patched(before, command.patch, command.type, _merge_keys(before))
    patch_faults.check(command, before, after)
    return admission.replace(
        under_way,
        key,
        objects.draft_of(after),
        subresource=command.subresource,
        strictness=command.validation,
    )


def patched(before: Object, patch: Any, form: commands.PatchType, keys: merge_keys.MergeKeys) -> Any:
    """Return what a patch of that form makes of an object; `keys` are those of a strategic merge."""
    match form:
        case commands.PatchType.MERGE:
            return patches.merge_patch(before, patch)
        case commands.PatchType.JSON:
            return patches.json_patch(before, patch)
        case commands.PatchType.STRATEGIC:
            return patches.strategic_merge(before, patch, keys)


def apply(under_way: run.Run, manifests: tuple[Draft, ...]) -> tuple[commands.Applied, ...]:
    """Apply manifests in their order, as `kubectl apply` does client-side; one refused, none is applied."""
    return tuple(_apply_one(under_way, manifest) for manifest in manifests)


def _apply_one(under_way: run.Run, manifest: Draft) -> commands.Applied:
    kind = registry.of(manifest).home
    manifest = registry.kept(manifest)
    meta = dict(manifest.get("metadata") or {})
    if kind.namespaced:
        meta["namespace"] = meta.get("namespace") or "default"
    name = str(meta.get("name") or "")
    if not name:
        raise errors.BadRequest("resource name may not be empty", plain="Give the object a name under metadata.name.")
    key = kind.key(str(meta.get("namespace") or ""), name)
    seen = len(under_way.warnings)
    before = under_way.state.get(key)
    remembered = _remembered(manifest)
    modified = {
        **manifest,
        "metadata": {**meta, "annotations": {**(meta.get("annotations") or {}), LAST_APPLIED: remembered}},
    }
    if before is None:
        stored = admission.create(under_way, objects.draft_of(modified))
        verb = "created"
    else:
        original = json.loads(objects.annotations_of(before).get(LAST_APPLIED) or "{}")
        merged = patches.three_way(original, modified, before, _merge_keys(before))
        stored = admission.replace(under_way, key, objects.draft_of(merged))
        verb = "unchanged" if stored is before else "configured"
    return commands.Applied(key, kind.kind, verb, stored, tuple(under_way.warnings[seen:]))


def _merge_keys(obj: Object) -> merge_keys.MergeKeys:
    return merge_keys.of(str(obj.get("apiVersion")), str(obj.get("kind")))


def _remembered(manifest: Draft) -> str:
    """What kubectl would remember in its annotation: the manifest without that annotation, compact, with a newline."""
    meta: dict[str, Any] = dict(manifest.get("metadata") or {})
    annotations = {k: v for k, v in (meta.get("annotations") or {}).items() if k != LAST_APPLIED}
    meta["annotations"] = annotations
    if registry.of(manifest).namespaced:
        meta["namespace"] = meta.get("namespace") or "default"
    compact = {**manifest, "metadata": dict(sorted(meta.items()))}
    return json.dumps(dict(sorted(compact.items())), separators=(",", ":"), ensure_ascii=False) + "\n"
