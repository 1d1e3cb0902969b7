"""Patches as kubectl computes them: two-way strategic, three-way for apply, applied locally for a dry run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.machinery import merge_keys, patches
from app.machinery import strategic as merging
from app.terminal.kubectl import gotext

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def put(obj: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return the object with a value at a path."""
    first, *rest = path
    return {**obj, first: put(obj.get(first) or {}, rest, value) if rest else value}


def keys_of(obj: Mapping[str, Any]) -> merge_keys.MergeKeys:
    """Return the merge keys of an object's kind."""
    return merge_keys.of(str(obj.get("apiVersion") or ""), str(obj.get("kind") or ""))


def strategic(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the strategic merge patch from one form of an object to another (CreateTwoWayMergePatch)."""
    return merging.three_way_patch(before, after, before, keys_of(before))


def applied(obj: Mapping[str, Any], patch: Any, kind: str) -> dict[str, Any]:
    """Apply a patch here."""
    if kind == "json":
        return dict(patches.json_patch(obj, patch))
    if kind == "merge":
        return dict(patches.merge_patch(obj, patch))
    return merging.strategic_merge(obj, patch, keys_of(obj))


def remembered(obj: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with itself, as it was written, in its last-applied annotation."""
    meta = dict(obj.get("metadata") or {})
    notes = {name: value for name, value in (meta.get("annotations") or {}).items() if name != LAST_APPLIED}
    bare = {**obj, "metadata": {**meta, "annotations": notes}}
    text = gotext.compact(bare) + "\n"
    return {**obj, "metadata": {**meta, "annotations": {**notes, LAST_APPLIED: text}}}


def to_apply(current: Mapping[str, Any], modified: Mapping[str, Any]) -> dict[str, Any]:
    """Return the patch of `kubectl apply`; empty when nothing is to change."""
    notes = (current.get("metadata") or {}).get("annotations") or {}
    try:
        original = json.loads(notes.get(LAST_APPLIED) or "{}")
    except ValueError:
        original = {}
    return merging.three_way_patch(original, modified, current, keys_of(modified))
