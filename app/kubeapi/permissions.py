"""Who may do what: an edit key everything, a view key (and a ServiceAccount) look and ask what it may.

DIFFERS: there is no RBAC; Roles and bindings are kept and shown, and decide nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.kinds import KINDS
from app.kubeapi import paths, status
from app.kubeapi.call import Call, flag
from app.kubeapi.paths import Target
from app.store.keys import Role

LOOKING = ("get", "list", "watch")
ABOUT_ONESELF = tuple(place for place in paths.REVIEWS if place[1].startswith("selfsubject"))
_REACHING = frozenset({"attach", "exec", "portforward", "proxy"})
"""Subresources that lead to what runs in the playground: who may only look has no business there."""
_CONNECTING = frozenset({"attach", "exec", "portforward"})
"""Of those, the ones that are one and the same thing however they are asked for."""
_OF_METHODS: Mapping[str, str] = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody wants to do with which resource."""

    verb: str
    group: str
    resource: str
    subresource: str = ""


def check(call: Call) -> None:
    """Refuse what the caller may not do, before anything of it is read."""
    for name in ("impersonate-user", "impersonate-group", "impersonate-uid"):
        whom = call.connection.headers.get(name)
        if whom is not None:
            raise _impersonates(name.partition("-")[2], whom, call.user)
    target = call.target
    if target is None:
        method = str(call.scope.get("method", "GET"))
        if call.role is not Role.EDIT and method not in ("GET", "HEAD"):
            path = f'User "{call.user}" cannot {method.lower()} path "{call.path}"'
            raise status.Refusal(403, "Forbidden", f"forbidden: {path}")
        return
    verb = verb_of(target, str(call.scope.get("method", "GET")), call.connection.query_params)
    if not allows(call.role, Action(verb, target.group, target.resource, target.subresource)):
        raise status.forbidden(target, verb, call.user)


def verb_of(target: Target, method: str, query: Mapping[str, str]) -> str:
    """Name what a call does as the authorizers see it.

    Mirrors staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go (release 1.36).
    """
    if target.subresource in _CONNECTING:
        return "create"
    if method in ("GET", "HEAD"):
        if target.is_watch or (not target.name and flag(query.get("watch"))):
            return "watch"
        return "get" if target.name else "list"
    if method == "DELETE" and not target.name:
        return "deletecollection"
    return _OF_METHODS.get(method, method.lower())


def allows(role: Role, action: Action) -> bool:
    """Say whether the holder of a key of that role may do that."""
    if role is Role.EDIT:
        return action.verb != "impersonate"
    if (action.group, action.resource) in ABOUT_ONESELF:
        return action.verb == "create"
    return action.verb in LOOKING and action.subresource not in _REACHING


def allows_path(role: Role, verb: str) -> bool:
    """Say whether the holder may ask for a path that is no resource."""
    return role is Role.EDIT or verb in ("get", "head")


def rules(role: Role) -> dict[str, Any]:
    """List what the holder may do (SubjectRulesReviewStatus)."""
    if role is Role.EDIT:
        return {
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "incomplete": False,
        }
    asked = [{"verbs": ["create"], "apiGroups": [group], "resources": [name]} for group, name in ABOUT_ONESELF]
    return {
        "resourceRules": [*asked, *_looking()],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["*"]}],
        "incomplete": False,
    }


def _looking() -> list[dict[str, Any]]:
    by_group: dict[str, list[str]] = {}
    for kind in KINDS:
        shown = [kind.resource, *(f"{kind.resource}/{sub}" for sub in paths.subresources_of(kind) if _is_shown(sub))]
        by_group.setdefault(kind.group, []).extend(shown)
    return [{"verbs": [*LOOKING], "apiGroups": [group], "resources": found} for group, found in by_group.items()]


def _is_shown(subresource: str) -> bool:
    return subresource in ("log", "scale", "status")


def _impersonates(what: str, whom: str, user: str) -> status.Refusal:
    """Refuse to act as somebody else: there is nobody else here."""
    resource = f"{what}s"
    message = (
        f'{resource} "{whom}" is forbidden: User "{user}" cannot impersonate resource "{resource}" in API group "" '
        "at the cluster scope"
    )
    return status.Refusal(403, "Forbidden", message, {"name": whom, "kind": resource})
