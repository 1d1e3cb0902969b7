"""Field selectors: `metadata.name=web,status.phase!=Running`.

Mirrors staging/src/k8s.io/apimachinery/pkg/fields/selector.go (release 1.36).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

import msgspec

from app.machinery import errors

_TERM = re.compile(r"((?:\\.|[^\\=!])*)(==|!=|=)(.*)", re.DOTALL)


class Term(msgspec.Struct, frozen=True, gc=False):
    """One field that must equal, or must not equal, one value."""

    field: str
    equal: bool
    value: str


class Selector(msgspec.Struct, frozen=True, gc=False):
    """Terms that must all hold; none matches everything."""

    terms: tuple[Term, ...] = ()


def parse(text: str) -> Selector:
    """Read a field selector; raises BadRequest in upstream's words."""
    return Selector(tuple(_term(part, text) for part in _split(text) if part))


def matches(selector: Selector, getter: Callable[[str], str]) -> bool:
    """Say whether every term holds; the getter returns a field's text, "" when it is unset."""
    return all((getter(term.field) == term.value) is term.equal for term in selector.terms)


def check_supported(selector: Selector, supported: Collection[str]) -> None:
    """Refuse a selector that names a field the kind cannot be selected by."""
    for term in selector.terms:
        if term.field not in supported:
            raise errors.BadRequest(f"field label not supported: {term.field}")


def format(selector: Selector) -> str:
    """Write the selector so that `parse` reads it back."""
    return ",".join(f"{term.field}{'=' if term.equal else '!='}{_escape(term.value)}" for term in selector.terms)


def required_value(selector: Selector, field: str) -> str | None:
    """Return the value that the selector pins the field to, if it does."""
    return next((term.value for term in selector.terms if term.field == field and term.equal), None)


def _split(text: str) -> list[str]:
    return re.split(r"(?<!\\),", text)


def _term(part: str, text: str) -> Term:
    match = _TERM.fullmatch(part)
    if match is None:
        raise errors.BadRequest(f"invalid selector: '{text}'; can't understand '{part}'")
    return Term(match[1], match[2] != "!=", _unescape(match[3], part))


def _unescape(value: str, part: str) -> str:
    if re.search(r"(?<!\\)(?:\\\\)*=", value):
        raise errors.BadRequest(f"invalid field selector: unescaped character in value: {part}")
    return re.sub(r"\\([\\,=])", r"\1", value)


def _escape(value: str) -> str:
    return re.sub(r"([\\,=])", r"\\\1", value)
