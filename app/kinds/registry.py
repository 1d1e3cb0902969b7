"""Which kind an object, a resource or a key is of; what no file describes becomes a stored kind by itself."""

from __future__ import annotations

from app.kinds import KINDS, stored
from app.kinds.kind import Kind
from app.machinery import errors
from app.machinery.objects import Key, Object

_BY_KIND = {(kind.group, kind.kind): kind for kind in KINDS}
_BY_RESOURCE = {kind.resource_key: kind for kind in KINDS}
_LOWERED = {kind.kind.lower(): kind for kind in reversed(KINDS)}
_NAMES = {
    name: kind
    for kind in reversed(KINDS)
    for name in (kind.resource, kind.singular, kind.kind.lower(), *kind.short_names)
}
_ALSO_SERVED = frozenset({("autoscaling/v1", "HorizontalPodAutoscaler")})
"""Other API versions of known kinds; the objects are kept as they were written."""

if len(_BY_KIND) != len(KINDS) or len(_BY_RESOURCE) != len(KINDS):
    raise ValueError("two kinds share a name")


def group_of(api_version: str) -> str:
    """Return the group of `apps/v1` (`apps`) or of `v1` (empty)."""
    group, slash, _ = api_version.partition("/")
    return group if slash else ""


def by_kind(group_or_api_version: str, kind: str) -> Kind | None:
    """Return the known kind of that name in a group (`apps`, or empty) or API version (`apps/v1`, `v1`)."""
    if (group_or_api_version, kind) in _ALSO_SERVED:
        return _LOWERED[kind.lower()]
    if "/" in group_or_api_version or group_or_api_version == "v1":
        found = _BY_KIND.get((group_of(group_or_api_version), kind))
        return found if found is not None and found.api_version == group_or_api_version else None
    return _BY_KIND.get((group_or_api_version, kind))


def by_resource(group: str, resource: str) -> Kind | None:
    """Return the known kind with that plural name."""
    return _BY_RESOURCE.get((group, resource))


def by_name(name: str) -> Kind | None:
    """Return the known kind that kubectl means by `svc`, `service`, `services` or `Service`."""
    return _NAMES.get(name.lower())


def of(obj: Object) -> Kind:
    """Return the object's kind; an unknown one is made a stored kind with a guessed plural.

    A known kind in an API version that does not have it is refused, as the RESTMapper does.
    """
    api_version, name = str(obj.get("apiVersion") or ""), str(obj.get("kind") or "")
    found = by_kind(api_version, name) if api_version else None
    if found is not None:
        return found
    if not name:
        raise errors.BadRequest(
            "Object 'Kind' is missing", plain="Say what kind of object it is, with a line such as kind: Service."
        )
    if not api_version:
        raise errors.BadRequest(
            "Object 'apiVersion' is missing",
            plain="Say which API version the kind is of, with a line such as apiVersion: v1.",
        )
    known = _LOWERED.get(name.lower())
    if known is not None and _is_built_in(group_of(api_version)):
        raise errors.BadRequest(
            f'no matches for kind "{name}" in version "{api_version}"', plain=_plain(known, name, api_version)
        )
    return stored.unknown(api_version, name, not _has_no_namespace(obj, name))


def kind_for_key(key: Key) -> Kind:
    """Return the kind behind a key; for a resource that no file describes, a stored kind with a guessed name."""
    return by_resource(key.group, key.resource) or stored.unknown_resource(key.group, key.resource, bool(key.namespace))


def _is_built_in(group: str) -> bool:
    return "." not in group or group in ("networking.k8s.io", "discovery.k8s.io", "storage.k8s.io")


def _has_no_namespace(obj: Object, kind: str) -> bool:
    meta = obj.get("metadata") or {}
    return not meta.get("namespace") and stored.is_cluster_scoped(kind)


def _plain(known: Kind, name: str, api_version: str) -> str:
    if known.kind != name:
        return f"Kinds are written with their capital letters: {known.kind}, not {name}."
    return f"{name} is in apiVersion {known.api_version}, not {api_version}."
