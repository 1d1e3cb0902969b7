"""Sums in the shell: `$((i + 1))`, with whole numbers and variables."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

from app.machinery import errors

_LIMIT = 2**63
_BINARY: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: int(left / right),
    ast.Mod: lambda left, right: left - right * int(left / right),
}
_COMPARED: Mapping[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class SumFault(errors.BadRequest):
    """The sum cannot be worked out."""


def value(text: str, variables: Mapping[str, str]) -> int:
    """Work out a sum; a name without value counts 0."""
    if len(text) > 400:
        raise SumFault("too long")
    clean = re.sub(r"\$", "", text).strip() or "0"
    clean = clean.replace("&&", " and ").replace("||", " or ")
    try:
        tree = ast.parse(clean, mode="eval")
        return _of(tree.body, variables)
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError) as fault:
        raise SumFault(text) from fault


def _of(node: ast.expr, variables: Mapping[str, str]) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return _kept(number)
        case ast.Name(id=name):
            found = variables.get(name, "").strip() or "0"
            return _kept(int(found))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_of(inner, variables)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return int(not _of(inner, variables))
        case ast.BoolOp(op=ast.And(), values=values):
            return int(all(_of(one, variables) for one in values))
        case ast.BoolOp(op=ast.Or(), values=values):
            return int(any(_of(one, variables) for one in values))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
            return _kept(_BINARY[type(sign)](_of(left, variables), _of(right, variables)))
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARED:
            return int(_COMPARED[type(sign)](_of(left, variables), _of(right, variables)))
        case _:
            raise ValueError("no sum")


def _kept(number: int) -> int:
    if abs(number) >= _LIMIT:
        raise ValueError("too large")
    return number
