"""Ways to mend text that is no YAML: each gives candidates, and the caller takes what then reads best."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

_NO_BREAK = re.compile("^[ \t]*\u00a0[ \t\u00a0]*")
_NO_SPACE = re.compile(r"^(\s*(?:- +)*[A-Za-z][\w.-]*):([^\s:/\\].*)$")
_TABBED = re.compile(r"^(?:[ ]*\t|[ \t]*-[ ]*\t)")
_LITERAL = re.compile(r"[:-]\s+[|>][-+0-9]*\s*(#.*)?$")


def candidates(text: str, line: int) -> Iterator[str]:
    """Yield mended versions of a text that cannot be read because of a given line, counted from 0, likely ones first."""
    lines = text.split("\n")
    if any(_TABBED.match(other) for other in lines):
        for width in _widths(lines):
            yield "\n".join(detabbed(lines, width))
    if any(_NO_BREAK.match(other) for other in lines):
        yield "\n".join(_NO_BREAK.sub(lambda found: found[0].replace("\u00a0", " "), other) for other in lines)
    if any(_NO_SPACE.match(other) for other in lines):
        yield "\n".join(_NO_SPACE.sub(r"\1: \2", other) for other in lines)
    yield from _reindented(lines, line)


def detabbed(lines: list[str], width: int) -> list[str]:
    """Turn the tabs that indent into spaces; tabs inside a text block that is itself indented stay."""
    result: list[str] = []
    literal: tuple[int, str] | None = None
    for line in lines:
        head = re.match(r"[ \t]*(?:-[ \t]+)*", line)
        prefix = head[0] if head else ""
        blank = re.match(r"[ \t]*", line)
        indent = len((blank[0] if blank else "").expandtabs(width))
        if literal is not None and line.strip() and indent <= literal[0]:
            literal = None
        if literal is not None and line.strip():
            literal = (literal[0], literal[1] or (blank[0] if blank else ""))
            prefix = literal[1] if line.startswith(literal[1]) else prefix
        result.append(prefix.expandtabs(width) + line[len(prefix) :])
        if literal is None and _LITERAL.search(line):
            literal = (indent, "")
    return result


def _widths(lines: list[str]) -> list[int]:
    """List tab widths to try: the step of the lines that are indented by spaces, then the usual ones."""
    indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip() and not _TABBED.match(line)]
    step = math.gcd(*indents)
    return list(dict.fromkeys([step, 2, 4, 8, 3] if 1 < step <= 8 else [2, 4, 8, 3]))


def _reindented(lines: list[str], line: int) -> Iterator[str]:
    """Shift a line, and what hangs on it, to a column where one of the lines above begins."""
    if line >= len(lines) or not lines[line].strip():
        return
    indent = _indent(lines[line])
    columns = {_indent(other) for other in lines[:line] if other.strip()}
    columns |= {column + 2 for column in columns}
    last = line + 1
    while last < len(lines) and (not lines[last].strip() or _indent(lines[last]) >= indent):
        last += 1
    for column in sorted(columns - {indent}, key=lambda column: abs(column - indent)):
        shifted = [_shift(other, column - indent) for other in lines[line:last]]
        yield "\n".join([*lines[:line], *shifted, *lines[last:]])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shift(line: str, columns: int) -> str:
    return " " * columns + line if columns > 0 and line.strip() else line[min(-columns, _indent(line)) :]
