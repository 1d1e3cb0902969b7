"""GET and LIST: consistent reads, pages, selectors, tables."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.cluster import state
from app.kinds import endpoints
from app.kinds.kind import Kind
from app.kubeapi import status, table
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
    ("", "secrets"): ("type",),
    ("", "replicationcontrollers"): ("status.replicas",),
    ("apps", "replicasets"): ("status.replicas",),
}  # fmt: skip
_FLAGS = frozenset({"spec.hostNetwork", "spec.unschedulable"})
_COUNTS = frozenset({"status.replicas"})


def selecting(kind: Kind, labels_text: str, fields_text: str) -> Callable[[Object], bool]:
    """Make the predicate of a labelSelector and a fieldSelector; refuses what cannot be read or selected by."""
    try:
        by_label = labels.parse(labels_text)
    except errors.BadRequest as error:
        raise errors.BadRequest(_unparsed(error.message)) from None
    by_field = fields.parse(fields_text)
    supported = (*_NAMES, *_FIELDS.get(kind.resource_key, ()))
    for term in by_field.terms:
        if term.field not in supported:
            if kind.resource_key in _FIELDS or kind.group in ("", "apps"):
                raise errors.BadRequest(f"field label not supported: {term.field}")
            raise errors.BadRequest(
                f'"{term.field}" is not a known field selector: only "metadata.name", "metadata.namespace"'
            )

    def matches(obj: Object) -> bool:
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
    held = await _state(call, target)
    found = present(held, target, kind)
    return await one(call, kind, found, warnings=_deprecated(kind))


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
        now = await _now(call)
        body: Any = table.render(kind, [obj], now, {"resourceVersion": version}, include=_include(request))
    elif table.metadata_wanted(accept):
        body = table.partial(obj)
    else:
        body = obj
    return answer(body, code, warnings)


def answer(body: Any, code: int = 200, warnings: Sequence[str] = ()) -> Response:
    """Answer with JSON."""
    made = Response(msgspec.json.encode(body), code, {"Cache-Control": "no-cache, private"}, "application/json")
    for name, text in status.warning_headers(warnings):
        made.headers.append(name, text)
    return made


async def listing(call: Call, target: Target, kind: Kind) -> Response:
    """Answer with a collection, or one page of it."""
    request = call.request
    query = request.query_params
    matches = selecting(kind, query.get("labelSelector", ""), query.get("fieldSelector", ""))
    start, at = _continued(query.get("continue", ""))
    held = await _state(call, target, at)
    version = held.revision
    found = [obj for obj in in_order(held, target, kind) if _place(obj) >= start and matches(obj)]
    limit = _limit(query.get("limit", ""))
    meta: dict[str, Any] = {"resourceVersion": str(version)}
    if limit and len(found) > limit:
        meta["continue"] = _token(version, _place(found[limit]))
        if not query.get("labelSelector") and not query.get("fieldSelector"):
            meta["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    accept = request.headers.get("accept", "")
    if table.wanted(accept):
        body: Any = table.render(kind, found, await _now(call), meta, include=_include(request))
    elif table.metadata_wanted(accept):
        partials = [table.partial(obj) for obj in found]
        body = {
            "kind": "PartialObjectMetadataList",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": meta,
            "items": partials,
        }
    else:
        body = collection(kind, found, meta)
    return answer(body, warnings=_deprecated(kind))


def collection(kind: Kind, found: Sequence[Object], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Make a list object; its members do not repeat apiVersion and kind."""
    bare = [{name: value for name, value in obj.items() if name not in ("apiVersion", "kind")} for obj in found]
    return {"kind": f"{kind.kind}List", "apiVersion": kind.api_version, "metadata": dict(meta), "items": bare}


def in_order(held: state.ClusterState, target: Target, kind: Kind) -> list[Object]:
    """Return a collection's objects by namespace and name."""
    return sorted(held.list(kind.resource_key, target.namespace or None), key=_place)


def _place(obj: Object) -> tuple[str, str]:
    return objects.namespace_of(obj), objects.name_of(obj)


def _deprecated(kind: Kind) -> tuple[str, ...]:
    return (endpoints.DEPRECATED,) if kind.resource_key == state.ENDPOINTS else ()


def _include(request: Request) -> str:
    return request.query_params.get("includeObject", "Metadata")


async def _now(call: Call) -> float:
    return (await call.host.describe(call.playground)).clock.now


async def _state(call: Call, target: Target, at: int = 0) -> state.ClusterState:
    """Return the state to read from: the present one, or that of an exact revision."""
    query = call.request.query_params
    held = await call.host.read(call.playground)
    version, match = query.get("resourceVersion", ""), query.get("resourceVersionMatch", "")
    if match and not version:
        raise _invalid_options(
            "resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"
        )
    if version:
        if not version.isdigit():
            raise errors.BadRequest(
                f"invalid resource version: strconv.ParseUint: parsing {json.dumps(version)}: invalid syntax"
            )
        if int(version) > held.revision:
            raise _too_large(int(version), held.revision)
        if match == "Exact":
            at = int(version)
    if not at or at == held.revision:
        return held
    if at > held.revision:
        raise errors.BadRequest("invalid continue token: from the future")
    return await call.host.past(call.playground, at)


def _too_large(asked: int, current: int) -> status.Refusal:
    return status.Refusal(
        504,
        "Timeout",
        f"Too large resource version: {asked}, current: {current}",
        {
            "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
            "retryAfterSeconds": 1,
        },
    )


def _invalid_options(field: str, detail: str) -> status.Refusal:
    return status.Refusal(
        422,
        "Invalid",
        f'ListOptions.meta.k8s.io "" is invalid: {field}: Forbidden: {detail}',
        {
            "group": "meta.k8s.io",
            "kind": "ListOptions",
            "causes": [{"reason": "FieldValueForbidden", "message": f"Forbidden: {detail}", "field": field}],
        },
    )


def _limit(text: str) -> int:
    if text and not text.removeprefix("-").isdigit():
        raise errors.BadRequest(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax")
    return max(0, int(text or 0))


def _token(version: int, place: tuple[str, str]) -> str:
    start = "/".join(part for part in place if part) if not place[0] else f"{place[0]}/{place[1]}"
    raw = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start}, separators=(",", ":"))
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _continued(token: str) -> tuple[tuple[str, str], int]:
    """Read a continue token: where the page starts, and the revision of the first page."""
    if not token:
        return ("", ""), 0
    try:
        raw = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, _, name = raw["start"].rpartition("/")
        return (str(namespace), str(name)), int(raw["rv"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise errors.BadRequest(f"invalid continue token: {error}") from None
