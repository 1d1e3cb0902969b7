"""Which kind an object, a resource or a key is of; what no file describes becomes a stored kind by itself."""

from __future__ import annotations

from app.kinds import KINDS, stored
from app.kinds.kind import Kind
from app.machinery import errors
from app.machinery.objects import Draft, Key, Object

_OWN = tuple(kind for kind in KINDS if kind.version_of is None)
_BY_KIND = {(kind.group, kind.kind): kind for kind in _OWN}
_BY_VERSION = {(kind.api_version, kind.kind): kind for kind in KINDS}
_BY_RESOURCE = {kind.resource_key: kind for kind in _OWN}
_LOWERED = {kind.kind.lower(): kind for kind in reversed(_OWN)}
_NAMES = {
    name: kind
    for kind in reversed(_OWN)
    for name in (kind.resource, kind.singular, kind.kind.lower(), *kind.short_names)
}

if len(_BY_KIND) != len(_OWN) or len(_BY_RESOURCE) != len(_OWN) or len(_BY_VERSION) != len(KINDS):
    raise ValueError("two kinds share a name")

_DEFINITION = "CustomResourceDefinition"
NO_DEFINITIONS = (
    "A playground serves the kinds it knows and takes no CustomResourceDefinition: leave it out. "
    "Objects of other kinds in a manifest are kept and shown as they are."
)


def group_of(api_version: str) -> str:
    """Return the group of `apps/v1` (`apps`) or of `v1` (empty)."""
    group, slash, _ = api_version.partition("/")
    return group if slash else ""


def by_kind(group_or_api_version: str, kind: str) -> Kind | None:
    """Return the known kind of that name in a group (`apps`, or empty) or API version (`apps/v1`, `v1`)."""
    if "/" in group_or_api_version or group_or_api_version == "v1":
        return _BY_VERSION.get((group_or_api_version, kind))
    return _BY_KIND.get((group_or_api_version, kind))


def kept(draft: Draft) -> Draft:
    """Return an object in the form its kind is kept in, should it be written in another version of it."""
    found = _BY_VERSION.get((str(draft.get("apiVersion") or ""), str(draft.get("kind") or "")))
    return draft if found is None else found.kept(draft)


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
    if name == _DEFINITION:
        raise errors.BadRequest(f'no matches for kind "{name}" in version "{api_version}"', plain=NO_DEFINITIONS)
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
