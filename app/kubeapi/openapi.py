"""OpenAPI v3 documents of the kinds served, as kubectl reads them: validation, patches, explain.

The shapes are those of kube-apiserver's documents (release 1.36); the descriptions are this project's own.
DIFFERS: the documents hold what kubectl and client libraries ask for: fewer operations and descriptions, no examples.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from app.kinds import KINDS, registry
from app.kinds.kind import Kind
from app.kubeapi import openapi_words as words
from app.machinery import schema, structure
from app.machinery.schema import FieldType, Shape

_REF = "#/components/schemas/"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1."
_OPTIONS_KINDS = ("meta.v1.DeleteOptions",)
_PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
)
_LEAVES: Mapping[Shape, tuple[str, Mapping[str, Any]]] = {
    Shape.INT_OR_TEXT: (
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    ),
    Shape.QUANTITY: (
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
    ),
    Shape.TIME: (f"{_META}Time", {"format": "date-time", "type": "string"}),
    Shape.MICRO_TIME: (f"{_META}MicroTime", {"format": "date-time", "type": "string"}),
}
_PLAIN: Mapping[Shape, Mapping[str, Any]] = {
    Shape.TEXT: {"type": "string"},
    Shape.FLAG: {"type": "boolean"},
    Shape.INT32: {"type": "integer", "format": "int32"},
    Shape.INT64: {"type": "integer", "format": "int64"},
    Shape.NUMBER: {"type": "number", "format": "double"},
    Shape.BYTES: {"type": "string", "format": "byte"},
    Shape.ANYTHING: {"type": "object"},
}


@dataclass(frozen=True, slots=True)
class Document:
    """One document as bytes, with its entity tag."""

    body: bytes
    etag: str


@functools.lru_cache(maxsize=256)
def index(prefix: str = "") -> Document:
    """Return the index of documents; `prefix` is the path under which the API server's own paths begin."""
    paths: dict[str, Any] = {}
    for place in places():
        found = document(place)
        if found is not None:
            paths[place] = {"serverRelativeURL": f"{prefix}/openapi/v3/{place}?hash={found.etag}"}
    return _document({"paths": paths})


def places() -> tuple[str, ...]:
    """List the documents' places in discovery order: `api/v1`, `apis/apps/v1`."""
    versions = dict.fromkeys([*(kind.api_version for kind in KINDS), *(v for v, _ in schema.known_kinds())])
    return tuple(f"apis/{version}" if "/" in version else f"api/{version}" for version in versions)


@functools.lru_cache(maxsize=64)
def document(place: str) -> Document | None:
    """Return the document at a place such as `api/v1` or `apis/apps/v1`; None when there is none."""
    if place not in places():
        return None
    api_version = place.partition("/")[2]
    kinds = [name for version, name in schema.known_kinds() if version == api_version]
    paths: dict[str, Any] = {}
    for kind in KINDS:
        if kind.api_version == api_version and kind.kind in kinds:
            paths.update(_paths(place, kind))
    return _document(
        {
            "openapi": "3.0.0",
            "info": {"title": "Kubernetes", "version": "v1.36.0"},
            "paths": paths,
            "components": {"schemas": dict(sorted(_schemas(api_version, kinds).items()))},
        }
    )


def _document(content: Mapping[str, Any]) -> Document:
    body = msgspec.json.encode(content)
    return Document(body, hashlib.sha256(body).hexdigest()[:32].upper())


# --- schemas ---------------------------------------------------------------------------------------


def _schemas(api_version: str, kinds: list[str]) -> dict[str, Any]:
    roots = [schema.root_of(api_version, kind) for kind in kinds]
    found = {_name(struct): _struct(struct) for struct in _reachable([*roots, *_OPTIONS_KINDS])}
    for kind in kinds:
        root = _name(schema.root_of(api_version, kind))
        known = registry.by_kind(api_version, kind)
        group = registry.group_of(api_version)
        gvk = {"group": group, "version": api_version.rpartition("/")[2], "kind": kind}
        found[root]["x-kubernetes-group-version-kind"] = [gvk]
        if known is not None and known.help:
            found[root]["description"] = known.help
        found[f"{root}List"] = _list_of(root, gvk)
    found.update({name: dict(content) for name, content in _LEAVES.values()})
    found[f"{_META}ListMeta"] = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("continue", "resourceVersion", "selfLink")},
    }
    return found


def _list_of(root: str, gvk: Mapping[str, str]) -> dict[str, Any]:
    return {
        "description": f"A list of {gvk['kind']} objects.",
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string", "description": words.COMMON["apiVersion"]},
            "items": {"type": "array", "items": {"default": {}, "allOf": [{"$ref": _REF + root}]}},
            "kind": {"type": "string", "description": words.COMMON["kind"]},
            "metadata": {"default": {}, "allOf": [{"$ref": f"{_REF}{_META}ListMeta"}]},
        },
        "x-kubernetes-group-version-kind": [{**gvk, "kind": f"{gvk['kind']}List"}],
    }


def _reachable(roots: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = [root for root in roots if root]
    while waiting:
        struct = waiting.pop()
        if struct in seen:
            continue
        seen.add(struct)
        yield struct
        waiting.extend(inner for found in schema.fields_of(struct).values() if (inner := _innermost(found)))


def _innermost(found: FieldType) -> str:
    while found.of is not None:
        found = found.of
    return found.struct


def _name(struct: str) -> str:
    """Return the name that upstream's documents give a struct."""
    group, version, name = struct.split(".")
    return f"{_META}{name}" if group == "meta" else f"io.k8s.api.{group}.{version}.{name}"


def _struct(struct: str) -> dict[str, Any]:
    fields = schema.fields_of(struct)
    content: dict[str, Any] = {
        "description": words.STRUCTS.get(struct, ""),
        "type": "object",
        "properties": {name: _field(struct, name, found) for name, found in fields.items()},
    }
    if structure.required(struct):
        content["required"] = list(structure.required(struct))
    if structure.is_atomic(struct):
        content["x-kubernetes-map-type"] = "atomic"
    return content


def _field(struct: str, name: str, found: FieldType) -> dict[str, Any]:
    content = {"description": _sentence(struct, name), **_type(found)}
    topology = structure.topology(struct, name)
    keys = structure.keys_of(topology)
    if keys:
        content |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}
    elif topology:
        content["x-kubernetes-list-type" if found.shape is Shape.LIST else "x-kubernetes-map-type"] = topology
    if found.merge_key is not None or found.retains_keys:
        strategies = [*(["merge"] if found.merge_key is not None else []), *(["retainKeys"] * found.retains_keys)]
        content["x-kubernetes-patch-strategy"] = ",".join(strategies)
        if found.merge_key:
            content["x-kubernetes-patch-merge-key"] = found.merge_key
    return content


def _type(found: FieldType) -> dict[str, Any]:
    match found.shape:
        case Shape.STRUCT:
            return {"allOf": [{"$ref": _REF + _name(found.struct)}]}
        case Shape.LIST if found.of:
            return {"type": "array", "items": _type(found.of)}
        case Shape.MAP if found.of:
            return {"type": "object", "additionalProperties": _type(found.of)}
        case shape if shape in _LEAVES:
            return {"allOf": [{"$ref": _REF + _LEAVES[shape][0]}]}
        case shape:
            return dict(_PLAIN[shape])


def _sentence(struct: str, name: str) -> str:
    return words.FIELDS.get((struct, name)) or _told().get((struct, name)) or words.COMMON.get(name, "")


@functools.cache
def _told() -> Mapping[tuple[str, str], str]:
    """Find the struct and field behind each path of the kinds' field help; the first kind to say something wins."""
    told: dict[tuple[str, str], str] = {}
    for kind in KINDS:
        for path, sentence in kind.field_help.items():
            *way, last = path.replace("[]", "").split(".")
            struct = schema.root_of(kind.api_version, kind.kind)
            for step in way:
                found = schema.fields_of(struct).get(step)
                struct = _innermost(found) if found else ""
            if struct and last in schema.fields_of(struct):
                told.setdefault((struct, last), sentence)
    return told


# --- paths -----------------------------------------------------------------------------------------


def _paths(place: str, kind: Kind) -> Iterator[tuple[str, Mapping[str, Any]]]:
    base = f"/{place}/namespaces/{{namespace}}/{kind.resource}" if kind.namespaced else f"/{place}/{kind.resource}"
    if kind.namespaced:
        yield f"/{place}/{kind.resource}", {"get": _operation(kind, "list", _QUERY_LIST, "List")}
    scope = [_parameter("namespace", "path")] if kind.namespaced else []
    yield (
        base,
        {
            "get": _operation(kind, "list", _QUERY_LIST, "List"),
            "post": _operation(kind, "post", _QUERY_WRITE, body=("application/json", "application/yaml")),
            "delete": _operation(kind, "deletecollection", _QUERY_LIST, "Status"),
            "parameters": scope,
        },
    )
    one = [*scope, _parameter("name", "path")]
    yield f"{base}/{{name}}", {**_on_one(kind), "delete": _operation(kind, "delete", [], "Status"), "parameters": one}
    if kind.has_status:
        yield f"{base}/{{name}}/status", {**_on_one(kind), "parameters": one}


def _on_one(kind: Kind) -> dict[str, Any]:
    return {
        "get": _operation(kind, "get", []),
        "put": _operation(kind, "put", _QUERY_WRITE, body=("application/json", "application/yaml")),
        "patch": _operation(kind, "patch", [*_QUERY_WRITE, _parameter("force", "query", "boolean")], body=_PATCHES),
    }


def _parameter(name: str, place: str, kind: str = "string") -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "in": place, "schema": {"type": kind, "uniqueItems": True}}
    return {**found, "required": True} if place == "path" else found


_QUERY_WRITE = [_parameter(name, "query") for name in ("dryRun", "fieldManager", "fieldValidation")]
_QUERY_LIST = [
    *(_parameter(name, "query") for name in ("labelSelector", "fieldSelector", "resourceVersion", "continue")),
    _parameter("limit", "query", "integer"),
    _parameter("watch", "query", "boolean"),
    _parameter("timeoutSeconds", "query", "integer"),
]


def _operation(
    kind: Kind, action: str, parameters: list[dict[str, Any]], answer: str = "", body: tuple[str, ...] = ()
) -> dict[str, Any]:
    root = _REF + _name(schema.root_of(kind.api_version, kind.kind))
    answered = {"type": "object"} if answer == "Status" else {"$ref": root + answer}
    content: dict[str, Any] = {
        "tags": [f"{kind.group or 'core'}_{kind.version}"],
        "parameters": parameters,
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": answered}}},
            "401": {"description": "Unauthorized"},
        },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
    }
    if body:
        sent = {"type": "object"} if body is _PATCHES else {"$ref": root}
        content["requestBody"] = {"required": True, "content": {form: {"schema": sent} for form in body}}
    return content
