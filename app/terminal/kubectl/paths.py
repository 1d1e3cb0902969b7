"""JSONPath as kubectl has it (staging/src/k8s.io/client-go/util/jsonpath, release 1.36): fields, indexes, filters, ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from app.terminal.kubectl import gotext

Step = tuple[str, Any]


class PathFault(Exception):
    """The template cannot be read, or not be run on this object."""


def render(template: str, root: Any) -> str:
    """Fill in a template such as `{range .items[*]}{.metadata.name}{"\\n"}{end}`."""
    nodes = parse(template)
    return _run(nodes, root, root)


def relaxed(text: str) -> str:
    """Allow `.a.b`, `a.b` and `{.a.b}` alike (get.RelaxedJSONPathExpression)."""
    found = re.fullmatch(r"\{?\.?([^{}]+)\}?", text)
    if found is None:
        raise PathFault(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    return "{." + found[1] + "}"


def values(template: str, root: Any) -> list[Any]:
    """Return what a single `{…}` finds."""
    nodes = parse(template)
    found: list[Any] = []
    for kind, steps in nodes:
        if kind == "path":
            found += _walk(steps, [root], root)
    return found


def parse(template: str) -> list[tuple[str, Any]]:
    """Take a template apart: text, paths, literals and nested ranges."""
    stack: list[list[tuple[str, Any]]] = [[]]
    heads: list[list[Step]] = []
    for is_action, piece in _pieces(template):
        if not is_action:
            stack[-1].append(("text", piece))
            continue
        word = piece.strip()
        if word.startswith("range"):
            heads.append(_steps(word[5:].strip()))
            stack.append([])
        elif word == "end":
            if not heads:
                raise PathFault("not in range, nothing to end")
            body = stack.pop()
            stack[-1].append(("range", (heads.pop(), body)))
        else:
            for part in _words(word):
                stack[-1].append(part)
    if heads:
        raise PathFault("unclosed action")
    return stack[0]


def _pieces(template: str) -> Iterator[tuple[bool, str]]:
    at, text = 0, ""
    while at < len(template):
        sign = template[at]
        if sign != "{":
            text, at = text + sign, at + 1
            continue
        end = _closing(template, at)
        if text:
            yield False, text
        text = ""
        yield True, template[at + 1 : end]
        at = end + 1
    if text:
        yield False, text


def _closing(template: str, start: int) -> int:
    at, quote = start + 1, ""
    while at < len(template):
        sign = template[at]
        if quote:
            if sign == "\\":
                at += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"":
            quote = sign
        elif sign == "}":
            return at
        at += 1
    raise PathFault("unclosed action")


def _words(word: str) -> Iterator[tuple[str, Any]]:
    at = 0
    while at < len(word):
        if word[at].isspace():
            at += 1
        elif word[at] in "'\"":
            end = at + 1
            while end < len(word) and word[end] != word[at]:
                end += 2 if word[end] == "\\" else 1
            yield "text", _unescaped(word[at + 1 : end])
            at = end + 1
        else:
            end, depth, quote = at, 0, ""
            while end < len(word) and (depth or quote or not word[end].isspace()):
                sign = word[end]
                if quote:
                    quote = "" if sign == quote else quote
                elif sign in "'\"":
                    quote = sign
                else:
                    depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(sign, 0)
                end += 1
            yield "path", _steps(word[at:end])
            at = end


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "t": "\t", "r": "\r"}.get(found[1], found[1]), text)


_TOKEN = re.compile(
    r"\.\.|\.?\*|\.?((?:\\.|[^.\[\]\\\s*])+)|\.|\[((?:'[^']*'|\"[^\"]*\"|\((?:[^()]|\([^()]*\))*\)|[^\]'\"])*)\]"
)


def _steps(text: str) -> list[Step]:
    steps: list[Step] = []
    at = 0
    text = text.removeprefix("$")
    if text.startswith("@"):
        text = text[1:]
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise PathFault(f"unrecognized character in action: {_shown(text[at])}")
        token = found[0]
        if token == "..":
            steps.append(("deep", None))
        elif token in ("*", ".*"):
            steps.append(("all", None))
        elif found[1] is not None:
            steps.append(("field", re.sub(r"\\(.)", r"\1", found[1])))
        elif found[2] is not None:
            steps.append(_bracket(found[2].strip()))
        at = found.end()
    return steps


def _shown(sign: str) -> str:
    return f"U+{ord(sign):04X} '{sign}'"


def _bracket(inside: str) -> Step:
    if inside == "*":
        return ("all", None)
    if inside.startswith("?("):
        return ("filter", _condition(inside[2:-1].strip()))
    if inside[:1] in "'\"":
        return ("fields", [name.strip().strip("'\"") for name in inside.split(",")])
    if re.fullmatch(r"-?\d+", inside):
        return ("index", [int(inside)])
    if re.fullmatch(r"-?\d+(\s*,\s*-?\d+)+", inside):
        return ("index", [int(one) for one in inside.split(",")])
    found = re.fullmatch(r"(-?\d*):(-?\d*)(?::(-?\d*))?", inside)
    if found is not None:
        first, last, step = (int(one) if one else None for one in found.groups())
        return ("slice", slice(first, last, step))
    raise PathFault(f"invalid array index {inside}")


def _condition(text: str) -> tuple[list[Step], str, Any]:
    found = re.fullmatch(r"\s*(@\S*?|\$\S*?)\s*(==|!=|<=|>=|<|>)\s*(.+)", text)
    if found is None:
        return _steps(text), "exists", None
    right = found[3].strip()
    if right[:1] in "'\"":
        return _steps(found[1]), found[2], right[1:-1]
    if right in ("true", "false"):
        return _steps(found[1]), found[2], right == "true"
    try:
        return _steps(found[1]), found[2], float(right)
    except ValueError:
        return _steps(found[1]), found[2], right


def _run(nodes: Sequence[tuple[str, Any]], here: Any, root: Any) -> str:
    out: list[str] = []
    for kind, held in nodes:
        if kind == "text":
            out.append(held)
        elif kind == "range":
            steps, body = held
            out += [_run(body, one, root) for one in _walk(steps, [here], root)]
        else:
            out.append(" ".join(gotext.scalar(one) for one in _walk(held, [here], root)))
    return "".join(out)


def _walk(steps: Sequence[Step], found: list[Any], root: Any) -> list[Any]:
    for kind, held in steps:
        found = [one for value in found for one in _step(kind, held, value)]
    return found


def _step(kind: str, held: Any, value: Any) -> Iterator[Any]:
    if kind == "field":
        if isinstance(value, dict) and held in value and value[held] is not None:
            yield value[held]
    elif kind == "fields":
        for name in held:
            if isinstance(value, dict) and name in value:
                yield value[name]
    elif kind == "all":
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif kind == "index":
        for index in held:
            if not isinstance(value, list):
                continue
            if not -len(value) <= index < len(value):
                raise PathFault(f"array index out of bounds: index {index}, length {len(value)}")
            yield value[index]
    elif kind == "slice":
        if isinstance(value, list):
            yield from value[held]
    elif kind == "filter":
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        yield from (one for one in members if _holds(held, one))
    elif kind == "deep":
        yield value
        for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _step("deep", None, child)


def _holds(condition: tuple[list[Step], str, Any], value: Any) -> bool:
    steps, sign, wanted = condition
    found = _walk(steps, [value], value)
    if sign == "exists":
        return bool(found)
    if not found:
        return False
    left = found[0]
    if isinstance(wanted, float) and not isinstance(left, int | float):
        return False
    if isinstance(wanted, str) and not isinstance(left, str):
        return False
    match sign:
        case "==":
            return bool(left == wanted)
        case "!=":
            return bool(left != wanted)
        case "<":
            return bool(left < wanted)
        case ">":
            return bool(left > wanted)
        case "<=":
            return bool(left <= wanted)
        case _:
            return bool(left >= wanted)
