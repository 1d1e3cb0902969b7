"""What the API serves: versions, groups, resources; legacy and aggregated (APIGroupDiscoveryList)."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.kinds import KINDS
from app.kinds.kind import Kind
from app.kubeapi import paths

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
VERSION = {
    "major": "1",
    "minor": "36",
    "emulationMajor": "1",
    "emulationMinor": "36",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "35",
    "gitVersion": "v1.36.0",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-04-22T00:00:00Z",
    "goVersion": "go1.26.2",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
_SUBRESOURCE_KINDS = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "binding": ("", "v1", "Binding"),
    "exec": ("", "v1", "PodExecOptions"),
    "attach": ("", "v1", "PodAttachOptions"),
    "portforward": ("", "v1", "PodPortForwardOptions"),
    "token": ("authentication.k8s.io", "v1", "TokenRequest"),
}
_SUBRESOURCE_VERBS = {
    "ephemeralcontainers": ["get", "patch", "update"],
    "scale": ["get", "patch", "update"],
    "status": ["get", "patch", "update"],
    "finalize": ["update"],
    "log": ["get"],
    "exec": ["create", "get"],
    "attach": ["create", "get"],
    "portforward": ["create", "get"],
    "proxy": ["create", "delete", "get", "patch", "update"],
}


_ORDER = (
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
)
"""Groups as upstream ranks them; clients that know a resource in two groups take the first."""
_HEALTH: Mapping[str, tuple[str, ...]] = {
    "healthz": ("ping", "log", "etcd"),
    "livez": ("ping", "log", "etcd"),
    "readyz": ("ping", "log", "etcd", "informer-sync", "shutdown"),
}
"""Checks by endpoint. A server that answers at all passes them: what it needs is asked before any call gets here."""


def answer(path: str, request: Request) -> Response | None:
    """Answer a discovery path, None for any other."""
    steps = tuple(step for step in path.split("/") if step)
    if not steps:
        return _json({"paths": _paths()})
    if steps[0] in _HEALTH:
        return _health(steps, request)
    if steps == ("version",):
        return _json(VERSION)
    if steps in (("api",), ("apis",)):
        wanted = _aggregated_version(request.headers.get("accept", ""))
        if wanted:
            return _aggregated(steps[0], wanted, request)
        return _json(_versions() if steps == ("api",) else _group_list())
    if steps == ("api", "v1"):
        return _json(_resource_list("", "v1"))
    if steps[:1] == ("apis",) and len(steps) == 2 and steps[1] in _groups():
        return _json({"kind": "APIGroup", "apiVersion": "v1", **_group(steps[1])})
    if steps[:1] == ("apis",) and len(steps) == 3 and (steps[1], steps[2]) in _group_versions():
        return _json(_resource_list(steps[1], steps[2]))
    return None


def serves(group: str, version: str) -> bool:
    """Say whether there is anything in that version of that group."""
    return (group, version) == ("", "v1") or (group, version) in _group_versions()


def _paths() -> list[str]:
    versions = [f"/apis/{group}/{version}" for group, version in _group_versions()]
    groups = [f"/apis/{group}" for group in _groups()]
    health = [f"/{name}{check}" for name, checks in _HEALTH.items() for check in ("", *(f"/{one}" for one in checks))]
    return sorted(["/api", "/api/v1", "/apis", *groups, *versions, *health, "/openapi/v2", "/openapi/v3", "/version"])


def _health(steps: tuple[str, ...], request: Request) -> Response | None:
    """Answer as k8s.io/apiserver/pkg/server/healthz does."""
    checks = _HEALTH[steps[0]]
    if len(steps) > 1:
        return Response("ok", media_type="text/plain") if len(steps) == 2 and steps[1] in checks else None
    if "verbose" not in request.query_params:
        return Response("ok", media_type="text/plain")
    excluded = set(request.query_params.getlist("exclude"))
    told = [f"[+]{name} {'excluded: ' if name in excluded else ''}ok" for name in checks]
    return Response("\n".join([*told, f"{steps[0]} check passed", ""]), media_type="text/plain")


def _json(body: Any, headers: dict[str, str] | None = None, media_type: str = "application/json") -> Response:
    return Response(msgspec.json.encode(body), 200, headers, media_type)


def _aggregated_version(accept: str) -> str:
    for part in accept.split(","):
        words = part.replace(" ", "")
        if "as=APIGroupDiscoveryList" in words:
            if "v=v2;" in f"{words};":
                return "v2"
            if "v=v2beta1;" in f"{words};":
                return "v2beta1"
    return ""


def _aggregated(root: str, version: str, request: Request) -> Response:
    body, tag = _aggregated_body(root, version)
    headers = {"ETag": f'"{tag}"', "Vary": "Accept", "Cache-Control": "public"}
    if request.headers.get("if-none-match", "").strip('"') == tag:
        return Response(status_code=304, headers=headers)
    answered = Response(body, 200, headers)
    answered.headers["content-type"] = _AGGREGATED.format(version)
    return answered


@functools.cache
def _aggregated_body(root: str, version: str) -> tuple[bytes, str]:
    wanted = [("", "v1")] if root == "api" else _group_versions()
    found: list[dict[str, Any]] = []
    for group, versions in groupby(wanted, key=lambda pair: pair[0]):
        listed = [{"version": v, "resources": _discovered(group, v), "freshness": "Current"} for _, v in versions]
        found.append({"metadata": {"name": group} if group else {}, "versions": listed})
    body = msgspec.json.encode(
        {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"apidiscovery.k8s.io/{version}",
            "metadata": {},
            "items": found,
        }
    )
    return body, hashlib.sha256(body).hexdigest().upper()


def _discovered(group: str, version: str) -> list[dict[str, Any]]:
    found = [_discovered_kind(kind) for kind in _kinds(group, version)]
    return found + [
        {
            "resource": resource,
            "responseKind": {"group": "", "version": "", "kind": name},
            "scope": "Namespaced" if resource in paths.NAMESPACED_REVIEWS else "Cluster",
            "singularResource": name.lower(),
            "verbs": ["create"],
        }
        for (of_group, resource), name in paths.REVIEWS.items()
        if of_group == group
    ]


def _discovered_kind(kind: Kind) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resource": kind.resource,
        "responseKind": {"group": "", "version": "", "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": verbs_of(kind),
    }
    if kind.short_names:
        made["shortNames"] = list(kind.short_names)
    if kind.categories:
        made["categories"] = list(kind.categories)
    subs = [_discovered_sub(kind, name) for name in paths.subresources_of(kind)]
    if subs:
        made["subresources"] = subs
    return made


def _discovered_sub(kind: Kind, name: str) -> dict[str, Any]:
    group, version, of = _SUBRESOURCE_KINDS.get(name, ("", "", kind.kind))
    return {
        "subresource": name,
        "responseKind": {"group": group, "version": version, "kind": of},
        "verbs": subresource_verbs(name),
    }


def verbs_of(kind: Kind) -> list[str]:
    """List what can be done with objects of a kind."""
    return [verb for verb in VERBS if verb != "deletecollection"] if kind.resource == "namespaces" else VERBS


def subresource_kind(kind: Kind, name: str) -> tuple[str, str, str]:
    """Return group, version and kind of what a subresource holds."""
    return _SUBRESOURCE_KINDS.get(name, (kind.group, kind.version, kind.kind))


def subresource_verbs(name: str) -> list[str]:
    """List what can be done with a subresource."""
    return _SUBRESOURCE_VERBS.get(name, ["create"])


def _versions() -> dict[str, Any]:
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "10.0.0.10:6443"}],
    }


@functools.cache
def _group_versions() -> list[tuple[str, str]]:
    known = [(kind.group, kind.version) for kind in KINDS if kind.group]
    asked = [(group, "v1") for group, _ in paths.REVIEWS]
    return sorted(dict.fromkeys([*known, *asked]), key=lambda pair: (_rank(pair[0]), pair[0], -int(pair[1][1:])))


def _rank(group: str) -> int:
    return _ORDER.index(group) if group in _ORDER else len(_ORDER)


@functools.cache
def _groups() -> list[str]:
    return list(dict.fromkeys(group for group, _ in _group_versions()))


def _group(name: str) -> dict[str, Any]:
    listed = [{"groupVersion": f"{g}/{v}", "version": v} for g, v in _group_versions() if g == name]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _group_list() -> dict[str, Any]:
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _groups()]}


def _kinds(group: str, version: str) -> list[Kind]:
    return [kind for kind in KINDS if kind.group == group and kind.version == version]


def _resource_list(group: str, version: str) -> dict[str, Any]:
    listed: list[dict[str, Any]] = []
    for kind in _kinds(group, version):
        made = {
            "name": kind.resource,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": verbs_of(kind),
        }
        if kind.short_names:
            made["shortNames"] = list(kind.short_names)
        if kind.categories:
            made["categories"] = list(kind.categories)
        listed.append(made)
        listed += [_legacy_sub(kind, name) for name in paths.subresources_of(kind)]
    listed += [
        {
            "name": resource,
            "singularName": name.lower(),
            "namespaced": resource in paths.NAMESPACED_REVIEWS,
            "kind": name,
            "verbs": ["create"],
        }
        for (of_group, resource), name in paths.REVIEWS.items()
        if of_group == group
    ]
    group_version = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": listed}


def _legacy_sub(kind: Kind, name: str) -> dict[str, Any]:
    group, version, of = _SUBRESOURCE_KINDS.get(name, ("", "", kind.kind))
    made: dict[str, Any] = {
        "name": f"{kind.resource}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": of,
        "verbs": subresource_verbs(name),
    }
    return {**made, "group": group, "version": version} if version else made
