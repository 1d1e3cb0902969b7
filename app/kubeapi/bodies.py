"""Request bodies: JSON, YAML or protobuf, with what the URL already says filled in."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec
import yaml

from app.kubeapi import protobuf, status
from app.kubeapi.paths import Target
from app.machinery import errors, schema
from app.machinery.objects import Draft

PROTOBUF = "application/vnd.kubernetes.protobuf"
_DEPTH = 200
_FEW = 10_000
"""So many values any body may have."""


def media_type(content_type: str) -> str:
    """Return the media type without its parameters; JSON when the caller did not say."""
    return content_type.partition(";")[0].strip().lower() or "application/json"


def read(body: bytes, content_type: str) -> Any:
    """Decode a body."""
    kind = media_type(content_type)
    if kind == PROTOBUF:
        return protobuf.decode(body)
    if kind in ("application/json", "application/merge-patch+json", "application/json-patch+json") or kind.endswith(
        "+json"
    ):
        return _json(body)
    if kind in ("application/yaml", "application/apply-patch+yaml"):
        return _yaml(body)
    raise status.Refusal(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json, application/yaml, application/vnd.kubernetes.protobuf",
    )


def _json(body: bytes) -> Any:
    try:
        found = msgspec.json.decode(body)
        _check_size(found, len(body))
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise errors.BadRequest(f"the object provided is unrecognized (must be of type json): {error}") from None
    return found


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as Go's sigs.k8s.io/yaml reads it on its way to JSON: what looks like a date is text."""

    yaml_implicit_resolvers: ClassVar[Any] = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _as_json(value: Any) -> Any:
    """Turn a YAML value into what JSON can hold: every name a text; raises ValueError for what it cannot."""
    if isinstance(value, dict):
        return {_name(name): _as_json(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_as_json(child) for child in value]
    if value is not None and not isinstance(value, str | int | float):
        raise ValueError(f"no JSON for a value of type {type(value).__name__}")
    return value


def _name(name: Any) -> str:
    if isinstance(name, bool):
        return "true" if name else "false"
    if not isinstance(name, str | int | float):
        raise ValueError("a name that is no text")
    return str(name)


def _yaml(body: bytes) -> Any:
    if body[:1] == b"{":
        # What kubectl calls YAML is JSON, which is read a hundred times faster.
        with contextlib.suppress(errors.BadRequest):
            return _json(body)
    try:
        found = yaml.load(body, _Loader)
        _check_size(found, len(body))
        found = _as_json(found)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise errors.BadRequest(f"error converting YAML to JSON: {error}") from None
    return found


def _check_size(found: Any, size: int) -> None:
    """Refuse what is nested too deeply, or grew out of its text by YAML's aliases; both would cost without end."""
    waiting, left = [(found, 0)], max(size, _FEW)
    while waiting:
        value, depth = waiting.pop()
        left -= 1
        if depth > _DEPTH:
            raise ValueError("nested too deeply")
        if left < 0:
            raise ValueError("yaml: document contains excessive aliasing")
        members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        waiting += [(member, depth + 1) for member in members]


def as_object(found: Any, target: Target, kind: str, api_version: str) -> Draft:
    """Return an object of this kind, at home where the URL says; refuse one that says otherwise."""
    if not isinstance(found, dict):
        raise errors.BadRequest(
            f"json: cannot unmarshal {schema.json_type(found)} into Go value of type struct"
            if found is not None
            else "the body of the request is empty"
        )
    obj: Draft = without_nulls(found)
    _check_type(obj, kind, api_version)
    meta = obj.get("metadata") or {}
    if not isinstance(meta, dict):
        raise errors.BadRequest(
            f'{kind} in version "{target.version}" cannot be handled as a {kind}: json: cannot unmarshal '
            f"{schema.json_type(meta)} into Go struct field {kind}.metadata of type v1.ObjectMeta"
        )
    if target.namespace:
        if meta.get("namespace") and meta["namespace"] != target.namespace:
            raise errors.BadRequest(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        meta = {**meta, "namespace": target.namespace}
    return {"apiVersion": api_version, "kind": kind, **obj, "metadata": meta}


def _check_type(obj: Draft, kind: str, api_version: str) -> None:
    for name, wanted, words in (("apiVersion", api_version, "API version"), ("kind", kind, "kind")):
        found = obj.get(name) or obj.pop(name, None)
        if found and found != wanted:
            raise errors.BadRequest(f"the {words} in the data ({found}) does not match the expected {words} ({wanted})")


def without_nulls(value: Any) -> Any:
    """Leave out members that are null: to Go they are absent."""
    if isinstance(value, dict):
        return {name: without_nulls(child) for name, child in value.items() if child is not None}
    return [without_nulls(child) for child in value] if isinstance(value, list) else value
