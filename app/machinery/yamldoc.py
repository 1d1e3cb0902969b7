"""YAML text as a tree that knows where everything stands, built from parse events and from nothing else.

The C loader crashes the process on deep nesting and expands aliases without end, so no document is ever loaded by it:
its events are counted while they come, and the tree is built here, within limits.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import yaml

from app.machinery import scalars

MAX_DEPTH = 64
MAX_ALIAS_NODES = 20_000
MAX_NODES = 250_000
MAX_SCALAR = 1024 * 1024
MAX_DUPLICATES = 100

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


class Mark(NamedTuple):
    """A place in the whole text, counted from 0."""

    line: int
    column: int


class Style(StrEnum):
    """How a node is written."""

    PLAIN = "plain"
    QUOTED = "quoted"
    LITERAL = "literal"
    FLOW = "flow"
    BLOCK = "block"


class Node(msgspec.Struct, frozen=True, gc=False):
    """A value and where its text begins and ends; `end` of a block is where its last content ends."""

    value: Any
    start: Mark
    end: Mark
    style: Style
    members: Mapping[str, Member] = {}
    elements: Sequence[Node] = ()
    nodes: int = 1
    height: int = 0
    shared: bool = False


class Member(msgspec.Struct, frozen=True, gc=False):
    """A key of a mapping with its value; the key's own node says how it is written."""

    key: Node
    node: Node


class Duplicate(NamedTuple):
    """A key that stands twice in one mapping: the later one counts."""

    key: str
    again: Mark
    first: Mark


class Unreadable(Exception):
    """Text that is no YAML, or more of it than is read; `words` are Go's, with its own line count."""

    def __init__(self, words: str, mark: Mark, limit: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.mark = mark
        self.limit = limit


@dataclass(slots=True)
class Budget:
    """What one text may still use up, shared by its documents."""

    nodes: int = MAX_NODES
    alias_nodes: int = MAX_ALIAS_NODES


@dataclass(frozen=True, slots=True)
class Tree:
    """The documents of one YAML text and the keys that stand twice."""

    roots: tuple[Node, ...]
    duplicates: tuple[Duplicate, ...]


def lines_of(text: str) -> list[str]:
    """Split text into the lines that YAML counts, without their ends."""
    return _LINE_BREAK.split(text)


def read(text: str, first_line: int, budget: Budget) -> Tree:
    """Build the documents of a text whose first line is line `first_line` of the whole; raises Unreadable."""
    try:
        text.encode()
    except UnicodeEncodeError as bad:
        line = text.count("\n", 0, bad.start)
        raise Unreadable("yaml: invalid Unicode character", Mark(first_line + line, 0)) from None
    builder = _Builder(lines_of(text), first_line, budget)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.reader.ReaderError as bad:
        raise Unreadable("yaml: control characters are not allowed", _place_of(text, bad, first_line)) from None
    except yaml.MarkedYAMLError as bad:
        raise _unreadable(bad, first_line) from None
    return Tree(tuple(builder.roots), tuple(builder.duplicates))


def walk(node: Node, path: str = "") -> Iterator[tuple[str, Node, Mark]]:
    """Yield every node below with its path (`spec.ports[0].port`) and the place of its key, or its own in a list."""
    for key, member in node.members.items():
        here = f"{path}.{key}" if path else key
        yield here, member.node, member.key.start
        yield from walk(member.node, here)
    for position, element in enumerate(node.elements):
        here = f"{path}[{position}]"
        yield here, element, element.start
        yield from walk(element, here)


def _unreadable(bad: yaml.MarkedYAMLError, first_line: int) -> Unreadable:
    """Count lines as Go's parser does: one less for what the parser finds than for what the scanner finds."""
    mark = bad.problem_mark or bad.context_mark
    where = bad.problem_mark.line if bad.problem_mark else 0
    if where:
        where += isinstance(bad, yaml.scanner.ScannerError)
    elif bad.context_mark:
        where = bad.context_mark.line
    place = Mark(first_line + mark.line, mark.column) if mark else Mark(first_line, 0)
    line = f"line {where}: " if where else ""
    return Unreadable(f"yaml: {line}{bad.problem or 'unknown problem parsing YAML content'}", place)


def _place_of(text: str, bad: yaml.reader.ReaderError, first_line: int) -> Mark:
    found = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]", text)
    before = lines_of(text[: found.start()] if found else "")
    return Mark(first_line + len(before) - 1, len(before[-1]))


@dataclass(slots=True)
class _Open:
    """A collection that has begun and not ended."""

    start: Mark
    style: Style
    anchor: str | None
    mapping: bool
    end: Mark
    key: Node | None = None
    merged: set[str] = field(default_factory=set)
    value: dict[str, Any] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    elements: list[Node] = field(default_factory=list)
    nodes: int = 1
    height: int = 0


class _Builder:
    """Turns events into nodes on a stack of its own, so that depth costs no recursion."""

    def __init__(self, lines: list[str], first_line: int, budget: Budget) -> None:
        self.lines = lines
        self.first_line = first_line
        self.budget = budget
        self.roots: list[Node] = []
        self.duplicates: list[Duplicate] = []
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node | None] = {}

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self.begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.close(event)
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.anchors = {}

    def mark(self, mark: Any) -> Mark:
        return Mark(self.first_line + mark.line, mark.column)

    def begin(self, event: yaml.CollectionStartEvent) -> None:
        start = self.mark(event.start_mark)
        if len(self.stack) >= MAX_DEPTH:
            raise Unreadable(f"yaml: exceeded max depth of {MAX_DEPTH}", start, limit=True)
        if event.anchor:
            self.anchors[event.anchor] = None
        style = Style.FLOW if event.flow_style else Style.BLOCK
        mapping = isinstance(event, yaml.MappingStartEvent)
        self.stack.append(_Open(start, style, event.anchor, mapping, self.mark(event.end_mark)))

    def close(self, event: yaml.CollectionEndEvent) -> None:
        done = self.stack.pop()
        end = self.mark(event.end_mark) if done.style is Style.FLOW else done.end
        value = done.value if done.mapping else [element.value for element in done.elements]
        node = Node(value, done.start, end, done.style, done.members, done.elements, done.nodes, done.height + 1)
        self.finish(node, done.anchor)

    def scalar(self, event: yaml.ScalarEvent) -> None:
        start, end = self.mark(event.start_mark), self.mark(event.end_mark)
        if len(event.value) > MAX_SCALAR:
            raise Unreadable(f"yaml: a value is longer than {MAX_SCALAR} characters", start, limit=True)
        try:
            value = scalars.resolve(event.value, event.tag, event.implicit[0])
        except scalars.BadScalar as bad:
            raise Unreadable(_go_words(bad), start) from None
        style = Style.QUOTED if event.style else Style.PLAIN
        if event.style in ("|", ">"):
            style, end = Style.LITERAL, self.literal_end(start, end)
        self.finish(Node(value, start, end, style), event.anchor)

    def literal_end(self, start: Mark, end: Mark) -> Mark:
        last = end.line - 1 if end.column == 0 else end.line
        while last > start.line and not self.lines[last - self.first_line].strip():
            last -= 1
        return Mark(last, len(self.lines[last - self.first_line]))

    def alias(self, event: yaml.AliasEvent) -> None:
        start, end = self.mark(event.start_mark), self.mark(event.end_mark)
        if event.anchor not in self.anchors:
            raise Unreadable(f"yaml: unknown anchor '{event.anchor}' referenced", start)
        node = self.anchors[event.anchor]
        if node is None:
            raise Unreadable(f"yaml: anchor '{event.anchor}' value contains itself", start)
        self.budget.alias_nodes -= node.nodes
        if self.budget.alias_nodes < 0 or len(self.stack) + node.height > MAX_DEPTH:
            raise Unreadable("yaml: document contains excessive aliasing", start, limit=True)
        copied = copy.deepcopy(node.value)
        self.add(Node(copied, start, end, node.style, node.members, node.elements, node.nodes, node.height, True))

    def finish(self, node: Node, anchor: str | None) -> None:
        self.budget.nodes -= 1
        if self.budget.nodes < 0:
            raise Unreadable(f"yaml: more than {MAX_NODES} values", node.start, limit=True)
        if anchor:
            self.anchors[anchor] = node
        self.add(node)

    def add(self, node: Node) -> None:
        if not self.stack:
            self.roots.append(node)
            return
        parent = self.stack[-1]
        parent.nodes += node.nodes
        parent.height = max(parent.height, node.height)
        parent.end = max(parent.end, node.end)
        if not parent.mapping:
            parent.elements.append(node)
        elif parent.key is None:
            parent.key = node
        else:
            self.put(parent, parent.key, node)
            parent.key = None

    def put(self, parent: _Open, key: Node, node: Node) -> None:
        if key.value == "<<" and key.style is Style.PLAIN:
            self.merge(parent, node)
            return
        if key.style in (Style.FLOW, Style.BLOCK):
            raise Unreadable(f"yaml: invalid map key: {go_syntax(key.value)}", key.start)
        try:
            name = scalars.key_text(key.value)
        except scalars.BadScalar as bad:
            raise Unreadable(str(bad), key.start) from None
        if name in parent.members and name not in parent.merged and len(self.duplicates) < MAX_DUPLICATES:
            self.duplicates.append(Duplicate(name, key.start, parent.members[name].key.start))
        parent.merged.discard(name)
        parent.value[name] = node.value
        parent.members[name] = Member(key, node)

    def merge(self, parent: _Open, node: Node) -> None:
        sources = list(reversed(node.elements)) if isinstance(node.value, list) else [node]
        for source in sources:
            if not isinstance(source.value, dict):
                raise Unreadable("yaml: map merge requires map or sequence of maps as the value", node.start)
            parent.value.update(copy.deepcopy(source.value))
            parent.members.update(source.members)
            parent.merged.update(source.members)


def go_syntax(value: Any) -> str:
    """Show a value as Go's %#v shows what its YAML reader made of it."""
    match value:
        case None:
            return "interface {}(nil)"
        case dict():
            inner = ", ".join(f"{go_syntax(key)}:{go_syntax(member)}" for key, member in value.items())
            return f"map[interface {{}}]interface {{}}{{{inner}}}"
        case list():
            return f"[]interface {{}}{{{', '.join(map(go_syntax, value))}}}"
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _go_words(bad: scalars.BadScalar) -> str:
    words = str(bad)
    return words if words.startswith("json:") else f"yaml: {words}"
