"""Which fields each built-in kind has, of which Go type: decode as strictly as the API server does.

The facts are in schemas/v1.36.json, written by tools/schemas.py. The words are those of Go's encoding/json and of
staging/src/k8s.io/apimachinery/pkg/runtime (release 1.36).
"""

from __future__ import annotations

import base64
import binascii
import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from typing import Any

from app.machinery import errors, quantities

_FILE = "v1.36.json"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LAYOUT = '"2006-01-02T15:04:05Z07:00"'
_MICRO_LAYOUT = '"2006-01-02T15:04:05.000000Z07:00"'


class Shape(StrEnum):
    """What JSON a field takes; the value is the notation of the schema file."""

    TEXT = "s"
    FLAG = "b"
    INT32 = "i32"
    INT64 = "i64"
    NUMBER = "f"
    INT_OR_TEXT = "x"
    QUANTITY = "q"
    TIME = "t"
    MICRO_TIME = "u"
    BYTES = "y"
    ANYTHING = "o"
    LIST = "[]"
    MAP = "{}"
    STRUCT = "@"


_GO = {
    Shape.TEXT: "string",
    Shape.FLAG: "bool",
    Shape.INT32: "int32",
    Shape.INT64: "int64",
    Shape.NUMBER: "float64",
    Shape.INT_OR_TEXT: "int32",
    Shape.QUANTITY: "resource.Quantity",
    Shape.TIME: "string",
    Shape.MICRO_TIME: "string",
    Shape.BYTES: "[]uint8",
    Shape.ANYTHING: "runtime.RawExtension",
}


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of one field.

    `go` is its Go name; `of` the type of list members and map values; `struct` the struct's name in the schema.
    `merge_key` is None for a list that a strategic merge replaces, "" for one of plain values that it unites;
    `replaces` says that even a mapping is replaced.
    """

    shape: Shape
    go: str
    of: FieldType | None = None
    struct: str = ""
    merge_key: str | None = None
    retains_keys: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class TypeFault:
    """A value of the wrong JSON type: where (with indexes), what was wanted, what was found, and Go's sentence."""

    path: str
    wanted: FieldType
    value: Any
    message: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a strict decoder says about an object: nothing when `known` is False (a custom kind, to be stored as is)."""

    known: bool
    unknown: tuple[str, ...] = ()
    fault: TypeFault | None = None

    @property
    def type_error(self) -> str | None:
        """Go's sentence about the first value of a wrong type, if there is one."""
        return self.fault.message if self.fault else None

    @property
    def ok(self) -> bool:
        """Say that the object can be read without loss."""
        return self.fault is None and not self.unknown


@dataclass(frozen=True, slots=True)
class _Schemas:
    kinds: Mapping[str, str]
    others: Mapping[str, Sequence[str]]
    cluster_scoped: frozenset[str]
    types: Mapping[str, Mapping[str, str]]


def api_versions_of(kind: str) -> tuple[str, ...]:
    """List the API versions that serve a built-in kind of that name, known in detail or only by name."""
    loaded = _load()
    detailed = [key.rpartition("/")[0] for key in loaded.kinds if key.rpartition("/")[2] == kind]
    return (*detailed, *(version for version, kinds in loaded.others.items() if kind in kinds))


def kinds_of(api_version: str) -> tuple[str, ...]:
    """List the built-in kinds of an API version; empty for one that is not built in."""
    loaded = _load()
    detailed = [key.rpartition("/")[2] for key in loaded.kinds if key.rpartition("/")[0] == api_version]
    return (*detailed, *loaded.others.get(api_version, ()))


def all_kinds() -> tuple[str, ...]:
    """List every built-in kind's name, the ones known in detail first."""
    loaded = _load()
    detailed = [key.rpartition("/")[2] for key in loaded.kinds]
    return tuple(dict.fromkeys([*detailed, *(kind for kinds in loaded.others.values() for kind in kinds)]))


def is_namespaced(kind: str) -> bool:
    """Say whether objects of a built-in kind live in a namespace."""
    return kind not in _load().cluster_scoped


def plural(kind: str) -> str:
    """Guess the resource of a kind as upstream does (meta.UnsafeGuessKindToResource)."""
    single = kind.lower()
    if single in ("endpoints", ""):
        return single
    if single.endswith("s"):
        return f"{single}es"
    return f"{single[:-1]}ies" if single.endswith("y") else f"{single}s"


def decode(obj: Mapping[str, Any], api_version: str, kind: str) -> Decoded:
    """Find the fields that the kind does not have, and the first value of a wrong type."""
    struct = _load().kinds.get(_kind_key(api_version, kind))
    if struct is None:
        return Decoded(known=False)
    walk = _Walk()
    walk.struct(obj, struct, "", ())
    return Decoded(True, tuple(walk.unknown), walk.fault)


def require(obj: Mapping[str, Any], *, strict: bool = True) -> None:
    """Refuse an object that the API server could not decode; raises BadRequest in its words.

    `strict` refuses unknown fields too, as fieldValidation=Strict does. A custom kind is let pass.
    """
    api_version, kind = str(obj.get("apiVersion") or ""), str(obj.get("kind") or "")
    decoded = decode(obj, api_version, kind)
    if decoded.fault is not None:
        raise errors.BadRequest(bad_request(api_version, kind, decoded.fault.message))
    if strict and decoded.unknown:
        raise errors.BadRequest(bad_request(api_version, kind, strict_sentence(decoded.unknown)))


def strict_sentence(unknown: Sequence[str]) -> str:
    """Say which fields are unknown, as the strict decoder does."""
    return "strict decoding error: " + ", ".join(f'unknown field "{path}"' for path in unknown)


def bad_request(api_version: str, kind: str, detail: str) -> str:
    """Say that a body cannot be read as its kind, as the API server does."""
    version = api_version.rpartition("/")[2]
    return f'{kind} in version "{version}" cannot be handled as a {kind}: {detail}'


def fields_at(api_version: str, kind: str, path: Sequence[str] = ()) -> Mapping[str, FieldType]:
    """Return the fields of the struct at a path of field names, indexes left out; empty when there is none."""
    struct = _load().kinds.get(_kind_key(api_version, kind), "")
    for name in path:
        found = _fields(struct).get(name) if struct else None
        struct = innermost(found).struct if found else ""
    return _fields(struct) if struct else {}


def root_of(api_version: str, kind: str) -> str:
    """Return the name of the kind's struct; empty for a kind that is not known."""
    return _load().kinds.get(_kind_key(api_version, kind), "")


def known_kinds() -> tuple[tuple[str, str], ...]:
    """List every kind known in detail as (API version, kind)."""
    return tuple((key.rpartition("/")[0], key.rpartition("/")[2]) for key in _load().kinds)


def fields_of(struct: str) -> Mapping[str, FieldType]:
    """Return the fields of a struct by its name; empty when there is none of that name."""
    return _fields(struct) if struct in _load().types else {}


def field_at(api_version: str, kind: str, path: Sequence[str]) -> FieldType | None:
    """Return the type of the field at a path of field names, indexes left out."""
    return fields_at(api_version, kind, path[:-1]).get(path[-1]) if path else None


def json_type(value: Any) -> str:
    """Name a JSON value's type as Go's decoder does."""
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case Mapping():
            return "object"
        case _:
            return "array"


def _kind_key(api_version: str, kind: str) -> str:
    return f"{api_version}/{kind}"


@functools.cache
def _load() -> _Schemas:
    text = resources.files("app.machinery").joinpath("schemas", _FILE).read_text(encoding="utf-8")
    raw = json.loads(text)
    return _Schemas(raw["kinds"], raw["others"], frozenset(raw["cluster_scoped"]), raw["types"])


@functools.cache
def _fields(struct: str) -> Mapping[str, FieldType]:
    return {name: read_type(code) for name, code in _load().types[struct].items()}


@functools.cache
def read_type(code: str) -> FieldType:
    """Read the schema file's notation: `[]@core.v1.ServicePort|port;merge`, `{}s`, `s:v1.Protocol`."""
    body, bar, patching = code.partition("|")
    if bar:
        plain, (key, _, strategy) = read_type(body), patching.partition(";")
        how = strategy.split(",")
        merges, retains, replaces = "merge" in how, "retainKeys" in how, "replace" in how
        return FieldType(plain.shape, plain.go, plain.of, plain.struct, key if merges else None, retains, replaces)
    if body.startswith("[]"):
        of = read_type(body[2:])
        return FieldType(Shape.LIST, f"[]{of.go}", of)
    if body.startswith("{}"):
        of = read_type(body[2:])
        go = "v1.ResourceList" if of.shape is Shape.QUANTITY else f"map[string]{of.go}"
        return FieldType(Shape.MAP, go, of)
    if body.startswith("@"):
        return FieldType(Shape.STRUCT, ".".join(body[1:].split(".")[-2:]), None, body[1:])
    leaf, _, named = body.partition(":")
    return FieldType(Shape(leaf), named or _GO[Shape(leaf)])


def innermost(found: FieldType) -> FieldType:
    """Return the type of the members of a list or map, of theirs if they are such, and so on."""
    while found.of is not None:
        found = found.of
    return found


class _Walk:
    """One pass over one object, keys sorted as kubectl sends them; the first wrong type wins, as in Go."""

    def __init__(self) -> None:
        self.unknown: list[str] = []
        self.fault: TypeFault | None = None

    def struct(self, value: Mapping[str, Any], struct: str, path: str, stack: tuple[str, ...]) -> None:
        fields = _fields(struct)
        owner = struct.rpartition(".")[2]
        for name in sorted(value):
            here = f"{path}.{name}" if path else name
            wanted = fields.get(name)
            if wanted is None:
                self.unknown.append(here)
            else:
                self.value(value[name], wanted, here, owner, (*stack, name))

    def value(self, value: Any, wanted: FieldType, path: str, owner: str, stack: tuple[str, ...]) -> None:
        if value is None:
            return
        if wanted.shape is Shape.STRUCT and isinstance(value, Mapping):
            self.struct(value, wanted.struct, path, stack)
        elif wanted.shape in (Shape.LIST, Shape.MAP) and wanted.of and _fits_container(value, wanted):
            for step, member in _members(value):
                self.value(member, wanted.of, f"{path}{step}", owner, stack)
        else:
            complaint = _complaint(value, wanted)
            if complaint and self.fault is None:
                message = complaint.replace("{field}", f"Go struct field {owner}.{'.'.join(stack)}")
                self.fault = TypeFault(path, wanted, value, message)


def _fits_container(value: Any, wanted: FieldType) -> bool:
    return isinstance(value, Mapping if wanted.shape is Shape.MAP else list)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield f".{name}", value[name]
    else:
        for position, member in enumerate(value):
            yield f"[{position}]", member


def _complaint(value: Any, wanted: FieldType) -> str:
    """Return Go's sentence when a leaf (or a misplaced container) does not fit, with `{field}` for the place."""
    match wanted.shape:
        case Shape.ANYTHING:
            return ""
        case Shape.QUANTITY:
            return quantities.complaint(value)
        case Shape.TEXT | Shape.TIME | Shape.MICRO_TIME | Shape.BYTES:
            return _text_complaint(value, wanted) if isinstance(value, str) else _mismatch(value, wanted)
        case Shape.FLAG:
            return "" if isinstance(value, bool) else _mismatch(value, wanted)
        case Shape.INT_OR_TEXT if isinstance(value, str):
            return ""
        case Shape.INT32 | Shape.INT64 | Shape.INT_OR_TEXT:
            return _whole_complaint(value, wanted)
        case Shape.NUMBER:
            return "" if json_type(value) == "number" else _mismatch(value, wanted)
        case _:
            return _mismatch(value, wanted)


def _mismatch(value: Any, wanted: FieldType, shown: str = "") -> str:
    return f"json: cannot unmarshal {shown or json_type(value)} into {{field}} of type {wanted.go}"


def _whole_complaint(value: Any, wanted: FieldType) -> str:
    if json_type(value) != "number":
        return _mismatch(value, wanted)
    bits = 63 if wanted.shape is Shape.INT64 else 31
    if isinstance(value, int) and -(2**bits) <= value < 2**bits:
        return ""
    return _mismatch(value, wanted, f"number {value}")


def _text_complaint(value: str, wanted: FieldType) -> str:
    match wanted.shape:
        case Shape.TIME | Shape.MICRO_TIME if value and not _TIME.fullmatch(value):
            layout = _LAYOUT if wanted.shape is Shape.TIME else _MICRO_LAYOUT
            quoted = json.dumps(value)
            return f'parsing time {quoted} as {layout}: cannot parse {quoted} as "2006"'
        case Shape.BYTES:
            return _base64_complaint(value)
        case _:
            return ""


def _base64_complaint(value: str) -> str:
    try:
        base64.b64decode(value.encode(), validate=True)
    except binascii.Error:
        sound = re.match(r"[A-Za-z0-9+/\r\n]*={0,2}", value)
        return f"illegal base64 data at input byte {sound.end() if sound else 0}"
    return ""
