"""API objects as plain JSON mappings: their keys, their metadata, and copy-on-write edits."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Object = Mapping[str, Any]
"""An API object as JSON. Frozen by rule: what the state holds is never mutated in place."""

Draft = dict[str, Any]
"""An object on its way in, owned by whoever fills it; it becomes an `Object` once it is applied."""


class Key(NamedTuple):
    """The address of one object: API group, plural resource, namespace ("" when cluster-scoped), name."""

    group: str
    resource: str
    namespace: str
    name: str

    @property
    def group_resource(self) -> str:
        """`deployments.apps`, or `services` in the core group: as upstream's GroupResource prints."""
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.group_resource}/{place}{self.name}"


class ObjectRef(NamedTuple):
    """A pointer a person can follow: kind, namespace, name, and the field that decided."""

    kind: str
    namespace: str
    name: str
    field: str = ""


def key_text(key: Key) -> str:
    """Write a key as one string that `key_from_text` reads back: `group|resource|namespace|name`."""
    return "|".join(key)


def key_from_text(text: str) -> Key:
    """Read what `key_text` wrote."""
    group, resource, namespace, name = text.split("|")
    return Key(group, resource, namespace, name)


def metadata(obj: Object) -> Mapping[str, Any]:
    """Return the object's metadata, empty when absent."""
    return obj.get("metadata") or {}


def name_of(obj: Object) -> str:
    """Return `metadata.name`, empty when absent."""
    return str(metadata(obj).get("name") or "")


def namespace_of(obj: Object) -> str:
    """Return `metadata.namespace`, empty when cluster-scoped."""
    return str(metadata(obj).get("namespace") or "")


def uid_of(obj: Object) -> str:
    """Return `metadata.uid`, empty before creation."""
    return str(metadata(obj).get("uid") or "")


def labels_of(obj: Object) -> Mapping[str, str]:
    """Return the object's labels, empty when absent."""
    return metadata(obj).get("labels") or {}


def annotations_of(obj: Object) -> Mapping[str, str]:
    """Return the object's annotations, empty when absent."""
    return metadata(obj).get("annotations") or {}


def spec_of(obj: Object) -> Mapping[str, Any]:
    """Return `spec`, empty when absent."""
    return obj.get("spec") or {}


def status_of(obj: Object) -> Mapping[str, Any]:
    """Return `status`, empty when absent."""
    return obj.get("status") or {}


def is_terminating(obj: Object) -> bool:
    """Say whether deletion has begun: `metadata.deletionTimestamp` is set."""
    return bool(metadata(obj).get("deletionTimestamp"))


def resource_version_of(obj: Object) -> int:
    """Return the revision that wrote this object, 0 before it is stored."""
    return int(metadata(obj).get("resourceVersion") or 0)


def owner_references(obj: Object) -> Sequence[Mapping[str, Any]]:
    """Return `metadata.ownerReferences`, empty when absent."""
    return metadata(obj).get("ownerReferences") or ()


def controller_of(obj: Object) -> Mapping[str, Any] | None:
    """Return the owner reference marked as controller, if any (metav1.GetControllerOf, release 1.36)."""
    return next((ref for ref in owner_references(obj) if ref.get("controller")), None)


def controller_reference(owner: Object) -> dict[str, Any]:
    """Make the owner reference a controller puts on what it creates (metav1.NewControllerRef, release 1.36)."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": name_of(owner),
        "uid": uid_of(owner),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def adopted(obj: Object, owner: Object) -> Draft:
    """Return the object with the owner as its controller, beside the owners it has."""
    return with_path(obj, ("metadata", "ownerReferences"), [*owner_references(obj), controller_reference(owner)])


def condition(obj: Object, kind: str) -> Mapping[str, Any] | None:
    """Return the status condition of that type, if any."""
    return next((c for c in status_of(obj).get("conditions") or () if c.get("type") == kind), None)


def condition_is_true(obj: Object, kind: str) -> bool:
    """Say whether the condition of that type has status "True"."""
    found = condition(obj, kind)
    return found is not None and found.get("status") == "True"


def with_path(obj: Object, path: Sequence[str], value: Any) -> Draft:
    """Return the object with the value at the path, sharing everything off the path; `None` removes the key."""
    copied = dict(obj)
    head, rest = path[0], path[1:]
    if rest:
        copied[head] = with_path(obj.get(head) or {}, rest, value)
    elif value is None:
        copied.pop(head, None)
    else:
        copied[head] = value
    return copied


def with_status(obj: Object, **fields: Any) -> Draft:
    """Return the object with these status fields replaced, sharing the rest."""
    return {**obj, "status": {**status_of(obj), **fields}}


def with_condition(obj: Object, new: Mapping[str, Any]) -> Draft:
    """Return the object with the condition of the same type replaced, or appended."""
    conditions = list(status_of(obj).get("conditions") or ())
    for position, present in enumerate(conditions):
        if present.get("type") == new["type"]:
            conditions[position] = dict(new)
            break
    else:
        conditions.append(dict(new))
    return with_status(obj, conditions=conditions)


def draft_of(obj: Object) -> Draft:
    """Return a deep copy that its owner may mutate."""
    copied: Draft = copy.deepcopy(dict(obj))
    return copied


def dig(obj: Any, *path: str | int) -> Any:
    """Return the value at the path, or None as soon as a step is missing."""
    for step in path:
        if isinstance(obj, Mapping):
            obj = obj.get(step)
        elif isinstance(obj, Sequence) and not isinstance(obj, str) and isinstance(step, int):
            obj = obj[step] if step < len(obj) else None
        else:
            return None
    return obj


def walk_strings(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, child in value.items():
            yield str(name)
            yield from walk_strings(child)
    elif isinstance(value, Sequence):
        for child in value:
            yield from walk_strings(child)
