"""Label selectors: read, match, write, and say which key is to blame.

Mirrors staging/src/k8s.io/apimachinery/pkg/labels/selector.go and
pkg/apis/meta/v1/helpers.go (release 1.36), error words included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from app.machinery import errors, formats, validation


class Operator(StrEnum):
    """How one requirement compares a label with its values; the text is upstream's."""

    IN = "in"
    NOT_IN = "notin"
    EQUALS = "="
    DOUBLE_EQUALS = "=="
    NOT_EQUALS = "!="
    EXISTS = "exists"
    DOES_NOT_EXIST = "!"
    GREATER_THAN = "gt"
    LESS_THAN = "lt"


_BINARY = "in, notin, =, ==, !=, gt, lt"
_SYMBOL = {Operator.GREATER_THAN: ">", Operator.LESS_THAN: "<"}
_EXPRESSIONS = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.DOES_NOT_EXIST,
}


class Requirement(msgspec.Struct, frozen=True, gc=False):
    """One condition on one label key; the values are sorted and free of doubles."""

    key: str
    op: Operator
    values: tuple[str, ...] = ()


class Selector(msgspec.Struct, frozen=True, gc=False):
    """Requirements that must all hold; none at all matches everything, `nothing` matches no object."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = False


EVERYTHING = Selector()
NOTHING = Selector(nothing=True)


class KeyVerdict(msgspec.Struct, frozen=True, gc=False):
    """What one pair of an equality selector says about an object: `found` is None when the key is missing."""

    key: str
    wanted: str
    found: str | None
    ok: bool


def matches(selector: Selector, labels: Mapping[str, str]) -> bool:
    """Say whether every requirement holds; labels that no requirement names do not matter."""
    return not selector.nothing and all(holds(requirement, labels) for requirement in selector.requirements)


def holds(requirement: Requirement, labels: Mapping[str, str]) -> bool:
    """Say whether one requirement holds (Requirement.Matches)."""
    found = labels.get(requirement.key)
    match requirement.op:
        case Operator.EQUALS | Operator.DOUBLE_EQUALS | Operator.IN:
            return found is not None and found in requirement.values
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            return found is None or found not in requirement.values
        case Operator.EXISTS:
            return found is not None
        case Operator.DOES_NOT_EXIST:
            return found is None
        case Operator.GREATER_THAN | Operator.LESS_THAN:
            return found is not None and _compares(requirement, found)


def matches_pairs(pairs: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Say whether the labels hold every pair: the whole rule of a Service's selector."""
    return all(labels.get(key) == value for key, value in pairs.items())


def explain(selector_pairs: Mapping[str, str], labels: Mapping[str, str]) -> list[KeyVerdict]:
    """Judge each pair of an equality selector against the labels, in key order."""
    return [
        KeyVerdict(key, wanted, labels.get(key), labels.get(key) == wanted)
        for key, wanted in sorted(selector_pairs.items())
    ]


def near_miss(selector_pairs: Mapping[str, str], labels: Mapping[str, str]) -> KeyVerdict | None:
    """Return the one pair that keeps the labels from matching, when they look as if meant to match.

    With several pairs: exactly one fails. With one: its key has another value, or its value another key.
    """
    failed = [verdict for verdict in explain(selector_pairs, labels) if not verdict.ok]
    if len(failed) != 1:
        return None
    verdict = failed[0]
    meant = len(selector_pairs) > 1 or verdict.found is not None or verdict.wanted in labels.values()
    return verdict if meant else None


def from_equality(pairs: Mapping[str, str]) -> Selector:
    """Make the selector of a Service or ReplicationController: every pair must be equal."""
    return Selector(tuple(Requirement(key, Operator.EQUALS, (value,)) for key, value in sorted(pairs.items())))


def from_label_selector(selector: Mapping[str, Any] | None) -> Selector:
    """Make a selector of matchLabels and matchExpressions; absent matches nothing, empty everything.

    Mirrors metav1.LabelSelectorAsSelector.
    """
    if selector is None:
        return NOTHING
    found = list(from_equality(selector.get("matchLabels") or {}).requirements)
    for expression in selector.get("matchExpressions") or ():
        operator = _EXPRESSIONS.get(expression.get("operator"))
        if operator is None:
            raise errors.BadRequest(f'"{expression.get("operator")}" is not a valid label selector operator')
        found.append(_requirement(expression.get("key", ""), operator, expression.get("values") or ()))
    return Selector(tuple(sorted(found, key=lambda requirement: requirement.key)))


def format(selector: Selector) -> str:
    """Write a selector as kubectl prints it: `app=web,tier in (a,b),!canary`."""
    return ",".join(_write(requirement) for requirement in selector.requirements)


def format_pairs(pairs: Mapping[str, str]) -> str:
    """Write an equality selector as kubectl's tables do, `<none>` when empty."""
    return ",".join(f"{key}={value}" for key, value in sorted(pairs.items())) or "<none>"


def parse(text: str) -> Selector:
    """Read kubectl's selector syntax; raises BadRequest in upstream's words.

    `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, `a>1`, `a<1`, joined by commas, which mean AND.
    """
    return _Reader(text).selector()


def _write(requirement: Requirement) -> str:
    key, op, values = requirement.key, requirement.op, requirement.values
    match op:
        case Operator.EXISTS:
            return key
        case Operator.DOES_NOT_EXIST:
            return f"!{key}"
        case Operator.IN | Operator.NOT_IN:
            return f"{key} {op.value} ({','.join(values)})"
        case _:
            return f"{key}{_SYMBOL.get(op, op.value)}{','.join(values)}"


def _compares(requirement: Requirement, found: str) -> bool:
    try:
        have, bound = int(found), int(requirement.values[0])
    except ValueError:
        return False
    return have > bound if requirement.op is Operator.GREATER_THAN else have < bound


def _requirement(key: str, op: Operator, values: Sequence[str]) -> Requirement:
    """Check one requirement as labels.NewRequirement does."""
    _check_key("key", key)
    count = len(values)
    if op in (Operator.IN, Operator.NOT_IN) and not count:
        raise _refusal("values", [], "for 'in', 'notin' operators, values set can't be empty")
    if op in (Operator.EXISTS, Operator.DOES_NOT_EXIST) and count:
        raise _refusal("values", list(values), "values set must be empty for exists and does not exist")
    if op in (Operator.GREATER_THAN, Operator.LESS_THAN) and not re.fullmatch(r"[+-]?\d{1,18}", values[0]):
        raise _refusal("values[0]", values[0], "for 'Gt', 'Lt' operators, the value must be an integer")
    for position, value in enumerate(values):
        problems = formats.label_value(value)
        if problems:
            raise _refusal(f"values[{position}][{key}]", value, "; ".join(problems))
    return Requirement(key, op, tuple(sorted(set(values))))


def _check_key(path: str, key: str) -> None:
    problems = formats.qualified_name(key)
    if problems:
        raise _refusal(path, key, "; ".join(problems))


def _refusal(path: str, value: Any, detail: str) -> errors.BadRequest:
    return errors.BadRequest(str(validation.invalid(path, value, detail)))


_TOKEN = re.compile(r"\s*(?:(!=|==|[=!<>(),])|([^\s!=<>(),]+))")
_OPERATORS = {
    "in": Operator.IN,
    "notin": Operator.NOT_IN,
    "=": Operator.EQUALS,
    "==": Operator.DOUBLE_EQUALS,
    "!=": Operator.NOT_EQUALS,
    ">": Operator.GREATER_THAN,
    "<": Operator.LESS_THAN,
}


class _Reader:
    """A recursive-descent reader over (is_identifier, literal) tokens; ("", end) is ('', False)."""

    def __init__(self, text: str) -> None:
        self.tokens = [(bool(match[2]), match[2] or match[1]) for match in _TOKEN.finditer(text)]
        self.position = 0

    def peek(self) -> tuple[bool, str]:
        return self.tokens[self.position] if self.position < len(self.tokens) else (False, "")

    def take(self) -> tuple[bool, str]:
        token = self.peek()
        self.position += 1
        return token

    def selector(self) -> Selector:
        found: list[Requirement] = []
        while self.peek() != (False, ""):
            found.append(self.wrapped(self.requirement))
            named, literal = self.take()
            if (named, literal) == (False, ""):
                break
            if named or literal != ",":
                raise errors.BadRequest(f"found '{literal}', expected: ',' or 'end of string'")
            named, literal = self.peek()
            if not named and literal != "!":
                raise errors.BadRequest(f"found '{literal}', expected: identifier after ','")
        return Selector(tuple(sorted(found, key=lambda requirement: requirement.key)))

    def wrapped(self, read: Callable[[], Requirement]) -> Requirement:
        named, literal = self.peek()
        if not named and literal != "!":
            raise errors.BadRequest(f"found '{literal}', expected: !, identifier, or 'end of string'")
        try:
            return read()
        except errors.BadRequest as refusal:
            raise errors.BadRequest(f"unable to parse requirement: {refusal.message}") from None

    def requirement(self) -> Requirement:
        named, key = self.take()
        negated = not named and key == "!"
        if negated:
            named, key = self.take()
        if not named:
            raise errors.BadRequest(f"found '{key}', expected: identifier")
        _check_key("<nil>", key)
        if self.peek() in ((False, ""), (False, ",")):
            return Requirement(key, Operator.DOES_NOT_EXIST if negated else Operator.EXISTS)
        if negated:
            return Requirement(key, Operator.DOES_NOT_EXIST)
        literal = self.take()[1]
        operator = _OPERATORS.get(literal)
        if operator is None:
            raise errors.BadRequest(f"found '{literal}', expected: {_BINARY}")
        listed = operator in (Operator.IN, Operator.NOT_IN)
        return _requirement(key, operator, self.values() if listed else [self.exact_value()])

    def exact_value(self) -> str:
        if self.peek() in ((False, ""), (False, ",")):
            return ""
        named, literal = self.take()
        if not named:
            raise errors.BadRequest(f"found '{literal}', expected: identifier")
        return literal

    def values(self) -> list[str]:
        literal = self.take()[1]
        if literal != "(":
            raise errors.BadRequest(f"found '{literal}' expected: '('")
        found: list[str] = []
        wants_value = True
        while True:
            named, literal = self.take()
            if named and wants_value:
                found.append(literal)
                wants_value = False
            elif not named and literal in (",", ")"):
                if wants_value:
                    found.append("")
                if literal == ")":
                    return found
                wants_value = True
            else:
                expected = "',', or identifier" if wants_value else "',' or ')'"
                raise errors.BadRequest(f"found '{literal}', expected: {expected}")
