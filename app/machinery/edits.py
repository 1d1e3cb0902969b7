"""Small edits of a manifest's text that keep everything else: comments, order, blank lines.

Each edit is also an edit of the object; `apply` reads the new text again and gives it back only if it says exactly what
the edited object says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.machinery import delta, documents, scalars
from app.machinery.documents import Document, Path
from app.machinery.yamldoc import Member, Node, Style, lines_of


@dataclass(frozen=True, slots=True)
class Rename:
    """Give the field at the path another name."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Replace:
    """Put another value at the path; `text` is how to write it, if that matters."""

    path: Path
    value: Any
    text: str = ""


@dataclass(frozen=True, slots=True)
class Remove:
    """Take the field at the path out."""

    path: Path


@dataclass(frozen=True, slots=True)
class Insert:
    """Add a field to the mapping at the path, as its last, or its first."""

    path: Path
    name: str
    value: Any
    first: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """Carry the field at the path into another mapping, which is made if it is not there."""

    path: Path
    to: Path


@dataclass(frozen=True, slots=True)
class Hoist:
    """Let the only member of a mapping stand in the mapping's place: `a: {b: x}` becomes `a: x`."""

    path: Path


@dataclass(frozen=True, slots=True)
class Wrap:
    """Make the value at the path the only member of a list."""

    path: Path


Edit = Rename | Replace | Remove | Insert | Move | Hoist | Wrap


class Impossible(Exception):
    """The text is written in a way that this edit cannot follow."""


def apply(document: Document, edit: Edit) -> str | None:
    """Return the whole text with one edit made in one document, or None where it cannot be made safely."""
    try:
        wanted = applied(document.obj, edit)
        if document.is_json:
            return _json_text(document, wanted)
        text = "\n".join(_edit_lines(document, edit))
    except Impossible:
        return None
    return text if _says(text, document, wanted) else None


def applied(obj: Any, edit: Edit) -> Any:
    """Return the object after the edit; raises Impossible when the path is not there."""
    match edit:
        case Rename(path, name):
            return _change(obj, path[:-1], lambda parent: _renamed(parent, path[-1], name))
        case Replace(path, value):
            return _change(obj, path, lambda _: value)
        case Remove(path):
            return _change(obj, path[:-1], lambda parent: _without(parent, path[-1]))
        case Insert(path, name, value, first):
            return _change(obj, path, lambda parent: _with(parent, name, value, first=first))
        case Move(path, to):
            value = _get(obj, path)
            rest = _change(obj, path[:-1], lambda parent: _without(parent, path[-1]))
            return _change(rest, to, lambda parent: _with(parent, str(path[-1]), value, first=False))
        case Hoist(path):
            return _change(obj, path[:-1], lambda _: _get(obj, path))
        case Wrap(path):
            return _change(obj, path, lambda value: [value])


def _change(value: Any, path: Path, change: Any) -> Any:
    if not path:
        return change(value)
    step, rest = path[0], path[1:]
    if isinstance(step, int) and isinstance(value, list) and step < len(value):
        return [*value[:step], _change(value[step], rest, change), *value[step + 1 :]]
    if isinstance(step, str) and (value is None or isinstance(value, Mapping)):
        present = value or {}
        return {**present, step: _change(present.get(step), rest, change)}
    raise Impossible


def _get(value: Any, path: Path) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise Impossible from None
    return value


def _renamed(parent: Any, old: Any, new: str) -> Any:
    if not isinstance(parent, Mapping) or old not in parent or (new in parent and new != old):
        raise Impossible
    return {new if key == old else key: value for key, value in parent.items()}


def _without(parent: Any, name: Any) -> Any:
    if not isinstance(parent, Mapping) or name not in parent:
        raise Impossible
    return {key: value for key, value in parent.items() if key != name}


def _with(parent: Any, name: str, value: Any, *, first: bool) -> Any:
    present = {} if parent is None else parent
    if not isinstance(present, Mapping) or name in present:
        raise Impossible
    return {name: value, **present} if first else {**present, name: value}


def _says(text: str, document: Document, wanted: Any) -> bool:
    """Read the text again: this document must be as wanted, every other as before."""
    before = documents.read(document.text, document.source)
    after = documents.read(text, document.source)
    objects = [wanted if other.index == document.index else other.obj for other in before.documents]
    return delta.diff([other.obj for other in after.documents], objects) == delta.SAME


def _json_text(document: Document, wanted: Any) -> str:
    """Write the JSON stream anew, with the document changed."""
    roots: list[Any] = []
    for other in documents.read(document.text, document.source).documents:
        value = wanted if other.index == document.index else other.obj
        if other.prefix:
            raise Impossible
        roots.append(json.dumps(value, indent=2, ensure_ascii=False))
    return "\n".join(roots) + "\n"


def _edit_lines(document: Document, edit: Edit) -> list[str]:
    lines = lines_of(document.text)
    path = edit.path
    flow = _flow_above(document.root, path if not isinstance(edit, Insert) else (*path, ""))
    if flow is not None and not isinstance(edit, Move):
        return _rewrite_flow(lines, document, edit, flow)
    match edit:
        case Rename(path, name):
            key = _member(document.root, path).key
            return _spliced(lines, key, scalars.quoted(name))
        case Replace(path, value, text):
            return _replace(lines, document.root, path, value, text)
        case Remove():
            return _remove(lines, document.root, path)
        case Insert(path, name, value, first):
            return _insert(lines, document.root, path, _block(name, value), first=first)
        case Move(path, to):
            return _move(lines, document, path, to)
        case Hoist():
            return _hoist(lines, document.root, path)
        case Wrap():
            return _wrap(lines, _node(document.root, path))


def _node(root: Node, path: Path) -> Node:
    node = documents.node_at(root, path)
    if node is None or node.shared:
        raise Impossible
    return node


def _member(root: Node, path: Path) -> Member:
    parent = _node(root, path[:-1])
    member = parent.members.get(str(path[-1]))
    if member is None or member.node.shared:
        raise Impossible
    return member


def _flow_above(root: Node, path: Path) -> Path | None:
    """Return the path of the outermost flow collection that the edit lies in, if it lies in one."""
    for length in range(len(path)):
        node = documents.node_at(root, path[:length])
        if node is None:
            return None
        if node.style is Style.FLOW:
            return path[:length]
    return None


def _rewrite_flow(lines: list[str], document: Document, edit: Edit, flow: Path) -> list[str]:
    wanted = _get(applied(document.obj, edit), flow)
    return _spliced(lines, _node(document.root, flow), flow_text(wanted))


def flow_text(value: Any) -> str:
    """Write a value on one line, as people do: `{port: 80, name: http}`."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalars.quoted(key)}: {flow_text(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return scalars.quoted(value) if isinstance(value, str) else json.dumps(value)


def _block(name: str, value: Any) -> list[str]:
    """Write a field in block style, from column 0."""
    key = scalars.quoted(name)
    if isinstance(value, Mapping) and value:
        return [f"{key}:", *(f"  {line}" for child, member in value.items() for line in _block(child, member))]
    if isinstance(value, list) and value:
        return [f"{key}:", *(line for member in value for line in _list_member(member))]
    return [f"{key}: {flow_text(value)}"]


def _list_member(value: Any) -> list[str]:
    if not isinstance(value, Mapping) or not value:
        return [f"- {flow_text(value)}"]
    inner = [line for child, member in value.items() for line in _block(child, member)]
    return [f"- {inner[0]}", *(f"  {line}" for line in inner[1:])]


def _spliced(lines: list[str], node: Node, text: str) -> list[str]:
    """Put text where the node stands."""
    first, last = lines[node.start.line], lines[node.end.line]
    middle = first[: node.start.column] + text + last[node.end.column :]
    return [*lines[: node.start.line], middle, *lines[node.end.line + 1 :]]


def _replace(lines: list[str], root: Node, path: Path, value: Any, text: str) -> list[str]:
    node = _node(root, path)
    inline = bool(text) or not isinstance(value, Mapping | list)
    if inline and node.style in (Style.PLAIN, Style.QUOTED, Style.FLOW):
        shown = text or flow_text(value)
        empty = node.start == node.end
        return _spliced(lines, node, f" {shown}" if empty else shown)
    member = _member(root, path)
    first, last = _span(member)
    prefix = _prefix(lines, member)
    column = " " * len(prefix)
    block = _block(str(path[-1]), value)
    return [*lines[:first], prefix + block[0], *(column + line for line in block[1:]), *lines[last + 1 :]]


def _span(member: Member) -> tuple[int, int]:
    """Return the first and last line of a field."""
    return member.key.start.line, max(member.node.end.line, member.key.end.line)


def _prefix(lines: list[str], member: Member) -> str:
    """Return what stands before a field's name: spaces, or spaces and the dash of its list member."""
    prefix = lines[member.key.start.line][: member.key.start.column]
    if not re.fullmatch(r" *(- +)*", prefix):
        raise Impossible
    return prefix


def _remove(lines: list[str], root: Node, path: Path) -> list[str]:
    siblings = _node(root, path[:-1]).members
    member = _member(root, path)
    prefix = _prefix(lines, member)
    first, last = _span(member)
    if len(siblings) < 2:
        raise Impossible
    kept = [*lines[:first], *lines[last + 1 :]]
    if prefix.strip():
        after = min(other.key.start for other in siblings.values() if other.key.start > member.key.start)
        line = after.line - (last + 1 - first)
        kept[line] = prefix + kept[line][len(prefix) :]
    return kept


def _insert(lines: list[str], root: Node, path: Path, block: Sequence[str], *, first: bool) -> list[str]:
    parent = documents.node_at(root, path)
    if parent is None or parent.value is None:
        return _insert_parent(lines, root, path, block)
    if parent.style is not Style.BLOCK or not parent.members or parent.shared:
        raise Impossible
    member = next(iter(parent.members.values()))
    column = member.key.start.column
    shifted = [" " * column + line for line in block]
    if not first:
        return [*lines[: parent.end.line + 1], *shifted, *lines[parent.end.line + 1 :]]
    prefix = _prefix(lines, member)
    at = member.key.start.line
    old = " " * len(prefix) + lines[at][len(prefix) :]
    return [*lines[:at], prefix + block[0], *shifted[1:], old, *lines[at + 1 :]]


def _insert_parent(lines: list[str], root: Node, path: Path, block: Sequence[str]) -> list[str]:
    """Put the block under a field that is there and empty, or make that field."""
    if not path or isinstance(path[-1], int):
        raise Impossible
    grand = documents.node_at(root, path[:-1])
    member = grand.members.get(path[-1]) if grand else None
    if member is None:
        return _insert(lines, root, path[:-1], [f"{path[-1]}:", *(f"  {line}" for line in block)], first=False)
    _prefix(lines, member)
    if not re.fullmatch(r"[^:]*: *(#.*)?", lines[member.key.start.line][member.key.start.column :]):
        raise Impossible
    at = member.key.start.line + 1
    shifted = [" " * (member.key.start.column + 2) + line for line in block]
    return [*lines[:at], *shifted, *lines[at:]]


def _move(lines: list[str], document: Document, path: Path, to: Path) -> list[str]:
    """Cut the lines of a field with the comments right above it, and put them at the end of the other mapping."""
    member = _member(document.root, path)
    first, last = _span(member)
    if _prefix(lines, member).strip() or _flow_above(document.root, path) is not None:
        raise Impossible
    column = member.key.start.column
    while first > 0 and re.fullmatch(" " * column + "#.*", lines[first - 1]) and _is_between(lines, first - 1, column):
        first -= 1
    block = [_dedented(line, column) for line in lines[first : last + 1]]
    target = documents.node_at(document.root, to)
    if target is not None and target.style is Style.FLOW:
        return _move_into_flow(lines, document, path, to)
    if target is None and len(to) == len(path):
        made = [f"{to[-1]}:", *(f"  {line}".rstrip() for line in block)]
        return [*lines[:first], *(" " * column + line for line in made), *lines[last + 1 :]]
    marker = "\0"
    cut = [*lines[:first], *[marker] * (last + 1 - first), *lines[last + 1 :]]
    return [line for line in _insert(cut, document.root, to, block, first=False) if line != marker]


def _is_between(lines: Sequence[str], line: int, column: int) -> bool:
    """Say whether a comment belongs to the field below it: something other than comments stands above."""
    above = [other for other in lines[:line] if other.strip() and not other.lstrip().startswith(("#", "---"))]
    return bool(above) or column > 0


def _move_into_flow(lines: list[str], document: Document, path: Path, to: Path) -> list[str]:
    wanted = _get(applied(document.obj, Move(path, to)), to)
    first, last = _span(_member(document.root, path))
    target = _node(document.root, to)
    if target.start.line >= first:
        cut = _spliced(lines, target, flow_text(wanted))
        return [*cut[:first], *cut[last + 1 :]]
    cut = [*lines[:first], *lines[last + 1 :]]
    return _spliced(cut, target, flow_text(wanted))


def _dedented(line: str, columns: int) -> str:
    if line[:columns].strip():
        raise Impossible
    return line[columns:]


def _hoist(lines: list[str], root: Node, path: Path) -> list[str]:
    parent, member = _member(root, path[:-1]), _member(root, path)
    if len(parent.node.members) != 1 or member.node.style is Style.LITERAL:
        raise Impossible
    first, last = _span(member)
    _prefix(lines, member)
    if member.node.style is not Style.BLOCK:
        text = lines[first][member.key.end.column :].lstrip(" :")
        head = lines[parent.key.start.line].rstrip()
        return [
            *lines[: parent.key.start.line],
            f"{head} {text}",
            *lines[parent.key.start.line + 1 : first],
            *lines[last + 1 :],
        ]
    delta = member.node.start.column - member.key.start.column
    return [*lines[:first], *(_dedented(line, delta) for line in lines[first + 1 : last + 1]), *lines[last + 1 :]]


def _wrap(lines: list[str], node: Node) -> list[str]:
    if node.style is not Style.BLOCK:
        return _spliced(lines, node, flow_text([node.value]))
    first, column = node.start.line, node.start.column
    if lines[first][:column].strip():
        raise Impossible
    inside = [" " * column + "- " + lines[first][column:]]
    inside += [f"  {line}" if line.strip() else line for line in lines[first + 1 : node.end.line + 1]]
    return [*lines[:first], *inside, *lines[node.end.line + 1 :]]
