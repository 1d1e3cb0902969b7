"""ControllerRevisions: the pod templates that a StatefulSet or DaemonSet had, each under a name with its hash.

Mirrors pkg/controller/history/controller_history.go, release 1.36.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import state
from app.kinds import workloads
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

CONTROLLER_REVISIONS = ("apps", "controllerrevisions")
HASH_LABEL = "controller-revision-hash"
KEPT = 10


def payload(owner: Object) -> dict[str, Any]:
    """Return what a revision keeps of its owner: the pod template, in the order of bytes that clients compare with."""
    template = objects.spec_of(owner).get("template") or {}
    return {"spec": {"template": _in_order({**template, "$patch": "replace"})}}


def _in_order(value: Any) -> Any:
    """Sort the names in a value: `kubectl rollout undo` holds the bytes against those that Go writes of a map."""
    if isinstance(value, Mapping):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return [_in_order(one) for one in value] if isinstance(value, (list, tuple)) else value


def hash_of(content: Mapping[str, Any]) -> str:
    """Return the hash of a revision (HashControllerRevision): FNV-1 over its JSON, written in safe letters."""
    number = 0x811C9DC5
    for byte in json.dumps(content, sort_keys=True, separators=(",", ":")).encode():
        number = (number * 0x01000193 & 0xFFFFFFFF) ^ byte
    return workloads.safe_encode(str(number))


def made_for(owner: Object, number: int) -> Draft:
    """Make the revision of the owner's present template."""
    content = payload(owner)
    hashed = hash_of(content)
    labels = dict((objects.spec_of(owner).get("selector") or {}).get("matchLabels") or {})
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{objects.name_of(owner)}-{hashed}",
            "namespace": objects.namespace_of(owner),
            "labels": {**labels, HASH_LABEL: hashed},
            "ownerReferences": [objects.controller_reference(owner)],
        },
        "data": content,
        "revision": number,
    }


def key_of(revision: Object) -> Key:
    """Return the revision's key."""
    return Key(*CONTROLLER_REVISIONS, objects.namespace_of(revision), objects.name_of(revision))


def owned(held: state.ClusterState, owner: Object) -> list[Object]:
    """Return the owner's revisions, oldest first."""
    found = held.owned_by(objects.uid_of(owner))
    return sorted((one for one in found if one.get("kind") == "ControllerRevision"), key=number_of)


def remembered(held: state.ClusterState, owner: Object, known: Sequence[Object]) -> Draft | None:
    """Return the revision that has to be written for the present template: a new one, or one that was nobody's."""
    made = made_for(owner, next_number(known))
    orphan = held.get(key_of(made))
    if orphan is None:
        return made
    if objects.controller_of(orphan) is not None:
        return None
    return objects.adopted(orphan, owner)


def next_number(known: Sequence[Object]) -> int:
    """Return the number of a revision that comes after those known."""
    return max((number_of(found) for found in known), default=0) + 1


def present(revisions: Sequence[Object], owner: Object) -> Object | None:
    """Return the revision that holds the owner's present template, if there is one."""
    wanted = payload(owner)
    return next((found for found in revisions if found.get("data") == wanted), None)


def number_of(revision: Object) -> int:
    """Return the revision's number."""
    return int(revision.get("revision") or 0)


def template_of(revision: Object) -> dict[str, Any]:
    """Return the pod template that a revision keeps."""
    template = objects.dig(revision, "data", "spec", "template") or {}
    return {name: value for name, value in template.items() if name != "$patch"}


def carried_by(pod: Object) -> str:
    """Return the hash of the revision a pod was made from."""
    return objects.labels_of(pod).get(HASH_LABEL, "")
