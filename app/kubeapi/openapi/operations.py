"""The paths of a document: what can be asked of each kind and subresource, with which parameters and bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kinds.kind import Kind
from app.kubeapi import discovery, paths
from app.kubeapi.openapi import components
from app.machinery import schema

JSON = "application/json"
_SENT = (JSON, "application/yaml", "application/vnd.kubernetes.protobuf")
_PATCHES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)
_METHODS: Mapping[str, str] = {"get": "get", "create": "post", "update": "put", "patch": "patch", "delete": "delete"}
_ACTIONS: Mapping[str, str] = {"create": "post", "update": "put"}
_OPTIONS = {"portforward": "PortForward"}
_STREAMS = frozenset({"attach", "exec", "portforward", "proxy"})
Operation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """What the operations of one path are about: the kind there, and its struct (empty when none is known)."""

    gvk: Mapping[str, str]
    struct: str
    title: str
    tag: str


def of_kind(place: str, kind: Kind) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Write the paths of a kind below `api/v1` or `apis/apps/v1`."""
    base = f"/{place}/namespaces/{{namespace}}/{kind.resource}" if kind.namespaced else f"/{place}/{kind.resource}"
    scope = [_parameter("namespace", "path")] if kind.namespaced else []
    here = _place(place, kind)
    if kind.namespaced:
        everywhere = {"get": _operation(here, "list", "ForAllNamespaces", query=_LIST, answer="List")}
        yield f"/{place}/{kind.resource}", {**everywhere, "parameters": [_PRETTY]}
    collection: dict[str, Any] = {
        "get": _operation(here, "list", query=_LIST, answer="List"),
        "post": _operation(here, "post", query=_WRITE, sent=_SENT),
    }
    if "deletecollection" in discovery.verbs_of(kind):
        collection["delete"] = _operation(here, "deletecollection", query=[*_LIST, *_DELETE], answer="Status")
    yield base, {**collection, "parameters": [*scope, _PRETTY]}
    one = [*scope, _parameter("name", "path"), _PRETTY]
    verbs = {name: _verb(here, name) for name in ("get", "update", "patch", "delete")}
    yield f"{base}/{{name}}", {**dict(verbs.values()), "parameters": one}
    for sub in paths.subresources_of(kind):
        yield f"{base}/{{name}}/{sub}", {**_of_subresource(place, kind, sub), "parameters": one}


def roots_of(kind: Kind) -> dict[str, Mapping[str, str]]:
    """Return the structs that a kind's subresources hold, each with its group, version and kind."""
    found: dict[str, Mapping[str, str]] = {}
    for sub in paths.subresources_of(kind):
        group, version, name = discovery.subresource_kind(kind, sub)
        struct = schema.root_of(f"{group}/{version}" if group else version, name)
        if struct:
            found[struct] = {"group": group, "version": version, "kind": name}
    return found


def of_review(place: str, resource: str, kind: str) -> tuple[str, Mapping[str, Any]]:
    """Write the path of a question that is asked by creating it."""
    api_version = place.partition("/")[2]
    group, _, version = api_version.rpartition("/")
    gvk = {"group": group, "version": version, "kind": kind}
    here = _Place(gvk, schema.root_of(api_version, kind), kind, _tag(group, version))
    posted = {"post": _operation(here, "post", query=_WRITE, sent=_SENT)}
    if resource in paths.NAMESPACED_REVIEWS:
        scope = [_parameter("namespace", "path"), _PRETTY]
        return f"/{place}/namespaces/{{namespace}}/{resource}", {**posted, "parameters": scope}
    return f"/{place}/{resource}", {**posted, "parameters": [_PRETTY]}


def _place(place: str, kind: Kind) -> _Place:
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    scope = "Namespaced" if kind.namespaced else ""
    title = f"{_camel(kind.group or 'core')}{kind.version.capitalize()}{scope}{kind.kind}"
    return _Place(gvk, schema.root_of(kind.api_version, kind.kind), title, _tag(kind.group, kind.version))


def _of_subresource(place: str, kind: Kind, sub: str) -> dict[str, Any]:
    own = _place(place, kind)
    group, version, name = discovery.subresource_kind(kind, sub)
    api_version = f"{group}/{version}" if group else version
    title = f"{own.title}{sub.capitalize()}"
    if sub in _STREAMS or sub == "log":
        action = "get" if sub == "log" else "connect"
        struct, gvk = own.struct, {**own.gvk, "kind": name or kind.kind}
        if sub in _STREAMS:
            # kubectl takes the first PATCH of a kind for the word on fieldValidation: a proxy's is of its own kind.
            gvk["kind"] = f"{kind.kind}{_OPTIONS.get(sub, sub.capitalize())}Options"
    else:
        action, struct = "", schema.root_of(api_version, name)
        gvk = {"group": group, "version": version, "kind": name}
    here = _Place(gvk, struct, title, own.tag)
    found = dict(_verb(here, verb, action) for verb in discovery.subresource_verbs(sub))
    if sub == "log":
        found["get"]["parameters"] = _LOG
        found["get"]["responses"]["200"] = {
            "description": "OK",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    return found


def _verb(here: _Place, verb: str, action: str = "") -> tuple[str, Operation]:
    """Return the method and operation of one verb."""
    method = _METHODS[verb]
    if action == "connect":
        return method, _operation(here, "connect", verb.capitalize(), answer="text")
    named = action or _ACTIONS.get(verb, verb)
    match verb:
        case "create" | "update":
            return method, _operation(here, named, query=_WRITE, sent=_SENT)
        case "patch":
            return method, _operation(here, named, query=[*_WRITE, _FORCE], sent=_PATCHES)
        case "delete":
            return method, _operation(here, named, query=_DELETE, answer="Status")
    return method, _operation(here, named)


def _tag(group: str, version: str) -> str:
    return f"{_camel(group or 'core', first=False)}_{version}"


def _camel(group: str, *, first: bool = True) -> str:
    words = group.removesuffix(".k8s.io").split(".")
    joined = "".join(word.capitalize() for word in words)
    return joined if first else joined[:1].lower() + joined[1:]


def _parameter(name: str, place: str = "query", kind: str = "string") -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "in": place, "schema": {"type": kind, "uniqueItems": True}}
    return {**found, "required": True} if place == "path" else found


_PRETTY = _parameter("pretty")
_FORCE = _parameter("force", kind="boolean")
_WRITE = [_parameter(name) for name in ("dryRun", "fieldManager", "fieldValidation")]
_LIST = [
    *(_parameter(name) for name in ("continue", "fieldSelector", "labelSelector")),
    *(_parameter(name) for name in ("resourceVersion", "resourceVersionMatch")),
    *(_parameter(name, kind="integer") for name in ("limit", "timeoutSeconds")),
    *(_parameter(name, kind="boolean") for name in ("allowWatchBookmarks", "sendInitialEvents", "watch")),
]
_DELETE = [
    _parameter("dryRun"),
    _parameter("gracePeriodSeconds", kind="integer"),
    _parameter("orphanDependents", kind="boolean"),
    _parameter("propagationPolicy"),
]
_LOG = [
    _parameter("container"),
    *(_parameter(name, kind="boolean") for name in ("follow", "previous", "timestamps")),
    *(_parameter(name, kind="integer") for name in ("limitBytes", "sinceSeconds", "tailLines")),
]


def _operation(
    here: _Place,
    action: str,
    suffix: str = "",
    *,
    query: Sequence[Mapping[str, Any]] = (),
    sent: Sequence[str] = (),
    answer: str = "",
) -> Operation:
    name = components.name_of(here.struct) if here.struct else ""
    content: Operation = {
        "tags": [here.tag],
        "operationId": f"{_WORDS.get(action, action)}{here.title}{suffix}",
        "parameters": list(query),
        "responses": _responses(action, name, answer),
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": dict(here.gvk),
    }
    if sent:
        what = components.META + "Patch" if sent is _PATCHES else name
        content["requestBody"] = {"required": True, "content": {form: {"schema": _schema(what)} for form in sent}}
    elif action in ("delete", "deletecollection"):
        options = _schema(components.name_of(components.DELETE_OPTIONS))
        content["requestBody"] = {"content": {form: {"schema": options} for form in _SENT}}
    return content


_WORDS: Mapping[str, str] = {"get": "read", "post": "create", "put": "replace", "deletecollection": "deleteCollection"}


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": components.REF + name} if name else {"type": "object"}


def _responses(action: str, name: str, answer: str) -> dict[str, Any]:
    match answer:
        case "text":
            schema_of, form = {"type": "string"}, "*/*"
        case "Status":
            schema_of, form = _schema(components.name_of(components.STATUS)), JSON
        case suffix:
            schema_of, form = _schema(name + suffix), JSON
    codes = {"post": ("200", "201", "202"), "put": ("200", "201"), "patch": ("200", "201"), "delete": ("200", "202")}
    told = {
        code: {"description": _SAID[code], "content": {form: {"schema": schema_of}}}
        for code in codes.get(action, ("200",))
    }
    return {**told, "401": {"description": "Unauthorized"}}


_SAID: Mapping[str, str] = {"200": "OK", "201": "Created", "202": "Accepted"}
