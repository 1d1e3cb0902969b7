"""The v2 document: the v3 documents in one piece, in the older form that older clients and explain's v2 output read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import msgspec

from app.kubeapi.openapi import components, documents, gnostic, published
from app.kubeapi.openapi.documents import Document

_DEFINITIONS = "#/definitions/"
_PLAIN_TEXT = frozenset(
    {"io.k8s.apimachinery.pkg.util.intstr.IntOrString", "io.k8s.apimachinery.pkg.api.resource.Quantity"}
)
"""What v3 describes as one of two types is a text in v2."""


@functools.cache
def document() -> Document:
    """Return the document as JSON."""
    return documents.pack(msgspec.json.encode(content()))


@functools.cache
def binary() -> Document:
    """Return the document as gnostic's protobuf message."""
    return documents.pack(gnostic.encode(content()))


def content() -> dict[str, Any]:
    """Write the document."""
    paths: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    told = published.read()
    for place in documents.places():
        found = documents.content(place, told)
        paths |= {path: _path(entry) for path, entry in found["paths"].items()}
        for name, schema in found["components"]["schemas"].items():
            _define(definitions, name, _definition(name, schema))
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0"},
        "paths": paths,
        "definitions": dict(sorted(definitions.items())),
    }


def _define(definitions: dict[str, Any], name: str, found: dict[str, Any]) -> None:
    """Keep a definition; one that several documents hold keeps every kind that is read as it."""
    key = "x-kubernetes-group-version-kind"
    kinds = [*definitions.get(name, {}).get(key, ()), *found.get(key, ())]
    definitions[name] = (
        {**found, key: [one for at, one in enumerate(kinds) if one not in kinds[:at]]} if kinds else found
    )


def _definition(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = _schema(schema)
    if name in _PLAIN_TEXT:
        found.pop("oneOf", None)
        found["type"] = "string"
    return found


def _schema(value: Any) -> Any:
    """Point references at the definitions; one that stood behind allOf stands alone."""
    if isinstance(value, list):
        return [_schema(one) for one in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for name, inner in value.items():
        if name == "allOf" and len(inner) == 1:
            found |= _schema(inner[0])
        elif name == "$ref":
            found[name] = _DEFINITIONS + str(inner).removeprefix(components.REF)
        else:
            found[name] = _schema(inner)
    return found


def _path(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [_parameter(one) for one in inner] if name == "parameters" else _operation(inner)
        for name, inner in entry.items()
    }


def _parameter(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in found.items() if name != "schema"}, **found["schema"]}


def _operation(found: Mapping[str, Any]) -> dict[str, Any]:
    made = {name: value for name, value in found.items() if name not in ("requestBody", "responses", "parameters")}
    parameters = [_parameter(one) for one in found["parameters"]]
    sent = found.get("requestBody")
    if sent is not None:
        form = next(iter(sent["content"].values()))
        body = {"name": "body", "in": "body", "schema": _schema(form["schema"])}
        parameters.append({**body, "required": True} if sent.get("required") else body)
        made["consumes"] = list(sent["content"])
    forms = dict.fromkeys(form for answer in found["responses"].values() for form in answer.get("content", ()))
    answers = {code: _answer(answer) for code, answer in found["responses"].items()}
    return {**made, "produces": list(forms), "parameters": parameters, "responses": answers}


def _answer(found: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"description": found["description"]}
    for form in found.get("content", {}).values():
        made["schema"] = _schema(form["schema"])
    return made
