"""Cells of the server-side tables, as `kubectl get` prints them.

Mirrors pkg/printers/internalversion/printers.go and staging/src/k8s.io/apimachinery/pkg/util/duration (release 1.36).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.cluster import clock
from app.kinds.kind import Column
from app.machinery import labels, objects
from app.machinery.objects import Object

NONE = "<none>"
UNSET = "<unset>"
UNKNOWN = "<unknown>"
Cell = Callable[[Object, float], Any]

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400


def human_duration(elapsed: float) -> str:
    """Write a span of seconds as kubectl's AGE does (duration.HumanDuration)."""
    seconds = int(elapsed)
    if seconds < -1:
        return "<invalid>"
    if seconds < 0:
        return "0s"
    if seconds < 2 * _MINUTE:
        return f"{seconds}s"
    if seconds < 10 * _MINUTE:
        return _pair(seconds // _MINUTE, "m", seconds % _MINUTE, "s")
    if seconds < 3 * _HOUR:
        return f"{seconds // _MINUTE}m"
    if seconds < 8 * _HOUR:
        return _pair(seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "m")
    if seconds < 2 * _DAY:
        return f"{seconds // _HOUR}h"
    if seconds < 8 * _DAY:
        return _pair(seconds // _DAY, "d", seconds % _DAY // _HOUR, "h")
    if seconds < 2 * _YEAR:
        return f"{seconds // _DAY}d"
    if seconds < 8 * _YEAR:
        return _pair(seconds // _YEAR, "y", seconds % _YEAR // _DAY, "d")
    return f"{seconds // _YEAR}y"


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def since(text: Any, now: float) -> str:
    """Write how long ago a timestamp was, `<unknown>` when there is none."""
    return human_duration(now - clock.seconds(text)) if text else UNKNOWN


def age(obj: Object, now: float) -> str:
    """Say how long ago the object was created."""
    return since(objects.metadata(obj).get("creationTimestamp"), now)


def name(obj: Object, now: float) -> str:
    """Return the object's name."""
    return objects.name_of(obj)


def field(*path: str | int, default: Any = "") -> Cell:
    """Make the cell that shows the value at a path, or the default."""

    def cell(obj: Object, now: float) -> Any:
        found = objects.dig(obj, *path)
        return default if found is None or found == "" else found

    return cell


def more(shown: Sequence[str], limit: int = 3) -> str:
    """Join the first few, and say how many more there are (formatWithMax)."""
    text = ",".join(shown[:limit])
    return f"{text} + {len(shown) - limit} more..." if len(shown) > limit else text


def selector(value: Mapping[str, Any] | None) -> str:
    """Write a matchLabels/matchExpressions selector, `<none>` when it matches everything or is absent."""
    return labels.format(labels.from_label_selector(value)) or NONE if value else NONE


def label_selector(*path: str) -> Cell:
    """Make the cell that shows the label selector at a path."""
    return lambda obj, now: selector(objects.dig(obj, *path))


def containers(*path: str) -> Cell:
    """Make the cell that lists the container names of the pod spec at a path."""
    return lambda obj, now: ",".join(c.get("name", "") for c in objects.dig(obj, *path, "containers") or ())


def images(*path: str) -> Cell:
    """Make the cell that lists the images of the pod spec at a path."""
    return lambda obj, now: ",".join(c.get("image", "") for c in objects.dig(obj, *path, "containers") or ())


NAME = Column("Name", "string", name, format="name", description="Name must be unique within a namespace.")
AGE = Column("Age", "string", age, description="Time since the object was created.")


def workload(*path: str) -> tuple[Column, ...]:
    """Make the wide columns of what stamps pods from a template at the path."""
    return (
        Column("Containers", "string", containers(*path), priority=1, description="Names of the containers."),
        Column("Images", "string", images(*path), priority=1, description="Images the containers run."),
    )


def text(title: str, cell: Cell, priority: int = 0) -> Column:
    """Make a column of text."""
    return Column(title, "string", cell, priority=priority)


def count(title: str, *path: str) -> Column:
    """Make the column that shows the number at a path, 0 when there is none."""
    return Column(title, "integer", field(*path, default=0))


def boolean(*path: str) -> Cell:
    """Make the cell that shows the flag at a path as printers show a pointer (printBoolPtr)."""

    def cell(obj: Object, now: float) -> str:
        found = objects.dig(obj, *path)
        return UNSET if found is None else ("True" if found else "False")

    return cell


def created(obj: Object, now: float) -> str:
    """Say when the object was created, as kinds do that show no age."""
    return str(objects.metadata(obj).get("creationTimestamp") or "")
