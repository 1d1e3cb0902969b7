"""The schemas of a document: every struct that its kinds lead to, in the shape of kube-apiserver's (release 1.36).

DIFFERS: no defaults and no enums of values, which the published schemas do not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.kubeapi.openapi import published
from app.machinery import schema, structure
from app.machinery.schema import FieldType, Shape

REF = "#/components/schemas/"
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
STATUS = "meta.v1.Status"
DELETE_OPTIONS = "meta.v1.DeleteOptions"
_ALWAYS = (DELETE_OPTIONS, STATUS, "meta.v1.ListMeta")
_LEAVES: Mapping[Shape, tuple[str, Mapping[str, Any]]] = {
    Shape.INT_OR_TEXT: (
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString",
        {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    ),
    Shape.QUANTITY: (
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
    ),
    Shape.TIME: (f"{META}Time", {"format": "date-time", "type": "string"}),
    Shape.MICRO_TIME: (f"{META}MicroTime", {"format": "date-time", "type": "string"}),
}
_FREE: Mapping[tuple[str, str], str] = {
    ("meta.v1.ManagedFieldsEntry", "fieldsV1"): f"{META}FieldsV1",
    ("apps.v1.ControllerRevision", "data"): "io.k8s.apimachinery.pkg.runtime.RawExtension",
}
"""Fields that take any object, and the names of what they take."""
_PLAIN: Mapping[Shape, Mapping[str, Any]] = {
    Shape.TEXT: {"type": "string"},
    Shape.FLAG: {"type": "boolean"},
    Shape.INT32: {"type": "integer", "format": "int32"},
    Shape.INT64: {"type": "integer", "format": "int64"},
    Shape.NUMBER: {"type": "number", "format": "double"},
    Shape.BYTES: {"type": "string", "format": "byte"},
    Shape.ANYTHING: {"type": "object"},
}

_PATCH = "What a patch holds depends on its Content-Type; see RFC 6902, RFC 7386 and server-side apply."


def schemas(roots: Mapping[str, Mapping[str, str]], lists: Iterable[str], told: published.Told) -> dict[str, Any]:
    """Write the schemas that these structs lead to; `roots` gives each its group, version and kind.

    `lists` are those of the roots that are also answered as lists.
    """
    found = {name_of(struct): _struct(struct, told) for struct in _reachable([*roots, *_ALWAYS])}
    for struct, gvk in roots.items():
        found[name_of(struct)]["x-kubernetes-group-version-kind"] = [dict(gvk)]
    for struct in lists:
        found[f"{name_of(struct)}List"] = _list_of(struct, roots[struct], told)
    leaves = {**dict(_LEAVES.values()), **{key: {"type": "object"} for key in _FREE.values()}}
    found[f"{META}Patch"] = {"description": _PATCH, "type": "object"}
    for name, content in leaves.items():
        found[name] = _described(dict(content), told.of(".".join(name.split(".")[-3:]))[0])
    return dict(sorted(found.items()))


def name_of(struct: str) -> str:
    """Return the name that upstream's documents give a struct."""
    group, version, name = struct.split(".")
    return f"{META}{name}" if group == "meta" else f"io.k8s.api.{group}.{version}.{name}"


def _described(content: dict[str, Any], said: str) -> dict[str, Any]:
    return {"description": said, **content} if said else content


def _list_of(struct: str, gvk: Mapping[str, str], told: published.Told) -> dict[str, Any]:
    said, fields = told.of(f"{struct}List")
    properties: Mapping[str, dict[str, Any]] = {
        "apiVersion": {"type": "string"},
        "items": {"type": "array", "items": _reference(name_of(struct))},
        "kind": {"type": "string"},
        "metadata": _reference(f"{META}ListMeta"),
    }
    content = {
        "type": "object",
        "required": ["items"],
        "properties": {name: _described(found, fields.get(name, "")) for name, found in properties.items()},
        "x-kubernetes-group-version-kind": [{**gvk, "kind": f"{gvk['kind']}List"}],
    }
    return _described(content, said)


def _reachable(roots: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    waiting = list(roots)
    while waiting:
        struct = waiting.pop()
        if struct in seen:
            continue
        seen.add(struct)
        yield struct
        waiting.extend(
            inner for found in schema.fields_of(struct).values() if (inner := schema.innermost(found).struct)
        )


def _struct(struct: str, told: published.Told) -> dict[str, Any]:
    said, sentences = told.of(struct)
    content: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: _described(_field(struct, name, found), sentences.get(name, ""))
            for name, found in schema.fields_of(struct).items()
        },
    }
    if structure.required(struct):
        content["required"] = list(structure.required(struct))
    if structure.is_atomic(struct):
        content["x-kubernetes-map-type"] = "atomic"
    return _described(content, said)


def _field(struct: str, name: str, found: FieldType) -> dict[str, Any]:
    free = _FREE.get((struct, name))
    content = _reference(free) if free else _type(found)
    topology = structure.topology(struct, name)
    keys = structure.keys_of(topology)
    if keys:
        content |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)}
    elif topology:
        content["x-kubernetes-list-type" if found.shape is Shape.LIST else "x-kubernetes-map-type"] = topology
    strategies = {"merge": found.merge_key is not None, "retainKeys": found.retains_keys, "replace": found.replaces}
    if any(strategies.values()):
        content["x-kubernetes-patch-strategy"] = ",".join(name for name, holds in strategies.items() if holds)
    if found.merge_key:
        content["x-kubernetes-patch-merge-key"] = found.merge_key
    return content


def _type(found: FieldType) -> dict[str, Any]:
    match found.shape:
        case Shape.STRUCT:
            return _reference(name_of(found.struct))
        case Shape.LIST if found.of:
            return {"type": "array", "items": _type(found.of)}
        case Shape.MAP if found.of:
            return {"type": "object", "additionalProperties": _type(found.of)}
        case shape if shape in _LEAVES:
            return _reference(_LEAVES[shape][0])
        case shape:
            return dict(_PLAIN[shape])


def _reference(name: str) -> dict[str, Any]:
    return {"allOf": [{"$ref": REF + name}]}
