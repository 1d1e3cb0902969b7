"""Request bodies in protobuf, as kubectl's generators and typed clients send them; answers are JSON.

Mirrors staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf (release 1.36). Sent zeros and empty texts
mean that a field is unset, unless the field is only sent when it is set.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from app.kubeapi import protobuf_fields
from app.machinery import errors, schema
from app.machinery.schema import FieldType, Shape

MAGIC = b"k8s\x00"
_DEPTH = 64
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_Field = tuple[int, int, Any]


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
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise errors.BadRequest(f"the body of the request is no protobuf message that can be read: {error}") from None
    return {"apiVersion": api_version, "kind": kind, **content}


def _root(api_version: str, kind: str) -> str:
    if kind == "DeleteOptions":
        return "meta.v1.DeleteOptions"
    found = schema.root_of(api_version, kind)
    if not found:
        group, slash, version = api_version.partition("/")
        found = f"{group.partition('.')[0]}.{version}.{kind}" if slash else f"core.{api_version}.{kind}"
    if found not in protobuf_fields.NUMBERS:
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


@functools.cache
def _names(struct: str) -> Mapping[int, tuple[str, str]]:
    """Return (field, struct of an inlined message) by number."""
    found = {}
    for pair in protobuf_fields.NUMBERS.get(struct, "").split():
        name, _, place = pair.partition("=")
        number, _, inlined = place.partition("/")
        found[int(number)] = (name, inlined)
    return found


@functools.cache
def _types(struct: str) -> Mapping[str, FieldType]:
    own = protobuf_fields.REVIEWS.get(struct)
    return {name: schema.read_type(code) for name, code in own.items()} if own else schema.fields_of(struct)


def _message(raw: bytes, struct: str, depth: int, types: Mapping[str, FieldType] | None = None) -> dict[str, Any]:
    if depth > _DEPTH:
        raise ValueError("nested too deeply")
    known = types if types is not None else _types(struct)
    content: dict[str, Any] = {}
    for number, wire, value in _fields(raw):
        name, inlined = _names(struct).get(number, ("", ""))
        if inlined:
            content.update(_message(value, inlined, depth + 1, known))
            continue
        found = known.get(name)
        if found is not None:
            _put(content, name, found, value, wire, depth)
    return content


def _put(content: dict[str, Any], name: str, found: FieldType, value: Any, wire: int, depth: int) -> None:
    if found.shape is Shape.LIST and found.of:
        members = content.setdefault(name, [])
        if wire == _BYTES and found.of.shape in (Shape.INT32, Shape.INT64):
            members.extend(_packed(value))
        else:
            members.append(_value(value, found.of, depth))
        return
    if found.shape is Shape.MAP and found.of:
        entry = {number: inner for number, _, inner in _fields(value)}
        member = _value(entry.get(2, b""), found.of, depth)
        content.setdefault(name, {})[bytes(entry.get(1, b"")).decode()] = member
        return
    read = _value(value, found, depth)
    is_meant = name in protobuf_fields.MEANT_EMPTY if read == {} else name in protobuf_fields.MEANT_ZERO
    if is_meant or (read not in ("", {}, None) and read is not False and read != 0):
        content[name] = read


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
        case _:
            raise ValueError(f"no protobuf form of {found.go} is known")


def _time(raw: bytes, shape: Shape) -> str | None:
    parts = {number: inner for number, _, inner in _fields(raw)}
    seconds, nanos = _signed(parts.get(1, 0)), _signed(parts.get(2, 0))
    if not seconds and not nanos:
        return None
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{moment}.{nanos // 1000:06d}Z" if shape is Shape.MICRO_TIME else f"{moment}Z"
