"""Strategic merge patch, and the patch that `kubectl apply` computes from last-applied, file and live object.

Mirrors staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.machinery import errors, schema
from app.machinery.merge_keys import MergeKeys

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE_VALUES = "$deleteFromPrimitiveList/"

Path = tuple[str, ...]


def strategic_merge(target: Mapping[str, Any], patch: Mapping[str, Any], merge_keys: MergeKeys) -> dict[str, Any]:
    """Apply a strategic merge patch: mappings merge, null removes, lists with a merge key merge by it.

    Understands `$patch: delete|replace|merge`, `$retainKeys`, `$setElementOrder/x`, `$deleteFromPrimitiveList/x`.
    """
    return _merge_mapping(target, patch, (), merge_keys)


def three_way(
    original: Mapping[str, Any], modified: Mapping[str, Any], current: Mapping[str, Any], merge_keys: MergeKeys
) -> dict[str, Any]:
    """Return the live object as `kubectl apply` leaves it: what left the file goes, what the file says holds."""
    return strategic_merge(current, three_way_patch(original, modified, current, merge_keys), merge_keys)


def three_way_patch(
    original: Mapping[str, Any], modified: Mapping[str, Any], current: Mapping[str, Any], merge_keys: MergeKeys
) -> dict[str, Any]:
    """Return the patch that `kubectl apply` sends (CreateThreeWayMergePatch); empty when nothing is to change.

    Deletions are what the last-applied `original` had and `modified` has not; additions and changes are
    `modified` against `current`.
    """
    changes = _diff_mapping(current, modified, (), _Mode(merge_keys, deletions=False))
    deletions = _diff_mapping(original, modified, (), _Mode(merge_keys, additions=False))
    return _join_patches(deletions, changes, (), merge_keys)


def _merge_mapping(
    original: Mapping[str, Any], patch: Mapping[str, Any], path: Path, keys: MergeKeys
) -> dict[str, Any]:
    match patch.get(_DIRECTIVE):
        case None | "merge":
            pass
        case "replace":
            return dict(_plain({key: value for key, value in patch.items() if key != _DIRECTIVE}))
        case "delete":
            return {}
        case other:
            raise errors.BadRequest(f"unknown patch type found: {other}")
    merged = dict(original)
    if _RETAIN in patch:
        merged = {key: value for key, value in merged.items() if key in patch[_RETAIN]}
    for key, value in patch.items():
        if key.startswith(_DELETE_VALUES):
            _delete_values(merged, key.removeprefix(_DELETE_VALUES), value)
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_field(merged, key, value, (*path, key), keys)
    for key, order in patch.items():
        if key.startswith(_ORDER):
            field = key.removeprefix(_ORDER)
            _set_order(merged, field, order, original.get(field), (*path, field), keys)
    return merged


def _merge_field(merged: dict[str, Any], key: str, value: Any, path: Path, keys: MergeKeys) -> None:
    if value is None:
        merged.pop(key, None)
    elif isinstance(merged.get(key), Mapping) and isinstance(value, Mapping) and not _replaces(path, keys):
        merged[key] = _merge_mapping(merged[key], value, path, keys)
    elif isinstance(merged.get(key), list) and isinstance(value, list) and _merge_key(path, keys) is not None:
        merged[key] = _merge_list(merged[key], value, path, keys)
    else:
        merged[key] = _plain(value)


def _replaces(path: Path, keys: MergeKeys) -> bool:
    found = keys(path)
    return found is not None and found.replaces


def _merge_key(path: Path, keys: MergeKeys) -> str | None:
    found = keys(path)
    return found.merge_key if found and found.shape is schema.Shape.LIST else None


def _merge_list(original: list[Any], patch: list[Any], path: Path, keys: MergeKeys) -> list[Any]:
    key = _merge_key(path, keys)
    if not key:
        merged = list(dict.fromkeys([*original, *patch]))
        return _ordered(merged, patch, patch, original, "")
    live, wanted = original, []
    for member in patch:
        match _directive_of(member):
            case "delete":
                live = [other for other in live if other.get(key) != _key_of(member, key)]
            case "replace":
                return [_plain(other) for other in patch if not _directive_of(other)]
            case None:
                wanted.append(member)
            case other:
                raise errors.BadRequest(f"merging lists cannot yet be specified in the patch: {other}")
    merged = [_merged_member(member, wanted, key, path, keys) for member in live]
    present = {member.get(key) for member in live}
    merged += [_plain(member) for member in wanted if _key_of(member, key) not in present]
    return _ordered(merged, wanted, wanted, original, key)


def _merged_member(member: Any, wanted: list[Any], key: str, path: Path, keys: MergeKeys) -> Any:
    for patch in wanted:
        if _key_of(patch, key) == member.get(key):
            member = _merge_mapping(member, patch, path, keys)
    return member


def _directive_of(member: Any) -> Any:
    return member.get(_DIRECTIVE) if isinstance(member, Mapping) else None


def _key_of(member: Any, key: str) -> Any:
    if not isinstance(member, Mapping) or key not in member:
        raise errors.BadRequest(f"map: {go_words(member)} does not contain declared merge key: {key}")
    return member[key]


def go_words(value: Any) -> str:
    """Show a mapping as Go prints it: `map[a:1 b:2]`."""
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{key}:{go_words(member)}' for key, member in sorted(value.items()))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_words, value))}]"
    return "<nil>" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _identity(member: Any, key: str) -> Any:
    return member.get(key) if key and isinstance(member, Mapping) else member


def _ordered(merged: list[Any], in_patch: list[Any], order: list[Any], live: Sequence[Any], key: str) -> list[Any]:
    """Put the patch's members in their order, and each of the others before the first that follows it live."""
    named = {_identity(member, key) for member in in_patch}
    places = {_identity(member, key): place for place, member in reversed(list(enumerate(order)))}
    patched = sorted(
        (member for member in merged if _identity(member, key) in named),
        key=lambda member: places[_identity(member, key)],
    )
    others = [member for member in merged if _identity(member, key) not in named]
    lived = {_identity(member, key): place for place, member in reversed(list(enumerate(live)))}
    result: list[Any] = []
    while patched and others:
        left, right = lived.get(_identity(others[0], key)), lived.get(_identity(patched[0], key))
        first = left is not None and right is not None and left < right
        result.append(others.pop(0) if first else patched.pop(0))
    return result + others + patched


def _set_order(merged: dict[str, Any], field: str, order: list[Any], live: Any, path: Path, keys: MergeKeys) -> None:
    present = merged.get(field)
    if isinstance(present, list):
        key = _merge_key(path, keys) or ""
        merged[field] = _ordered(present, order, order, live if isinstance(live, list) else (), key)


def _delete_values(merged: dict[str, Any], field: str, values: Iterable[Any]) -> None:
    present = merged.get(field)
    if isinstance(present, list):
        merged[field] = [value for value in present if value not in values]


def _plain(value: Any) -> Any:
    """Return a patch's value as data: no directives, no members marked for deletion, no nulls in mappings."""
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items() if member is not None and not key.startswith("$")}
    if isinstance(value, list):
        return [_plain(member) for member in value if _directive_of(member) != "delete"]
    return value


class _Mode:
    """What a diff is to report: additions and changes, or deletions."""

    __slots__ = ("additions", "deletions", "keys")

    def __init__(self, keys: MergeKeys, *, additions: bool = True, deletions: bool = True) -> None:
        self.keys = keys
        self.additions = additions
        self.deletions = deletions


def _diff_mapping(before: Mapping[str, Any], after: Mapping[str, Any], path: Path, mode: _Mode) -> dict[str, Any]:
    patch: dict[str, Any] = {}
    for key, old in before.items():
        if key not in after:
            if mode.deletions:
                patch[key] = None
        else:
            _diff_field(patch, key, old, after[key], (*path, key), mode)
    if mode.additions:
        patch |= {key: value for key, value in after.items() if key not in before}
    found = mode.keys(path) if path else None
    if found and found.retains_keys and patch:
        patch[_RETAIN] = sorted(after)
    return patch


def _diff_field(patch: dict[str, Any], key: str, old: Any, new: Any, path: Path, mode: _Mode) -> None:
    if isinstance(old, Mapping) and isinstance(new, Mapping) and not _replaces(path, mode.keys):
        inner = _diff_mapping(old, new, path, mode)
        if inner:
            patch[key] = inner
    elif isinstance(old, list) and isinstance(new, list) and _merge_key(path, mode.keys) is not None:
        _diff_list(patch, key, old, new, path, mode)
    elif mode.additions and not _same(old, new):
        patch[key] = new


def _diff_list(patch: dict[str, Any], key: str, old: list[Any], new: list[Any], path: Path, mode: _Mode) -> None:
    merge_key = _merge_key(path, mode.keys) or ""
    if not old:
        if new and mode.additions:
            patch[key] = new
        return
    if not merge_key:
        _diff_values(patch, key, old, new, mode)
        return
    changes, gone = _diff_members(old, new, merge_key, path, mode)
    moved = [_identity(member, merge_key) for member in old] != [_identity(member, merge_key) for member in new]
    if changes or gone:
        patch[key] = changes + gone
    if changes or gone or (mode.additions and moved):
        patch[_ORDER + key] = [{merge_key: member.get(merge_key)} for member in new]


def _diff_members(
    old: list[Any], new: list[Any], merge_key: str, path: Path, mode: _Mode
) -> tuple[list[Any], list[Any]]:
    lived = {_key_of(member, merge_key): member for member in old}
    wanted = {_key_of(member, merge_key): member for member in new}
    changes = []
    for name, member in wanted.items():
        if name in lived:
            inner = _diff_mapping(lived[name], member, path, mode)
            if inner:
                changes.append({merge_key: name, **inner})
        elif mode.additions:
            changes.append(member)
    gone = [{_DIRECTIVE: "delete", merge_key: name} for name in lived if name not in wanted]
    return changes, gone if mode.deletions else []


def _diff_values(patch: dict[str, Any], key: str, old: list[Any], new: list[Any], mode: _Mode) -> None:
    added = [value for value in new if value not in old] if mode.additions else []
    gone = [value for value in old if value not in new] if mode.deletions else []
    if added:
        patch[key] = added
    if gone:
        patch[_DELETE_VALUES + key] = gone
    if gone or (mode.additions and old != new):
        patch[_ORDER + key] = new


def _join_patches(
    deletions: Mapping[str, Any], changes: Mapping[str, Any], path: Path, keys: MergeKeys
) -> dict[str, Any]:
    """Unite two patches of one object: changes win, and lists carry both, changed members first."""
    joined = dict(deletions)
    for key, value in changes.items():
        other = deletions.get(key)
        here = (*path, key)
        if isinstance(other, Mapping) and isinstance(value, Mapping):
            joined[key] = _join_patches(other, value, here, keys)
        elif isinstance(other, list) and isinstance(value, list) and _merge_key(here, keys):
            joined[key] = _join_lists(other, value, here, keys)
        else:
            joined[key] = value
    return joined


def _join_lists(deletions: list[Any], changes: list[Any], path: Path, keys: MergeKeys) -> list[Any]:
    key = _merge_key(path, keys) or ""
    waiting = {_identity(member, key): member for member in deletions if not _directive_of(member)}
    joined = []
    for member in changes:
        other = waiting.pop(_identity(member, key), None)
        joined.append(_join_patches(other, member, path, keys) if other else member)
    return joined + list(waiting.values()) + [member for member in deletions if _directive_of(member)]


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)
