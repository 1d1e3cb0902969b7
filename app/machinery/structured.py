"""Objects and their fields by the schema: which fields a value has, how two differ, how one is merged into another.

Mirrors sigs.k8s.io/structured-merge-diff/v6/typed (release 1.36): lists are maps by key fields, sets, or atomic.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.machinery import fieldsets, schema, structure
from app.machinery.fieldsets import HERE, MEMBER, NOTHING, Tree
from app.machinery.schema import Shape

_VALUES = frozenset(
    {
        "metadata", "spec", "status", "template", "strategy", "updateStrategy", "loadBalancer", "nodeInfo",
        "daemonEndpoints", "kubeletEndpoint", "podSelector", "scaleTargetRef", "roleRef", "involvedObject", "source",
        "jobTemplate",
    }
)  # fmt: skip
"""Struct fields that Go holds by value: an object has them even when nothing is in them."""

_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Node:
    """The type of one place: its shape, and whether it is owned and replaced whole.

    `struct` names the fields of a struct; `of` is the type of list members and map values; `keys` are the key fields
    of a list that is a map.
    """

    shape: Shape
    atomic: bool = True
    struct: str = ""
    of: Node | None = None
    keys: tuple[str, ...] = ()

    def at(self, name: str) -> Node:
        """Return the type of a field, or of a map's value."""
        if self.shape is Shape.STRUCT:
            return _fields(self.struct).get(name, _DEDUCED)
        return self.of or _DEDUCED

    def declares(self, name: str) -> bool:
        """Say whether this is a struct with a field of that name."""
        return self.shape is Shape.STRUCT and name in _fields(self.struct)

    @property
    def mapping(self) -> bool:
        """Say that its parts are named and owned one by one."""
        return not self.atomic and self.shape in (Shape.STRUCT, Shape.MAP)


_DEDUCED = Node(Shape.ANYTHING)


def root(api_version: str, kind: str) -> Node:
    """Return the type of a kind; one that is not known has named parts at the top and nothing below."""
    struct = schema.root_of(api_version, kind)
    return _struct(struct) if struct else Node(Shape.MAP, atomic=False, of=_DEDUCED)


@functools.cache
def _struct(name: str) -> Node:
    return Node(Shape.STRUCT, structure.is_atomic(name), name)


@functools.cache
def _fields(struct: str) -> Mapping[str, Node]:
    return {name: _node(found, structure.topology(struct, name)) for name, found in schema.fields_of(struct).items()}


def _node(found: schema.FieldType, topology: str) -> Node:
    match found.shape:
        case Shape.STRUCT:
            return Node(Shape.STRUCT, topology == "atomic" or structure.is_atomic(found.struct), found.struct)
        case Shape.MAP:
            return Node(Shape.MAP, topology == "atomic", of=_node(found.of, "") if found.of else None)
        case Shape.LIST:
            keys = structure.keys_of(topology)
            return Node(
                Shape.LIST, not keys and topology != "set", of=_node(found.of, "") if found.of else None, keys=keys
            )
        case other:
            return Node(other)


def fields(value: Any, node: Node) -> Tree:
    """Return the fields that a value has; containers are members only where they are empty, or an unnamed part."""
    if node.atomic or value is None:
        return MEMBER
    found: Tree = {}
    if node.mapping and isinstance(value, Mapping):
        for name, child in value.items():
            sub = fields(child, node.at(name))
            if HERE not in sub and (child is None or child == {} or not node.declares(name)):
                sub = {HERE: {}, **sub}
            if sub:
                found[f"f:{name}"] = sub
        return found
    if node.shape is Shape.LIST and isinstance(value, list):
        for element, child in _elements(value, node):
            sub = fields(child, node.of or _DEDUCED)
            found[element] = sub if HERE in sub else {HERE: {}, **sub}
        return found
    return MEMBER


def _elements(value: Sequence[Any], node: Node) -> Iterator[tuple[str, Any]]:
    """Yield each list member with its path element."""
    for child in value:
        if node.keys and isinstance(child, Mapping):
            yield fieldsets.key_element({name: key_of(child, name) for name in node.keys}), child
        else:
            yield fieldsets.value_element(child), child


def key_of(member: Mapping[str, Any], name: str) -> Any:
    """Return a member's key field, or what it holds when it is left out."""
    found = member.get(name)
    return structure.KEY_DEFAULTS.get(name) if found is None else found


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a second value has lost, changed and gained."""

    removed: Tree
    modified: Tree
    added: Tree

    @property
    def same(self) -> bool:
        """Say that nothing differs."""
        return not (self.removed or self.modified or self.added)

    def without(self, ignored: Tree) -> Comparison:
        """Return the comparison with some fields left out, and all that lies below them."""
        if not ignored:
            return self
        return Comparison(*(fieldsets.without(tree, ignored) for tree in (self.removed, self.modified, self.added)))


_EQUAL = Comparison(NOTHING, NOTHING, NOTHING)
_REMOVED = Comparison(MEMBER, NOTHING, NOTHING)
_MODIFIED = Comparison(NOTHING, MEMBER, NOTHING)
_ADDED = Comparison(NOTHING, NOTHING, MEMBER)


def compare(before: Any, after: Any, node: Node) -> Comparison:
    """Compare two values; a container that appears or goes is itself a member."""
    if before is after:
        return _EQUAL
    if node.atomic or not (_fits(before, node) and _fits(after, node)):
        return _compare_leaves(before, after)
    if node.shape is Shape.LIST:
        if not (before if before is not _ABSENT else ()) and not (after if after is not _ABSENT else ()):
            return _compare_leaves(before, after)
        left, right = ({} if side is _ABSENT else dict(_elements(side, node)) for side in (before, after))
        pairs = {
            name: (left.get(name, _ABSENT), right.get(name, _ABSENT), node.of or _DEDUCED) for name in (*left, *right)
        }
    else:
        names = dict.fromkeys([*(() if before is _ABSENT else before), *(() if after is _ABSENT else after)])
        pairs = {f"f:{name}": (_part(before, name, node), _part(after, name, node), node.at(name)) for name in names}
    removed: Tree = dict(MEMBER) if after is _ABSENT else {}
    added: Tree = dict(MEMBER) if before is _ABSENT else {}
    modified: Tree = {}
    for name, (old, new, child) in pairs.items():
        found = compare(old, new, child)
        for tree, sub in ((removed, found.removed), (modified, found.modified), (added, found.added)):
            if sub:
                tree[name] = sub
    return Comparison(removed, modified, added)


def made(value: Any, node: Node, *, there: bool = True) -> Tree:
    """Return what a new object adds to an empty one: `compare({}, value, node).added`, in one walk.

    `there` says that the empty object has the place already.
    """
    if node.mapping and isinstance(value, Mapping):
        found: Tree = {} if there else {HERE: {}}
        for name, child in value.items():
            if child is not None:
                part = node.at(name)
                if part.atomic:
                    found[f"f:{name}"] = MEMBER
                elif sub := made(child, part, there=there and _part(_NO_PARTS, name, node) is not _ABSENT):
                    found[f"f:{name}"] = sub
        return found
    if node.shape is Shape.LIST and not node.atomic and isinstance(value, list) and value:
        whole: Tree = {} if there else {HERE: {}}
        for element, child in _elements(value, node):
            whole[element] = made(child, node.of or _DEDUCED, there=False)
        return whole
    return NOTHING if there and not value and value is not False and value != 0 else MEMBER


_NO_PARTS: Mapping[str, Any] = {}


def _compare_leaves(before: Any, after: Any) -> Comparison:
    if before is _ABSENT:
        return _ADDED
    if after is _ABSENT:
        return _REMOVED
    return _EQUAL if before == after and isinstance(before, bool) is isinstance(after, bool) else _MODIFIED


def _fits(value: Any, node: Node) -> bool:
    return value is _ABSENT or isinstance(value, list if node.shape is Shape.LIST else Mapping)


def _part(parent: Any, name: str, node: Node) -> Any:
    """Return a part of a value; what Go holds by value is there even when JSON leaves it out."""
    found = _ABSENT if parent is _ABSENT else parent.get(name)
    if found is not None:
        return found
    child = node.at(name)
    if node.shape is Shape.STRUCT and child.shape is Shape.STRUCT and name in _VALUES:
        return {}
    if node.shape is Shape.STRUCT and child.shape is Shape.LIST and name in structure.required(node.struct):
        return []
    return _ABSENT


def merge(live: Any, applied: Any, node: Node) -> Any:
    """Return the live value with the applied one merged in: what the applied one says holds, the rest stays."""
    if node.mapping and isinstance(live, Mapping) and isinstance(applied, Mapping):
        merged = dict(live)
        for name, value in applied.items():
            merged[name] = merge(live.get(name), value, node.at(name))
        return merged
    if node.shape is Shape.LIST and not node.atomic and isinstance(live, list) and isinstance(applied, list):
        return _merge_lists(dict(_elements(live, node)), dict(_elements(applied, node)), node)
    return applied


def _merge_lists(left: dict[str, Any], right: dict[str, Any], node: Node) -> list[Any]:
    """Join two lists by their elements: shared members in the applied order, the others where they stood."""
    merged: list[Any] = []
    waiting, member = list(right), node.of or _DEDUCED
    taken: set[str] = set()
    for name in left:
        while name in right and name not in taken:
            first = waiting.pop(0)
            taken.add(first)
            merged.append(merge(left[first], right[first], member) if first in left else right[first])
        if name not in right:
            merged.append(left[name])
    return [*merged, *(right[name] for name in waiting)]


def remove(value: Any, gone: Tree, node: Node) -> Any:
    """Return the value without the fields of a set; None when nothing is left of it."""
    if node.atomic or not gone:
        return value
    if node.mapping and isinstance(value, Mapping):
        kept = {}
        for name, child in value.items():
            sub = gone.get(f"f:{name}", NOTHING)
            if HERE not in sub:
                rest = remove(child, sub, node.at(name)) if sub else child
                if rest is not None:
                    kept[name] = rest
        return kept or None
    if node.shape is Shape.LIST and isinstance(value, list):
        rest_of = []
        for element, child in _elements(value, node):
            sub = gone.get(element, NOTHING)
            if HERE not in sub:
                rest_of.append(remove(child, sub, node.of or _DEDUCED) if sub else child)
        return [member for member in rest_of if member is not None] or None
    return value


def with_named(tree: Tree, node: Node) -> Tree:
    """Return the set with every declared struct field that has members below it as a member too."""
    named: Tree = {}
    for name, sub in tree.items():
        if name == HERE:
            named[HERE] = sub
            continue
        is_field = name.startswith("f:")
        below = with_named(sub, node.at(name[2:]) if is_field else node.of or _DEDUCED)
        if is_field and HERE not in below and node.declares(name[2:]):
            below = {HERE: {}, **below}
        named[name] = below
    return named
