"""The protobuf number of each field of the built-in kinds.

The facts are in schemas/wire-v1.36.json, written by tools/wire.py from the types inside the real kubectl.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

_FILE = "wire-v1.36.json"


@dataclass(frozen=True, slots=True)
class WireField:
    """One numbered field: its JSON name, or the struct whose fields stand in the object itself.

    `is_optional` says that it is sent only when it is set, so that an empty value in it is meant.
    """

    name: str
    inlined: str
    is_optional: bool


@functools.cache
def fields_of(struct: str) -> Mapping[int, WireField]:
    """Return the fields of a struct by number; empty for a struct that is not known."""
    found = {}
    for row in _load().get(struct, "").split():
        name, _, place = row.partition("=")
        number, _, inlined = place.partition("/")
        found[int(number.rstrip("*"))] = WireField("" if inlined else name, inlined, number.endswith("*"))
    return found


@functools.cache
def _load() -> Mapping[str, str]:
    text = resources.files("app.machinery").joinpath("schemas", _FILE).read_text(encoding="utf-8")
    loaded: Mapping[str, str] = json.loads(text)
    return loaded
