"""Which lists are maps by which keys, which are sets, and what is owned and replaced whole.

The facts are in schemas/structure-v1.36.json, written by tools/structure.py from the published schemas.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

_FILE = "structure-v1.36.json"
KEY_DEFAULTS: Mapping[str, Any] = {"protocol": "TCP"}
"""What a member's key field holds when it is left out (Service ports and container ports)."""


def topology(struct: str, field: str) -> str:
    """Return `map:key,key`, `set`, `atomic` or `granular` for a field of a struct, empty for the usual."""
    return str(_load().get(struct, {}).get("fields", {}).get(field, ""))


def is_atomic(struct: str) -> bool:
    """Say whether objects of the struct are owned and replaced whole."""
    return bool(_load().get(struct, {}).get("atomic"))


def required(struct: str) -> Sequence[str]:
    """Return the fields that a struct must have, sorted."""
    found: Sequence[str] = _load().get(struct, {}).get("required", ())
    return found


def keys_of(found: str) -> tuple[str, ...]:
    """Return the key fields that a list type `map:port,protocol` names."""
    return tuple(found.removeprefix("map:").split(",")) if found.startswith("map:") else ()


@functools.cache
def _load() -> Mapping[str, Mapping[str, Any]]:
    text = resources.files("app.machinery").joinpath("schemas", _FILE).read_text(encoding="utf-8")
    loaded: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return loaded
