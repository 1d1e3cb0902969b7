"""How an object gets in: names, defaults, preparation, validation, limits; then one write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.cluster import state
from app.engine import owning, run
from app.kinds import kind as kinds_kind
from app.kinds import registry
from app.machinery import errors, objects, schema, validation
from app.machinery.objects import Draft, Key, Object

SERVER_FIELDS = ("uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "managedFields")
"""Metadata that only the server sets."""


def create(
    under_way: run.Run, draft: Draft, *, actor: str = "", provoked_by: int = 0, strictness: str = "Strict"
) -> Object:
    """Create an object after defaulting, allocation and validation; return it as stored."""
    held, env = under_way.state, under_way.env
    kind = registry.of(draft)
    if not provoked_by:
        draft = decoded(under_way, draft, strictness)
    kind, draft = kind.home, kind.kept(draft)
    meta = dict(draft.get("metadata") or {})
    draft["metadata"] = meta
    for name in (*SERVER_FIELDS, "deletionTimestamp", "deletionGracePeriodSeconds"):
        meta.pop(name, None)
    _drop_empty(meta)
    _place(held, kind, meta)
    if not meta.get("name") and meta.get("generateName"):
        meta["name"] = _generated_name(held, kind, meta, under_way)
    key = kind.key(str(meta.get("namespace") or ""), str(meta.get("name") or ""))
    if meta.get("name") and held.get(key) is not None:
        raise errors.already_exists(key)
    _within_count(held, kind)
    admitted = kinds_kind.Admission(held, env)
    meta["uid"] = env.new_uid()
    meta["creationTimestamp"] = env.timestamp()
    if kind.has_generation:
        meta["generation"] = 1
    kind.default(draft)
    if not provoked_by:
        owning.on_create(under_way, kind, draft)
        meta = draft["metadata"]
    kind.prepare_create(draft, admitted)
    faults = [*validation.validate_object_meta(meta, kind.namespaced, kind.name_rule), *kind.validate(draft)]
    if faults:
        raise errors.Invalid(kind.kind, str(meta.get("name") or ""), faults)
    if not provoked_by:
        under_way.warnings.extend(admitted.warnings)
    stored = under_way.write(key, draft, actor=actor, provoked_by=provoked_by)
    assert stored is not None
    if not provoked_by:
        _within_pods(held)
    return stored


def decoded(under_way: run.Run, draft: Draft, strictness: str) -> Draft:
    """Read a client's object as its kind: unknown fields are refused, or dropped with or without a warning."""
    if strictness == "Strict":
        schema.require(draft)
        return draft
    schema.require(draft, strict=False)
    unknown = schema.decode(draft, str(draft.get("apiVersion") or ""), str(draft.get("kind") or "")).unknown
    if not unknown:
        return draft
    if strictness == "Warn":
        under_way.warnings.extend(f'unknown field "{path}"' for path in unknown)
    pruned: Draft = _without(draft, frozenset(unknown), "")
    return pruned


def _without(value: Any, unknown: frozenset[str], path: str) -> Any:
    if isinstance(value, Mapping):
        places = {name: f"{path}.{name}" if path else str(name) for name in value}
        return {
            name: _without(child, unknown, places[name]) for name, child in value.items() if places[name] not in unknown
        }
    if isinstance(value, list):
        return [_without(child, unknown, f"{path}[{place}]") for place, child in enumerate(value)]
    return value


def replace(under_way: run.Run, key: Key, draft: Draft, *, subresource: str = "", strictness: str = "Strict") -> Object:
    """Store a client's whole object in place of the present one, after the checks of an update."""
    before = under_way.state.get(key)
    if before is None:
        raise errors.not_found(key)
    _check_identity(key, before, draft)
    draft = decoded(under_way, {"apiVersion": before["apiVersion"], "kind": before["kind"], **draft}, strictness)
    draft = registry.kept(draft)
    kind = registry.kind_for_key(key)
    merged = _with_server_fields(before, draft)
    if subresource == "finalize":
        return _finalize(under_way, key, before, merged)
    if subresource == "status":
        merged = {**before, "status": merged.get("status") or {}, "metadata": _status_metadata(kind, before, merged)}
    elif kind.has_status:
        if "status" in before:
            merged["status"] = before["status"]
        else:
            merged.pop("status", None)
    kind.default(merged)
    owning.on_update(under_way, kind, before, merged, draft)
    return update(under_way, kind, key, before, merged, checked=subresource != "status")


def _status_metadata(kind: kinds_kind.Kind, before: Object, merged: Draft) -> Draft:
    """Return what a write of the status may do to the metadata: anything but who owns it, and a workload's labels.

    Mirrors pkg/registry/{core,apps,networking}/*/strategy.go (release 1.36): the spec alone is put back there.
    """
    kept = ("ownerReferences", "labels") if kind.group == "apps" else ("ownerReferences",)
    meta = dict(merged["metadata"])
    _put_back(meta, before, kept)
    return meta


def _put_back(meta: Draft, before: Object, names: Iterable[str]) -> None:
    """Let these names of the metadata be as they were, absent where they were."""
    old = objects.metadata(before)
    for name in names:
        if old.get(name) is not None:
            meta[name] = old[name]
        else:
            meta.pop(name, None)


def _finalize(under_way: run.Run, key: Key, before: Object, merged: Draft) -> Object:
    """Store a namespace's finalizers; without any, one that is being deleted goes."""
    after: Draft = {**before, "spec": dict(merged.get("spec") or {})}
    if objects.is_terminating(before) and not after["spec"].get("finalizers"):
        under_way.write(key, None)
        return after
    return before if run.same(before, after) else store_update(under_way, key, before, after)


def update(
    under_way: run.Run,
    kind: kinds_kind.Kind,
    key: Key,
    before: Object,
    draft: Draft,
    *,
    checked: bool = True,
) -> Object:
    """Prepare and validate a defaulted update, then store it; equal to what is there, nothing is written."""
    held = under_way.state
    admitted = kinds_kind.Admission(held, under_way.env)
    if checked:
        kind.prepare_update(draft, before, admitted)
        meta_faults = validation.validate_object_meta(draft["metadata"], kind.namespaced, kind.name_rule)
        faults = [*meta_faults, *kind.validate(draft), *kind.validate_update(draft, before)]
        if faults:
            raise errors.Invalid(kind.kind, key.name, faults)
    under_way.warnings.extend(admitted.warnings)
    if run.same(before, draft):
        return before
    stored = store_update(under_way, key, before, draft)
    _within_pods(held)
    return stored


def store_update(
    under_way: run.Run,
    key: Key,
    before: Object,
    draft: Draft,
    *,
    actor: str = "",
    provoked_by: int = 0,
) -> Object:
    """Write an update, counting its generation; an object being deleted whose last finalizer went is removed."""
    kind = registry.kind_for_key(key)
    meta = draft["metadata"]
    if meta.get("deletionTimestamp") and not meta.get("finalizers") and objects.metadata(before).get("finalizers"):
        if not _waits_for_owner(draft):
            under_way.write(key, None, actor=actor, provoked_by=provoked_by)
            return draft
    if kind.has_generation and _counts(before, draft):
        generation = int(objects.metadata(before).get("generation") or 1) + 1
        draft["metadata"] = {**meta, "generation": generation}
    stored = under_way.write(key, draft, actor=actor, provoked_by=provoked_by)
    assert stored is not None
    return stored


def _waits_for_owner(draft: Object) -> bool:
    """A namespace waits for its contents, a pod for its kubelet, whatever its finalizers."""
    if draft.get("kind") == "Namespace":
        return bool(objects.spec_of(draft).get("finalizers"))
    return bool(draft.get("kind") == "Pod" and objects.metadata(draft).get("deletionGracePeriodSeconds"))


def _counts(before: Object, draft: Object) -> bool:
    """Say whether an update is one that the generation counts: a new spec, or the beginning of a deletion.

    Mirrors rest.BeforeDelete and pkg/registry/core/pod/storage BindingREST (release 1.36): a pod's node is no new spec.
    """
    return _counted(before) != _counted(draft) or (objects.is_terminating(draft) and not objects.is_terminating(before))


def _counted(obj: Object) -> tuple[Any, ...]:
    """What a generation counts: all but metadata, status, and the node a pod was bound to."""
    found = {name: value for name, value in obj.items() if name not in ("metadata", "status")}
    if obj.get("kind") == "Pod":
        found["spec"] = {name: value for name, value in found["spec"].items() if name != "nodeName"}
    return tuple(found[name] for name in sorted(found))


def _with_server_fields(before: Object, draft: Draft) -> Draft:
    meta = dict(draft.get("metadata") or {})
    meta.setdefault("namespace", objects.metadata(before).get("namespace"))
    _put_back(meta, before, (*SERVER_FIELDS, "name", "namespace", "deletionTimestamp", "deletionGracePeriodSeconds"))
    _drop_empty(meta)
    ordered = {name: draft[name] for name in draft if name != "metadata"}
    return {"apiVersion": before["apiVersion"], "kind": before["kind"], **ordered, "metadata": meta}


def _drop_empty(meta: Draft) -> None:
    """Leave out empty maps and lists of the metadata, as Go's omitempty does."""
    for name in owning.STEERED:
        if name in meta and not meta[name]:
            del meta[name]


def _check_identity(key: Key, before: Object, draft: Mapping[str, Any]) -> None:
    meta = draft.get("metadata") or {}
    name = meta.get("name")
    if name and name != key.name:
        raise errors.BadRequest(f"the name of the object ({name}) does not match the name on the URL ({key.name})")
    uid = meta.get("uid")
    if uid and uid != objects.uid_of(before):
        raise errors.Conflict(
            f'Operation cannot be fulfilled on {key.group_resource} "{key.name}": Precondition failed: UID in '
            f"precondition: {uid}, UID in object meta: {objects.uid_of(before)}",
            details={"name": key.name, "kind": key.resource, "group": key.group},
        )
    version = meta.get("resourceVersion")
    if version and str(version) != objects.metadata(before).get("resourceVersion"):
        raise errors.modified(key)


def _place(held: state.ClusterState, kind: kinds_kind.Kind, meta: Draft) -> None:
    """Give a namespaced object its namespace, which must be there and not be going."""
    if not kind.namespaced:
        meta.pop("namespace", None)
        return
    namespace = meta["namespace"] = str(meta.get("namespace") or "default")
    home = held.find(state.NAMESPACES, "", namespace)
    if home is None:
        raise errors.not_found(Key("", "namespaces", "", namespace))
    if objects.is_terminating(home):
        target = Key(kind.group, kind.resource, namespace, str(meta.get("name") or ""))
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {namespace} is being terminated",
            "field": "metadata.namespace",
        }
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise errors.forbidden(target, why, causes=[cause])


def _generated_name(held: state.ClusterState, kind: kinds_kind.Kind, meta: Draft, under_way: run.Run) -> str:
    base = str(meta["generateName"])[:58]
    for _ in range(8):
        name = base + under_way.env.name_suffix()
        if held.get(kind.key(str(meta.get("namespace") or ""), name)) is None:
            return name
    raise errors.already_exists(kind.key(str(meta.get("namespace") or ""), base))


def _within_count(held: state.ClusterState, kind: kinds_kind.Kind) -> None:
    for resource, limit, words in run.LIMITS:
        if kind.resource_key == resource and held.count(resource) >= limit:
            raise errors.TooLarge(
                f"a playground holds at most {limit:,} {words}",
                plain=f"Delete some of the {words} you no longer need, then try again.",
            )


def _within_pods(held: state.ClusterState) -> None:
    asked = run.desired_pods(held)
    if asked > run.PODS_LIMIT:
        raise errors.TooLarge(
            f"this would make {asked:,} pods; a playground holds at most {run.PODS_LIMIT:,}",
            plain="Ask for fewer replicas, or delete workloads you no longer need.",
        )
