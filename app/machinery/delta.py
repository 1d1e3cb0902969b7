"""The journal's own delta between two JSON values: compact, exact, and cheap to apply.

A delta is itself JSON:

    []                     nothing changed
    [value]                the new value stands in for the old one
    {key: delta or 0}      a mapping with these keys changed, added ([value]) or removed (0)
    [start, deltas]        a list whose members from `start` on change one by one
    [start, end, values]   a list that keeps its first `start` and last `end` members, with `values` between

Unlike a merge patch it knows null from absent and 1 from true, and does not repeat a whole list for one member.
"""

from __future__ import annotations

from typing import Any

Delta = list[Any] | dict[str, Any]

SAME: Delta = []


def diff(before: Any, after: Any) -> Delta:
    """Return what `undiff` needs to make `after` of `before`; parts that are the same object cost nothing."""
    if before is after:
        return SAME
    if isinstance(before, dict) and isinstance(after, dict):
        return _diff_mapping(before, after)
    if isinstance(before, list) and isinstance(after, list):
        return _diff_list(before, after)
    return SAME if type(before) is type(after) and before == after else [after]


def undiff(before: Any, delta: Delta) -> Any:
    """Return the value after the change, sharing every unchanged part of `before` by identity."""
    if isinstance(delta, dict):
        return _undiff_mapping(before, delta)
    match delta:
        case []:
            return before
        case [value]:
            return value
        case [start, deltas]:
            changed = [undiff(before[start + position], part) for position, part in enumerate(deltas)]
            return [*before[:start], *changed, *before[start + len(deltas) :]]
        case [start, end, values]:
            return [*before[:start], *values, *before[len(before) - end :]]
        case _:
            raise ValueError("not a delta")


def _diff_mapping(before: dict[str, Any], after: dict[str, Any]) -> Delta:
    changed: dict[str, Any] = {key: 0 for key in before if key not in after}
    if len(changed) == len(before):
        return [after] if after or before else SAME
    for key, value in after.items():
        part = diff(before[key], value) if key in before else [value]
        if part != SAME:
            changed[key] = part
    return changed or SAME


def _undiff_mapping(before: Any, delta: dict[str, Any]) -> dict[str, Any]:
    after = dict(before)
    for key, part in delta.items():
        if part == 0:
            del after[key]
        else:
            after[key] = undiff(after.get(key), part)
    return after


def _diff_list(before: list[Any], after: list[Any]) -> Delta:
    start, shorter = 0, min(len(before), len(after))
    while start < shorter and diff(before[start], after[start]) == SAME:
        start += 1
    if start == len(before) == len(after):
        return SAME
    end = 0
    while end < shorter - start and diff(before[-1 - end], after[-1 - end]) == SAME:
        end += 1
    values = after[start : len(after) - end]
    if len(before) != len(after):
        return [start, end, values]
    deltas = [diff(before[start + position], value) for position, value in enumerate(values)]
    replaced = all(isinstance(part, list) and len(part) == 1 for part in deltas)
    return [start, end, values] if replaced else [start, deltas]
