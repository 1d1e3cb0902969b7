"""Sets of fields as trees, and their notation in `metadata.managedFields` (FieldsV1).

A tree maps path elements (`f:name`, `k:{"port":80,"protocol":"TCP"}`, `v:"x"`) to trees; `.` in a tree says that the
place itself is a member. Mirrors sigs.k8s.io/structured-merge-diff/v6/fieldpath (release 1.36).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Tree = dict[str, Any]
"""A set of fields; frozen by rule, so that parts can be shared."""

Path = tuple[str, ...]

HERE = "."
MEMBER: Tree = {HERE: {}}
"""The set that holds nothing but the place itself."""

NOTHING: Tree = {}


def union(left: Tree, right: Tree) -> Tree:
    """Return what is in either set."""
    if not left or not right or left is right:
        return left or right
    joined = dict(left)
    for name, sub in right.items():
        joined[name] = union(joined[name], sub) if name in joined else sub
    return joined


def difference(left: Tree, right: Tree) -> Tree:
    """Return what is in the left set and not in the right one."""
    if not left or not right:
        return left
    kept: Tree = {}
    for name, sub in left.items():
        if name == HERE:
            if HERE not in right:
                kept[HERE] = sub
        elif rest := difference(sub, right.get(name, NOTHING)):
            kept[name] = rest
    return kept


def without(left: Tree, right: Tree) -> Tree:
    """Return the left set without the members of the right one and all that lies below them."""
    if not left or not right:
        return left
    if HERE in right:
        return NOTHING
    kept: Tree = {}
    for name, sub in left.items():
        if name == HERE:
            kept[HERE] = sub
        elif rest := without(sub, right.get(name, NOTHING)):
            kept[name] = rest
    return kept


def intersection(left: Tree, right: Tree) -> Tree:
    """Return what is in both sets."""
    kept: Tree = {}
    for name, sub in left.items():
        if name not in right:
            continue
        if name == HERE:
            kept[HERE] = {}
        elif both := intersection(sub, right[name]):
            kept[name] = both
    return kept


def decode(fields: Any) -> Tree:
    """Read a FieldsV1 object; raises ValueError for anything else."""
    if not isinstance(fields, Mapping):
        raise ValueError("not a set of fields")
    if not fields:
        return MEMBER
    read: Tree = {}
    for name, sub in fields.items():
        if name == HERE:
            read[HERE] = {}
        elif name[:2] not in ("f:", "k:", "v:", "i:"):
            raise ValueError(f"unknown path element {name!r}")
        else:
            read[name] = decode(sub)
    return read


def decode_root(fields: Any) -> Tree:
    """Read the FieldsV1 object of an entry, in which `{}` is the empty set."""
    return decode(fields) if fields else NOTHING


def encode(tree: Tree) -> dict[str, Any]:
    """Write a set as FieldsV1: `.` first, then the elements in order; a mere member is `{}`."""
    if len(tree) == 1 and HERE in tree:
        return {}
    return {name: encode(tree[name]) if name != HERE else {} for name in sorted(tree, key=_rank)}


def paths(tree: Tree, prefix: Path = ()) -> Iterator[Path]:
    """Yield the members of a set: at each level those of the level first, then what lies below."""
    names = [name for name in sorted(tree, key=_rank) if name != HERE]
    for name in names:
        if HERE in tree[name]:
            yield (*prefix, name)
    for name in names:
        yield from paths({key: sub for key, sub in tree[name].items() if key != HERE}, (*prefix, name))


def text(path: Path) -> str:
    """Write a path as the API server does: `.spec.ports[port=80,protocol="TCP"].targetPort`."""
    return "".join(_element_text(element) for element in path)


def key_element(keys: Mapping[str, Any]) -> str:
    """Return the element of a list member that is found by key fields."""
    return "k:" + json.dumps(dict(sorted(keys.items())), separators=(",", ":"), ensure_ascii=False)


def value_element(value: Any) -> str:
    """Return the element of a list member that is found by its value."""
    return "v:" + json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _element_text(element: str) -> str:
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return f".{rest}"
    if kind == "k:":
        keys = json.loads(rest)
        shown = ",".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in keys.items())
        return f"[{shown}]"
    return f"[={rest}]" if kind == "v:" else f"[{rest}]"


def _rank(element: str) -> tuple[int, Any]:
    """Order elements as upstream does: fields by name, then members by key and by value."""
    if element == HERE:
        return (0, "")
    if element.startswith("f:"):
        return (1, element)
    if element.startswith("k:"):
        return (2, [(name, _comparable(value)) for name, value in json.loads(element[2:]).items()])
    return (3, element)


def _comparable(value: Any) -> tuple[float, str]:
    return (float(value), "") if isinstance(value, int | float) else (0.0, str(value))
