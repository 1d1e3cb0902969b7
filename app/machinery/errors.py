"""One tree of refusals: each knows its HTTP code and its Kubernetes Status reason.

    ApiError
    ├── BadRequest            400
    ├── Forbidden             403
    ├── NotFound              404
    ├── AlreadyExists         409
    ├── Conflict              409
    ├── Expired               410
    ├── TooLarge              413
    ├── Invalid               422
    ├── TooManyRequests       429
    ├── OverBudget            429
    └── Unavailable           503

Raised in the core, rendered only in `kubeapi` (Status objects) and `web` (problem details, pages).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.machinery.objects import Key


class ApiError(Exception):
    """A refusal in the API server's words; nothing was changed.

    `plain` is one more sentence for a learner, empty when the message already says it all.
    """

    code = 500
    reason = "InternalError"

    def __init__(
        self,
        message: str,
        *,
        plain: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.plain = plain
        self.details: Mapping[str, Any] = details or {}


class BadRequest(ApiError):
    """The request cannot be read."""

    code = 400
    reason = "BadRequest"


class Forbidden(ApiError):
    """The caller or the state of the cluster does not allow it."""

    code = 403
    reason = "Forbidden"


class NotFound(ApiError):
    """No such object."""

    code = 404
    reason = "NotFound"


class AlreadyExists(ApiError):
    """An object of that name is there."""

    code = 409
    reason = "AlreadyExists"


class Conflict(ApiError):
    """Somebody else changed it first."""

    code = 409
    reason = "Conflict"


class Expired(ApiError):
    """That part of the history is compacted away."""

    code = 410
    reason = "Expired"


class TooLarge(ApiError):
    """More than one call or one playground may hold."""

    code = 413
    reason = "RequestEntityTooLarge"


class TooManyRequests(ApiError):
    """A rate limit of a public server; `retry_after` in seconds."""

    code = 429
    reason = "TooManyRequests"

    def __init__(self, message: str, *, retry_after: float = 1.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OverBudget(ApiError):
    """A pod may not go now, for too few others are healthy."""

    code = 429
    reason = "TooManyRequests"

    def __init__(self, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(message, details=details)


class Unavailable(ApiError):
    """It cannot be done now, but later."""

    code = 503
    reason = "ServiceUnavailable"


class Invalid(ApiError):
    """Fields of an object break a rule.

    `field_errors` are `validation.FieldError`s; the message is the whole upstream sentence,
    `Service "bad" is invalid: spec.ports: Required value`.
    """

    code = 422
    reason = "Invalid"

    def __init__(self, kind: str, name: str, field_errors: Sequence[Any]) -> None:
        rendered = list(dict.fromkeys(str(error) for error in field_errors))
        body = rendered[0] if len(rendered) == 1 else f"[{', '.join(rendered)}]"
        super().__init__(f'{kind} "{name}" is invalid: {body}', details={"name": name, "kind": kind})
        self.kind = kind
        self.name = name
        self.field_errors = tuple(field_errors)


def forbidden(key: Key, why: str, *, plain: str = "", causes: Sequence[Mapping[str, str]] = ()) -> Forbidden:
    """Say `pods "web" is forbidden: …`, as admission does (admission.NewForbidden)."""
    details: dict[str, Any] = {"name": key.name, "kind": key.resource, "group": key.group}
    if causes:
        details["causes"] = list(causes)
    return Forbidden(f'{key.group_resource} "{key.name}" is forbidden: {why}', plain=plain, details=details)


def not_found(key: Key) -> NotFound:
    """Say `services "nope" not found`, as the API server does."""
    return NotFound(
        f'{key.group_resource} "{key.name}" not found',
        details={"name": key.name, "kind": key.resource, "group": key.group},
    )


def already_exists(key: Key) -> AlreadyExists:
    """Say `services "web" already exists`, as the API server does."""
    return AlreadyExists(
        f'{key.group_resource} "{key.name}" already exists',
        details={"name": key.name, "kind": key.resource, "group": key.group},
    )


def modified(key: Key) -> Conflict:
    """Say that the object was changed since the caller read it, as the API server does."""
    return Conflict(
        f'Operation cannot be fulfilled on {key.group_resource} "{key.name}": the object has been modified; '
        "please apply your changes to the latest version and try again",
        details={"name": key.name, "kind": key.resource, "group": key.group},
    )
