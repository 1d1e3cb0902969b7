"""Undo and redo: a command's own fields are written back, if they still hold what it wrote."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.cluster import history, journal
from app.engine import admission, deletion, run
from app.kinds import registry
from app.machinery import errors, objects, ownership
from app.machinery.objects import Draft, Object

Path = tuple[str, ...]
UNSTEERED = {
    ("metadata", "resourceVersion"),
    ("metadata", "generation"),
    ("metadata", "managedFields"),
    ("status",),
}
"""What no command steers: it is left as it is."""

_ABSENT = object()


def undo(under_way: run.Run) -> dict[str, str]:
    """Take back the actor's last command not yet undone; return which objects that concerned."""
    deed = under_way.state.undo.to_undo(under_way.actor)
    if deed is None:
        raise errors.Conflict("nothing to undo", plain="You have not changed anything yet that can be taken back.")
    under_way.undoes = deed.command
    return {"undid": _carry_out(under_way, deed, backwards=True)}


def redo(under_way: run.Run) -> dict[str, str]:
    """Do the actor's last undone command again; return which objects that concerned."""
    deed = under_way.state.undo.to_redo(under_way.actor)
    if deed is None:
        raise errors.Conflict("nothing to redo", plain="There is nothing undone to do again.")
    under_way.redoes = deed.command
    return {"redid": _carry_out(under_way, deed, backwards=False)}


def _carry_out(under_way: run.Run, deed: history.Deed, *, backwards: bool) -> str:
    before_any = len(under_way.entries)
    done = []
    for change in reversed(deed.changes) if backwards else deed.changes:
        before, after = (change.after, change.before) if backwards else (change.before, change.after)
        words = _restore(under_way, change, before, after)
        if words:
            kind = registry.kind_for_key(change.key).kind
            done.append(f"{kind} {change.key.name} {words}")
    if len(under_way.entries) == before_any:
        raise errors.Conflict(
            "nothing is left of that change",
            plain="What that step changed has been replaced since, so there is nothing to take back.",
        )
    return ", ".join(done)


def _restore(under_way: run.Run, change: journal.ObjectChanged, held: Object | None, wanted: Object | None) -> str:
    """Bring one object from what the command left (`held`) to what is wanted."""
    present = under_way.state.get(change.key)
    if _is_deleted(wanted):
        wanted = None
    if wanted is None:
        if present is None or objects.is_terminating(present):
            return ""
        deletion.delete(under_way, change.key)
        return "deleted again" if under_way.redoes else "removed again"
    if objects.controller_of(wanted) is not None and (present is None or _is_deleted(present)):
        return ""
    if present is None or _is_deleted(present):
        _bring_back(under_way, change, present, wanted)
        return "brought back"
    if held is None or _is_deleted(held):
        raise errors.Conflict(
            f"{change.key} exists again",
            plain=f"{change.key.name} was created again since, so it cannot be brought back.",
        )
    return _write_back(under_way, change, held, wanted, present)


def _is_deleted(obj: Object | None) -> bool:
    return obj is not None and objects.is_terminating(obj)


def _bring_back(under_way: run.Run, change: journal.ObjectChanged, present: Object | None, wanted: Object) -> None:
    """Create a deleted object again: same manifest, addresses if they are free, a new uid."""
    if present is not None:
        if change.key.resource == "namespaces":
            raise errors.Conflict(
                f'namespace "{change.key.name}" is still being deleted',
                plain="Wait until the namespace is gone, then undo again.",
            )
        under_way.write(change.key, None)
    draft = objects.draft_of(wanted)
    draft.pop("status", None)
    meta = draft["metadata"]
    for name in ("ownerReferences", "deletionTimestamp", "finalizers"):
        if name != "ownerReferences" or not meta.get("ownerReferences"):
            meta.pop(name, None)
    if change.key[:2] == ("", "pods"):
        draft["spec"].pop("nodeName", None)
    owners = ownership.of(wanted)
    under_way.owners = owners
    try:
        admission.create(under_way, objects.draft_of(draft))
    except errors.Invalid:
        under_way.owners = owners
        admission.create(under_way, _without_addresses(draft))


def _without_addresses(draft: Draft) -> Draft:
    spec = draft.get("spec") or {}
    if spec.get("clusterIP") != "None":
        for name in ("clusterIP", "clusterIPs", "healthCheckNodePort"):
            spec.pop(name, None)
    for port in spec.get("ports") or ():
        port.pop("nodePort", None)
    return draft


def _write_back(
    under_way: run.Run, change: journal.ObjectChanged, held: Object, wanted: Object, present: Object
) -> str:
    draft = objects.draft_of(present)
    for path, wrote, value in _differences(held, wanted, ()):
        now = _dig(present, path)
        if now != wrote:
            writer = under_way.state.writers.get(change.key, "someone")
            raise errors.Conflict(
                f"{change.key}: {'.'.join(path)} was changed since by {writer}",
                plain=f"{'.'.join(path)} of {change.key.name} has been changed since; your step is not taken back over it.",
            )
        _put(draft, path, value)
    before = len(under_way.entries)
    under_way.owners = ownership.taken_back(*map(ownership.of, (present, held, wanted)))
    admission.replace(under_way, change.key, draft)
    return "changed back" if len(under_way.entries) > before else ""


def _differences(left: Any, right: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """Yield (path, left value, right value) where two objects differ; lists count as one value."""
    if path in UNSTEERED:
        return
    if isinstance(left, dict) and isinstance(right, dict):
        for name in (*left, *(n for n in right if n not in left)):
            yield from _differences(left.get(name, _ABSENT), right.get(name, _ABSENT), (*path, name))
    elif left is not right and left != right:
        yield path, left, right


def _dig(obj: Any, path: Path) -> Any:
    for step in path:
        if not isinstance(obj, dict) or step not in obj:
            return _ABSENT
        obj = obj[step]
    return obj


def _put(draft: Draft, path: Path, value: Any) -> None:
    *parents, last = path
    place = draft
    for step in parents:
        place = place.setdefault(step, {})
    if value is _ABSENT:
        place.pop(last, None)
    else:
        place[last] = value
