"""Which lists a strategic merge patch unites, and by which key of their members.

Taken from the schema's patch strategies: Service ports by `port`, containers by `name`, container ports by
`containerPort`, finalizers as plain values; whatever has no strategy is replaced whole.
"""

from __future__ import annotations

from collections.abc import Callable

from app.machinery import schema

MergeKeys = Callable[[tuple[str, ...]], schema.FieldType | None]
"""Returns the type of the field at a path of field names (list indexes left out), None when it has none."""


def of(api_version: str, kind: str) -> MergeKeys:
    """Return the lookup for one kind; a kind that is not known merges mappings and replaces every list."""
    return lambda path: schema.field_at(api_version, kind, path)


def replace_all(path: tuple[str, ...]) -> schema.FieldType | None:
    """Know no field: mappings are merged, lists replaced."""
    return None
