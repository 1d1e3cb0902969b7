"""Refusals as forms tell them: plain words first, the server's own below, and which field is meant."""

from __future__ import annotations

from dataclasses import dataclass

from app.machinery import errors, field_faults

_FIELDS = (
    ("metadata.name", "name"),
    ("metadata.labels", "labels"),
    ("spec.containers[0].image", "image"),
    ("spec.template.spec.containers[0].image", "image"),
    ("spec.template.spec.containers[0].ports", "container_port"),
    ("spec.template.metadata.labels", "labels"),
    ("spec.replicas", "replicas"),
    ("spec.selector", "selector"),
    ("spec.ports[0].targetPort", "target"),
    ("spec.ports[0].port", "port"),
    ("spec.type", "type"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal for people: the server's words, plain ones, and the form's field that is to blame ("" when none is)."""

    message: str
    plain: str
    field: str = ""


def told(error: errors.ApiError) -> Told:
    """Tell a refusal."""
    if not isinstance(error, errors.Invalid) or not error.field_errors:
        return Told(error.message, error.plain)
    first = error.field_errors[0]
    plain = error.plain or field_faults.explain(error.kind, first)
    field = next((name for path, name in _FIELDS if str(first.field).startswith(path)), "")
    return Told(error.message, plain, field)
