"""JSON bodies: read strictly, refused in a sentence that names the field."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.machinery import errors

T = TypeVar("T")
DEEPEST = 64


class Unreadable(errors.BadRequest):
    """The body is no JSON."""


class Unprocessable(errors.ApiError):
    """The body is JSON, but not what this call takes."""

    code = 422
    reason = "Invalid"


async def read(request: Request, shape: type[T]) -> T:
    """Read the body as the shape; an empty body is an empty object."""
    return convert(await mapping(request), shape)


async def mapping(request: Request) -> dict[str, Any]:
    """Read the body as a JSON object of bounded depth, in which no name stands twice."""
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        found = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"The body is no JSON that can be read: {_words(problem)}.") from None
    if not isinstance(found, dict):
        raise Unprocessable('The body must be a JSON object, such as {"title": "My cluster"}.')
    if not is_shallow(found):
        raise Unprocessable(f"The body is nested deeper than {DEEPEST} levels.")
    return found


def convert(found: dict[str, Any], shape: type[T]) -> T:
    """Check the fields against the shape."""
    try:
        return msgspec.convert(found, shape)
    except msgspec.ValidationError as problem:
        raise Unprocessable(sentence(str(problem), shape)) from None


def sentence(problem: str, shape: type[Any]) -> str:
    """Say what is wrong with which field."""
    message, _, place = problem.partition(" - at `$")
    field = place.rstrip("`").lstrip(".")
    if "unknown field" in message:
        name = message.partition("`")[2].partition("`")[0]
        known = ", ".join(field.encode_name for field in msgspec.structs.fields(shape))
        return f'There is no field "{name}" in this call; it takes: {known}.'
    words = message.replace("`", "").replace("Expected ", "expected ").replace("Invalid ", "invalid ")
    return f'The field "{field}" is wrong: {words}.' if field else f"The body is wrong: {words}."


def is_shallow(value: Any, deepest: int = DEEPEST) -> bool:
    """Say whether nothing in the value lies deeper than the limit."""
    level = [value]
    for _ in range(deepest + 1):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return True
    return False


def answer(told: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(encode(told), status, media_type="application/json")


def encode(told: Any) -> bytes:
    """Write JSON."""
    return msgspec.json.encode(told)


def _children(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f'the name "{twice}" stands twice in one object')
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _words(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"{problem.msg} at line {problem.lineno}, column {problem.colno}"
    if isinstance(problem, RecursionError):
        return "it is nested too deeply"
    if isinstance(problem, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return str(problem)
