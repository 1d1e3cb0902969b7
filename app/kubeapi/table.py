"""Objects as the server-side table that `kubectl get` prints (meta.k8s.io/v1 Table)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.kinds import columns
from app.kinds.kind import Kind
from app.machinery import objects
from app.machinery.objects import Object


def wanted(accept: str) -> bool:
    """Say whether the caller's first choice is a Table."""
    first = accept.split(",")[0].replace(" ", "")
    return "as=Table" in first


def metadata_wanted(accept: str) -> str:
    """Return `PartialObjectMetadata(List)` when that is the caller's first choice, else nothing."""
    first = accept.split(",")[0].replace(" ", "")
    for part in first.split(";"):
        if part.startswith("as=PartialObjectMetadata"):
            return part.removeprefix("as=")
    return ""


def render(
    kind: Kind,
    found: Iterable[Object],
    now: float,
    list_meta: Mapping[str, Any],
    *,
    include: str = "Metadata",
    with_columns: bool = True,
) -> dict[str, Any]:
    """Make the table of these objects."""
    shown = kind.columns or (columns.NAME, columns.AGE)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": dict(list_meta),
        "columnDefinitions": [
            {
                "name": column.name,
                "type": column.type,
                "format": column.format,
                "description": column.description,
                "priority": column.priority,
            }
            for column in shown
        ]
        if with_columns
        else [],
        "rows": [row(kind, obj, now, include) for obj in found],
    }


def row(kind: Kind, obj: Object, now: float, include: str) -> dict[str, Any]:
    """Make one row."""
    shown = kind.columns or (columns.NAME, columns.AGE)
    made: dict[str, Any] = {"cells": [column.cell(obj, now) for column in shown]}
    if kind.resource == "pods" and objects.status_of(obj).get("phase") in ("Succeeded", "Failed"):
        phase = str(objects.status_of(obj)["phase"])
        made["conditions"] = [
            {
                "type": "Completed",
                "status": "True",
                "reason": phase,
                "message": "The pod has completed successfully." if phase == "Succeeded" else "The pod failed.",
            }
        ]
    if include == "Object":
        made["object"] = obj
    elif include != "None":
        made["object"] = partial(obj)
    return made


def partial(obj: Object) -> dict[str, Any]:
    """Make the PartialObjectMetadata of an object."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": objects.metadata(obj)}
