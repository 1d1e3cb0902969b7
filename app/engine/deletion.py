"""How an object goes: grace periods, finalizers, namespaces."""

from __future__ import annotations

from app.cluster import clock, state
from app.engine import admission, commands, run
from app.kinds import namespace
from app.machinery import errors, objects
from app.machinery.objects import Draft, Key, Object

FOREGROUND = "foregroundDeletion"


def delete(
    under_way: run.Run,
    key: Key,
    *,
    grace_seconds: int | None = None,
    propagation: str = "Background",
    actor: str = "",
    provoked_by: int = 0,
) -> Object:
    """Begin or finish the deletion of an object; return it as it is then (the last state, when it is gone)."""
    present = under_way.state.get(key)
    if present is None:
        raise errors.not_found(key)
    if key[:2] == state.NAMESPACES:
        return _delete_namespace(under_way, key, present, actor, provoked_by)
    if propagation == "Orphan":
        _orphan(under_way, present, actor, provoked_by)
    elif propagation == "Foreground" and under_way.state.owned_by(objects.uid_of(present)):
        present = _waiting_for_dependents(under_way, key, present, actor, provoked_by)
    grace = _grace(under_way.state, key, present, grace_seconds)
    if grace == 0 and not objects.metadata(present).get("finalizers"):
        under_way.write(key, None, actor=actor, provoked_by=provoked_by)
        return present
    return _mark(under_way, key, present, grace, actor, provoked_by)


def checked(under_way: run.Run, command: commands.Delete) -> Object:
    """Delete for a client, if the object is the one it means."""
    present = under_way.state.get(command.key)
    if present is not None:
        _check_precondition(command, "UID", command.uid, objects.uid_of(present))
        version = str(objects.metadata(present).get("resourceVersion") or "")
        _check_precondition(command, "ResourceVersion", command.resource_version, version)
    return delete(under_way, command.key, grace_seconds=command.grace_seconds, propagation=command.propagation)


def _check_precondition(command: commands.Delete, name: str, wanted: str, found: str) -> None:
    if wanted and wanted != found:
        key = command.key
        raise errors.Conflict(
            f'Operation cannot be fulfilled on {key.group_resource} "{key.name}": the {name} in the precondition '
            f"({wanted}) does not match the {name} in record ({found}). "
            "The object might have been deleted and then recreated",
            details={"name": key.name, "kind": key.resource, "group": key.group},
        )


def delete_all(under_way: run.Run, command: commands.DeleteCollection) -> tuple[Object, ...]:
    """Delete each of the objects that is there."""
    return tuple(
        delete(under_way, key, grace_seconds=command.grace_seconds, propagation=command.propagation)
        for key in command.keys
        if under_way.state.get(key) is not None
    )


def _waiting_for_dependents(under_way: run.Run, key: Key, present: Object, actor: str, provoked_by: int) -> Object:
    """Give the object the finalizer that the garbage collector takes away after its last dependent."""
    finalizers = list(objects.metadata(present).get("finalizers") or ())
    if FOREGROUND in finalizers:
        return present
    meta = {**objects.metadata(present), "finalizers": [*finalizers, FOREGROUND]}
    return admission.store_update(
        under_way, key, present, {**present, "metadata": meta}, actor=actor, provoked_by=provoked_by
    )


def _grace(held: state.ClusterState, key: Key, present: Object, asked: int | None) -> int:
    """Return the seconds a deletion waits (pkg/registry/core/pod/strategy.go CheckGracefulDelete, release 1.36)."""
    if key[:2] != state.PODS:
        return 0
    if asked is None:
        declared = objects.spec_of(present).get("terminationGracePeriodSeconds")
        grace = 30 if declared is None else int(declared)
    else:
        grace = asked
    if not objects.spec_of(present).get("nodeName"):
        return 0
    if objects.status_of(present).get("phase") in ("Failed", "Succeeded"):
        return 0
    return 1 if grace < 0 else grace


def _mark(under_way: run.Run, key: Key, present: Object, grace: int, actor: str, provoked_by: int) -> Object:
    meta: Draft = dict(objects.metadata(present))
    known = meta.get("deletionGracePeriodSeconds")
    if meta.get("deletionTimestamp") and (known is None or int(known) <= grace):
        return present
    meta["deletionTimestamp"] = admission_time(under_way, grace)
    meta["deletionGracePeriodSeconds"] = grace
    return admission.store_update(
        under_way, key, present, {**present, "metadata": meta}, actor=actor, provoked_by=provoked_by
    )


def admission_time(under_way: run.Run, grace: int) -> str:
    """Return when the grace period ends, as `metadata.deletionTimestamp` holds it."""
    return clock.timestamp(under_way.env.now + grace)


def _delete_namespace(under_way: run.Run, key: Key, present: Object, actor: str, provoked_by: int) -> Object:
    if provoked_by and not objects.spec_of(present).get("finalizers"):
        under_way.write(key, None, actor=actor, provoked_by=provoked_by)
        return present
    refusal = namespace.refuse_delete(key.name)
    if refusal:
        raise errors.forbidden(key, refusal)
    if objects.is_terminating(present):
        return present
    meta = {**objects.metadata(present), "deletionTimestamp": under_way.env.timestamp()}
    marked: Draft = {**present, "metadata": meta, "status": {**objects.status_of(present), "phase": "Terminating"}}
    stored = under_way.write(key, marked, actor=actor, provoked_by=provoked_by)
    assert stored is not None
    return stored


def _orphan(under_way: run.Run, owner: Object, actor: str, provoked_by: int) -> None:
    uid = objects.uid_of(owner)
    for dependent in under_way.state.owned_by(uid):
        meta = dict(objects.metadata(dependent))
        kept = [ref for ref in objects.owner_references(dependent) if ref.get("uid") != uid]
        if kept:
            meta["ownerReferences"] = kept
        else:
            meta.pop("ownerReferences", None)
        key = under_way.state.uids[objects.uid_of(dependent)]
        under_way.write(key, {**dependent, "metadata": meta}, actor=actor, provoked_by=provoked_by)
