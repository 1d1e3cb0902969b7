"""The v2 document as the protobuf message that client-go asks for (gnostic-models, openapiv2/OpenAPIv2.proto)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_VARINT, _BYTES = 0, 2
_METHODS: Mapping[str, int] = {"get": 2, "put": 3, "post": 4, "delete": 5, "options": 6, "head": 7, "patch": 8}
_PLACES: Mapping[str, tuple[int, Mapping[str, int]]] = {
    "query": (3, {"type": 6, "uniqueItems": 20, "extension": 23}),
    "path": (4, {"type": 5, "uniqueItems": 19, "extension": 22}),
}
"""Which alternative of NonBodyParameter a parameter is, and the numbers in which the alternatives differ."""


def encode(document: Mapping[str, Any]) -> bytes:
    """Write a v2 document."""
    head = document["info"]
    paths = (_pair(path, _path_item(entry)) for path, entry in document["paths"].items())
    definitions = (_pair(name, _schema(found)) for name, found in document["definitions"].items())
    return b"".join(
        [
            _text(1, document["swagger"]),
            _message(2, _text(1, head["title"]) + _text(2, head["version"])),
            _message(8, _each(2, paths)),
            _message(9, _each(1, definitions)),
        ]
    )


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _text(number: int, value: Any) -> bytes:
    return _message(number, str(value).encode()) if value else b""


def _flag(number: int, value: Any) -> bytes:
    return _varint(number << 3 | _VARINT) + b"\x01" if value else b""


def _each(number: int, contents: Iterable[bytes]) -> bytes:
    return b"".join(_message(number, content) for content in contents)


def _texts(number: int, values: Iterable[str]) -> bytes:
    return _each(number, (value.encode() for value in values))


def _pair(name: str, content: bytes) -> bytes:
    """Write an entry of a map, which these messages keep as a list in order."""
    return _text(1, name) + _message(2, content)


def _extensions(number: int, found: Mapping[str, Any]) -> bytes:
    """Write what begins with x-; a value is YAML, of which JSON is a part."""
    return _each(
        number,
        (_pair(name, _text(2, json.dumps(value))) for name, value in found.items() if name.startswith("x-")),
    )


def _schema(found: Mapping[str, Any]) -> bytes:
    parts = [
        _text(1, found.get("$ref")),
        _text(2, found.get("format")),
        _text(4, found.get("description")),
        _flag(16, found.get("uniqueItems")),
        _texts(19, found.get("required", ())),
    ]
    if "additionalProperties" in found:
        parts.append(_message(21, _message(1, _schema(found["additionalProperties"]))))
    if "type" in found:
        parts.append(_message(22, _text(1, found["type"])))
    if "items" in found:
        parts.append(_message(23, _message(1, _schema(found["items"]))))
    if "properties" in found:
        properties = (_pair(name, _schema(inner)) for name, inner in found["properties"].items())
        parts.append(_message(25, _each(1, properties)))
    return b"".join([*parts, _extensions(31, found)])


def _path_item(entry: Mapping[str, Any]) -> bytes:
    methods = (_message(_METHODS[name], _operation(found)) for name, found in entry.items() if name in _METHODS)
    return b"".join(methods) + _each(9, map(_parameters_item, entry.get("parameters", ())))


def _operation(found: Mapping[str, Any]) -> bytes:
    answers = (_pair(code, _message(1, _answer(answer))) for code, answer in found["responses"].items())
    return b"".join(
        [
            _texts(1, found.get("tags", ())),
            _text(5, found.get("operationId")),
            _texts(6, found.get("produces", ())),
            _texts(7, found.get("consumes", ())),
            _each(8, map(_parameters_item, found["parameters"])),
            _message(9, _each(1, answers)),
            _extensions(13, found),
        ]
    )


def _answer(found: Mapping[str, Any]) -> bytes:
    schema = _message(2, _message(1, _schema(found["schema"]))) if "schema" in found else b""
    return _text(1, found["description"]) + schema


def _parameters_item(found: Mapping[str, Any]) -> bytes:
    return _message(1, _body(found) if found["in"] == "body" else _beside(found))


def _body(found: Mapping[str, Any]) -> bytes:
    parts = [_text(2, found["name"]), _text(3, "body"), _flag(4, found.get("required"))]
    return _message(1, b"".join([*parts, _message(5, _schema(found["schema"]))]))


def _beside(found: Mapping[str, Any]) -> bytes:
    place, numbers = _PLACES[found["in"]]
    parts = [
        _flag(1, found.get("required")),
        _text(2, found["in"]),
        _text(4, found["name"]),
        _text(numbers["type"], found["type"]),
        _flag(numbers["uniqueItems"], found.get("uniqueItems")),
        _extensions(numbers["extension"], found),
    ]
    return _message(2, _message(place, b"".join(parts)))
