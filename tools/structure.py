"""Writes app/machinery/schemas/structure-v1.36.json from the published Kubernetes schemas.

Facts only: which lists are maps by which keys, which are sets, what is atomic, and which fields are required.
Run: .venv/bin/python tools/structure.py
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import schemas  # the sibling tool, whose file this one completes

TARGET = schemas.TARGET.with_name(f"structure-{schemas.RELEASE}.json")


def main() -> None:
    """Write the file and say how large it is."""
    text = compact()
    TARGET.write_text(text)
    print(f"{TARGET.name}: {len(text)} bytes")


def compact() -> str:
    """Return the file's text as the published schemas make it."""
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"{schemas.RELEASE}.0-local"
    definitions: dict[str, Any] = json.loads((folder / "_definitions.json").read_text())["$defs"]
    by_kind = dict(schemas.kinds(definitions))
    types = schemas.reachable(definitions, schemas.roots(by_kind))
    known = {schemas.short(name): definition for name, definition in definitions.items()}
    found = {name: described(known[name]) for name in types if name in known}
    rows = ",\n".join(f"{json.dumps(name)}:{schemas.dense(facts)}" for name, facts in found.items() if facts)
    return f"{{\n{rows}\n}}\n"


def described(definition: dict[str, Any]) -> dict[str, Any]:
    """Return what the definition says beyond its fields' types; empty when it says nothing more."""
    fields = definition.get("properties", {})
    facts = {
        "atomic": definition.get("x-kubernetes-map-type") == "atomic",
        "required": sorted(definition.get("required", ())),
        "fields": {name: topology(field) for name, field in sorted(fields.items()) if topology(field)},
    }
    return {name: fact for name, fact in facts.items() if fact}


def topology(field: dict[str, Any]) -> str:
    """Write a field's list or map type: `atomic`, `set`, or `map:` with its keys; empty for the usual."""
    kind = field.get("x-kubernetes-list-type") or field.get("x-kubernetes-map-type") or ""
    return f"map:{','.join(field['x-kubernetes-list-map-keys'])}" if kind == "map" else str(kind)


if __name__ == "__main__":
    main()
