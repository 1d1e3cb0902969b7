"""Request bodies in protobuf, as kubectl's generators and typed clients send them; answers are JSON.

Mirrors staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf (release 1.36). Sent zeros and empty texts
mean that a field is unset, unless the field is only sent when it is set, or JSON would show it all the same.
"""

from __future__ import annotations

import base64
import json
import struct as packing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.machinery import errors, schema, structure, wire
from app.machinery.schema import FieldType, Shape

MAGIC = b"k8s\x00"
_DEPTH = 64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_Field = tuple[int, int, Any]
_ALWAYS = frozenset({"podSelector"})
"""Messages that mean something when they are empty, though Go does not hold them by a pointer."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One field as it was sent; `is_meant` says that even an empty value was set on purpose."""

    value: Any
    form: int
    is_meant: bool


def decode(body: bytes) -> dict[str, Any]:
    """Read a body; raises BadRequest when it is none, or is of a kind that is not known here."""
    if not body.startswith(MAGIC):
        raise errors.BadRequest(
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        )
    try:
        parts = {number: value for number, _, value in _fields(body[len(MAGIC) :])}
        types = {number: bytes(value).decode() for number, _, value in _fields(parts.get(1, b""))}
        api_version, kind = types.get(1, ""), types.get(2, "")
        struct = _root(api_version, kind)
        content = _message(parts.get(2, b""), struct, 0)
    except (ValueError, TypeError, IndexError, OverflowError, OSError, packing.error) as error:
        raise errors.BadRequest(f"the body of the request is no protobuf message that can be read: {error}") from None
    return {"apiVersion": api_version, "kind": kind, **content}


def _root(api_version: str, kind: str) -> str:
    if kind == "DeleteOptions":
        return "meta.v1.DeleteOptions"
    found = schema.root_of(api_version, kind)
    if not found:
        group, slash, version = api_version.partition("/")
        found = f"{group.partition('.')[0]}.{version}.{kind}" if slash else f"core.{api_version}.{kind}"
    if not wire.fields_of(found):
        raise errors.BadRequest(f'no kind "{kind}" is registered for version "{api_version}" in protobuf')
    return found


def _fields(raw: bytes) -> Iterator[_Field]:
    """Yield (number, wire type, value) of a message."""
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _varint(raw, at)
            yield tag >> 3, wire, value
            continue
        size = {_FIXED64: 8, _FIXED32: 4}.get(wire)
        if wire == _BYTES:
            size, at = _varint(raw, at)
        if size is None or at + size > len(raw):
            raise ValueError("unexpected end or wire type")
        yield tag >> 3, wire, raw[at : at + size]
        at += size


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("a number is too long")


def _message(raw: bytes, struct: str, depth: int, owner: str = "") -> dict[str, Any]:
    """Read a message; `owner` is the struct that an inlined one stands in."""
    if depth > _DEPTH:
        raise ValueError("nested too deeply")
    numbered, types = wire.fields_of(struct), schema.fields_of(owner or struct)
    content: dict[str, Any] = {}
    for number, form, value in _fields(raw):
        field = numbered.get(number)
        if field is None:
            continue
        if field.inlined:
            content.update(_message(value, field.inlined, depth + 1, owner or struct))
            continue
        found = types.get(field.name)
        if found is not None:
            is_meant = field.is_optional or field.name in structure.required(owner or struct)
            _put(content, field.name, found, _Part(value, form, is_meant or field.name in _ALWAYS), depth)
    return content


def _put(content: dict[str, Any], name: str, found: FieldType, part: _Part, depth: int) -> None:
    if found.shape is Shape.LIST and found.of:
        members = content.setdefault(name, [])
        if part.form == _BYTES and found.of.shape in (Shape.INT32, Shape.INT64):
            members.extend(_packed(part.value))
        else:
            members.append(_value(part.value, found.of, depth))
        return
    if found.shape is Shape.MAP and found.of:
        entry = {number: inner for number, _, inner in _fields(part.value)}
        content.setdefault(name, {})[bytes(entry.get(1, b"")).decode()] = _member(entry.get(2, b""), found.of, depth)
        return
    read = _value(part.value, found, depth)
    if read is not None and (part.is_meant or read not in ("", {}, 0)):
        content[name] = read


def _member(value: Any, found: FieldType, depth: int) -> Any:
    if found.shape is Shape.LIST and found.of:
        return [_value(inner, found.of, depth) for _, _, inner in _fields(value)]
    return _value(value, found, depth)


def _packed(raw: bytes) -> Iterator[int]:
    at = 0
    while at < len(raw):
        value, at = _varint(raw, at)
        yield _signed(value)


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _value(value: Any, found: FieldType, depth: int) -> Any:
    match found.shape:
        case Shape.STRUCT:
            return _message(value, found.struct, depth + 1)
        case Shape.TEXT:
            return bytes(value).decode()
        case Shape.BYTES:
            return base64.b64encode(value).decode()
        case Shape.FLAG:
            return bool(value)
        case Shape.INT32 | Shape.INT64:
            return _signed(int(value))
        case Shape.INT_OR_TEXT:
            parts = {number: inner for number, _, inner in _fields(value)}
            return bytes(parts.get(3, b"")).decode() if parts.get(1) else _signed(parts.get(2, 0))
        case Shape.QUANTITY:
            return bytes({number: inner for number, _, inner in _fields(value)}.get(1, b"")).decode()
        case Shape.TIME | Shape.MICRO_TIME:
            return _time(value, found.shape)
        case Shape.ANYTHING:
            return json.loads(
                bytes(next((inner for number, _, inner in _fields(value) if number == 1), b"")) or b"null"
            )
        case Shape.NUMBER:
            return packing.unpack("<d", value)[0]
        case _:
            raise ValueError(f"no protobuf form of {found.go} is known")


def _time(raw: bytes, shape: Shape) -> str | None:
    parts = {number: inner for number, _, inner in _fields(raw)}
    seconds, nanos = _signed(parts.get(1, 0)), _signed(parts.get(2, 0))
    if not seconds and not nanos:
        return None
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{nanos // 1000:06d}Z" if shape is Shape.MICRO_TIME else f"{moment}Z"
