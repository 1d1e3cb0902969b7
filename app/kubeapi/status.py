"""Refusals and confirmations as Status objects (staging/src/k8s.io/apimachinery/pkg/api/errors, release 1.36)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from app.kinds import registry
from app.kubeapi.paths import Target
from app.machinery import errors, objects, validation
from app.machinery.objects import Object

NOT_SERVED = "the server could not find the requested resource"
NOT_ALLOWED = "the server does not allow this method on the requested resource"


class Refusal(errors.ApiError):
    """A refusal with its own code and reason."""

    def __init__(self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, details=details)
        self.code = code
        self.reason = reason
        self.metadata: Mapping[str, Any] = {}
        """The list metadata of the Status: a token to go on with, where there is one."""
        self.warnings: Sequence[str] = ()


def unauthorized() -> Refusal:
    """Say that no key opens this; the same whether there is such a playground or not."""
    return Refusal(401, "Unauthorized", "Unauthorized")


def not_served() -> Refusal:
    """Say that the API has no such path."""
    return Refusal(404, "NotFound", NOT_SERVED)


def no_definitions() -> Refusal:
    """Say that a playground takes no kinds of others' making."""
    return Refusal(404, "NotFound", f"{NOT_SERVED}: {registry.NO_DEFINITIONS}")


def not_allowed() -> Refusal:
    """Say that the path does not take this method."""
    return Refusal(405, "MethodNotAllowed", NOT_ALLOWED)


def forbidden(target: Target, verb: str, user: str) -> Refusal:
    """Say that the key may not do that, as the RBAC authorizer does."""
    namespace = target.namespace or (target.name if target.group_resource == "namespaces" else "")
    scope = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    named = f' "{target.name}"' if target.name else ""
    resource = f"{target.resource}/{target.subresource}" if target.subresource else target.resource
    return Refusal(
        403,
        "Forbidden",
        f'{target.group_resource}{named} is forbidden: User "{user}" cannot {verb} resource "{resource}" '
        f'in API group "{target.group}" {scope}',
        _named({"name": target.name, "group": target.group, "kind": target.resource}),
    )


def of(error: errors.ApiError, target: Target | None = None) -> dict[str, Any]:
    """Render a refusal."""
    details = _named(error.details)
    if isinstance(error, errors.Invalid):
        group = target.group if target and error.kind else ""
        details = _named({"name": error.name, "group": group, "kind": error.kind})
        details["causes"] = validation.causes(error.field_errors)
    if isinstance(error, errors.TooManyRequests):
        details["retryAfterSeconds"] = max(1, round(error.retry_after))
    told: dict[str, Any] = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": dict(error.metadata) if isinstance(error, Refusal) else {},
        "status": "Failure",
        "message": error.message,
    }
    if error.reason:
        told["reason"] = error.reason
    if details or error.message == NOT_SERVED:
        told["details"] = details
    told["code"] = error.code
    return told


def success(target: Target, obj: Object) -> dict[str, Any]:
    """Confirm that an object is gone."""
    details = _named({"name": objects.name_of(obj), "group": target.group, "kind": target.resource})
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {**details, "uid": objects.uid_of(obj)},
    }


def done(code: int = 201) -> dict[str, Any]:
    """Confirm what has no object to show."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code}


def response(error: errors.ApiError, target: Target | None = None) -> Response:
    """Answer with a refusal."""
    headers = {"Cache-Control": "no-cache, private"}
    if isinstance(error, errors.TooManyRequests):
        headers["Retry-After"] = str(max(1, round(error.retry_after)))
    made = Response(msgspec.json.encode(of(error, target)), error.code, headers, "application/json")
    for name, text in warning_headers(error.warnings if isinstance(error, Refusal) else ()):
        made.headers.append(name, text)
    return made


def warning_headers(warnings: Sequence[str]) -> list[tuple[str, str]]:
    """Write warnings as RFC 7234 headers, each once."""
    return [("Warning", f"299 - {_quoted(text)}") for text in dict.fromkeys(warnings)]


def _quoted(text: str) -> str:
    """Quote a text as UTF-8, which headers pass on unread; no control character may stand in one."""
    sound = "".join(" " if ord(char) < 32 or 127 <= ord(char) < 160 else char for char in text)
    escaped = sound.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode("utf-8", "replace").decode("latin-1")


def _named(details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if value}
