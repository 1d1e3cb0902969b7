"""Objects as the page names them: `Kind/namespace/name`, with an empty namespace for cluster-scoped ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kinds import KINDS, registry
from app.machinery import errors, objects
from app.machinery.objects import Key, Object

_BY_NAME = {kind.kind: kind for kind in reversed(KINDS)}
SELECTABLE = frozenset(_BY_NAME)
"""Names of the kinds that the inspector can show."""


def text(kind: str, namespace: str, name: str) -> str:
    """Write a ref."""
    return f"{kind}/{namespace}/{name}"


def of(obj: Object) -> str:
    """Write the ref of an object."""
    return text(str(obj.get("kind") or ""), objects.namespace_of(obj), objects.name_of(obj))


def of_key(key: Key) -> str:
    """Write the ref of the object behind a key."""
    return text(registry.kind_for_key(key).kind, key.namespace, key.name)


def of_json(ref: Mapping[str, Any]) -> str:
    """Write the ref of a trace's `because` or `at`."""
    return text(str(ref.get("kind", "")), str(ref.get("namespace") or ""), str(ref.get("name", "")))


def key(ref: str) -> Key:
    """Read a ref; BadRequest when it is none, or of a kind that cannot be selected."""
    kind_name, _, rest = ref.partition("/")
    namespace, slash, name = rest.partition("/")
    kind = _BY_NAME.get(kind_name)
    if kind is None or not slash or not name:
        raise errors.BadRequest(f"{ref!r} names no object.")
    return kind.key(namespace, name)


def label(ref: str) -> str:
    """Return the name in a ref, with its namespace unless that is default."""
    _, _, rest = ref.partition("/")
    namespace, _, name = rest.partition("/")
    return name if namespace in ("", "default") else f"{namespace}/{name}"
