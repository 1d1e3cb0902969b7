"""What keeps a body from being an object of its kind, in the words of structured merge.

Mirrors sigs.k8s.io/structured-merge-diff/v6/typed/validate.go and helpers.go (release 1.36).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from app.machinery import fieldsets, structured
from app.machinery.schema import Shape
from app.machinery.structured import Node


def sentence(value: Any, node: Node) -> str:
    """Say what is wrong with a body; empty when nothing is."""
    found = list(dict.fromkeys(_faults(value, node, "")))
    return found[0] if len(found) == 1 else "\n  ".join(["errors:", *found]) if found else ""


def _faults(value: Any, node: Node, path: str) -> Iterator[str]:
    if value is None:
        return
    match node.shape:
        case Shape.ANYTHING | Shape.QUANTITY | Shape.INT_OR_TEXT | Shape.TIME | Shape.MICRO_TIME:
            return
        case Shape.STRUCT | Shape.MAP:
            yield from _mapping_faults(value, node, path)
        case Shape.LIST:
            yield from _list_faults(value, node, path)
        case Shape.FLAG:
            if not isinstance(value, bool):
                yield f"{_at(path)}expected boolean, got {_go_type(value)}"
        case Shape.INT32 | Shape.INT64 | Shape.NUMBER:
            if isinstance(value, bool) or not isinstance(value, int | float):
                yield f"{_at(path)}expected numeric (int or float), got {_go_type(value)}"
        case _:
            if not isinstance(value, str):
                yield f"{_at(path)}expected string, got &value.valueUnstructured{{Value:{_go_value(value)}}}"


def _mapping_faults(value: Any, node: Node, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{_at(path)}expected map, got &{{{go_text(value)}}}"
        return
    for name, child in value.items():
        if node.shape is Shape.STRUCT and not node.declares(name):
            yield f"{path}.{name}: field not declared in schema"
        else:
            yield from _faults(child, node.at(name), f"{path}.{name}")


def _list_faults(value: Any, node: Node, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{_at(path)}expected list, got &{{{go_text(value)}}}"
        return
    seen: set[str] = set()
    for place, child in enumerate(value):
        element = f"[{place}]"
        if node.keys or not node.atomic:
            fault = _member_fault(child, node)
            if fault:
                yield f"{_at(path)}element {place}: {fault}"
                return
            found = _element(child, node)
            element = fieldsets.text((found,))
            if found in seen:
                yield f"{_at(path)}duplicate entries for key {element}"
                return
            seen.add(found)
        if node.of is not None:
            yield from _faults(child, node.of, f"{path}{element}")


def _member_fault(child: Any, node: Node) -> str:
    if child is None:
        return (
            "associative list with keys may not have a null element" if node.keys else "set may not have a null element"
        )
    if not node.keys:
        return ""
    if not isinstance(child, Mapping):
        return "associative list with keys may not have non-map elements"
    missing = [name for name in node.keys if structured.key_of(child, name) is None]
    if missing:
        return (
            f"associative list with keys has an element that omits key field {json.dumps(missing[0])} "
            "(and doesn't have default value)"
        )
    return ""


def _element(child: Any, node: Node) -> str:
    if node.keys:
        return fieldsets.key_element({name: structured.key_of(child, name) for name in node.keys})
    return fieldsets.value_element(child)


def _at(path: str) -> str:
    return f"{path}: " if path else ""


def _go_type(value: Any) -> str:
    kind = go_kind(value)
    return {"map": "map[string]interface {}", "slice": "[]interface {}"}.get(kind, kind)


def go_kind(value: Any) -> str:
    """Name the Go kind of a decoded JSON value."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int64"
        case float():
            return "float64"
        case str():
            return "string"
        case Mapping():
            return "map"
        case _:
            return "slice"


def _go_value(value: Any) -> str:
    if isinstance(value, bool | int | float | str):
        return json.dumps(value, ensure_ascii=False)
    opening = f"{_go_type(value)}{{"
    if isinstance(value, Mapping):
        return opening + ", ".join(f"{json.dumps(k)}:{_go_value(v)}" for k, v in sorted(value.items())) + "}"
    return opening + ", ".join(map(_go_value, value)) + "}"


def go_text(value: Any) -> str:
    """Write a JSON value as Go's `%v` does: `map[spec:map[ports:[80]]]`, keys sorted, null as `<nil>`."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case Mapping():
            return "map[" + " ".join(f"{name}:{go_text(value[name])}" for name in sorted(value)) + "]"
        case list():
            return "[" + " ".join(map(go_text, value)) + "]"
        case _:
            return str(value)
