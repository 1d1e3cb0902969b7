"""Patches as pure functions: nothing that goes in is changed, what stays the same is shared.

RFC 7386 merge patch and RFC 6902 JSON patch live here; strategic merge and kubectl's three-way merge in
`strategic`, the journal's delta in `delta`, and both can be called through this module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.machinery import errors
from app.machinery.delta import diff, undiff
from app.machinery.strategic import strategic_merge, three_way, three_way_patch

__all__ = [
    "PatchRefused",
    "diff",
    "json_patch",
    "merge_patch",
    "strategic_merge",
    "three_way",
    "three_way_patch",
    "undiff",
]

MAX_OPERATIONS = 10_000
MAX_COPIED_BYTES = 3 * 1024 * 1024
_MAX_DEPTH = 100


class PatchRefused(errors.ApiError):
    """A JSON patch whose operation or test fails; upstream says no more than this."""

    code = 422
    reason = "Invalid"

    def __init__(self, plain: str) -> None:
        super().__init__("the server rejected our request due to an error in our request", plain=plain)


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply an RFC 7386 merge patch: mappings merge, null removes, all else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def json_patch(target: Any, operations: Sequence[Any]) -> Any:
    """Apply RFC 6902 operations one after the other; raises PatchRefused when one does not apply."""
    if len(operations) > MAX_OPERATIONS:
        raise errors.TooLarge(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(operations)}"
        )
    copied = 0
    for operation in operations:
        if isinstance(operation, Mapping) and operation.get("op") == "copy":
            copied += len(json.dumps(_value_at(target, _steps(operation.get("from")))))
            if copied > MAX_COPIED_BYTES:
                raise errors.TooLarge(f"the copies of a JSON patch may add up to {MAX_COPIED_BYTES} bytes")
        target = _apply(target, operation)
    return target


def _apply(target: Any, operation: Any) -> Any:
    if not isinstance(operation, Mapping):
        raise errors.BadRequest("a JSON patch is a list of operations, each an object with op and path")
    path = _steps(operation.get("path"))
    match operation.get("op"):
        case "add":
            return _edit(target, path, _adding(_operand(operation)))
        case "remove":
            return _edit(target, path, _removing)
        case "replace":
            return _replaced(target, path, _operand(operation))
        case "copy":
            return _edit(target, path, _adding(_value_at(target, _steps(operation.get("from")))))
        case "move":
            return _moved(target, _steps(operation.get("from")), path)
        case "test":
            if not _equal(_value_at(target, path), _operand(operation)):
                raise PatchRefused(f"The test of {operation['path'] or 'the whole object'} failed.")
            return target
        case other:
            raise errors.BadRequest(f"Unexpected kind of JSON patch operation: {other}")


def _operand(operation: Mapping[str, Any]) -> Any:
    if "value" not in operation:
        raise PatchRefused(f"The operation {operation.get('op')} needs a value.")
    return operation["value"]


def _moved(target: Any, source: list[str], path: list[str]) -> Any:
    if path[: len(source)] == source and len(path) > len(source):
        raise PatchRefused("A value cannot be moved into itself.")
    value = _value_at(target, source)
    return target if path == source else _edit(_edit(target, source, _removing), path, _adding(value))


def _steps(pointer: Any) -> list[str]:
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise PatchRefused("A path of a JSON patch is empty or begins with a slash.")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if len(steps) > _MAX_DEPTH:
        raise PatchRefused("The path is too deep.")
    return steps


def _value_at(target: Any, steps: Sequence[str]) -> Any:
    for step in steps:
        if isinstance(target, Mapping) and step in target:
            target = target[step]
        elif isinstance(target, list):
            target = target[_position(step, len(target))]
        else:
            raise PatchRefused(f"There is no {step!r} to be found at that path.")
    return target


def _position(step: str, length: int) -> int:
    if not re.fullmatch("0|[1-9][0-9]{0,6}", step) or int(step) >= length:
        raise PatchRefused(f"The list has {length} members and none at {step!r}.")
    return int(step)


def _replaced(target: Any, steps: Sequence[str], value: Any) -> Any:
    _value_at(target, steps)
    return value if not steps else _edit(target, steps, lambda parent, step: _put(parent, step, value))


_Change = Callable[[Any, str], Any]


def _edit(target: Any, steps: Sequence[str], change: _Change) -> Any:
    """Return the target with the parent of the last step changed, copying only what lies on the way."""
    if not steps:
        return change(None, "")
    if len(steps) == 1:
        return change(target, steps[0])
    return _put(target, steps[0], _edit(_value_at(target, steps[:1]), steps[1:], change))


def _put(parent: Any, step: str, value: Any) -> Any:
    if isinstance(parent, list):
        position = _position(step, len(parent))
        return [*parent[:position], value, *parent[position + 1 :]]
    return {**parent, step: value}


def _adding(value: Any) -> _Change:
    def add(parent: Any, step: str) -> Any:
        if parent is None and not step:
            return value
        if isinstance(parent, list):
            position = len(parent) if step == "-" else _position(step, len(parent) + 1)
            return [*parent[:position], value, *parent[position:]]
        if isinstance(parent, Mapping):
            return {**parent, step: value}
        raise PatchRefused(f"There is nothing at that path that {step!r} could be added to.")

    return add


def _removing(parent: Any, step: str) -> Any:
    if isinstance(parent, list):
        position = _position(step, len(parent))
        return [*parent[:position], *parent[position + 1 :]]
    if isinstance(parent, Mapping) and step in parent:
        return {key: value for key, value in parent.items() if key != step}
    raise PatchRefused(f"There is no {step!r} to remove.")


def _equal(left: Any, right: Any) -> bool:
    """Compare as JSON: 1 equals 1.0, but not true."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)
