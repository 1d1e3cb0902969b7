"""Questions that are asked by creating them: may I, what may I, who am I, may they, whose token is this.

Mirrors pkg/registry/authorization and pkg/registry/authentication (release 1.36). None of them adds an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from app.kinds import tokens
from app.kubeapi import auth, bodies, permissions, reading, writing
from app.kubeapi.call import Call
from app.kubeapi.paths import REVIEWS, Target
from app.machinery import errors, schema, validation
from app.store.keys import Role

_AUTHENTICATED = "system:authenticated"
_ACCOUNT = "system:serviceaccount:"


async def review(call: Call, target: Target) -> Response:
    """Answer a question."""
    kind = REVIEWS[(target.group, target.resource)]
    asked = bodies.as_object(await writing.body_of(call), target, kind, target.api_version)
    schema.require(asked, strict=call.request.query_params.get("fieldValidation") == "Strict")
    spec = asked.get("spec") or {}
    match kind:
        case "SelfSubjectReview":
            answered: Mapping[str, Any] = {"userInfo": user_info(call.user)}
        case "SelfSubjectRulesReview":
            if not spec.get("namespace"):
                raise errors.BadRequest("no namespace on request")
            answered = permissions.rules(call.role)
        case "TokenReview":
            answered = await _token(call, str(spec.get("token") or ""))
        case _:
            answered = _access(call, target, kind, spec)
    meta = {name: value for name, value in (asked.get("metadata") or {}).items() if name == "namespace"}
    told: dict[str, Any] = {"kind": kind, "apiVersion": target.api_version, "metadata": meta}
    if kind != "SelfSubjectReview":
        told["spec"] = spec
    return reading.answer({**told, "status": answered}, 201)


def user_info(user: str) -> dict[str, Any]:
    """Describe a user by name (authentication/v1 UserInfo)."""
    groups = [_AUTHENTICATED]
    if user.startswith(_ACCOUNT):
        namespace = user.removeprefix(_ACCOUNT).partition(":")[0]
        groups = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", _AUTHENTICATED]
    return {"username": user, "groups": groups}


def _access(call: Call, target: Target, kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    faults = []
    if (resource is None) == (path is None):
        told = "cannot be specified in combination with resourceAttributes" if path is not None else _ONE_OF
        field = "nonResourceAttributes" if path is not None else "resourceAttributes"
        faults += validation.invalid_each(f"spec.{field}", path, [told])
    if kind != "SelfSubjectAccessReview" and not spec.get("user") and not spec.get("groups"):
        faults += validation.invalid_each("spec.user", "", ["at least one of user or group must be specified"])
    if faults:
        raise errors.Invalid(kind, "", faults)
    role = call.role if kind == "SelfSubjectAccessReview" else _role_of(str(spec.get("user") or ""))
    if role is None:
        return {"allowed": False}
    if path is not None:
        return {"allowed": permissions.allows_path(role, str(path.get("verb") or ""))}
    wanted = resource or {}
    action = permissions.Action(*(str(wanted.get(name) or "") for name in ("verb", "group", "resource", "subresource")))
    return {"allowed": permissions.allows(role, action)}


_ONE_OF = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


def _role_of(user: str) -> Role | None:
    """Return what a user by name may do; None for one that nobody is."""
    if user.startswith(_ACCOUNT):
        return Role.VIEW
    return {f"podlane:{role.value}": role for role in Role}.get(user)


async def _token(call: Call, token: str) -> dict[str, Any]:
    if not token:
        faults = validation.invalid_each("spec.token", "", ["must be specified"])
        raise errors.Invalid("TokenReview", "", faults)
    found = await auth.holder(call.scope, call.playground, token)
    if found is None:
        return {"user": {}, "error": "[invalid bearer token]"}
    user = found.user or f"podlane:{found.role.value}"
    return {"authenticated": True, "user": user_info(user), "audiences": list(tokens.AUDIENCES)}
