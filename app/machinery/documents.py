"""Manifest text, YAML or JSON, as documents that know where each field stands; what cannot be read is told as faults.

Splits and counts as kubectl does (staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go, release 1.36).
DIFFERS: what follows a line of three dots in one part is read too; kubectl drops it without a word.
DIFFERS: a manifest over 2 MiB, 5,000 objects or 64 levels is refused whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.machinery import plain, yamldoc
from app.machinery.objects import Object
from app.machinery.yamldoc import Mark, Node

MAX_BYTES = 2 * 1024 * 1024
MAX_OBJECTS = 5_000

_SPACE = re.compile(r"[ \t\r\n]*")

Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One object of a manifest: its JSON, and the text it was read from.

    `index` counts objects from 0, those that cannot be read included, `line` from 1; `prefix` leads to a member of a List (`("items", 2)`).
    """

    index: int
    line: int
    obj: Object
    root: Node
    text: str
    source: str
    prefix: Path = ()
    is_json: bool = False

    @property
    def positions(self) -> dict[str, tuple[int, int]]:
        """Map every field path (`spec.ports[0].port`) to its line and column, counted from 1."""
        return {path: (mark.line + 1, mark.column + 1) for path, _, mark in yamldoc.walk(self.root)}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a text or a document is refused: the words of kubectl or the API server, and plain ones.

    `edits` would mend it; `syntax` marks text that could not be read at all; `warning` what kubectl lets pass.
    """

    document: int
    mark: Mark
    message: str
    plain: str
    edits: tuple[Any, ...] = ()
    syntax: bool = False
    warning: bool = False
    limit: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in a text."""

    documents: tuple[Document, ...]
    faults: tuple[Fault, ...]


def read(text: str, source: str) -> Reading:
    """Read every object of a text; never raises, whatever the text is."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Reading((), (_limit(0, Mark(0, 0), f"the manifest is larger than {MAX_BYTES} bytes"),))
    if text.lstrip().startswith("{"):
        found = _read_json(text, source)
        if found is not None:
            return found
    return _read_yaml(text, source)


def at(text: str, source: str, index: int) -> Document | None:
    """Read a text and return its object of that index, if it can be read."""
    return next((document for document in read(text, source).documents if document.index == index), None)


def steps_of(path: str) -> Path:
    """Split a field path: `spec.ports[0].port` -> ("spec", "ports", 0, "port"); `a[key]` names the key."""
    found: list[Step] = []
    for name, bracket in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path):
        found.append(int(bracket) if bracket.isdecimal() else (name or bracket))
    return tuple(found)


def node_at(root: Node, path: Path) -> Node | None:
    """Return the node at a path of steps, if it is there."""
    node: Node | None = root
    for step in path:
        node = _child(node, step) if node else None
    return node


def locate(document: Document, path: str) -> Mark:
    """Return where a field stands, or the nearest ancestor of it that is there."""
    return locate_steps(document, steps_of(path))


def locate_steps(document: Document, steps: Path) -> Mark:
    """Return where the field at these steps stands, or its nearest ancestor; a dotted key counts as one step."""
    node, mark = document.root, document.root.start
    position = 0
    while position < len(steps):
        taken, child_mark, child = descend(node, steps[position:])
        if child is None:
            break
        node, mark, position = child, child_mark, position + taken
    return mark


def descend(node: Node, steps: Path) -> tuple[int, Mark, Node | None]:
    """Go one field down: how many steps its name takes up (names may hold dots), where it stands, and its value."""
    step = steps[0]
    if isinstance(step, int):
        child = _child(node, step)
        return 1, child.start if child else node.start, child
    for length in range(len(steps), 0, -1):
        name = ".".join(str(part) for part in steps[:length])
        key = name if name in node.members else _same_but_case(node, name)
        if key is not None:
            return length, node.members[key].key.start, node.members[key].node
    return 1, node.start, None


def _same_but_case(node: Node, name: str) -> str | None:
    return next((key for key in node.members if key.lower() == name.lower()), None)


def _child(node: Node, step: Step) -> Node | None:
    if isinstance(step, int):
        return node.elements[step] if step < len(node.elements) else None
    return node.members[step].node if step in node.members else None


def _limit(index: int, mark: Mark, words: str) -> Fault:
    return Fault(index, mark, f"error: {words}", plain.too_much(words), limit=True)


def _read_yaml(text: str, source: str) -> Reading:
    found = _Found(text, source)
    budget = yamldoc.Budget()
    for first_line, chunk in chunks(text):
        try:
            tree = _tree(chunk, first_line, budget)
        except yamldoc.Unreadable as bad:
            fault = _unreadable(bad, found.count, source, chunk.split("\n")[bad.mark.line - first_line :][:1])
            if bad.limit:
                return Reading((), (fault,))
            found.refuse(fault)
            continue
        found.faults += [_doubled(double, found.count) for double in tree.duplicates]
        for root in tree.roots:
            found.add(root)
    return found.reading()


def _tree(chunk: str, first_line: int, budget: yamldoc.Budget) -> yamldoc.Tree:
    separator = re.match(r"---[ \t]*([^ \t\r\n#].*)", chunk)
    if separator:
        words = f"invalid Yaml document separator: {separator[1].strip()}"
        raise yamldoc.Unreadable(words, Mark(first_line, 0))
    return yamldoc.read(chunk, first_line, budget)


def chunks(text: str) -> Iterator[tuple[int, str]]:
    """Split at lines of `---` as kubectl does, with the number of each part's first line."""
    lines: list[str] = []
    first = 0
    for number, line in enumerate(text.split("\n")):
        if lines and line.startswith("---"):
            yield first, "\n".join(lines) + "\n"
            lines, first = [], number + 1
            if re.match(r"---[ \t]*[^ \t\r#]", line):
                lines, first = [line], number
        else:
            lines.append(line)
    if "".join(lines).strip():
        yield first, "\n".join(lines)


def _unreadable(bad: yamldoc.Unreadable, index: int, source: str, line: list[str]) -> Fault:
    words = bad.words
    if words.startswith("invalid Yaml"):
        message = f"error: error parsing {source}: {words}"
    else:
        message = f"error: error parsing {source}: error converting YAML to JSON: {words}"
    tabbed = any(re.match(r"\s*(-\s*)*\t", text) for text in line)
    sentence = plain.unreadable(words, bad.mark.line + 1, tabbed=tabbed)
    return Fault(index, bad.mark, message, sentence, syntax=True, limit=bad.limit)


def _doubled(double: yamldoc.Duplicate, index: int) -> Fault:
    message = f'Warning: duplicate field "{double.key}"'
    return Fault(index, double.again, message, plain.doubled(double.key, double.first.line + 1), warning=True)


class _Found:
    """Gathers the objects of a text; what cannot be read takes up a number too."""

    def __init__(self, text: str, source: str, *, is_json: bool = False) -> None:
        self.text = text
        self.source = source
        self.is_json = is_json
        self.documents: list[Document] = []
        self.faults: list[Fault] = []
        self.count = 0

    def refuse(self, fault: Fault) -> None:
        self.faults.append(fault)
        self.count += 1

    def add(self, root: Node) -> None:
        """Add the objects of one root: none for an empty document, the members of a List, else the one."""
        if root.value is None:
            return
        elements = _list_elements(root)
        if elements is None:
            self.add_one(root, ())
        for position, element in enumerate(elements or ()):
            self.add_one(element, ("items", position))

    def add_one(self, root: Node, prefix: Path) -> None:
        if isinstance(root.value, dict):
            line = root.start.line + 1
            document = Document(self.count, line, root.value, root, self.text, self.source, prefix, self.is_json)
            self.documents.append(document)
            self.count += 1
        else:
            message = (
                f'error: error validating "{self.source}": error validating data: invalid object to validate; '
                "if you choose to ignore these errors, turn validation off with --validate=false"
            )
            self.refuse(Fault(self.count, root.start, message, plain.NOT_AN_OBJECT))

    def reading(self) -> Reading:
        if len(self.documents) <= MAX_OBJECTS:
            return Reading(tuple(self.documents), tuple(self.faults))
        over = self.documents[MAX_OBJECTS]
        words = f"the manifest has more than {MAX_OBJECTS} objects"
        return Reading((), (_limit(over.index, over.root.start, words),))


def _list_elements(root: Node) -> list[Node] | None:
    if not isinstance(root.value, dict):
        return None
    kind, api_version = root.value.get("kind"), root.value.get("apiVersion")
    listing = isinstance(kind, str) and kind.endswith("List") and isinstance(api_version, str)
    items = root.members.get("items")
    return list(items.node.elements) if listing and items and isinstance(items.node.value, list) else None


def _read_json(text: str, source: str) -> Reading | None:
    """Read a stream of JSON objects; None when it is not JSON after all, and YAML's words are wanted."""
    if _json_depth(text) > yamldoc.MAX_DEPTH:
        return None
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    values = []
    position = _past_space(text, 0)
    try:
        while position < len(text):
            value, end = decoder.raw_decode(text, position)
            values.append((value, position, end))
            position = _past_space(text, end)
    except ValueError:
        return None
    found = _Found(text, source, is_json=True)
    budget = yamldoc.Budget()
    for value, start, end in values:
        root, duplicates = _json_root(text, value, (start, end), budget)
        found.faults += [_doubled(double, found.count) for double in duplicates]
        found.add(root)
    return found.reading()


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _json_depth(text: str) -> int:
    depth = deepest = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest


def _past_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _json_root(
    text: str, value: Any, span: tuple[int, int], budget: yamldoc.Budget
) -> tuple[Node, tuple[yamldoc.Duplicate, ...]]:
    """Take the positions from the YAML reader where it reads the very same, else only the beginning."""
    start, end = span
    line = text.count("\n", 0, start)
    mark = Mark(line, start - (text.rfind("\n", 0, start) + 1))
    try:
        tree = yamldoc.read(" " * mark.column + text[start:end], line, budget)
    except yamldoc.Unreadable:
        return _bare(value, mark), ()
    if len(tree.roots) == 1 and tree.roots[0].value == value:
        return tree.roots[0], tree.duplicates
    return _bare(value, mark), ()


def _bare(value: Any, mark: Mark) -> Node:
    """Make a node of a value whose inner places are unknown, so that Lists can still be taken apart."""
    style = yamldoc.Style.FLOW
    if isinstance(value, Mapping):
        members = {
            key: yamldoc.Member(Node(key, mark, mark, style), _bare(member, mark)) for key, member in value.items()
        }
        return Node(value, mark, mark, style, members)
    if isinstance(value, list):
        return Node(value, mark, mark, style, {}, [_bare(member, mark) for member in value])
    return Node(value, mark, mark, style)
