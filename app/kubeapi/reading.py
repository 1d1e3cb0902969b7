"""GET and LIST: consistent reads, pages, selectors, tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.cluster import state
from app.kinds import components, endpoints
from app.kinds.kind import Kind
from app.kubeapi import options, status, table
from app.kubeapi.call import Call
from app.kubeapi.paths import Target
from app.machinery import errors, fields, labels, objects
from app.machinery.objects import Object

_NAMES = ("metadata.name", "metadata.namespace")
_FIELDS: Mapping[state.Resource, tuple[str, ...]] = {
    ("", "pods"): (
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
        "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    ("", "services"): ("spec.clusterIP", "spec.type"),
    ("", "nodes"): ("spec.unschedulable",),
    ("", "namespaces"): ("status.phase",),
    ("", "events"): (
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ),
    ("events.k8s.io", "events"): (
        "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion",
        "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type",
    ),
    ("", "secrets"): ("type",),
    ("", "replicationcontrollers"): ("status.replicas",),
    ("apps", "replicasets"): ("status.replicas",),
}  # fmt: skip
_FLAGS = frozenset({"spec.hostNetwork", "spec.unschedulable"})
_COUNTS = frozenset({"status.replicas"})


def everything(_: Object) -> bool:
    """Select every object: the predicate of no selector at all."""
    return True


def selecting(kind: Kind, labels_text: str, fields_text: str) -> Callable[[Object], bool]:
    """Make the predicate of a labelSelector and a fieldSelector; refuses what cannot be read or selected by."""
    try:
        by_label = labels.parse(labels_text)
    except errors.BadRequest as error:
        raise errors.BadRequest(_unparsed(error.message)) from None
    by_field = fields.parse(fields_text)
    supported = (*_NAMES, *_FIELDS.get((kind.group, kind.resource), ()))
    for term in by_field.terms:
        if term.field not in supported:
            if (kind.group, kind.resource) in _FIELDS or kind.group in ("", "apps"):
                raise errors.BadRequest(f"field label not supported: {term.field}")
            raise errors.BadRequest(
                f'"{term.field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
            )

    if not by_label.requirements and not by_label.nothing and not by_field.terms:
        return everything

    def matches(obj: Object) -> bool:
        obj = kind.shown(obj)
        if not labels.matches(by_label, objects.labels_of(obj)):
            return False
        return not by_field.terms or fields.matches(by_field, lambda name: field_of(obj, name))

    return matches


def _unparsed(message: str) -> str:
    return message if message.startswith("unable to parse") else f"unable to parse requirement: {message}"


def field_of(obj: Object, name: str) -> str:
    """Return a selectable field's text."""
    if name == "status.podIPs":
        return ",".join(str(ip.get("ip")) for ip in objects.status_of(obj).get("podIPs") or ())
    if name == "source":
        return str(objects.dig(obj, "source", "component") or obj.get("reportingComponent") or "")
    found = objects.dig(obj, *name.split("."))
    if name in _FLAGS:
        return "true" if found else "false"
    if name in _COUNTS:
        return str(found or 0)
    return "" if found is None else str(found)


async def get(call: Call, target: Target, kind: Kind) -> Response:
    """Answer with one object."""
    held = await _state(call)
    found = present(held, target, kind)
    return await one(call, kind, found, warnings=deprecated(kind))


def present(held: state.ClusterState, target: Target, kind: Kind) -> Object:
    """Return the object a path names."""
    key = kind.key(target.namespace, target.name)
    found = held.get(key)
    if found is None:
        raise errors.not_found(key)
    return found


async def one(call: Call, kind: Kind, obj: Object, code: int = 200, warnings: Sequence[str] = ()) -> Response:
    """Answer with an object in the form that the caller accepts."""
    request = call.request
    accept = request.headers.get("accept", "")
    if table.wanted(accept):
        version = objects.metadata(obj).get("resourceVersion", "")
        at = await now(call)
        body: Any = table.render(kind, [obj], at, {"resourceVersion": version}, include=_include(request))
    elif table.metadata_wanted(accept):
        body = table.partial(obj)
    else:
        body = components.shown(kind.shown(obj))
    return answer(body, code, warnings)


def answer(body: Any, code: int = 200, warnings: Sequence[str] = ()) -> Response:
    """Answer with JSON; bytes are JSON already."""
    made = Response(
        body if isinstance(body, bytes) else msgspec.json.encode(body),
        code,
        {"Cache-Control": "no-cache, private"},
        "application/json",
    )
    for name, text in status.warning_headers(warnings):
        made.headers.append(name, text)
    return made


def collection(kind: Kind, found: Sequence[Object], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Make a list object; its members do not repeat apiVersion and kind."""
    shown = [kind.shown(obj) for obj in found]
    bare = [{name: value for name, value in obj.items() if name not in ("apiVersion", "kind")} for obj in shown]
    return {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": dict(meta), "items": bare}


def deprecated(kind: Kind) -> tuple[str, ...]:
    """Return the warning that every call about an older kind is answered with."""
    return (endpoints.DEPRECATED,) if kind.resource_key == state.ENDPOINTS else ()


def _include(request: Request) -> str:
    return request.query_params.get("includeObject", "Metadata")


async def now(call: Call) -> float:
    """Return the playground's simulated time."""
    return (await call.host.describe(call.playground)).clock.now


async def _state(call: Call) -> state.ClusterState:
    """Return the state to read one object from; a revision that is still to come is refused."""
    asked = options.read({"resourceVersion": call.request.query_params.get("resourceVersion", "")}, is_watch=False)
    held = await call.host.read(call.playground)
    if asked.version > held.revision:
        raise options.too_large(asked.version, held.revision)
    return held
