"""Which component of the control plane owns the fields that nobody's `managedFields` names.

What clients write is recorded with the object; what controllers write is not, since pods and slices are made by the
thousand and their owners are known from what they are. Whoever looks at one object is told both.

DIFFERS: collections of more than 100 objects, and watches, carry only what is stored: a tool finds its own fields there.
The times of derived entries are those of creation and of the newest condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.machinery import fieldsets, objects, ownership, structured
from app.machinery.fieldsets import HERE, Tree
from app.machinery.objects import Draft, Object
from app.machinery.ownership import Held, Managed, Owner

CONTROLLER_MANAGER = "kube-controller-manager"
KUBELET = "kubelet"
SCHEDULER = "kube-scheduler"
CLOUD = "cloud-controller-manager"

WHOLE_UP_TO = 100
"""Objects of a collection up to which each is shown with all its managers."""

_MANAGERS = {"service-controller": CLOUD, "ingress-controller": "nginx-ingress-controller"}
"""Controllers that are not part of the controller manager, by the actor of their entries."""

_MADE_BY_CONTROLLERS = frozenset({"EndpointSlice", "Endpoints"})
_STATUS_OF = {"Node": KUBELET, "Service": CLOUD, "Ingress": "nginx-ingress-controller", "Namespace": CONTROLLER_MANAGER}

_GIVEN_TO_PODS: Tree = {
    "f:spec": {
        f"f:{name}": fieldsets.MEMBER
        for name in ("nodeName", "serviceAccount", "serviceAccountName", "tolerations", "priority", "preemptionPolicy")
    }
}
"""What admission and the binding give a pod: nobody owns it."""

_TOKEN = "kube-api-access-"
_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"


def manager_of(actor: str) -> str:
    """Return the name under which a controller owns fields."""
    return _MANAGERS.get(actor, CONTROLLER_MANAGER)


def is_made_by_controller(obj: Object) -> bool:
    """Say whether a controller made the object, rather than a client."""
    return objects.controller_of(obj) is not None or obj.get("kind") in _MADE_BY_CONTROLLERS


def own(obj: Object) -> Managed:
    """Return the managers of an object's own part: those on record, or the controller that made it."""
    stored = ownership.of(obj)
    if stored or not is_made_by_controller(obj):
        return stored
    node = structured.root(str(obj.get("apiVersion")), str(obj.get("kind")))
    bare = {name: value for name, value in obj.items() if name != "status"}
    found = ownership.stripped(structured.made(bare, node))
    if obj.get("kind") == "Pod":
        found = _without_token(fieldsets.without(found, _GIVEN_TO_PODS))
    version = str(obj.get("apiVersion"))
    owner = Owner(CONTROLLER_MANAGER, ownership.UPDATE, version, "")
    return {owner: Held(found, str(objects.metadata(obj).get("creationTimestamp") or ""), version)}


def _without_token(tree: Tree) -> Tree:
    """Leave out the mounted token, which admission adds to every pod."""
    spec = dict(tree.get("f:spec") or {})
    volumes = {name: sub for name, sub in (spec.get("f:volumes") or {}).items() if _TOKEN not in name}
    if set(volumes) - {HERE}:
        spec["f:volumes"] = volumes
    else:
        spec.pop("f:volumes", None)
    for list_name in ("f:containers", "f:initContainers"):
        if list_name in spec:
            spec[list_name] = {name: _without_mount(sub) for name, sub in spec[list_name].items()}
    return {**tree, "f:spec": spec}


def _without_mount(container: Tree) -> Tree:
    mounts = {name: sub for name, sub in (container.get("f:volumeMounts") or {}).items() if _TOKEN_PATH not in name}
    if set(mounts) - {HERE}:
        return {**container, "f:volumeMounts": mounts}
    return {name: sub for name, sub in container.items() if name != "f:volumeMounts"}


def everybody(obj: Object) -> Managed:
    """Return all managers of an object: those of its own part, and the component that keeps its status."""
    managed = dict(own(obj))
    name = _status_manager(obj)
    status = obj.get("status")
    if not name or not isinstance(status, Mapping) or not status:
        return managed
    version = str(obj.get("apiVersion"))
    node = structured.root(version, str(obj.get("kind")))
    found = structured.made({"status": _written(obj, status)}, node)
    for held in managed.values():
        found = fieldsets.difference(found, held.fields)
    if not found or not found.get("f:status"):
        return managed
    owner = Owner(name, ownership.UPDATE, version, "status")
    known = managed.get(owner)
    fields = fieldsets.union(known.fields, found) if known else found
    return {**managed, owner: Held(fields, _since(obj, status), version)}


def _status_manager(obj: Object) -> str:
    kind = str(obj.get("kind"))
    if kind != "Pod":
        return _STATUS_OF.get(kind, CONTROLLER_MANAGER)
    status = objects.status_of(obj)
    if status.get("startTime"):
        return KUBELET
    return SCHEDULER if status.get("conditions") else ""


def _written(obj: Object, status: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what a pod's status holds from its creation on."""
    if obj.get("kind") != "Pod":
        return status
    given = ("qosClass",) if status.get("startTime") else ("qosClass", "phase")
    return {name: value for name, value in status.items() if name not in given}


def _since(obj: Object, status: Mapping[str, Any]) -> str:
    times = [str(one.get("lastTransitionTime") or "") for one in status.get("conditions") or ()]
    return max([*times, str(objects.metadata(obj).get("creationTimestamp") or "")])


def shown(obj: Object) -> Object:
    """Return an object as a client sees it, with all the managers of its fields."""
    entries = ownership.write(everybody(obj))
    if not entries:
        return obj
    made: Draft = {**obj, "metadata": {**objects.metadata(obj), "managedFields": entries}}
    return made
