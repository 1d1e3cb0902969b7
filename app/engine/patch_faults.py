"""What is said of a patch whose result cannot be read as its kind.

Mirrors staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go and apimachinery's pkg/runtime/converter.go
(release 1.36): the patch is named, not the object.
"""

from __future__ import annotations

import json
from typing import Any

from app.engine import commands
from app.machinery import errors, schema, typed_faults, validation
from app.machinery.objects import Object
from app.machinery.schema import Shape, TypeFault


def check(command: commands.Patch, before: Object, after: Object) -> None:
    """Refuse a patch that leaves a value of the wrong type or, when asked to be strict, an unknown field."""
    if not isinstance(after, dict):
        detail = f"json: cannot unmarshal {schema.json_type(after)} into Go value of type v1.{before.get('kind')}"
        raise errors.Invalid("", "", [validation.invalid("patch", _compact(after), detail)])
    decoded = schema.decode(after, str(before.get("apiVersion")), str(before.get("kind")))
    strategic = command.type is commands.PatchType.STRATEGIC
    if decoded.fault is not None:
        detail = _conversion(decoded.fault) if strategic else decoded.fault.message
    elif decoded.unknown and command.validation == "Strict":
        detail = schema.strict_sentence(decoded.unknown)
    else:
        return
    shown: Any = typed_faults.go_text(command.patch) if strategic else _compact(after)
    raise errors.Invalid("", "", [validation.invalid("patch", shown, detail)])


def _compact(after: Object) -> str:
    return json.dumps(after, separators=(",", ":"), ensure_ascii=False)


def _conversion(fault: TypeFault) -> str:
    """Say how a value fails to become what is wanted, as the unstructured converter does."""
    found = typed_faults.go_kind(fault.value)
    match fault.wanted.shape:
        case Shape.LIST:
            return f"cannot restore slice from {found}"
        case Shape.MAP:
            return f"cannot restore map from {found}"
        case Shape.STRUCT:
            return f"cannot restore struct from: {found}"
        case Shape.TEXT | Shape.INT32 | Shape.INT64 | Shape.NUMBER | Shape.FLAG:
            return _leaf(fault, found)
        case _:
            return fault.message


def _leaf(fault: TypeFault, found: str) -> str:
    wanted = {Shape.TEXT: "string", Shape.FLAG: "bool", Shape.NUMBER: "float64"}.get(
        fault.wanted.shape, "int64" if fault.wanted.shape is Shape.INT64 else "int32"
    )
    numeric = found in ("int64", "float64")
    # Go would convert a number to a string (as a rune) or another number, which the converter then forbids.
    if numeric and (wanted not in ("bool",)) and not (found == "float64" and wanted == "string"):
        named = fault.wanted.go if fault.wanted.shape is Shape.TEXT else wanted
        return f"cannot convert {found} to {named}"
    return f"unrecognized type: {wanted}"
