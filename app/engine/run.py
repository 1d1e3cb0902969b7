"""One command under way: the entries it has made so far, applied to the state as they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import app.controllers as controllers
from app.cluster import clock, journal, state, surroundings
from app.machinery import objects, ownership
from app.machinery.objects import Draft, Key, Object


@dataclass(slots=True)
class Run:
    """The writer of one command: every change goes through `write`, which applies it and marks keys dirty.

    `writer` is who comes to own the fields that the command itself sets; None: nobody.
    `owners` are the managers that the command worked out itself, to be stored with its next write.
    """

    state: state.ClusterState
    env: clock.Env
    actor: str
    command: int
    entries: list[journal.Entry] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    undoes: int = 0
    redoes: int = 0
    writer: ownership.Writer | None = None
    owners: ownership.Managed | None = None
    turns: dict[tuple[int, Key], int] = field(default_factory=dict)

    def write(self, key: Key, after: Draft | None, *, actor: str = "", provoked_by: int = 0) -> Object | None:
        """Store an object (or its absence), stamping its resourceVersion; return it as stored."""
        before = self.state.get(key)
        revision = self.state.revision + 1
        if after is not None:
            after["metadata"] = {**after["metadata"], "resourceVersion": str(revision)}
            _share_owners(before, after["metadata"])
        change = journal.ObjectChanged(_change_type(before, after), key, before, after)
        self.append(change, actor=actor, provoked_by=provoked_by)
        delay = surroundings.controller_delay(self.state)
        for place, controller in enumerate(controllers.CONTROLLERS):
            late = delay and controller.name not in controllers.PUNCTUAL
            for dirty in controller.interested(self.state, change):
                if late:
                    self._look_later(controllers.late(controller), dirty, delay)
                else:
                    self.state.work.add(place, dirty, revision)
        return after

    def _look_later(self, owner: str, key: Key, delay: float) -> None:
        timer_id = clock.TimerId(owner, objects.key_text(key))
        if timer_id not in self.state.timers.pending:
            self.state.set_timer(timer_id, self.env.now + delay, clock.TimerKind.DELAY)

    def append(self, body: journal.Body, *, actor: str = "", provoked_by: int = 0) -> journal.Entry:
        """Make the next entry and apply it."""
        cause = journal.Cause(
            actor=actor or self.actor,
            command=self.command,
            provoked_by=provoked_by,
            undoes=0 if provoked_by else self.undoes,
            redoes=0 if provoked_by else self.redoes,
            client="" if provoked_by or actor else self.env.client,
        )
        entry = journal.Entry(self.state.revision + 1, self.env.now, cause, body)
        self.state.apply(entry)
        self.entries.append(entry)
        return entry

    def batch(self) -> journal.Batch | None:
        """Return what this run has to commit, with the timers and cursors set since the last commit; None if nothing."""
        if not self.entries:
            return None
        made = journal.Batch(
            tuple(self.entries),
            tuple(self.state.unsaved_timers.values()),
            dict(self.state.unsaved_cursors),
        )
        self.state.unsaved_timers.clear()
        self.state.unsaved_cursors.clear()
        return made


def _change_type(before: Object | None, after: Object | None) -> journal.ChangeType:
    if after is None:
        return journal.ChangeType.DELETED
    return journal.ChangeType.ADDED if before is None else journal.ChangeType.MODIFIED


def _share_owners(before: Object | None, meta: Draft) -> None:
    """Let equal lists of owners be one in memory: whoever copied an object copied them too."""
    owners = objects.metadata(before).get("managedFields") if before else None
    if owners is not None and owners is not meta.get("managedFields") and owners == meta.get("managedFields"):
        meta["managedFields"] = owners


def same(before: Object, after: Object) -> bool:
    """Say whether two states of an object differ in nothing but the resourceVersion: such a write is no write."""
    if before is after:
        return True
    if any(before.get(name) != after.get(name) for name in before.keys() | after.keys() if name != "metadata"):
        return False
    old, new = objects.metadata(before), objects.metadata(after)
    names = (old.keys() | new.keys()) - {"resourceVersion"}
    return all(old.get(name) == new.get(name) for name in names)


def desired_pods(of: state.ClusterState) -> int:
    """Count the pods that the cluster holds or its workloads ask for, whichever is more."""
    asked = bare = 0
    for resource in (state.DEPLOYMENTS, state.REPLICASETS, state.REPLICATION_CONTROLLERS, state.STATEFULSETS):
        for obj in of.list(resource):
            if objects.controller_of(obj) is None:
                replicas = objects.spec_of(obj).get("replicas")
                asked += 1 if replicas is None else int(replicas)
    bare = of.bare_pods
    return max(asked + bare, of.count(state.PODS))


LIMITS: Sequence[tuple[state.Resource, int, str]] = (
    (state.SERVICES, 2_000, "Services"),
    (state.NODES, 500, "nodes"),
    (state.NAMESPACES, 2_000, "namespaces"),
    (state.CONFIGMAPS, 10_000, "ConfigMaps"),
)
"""How many objects of a resource one playground holds. Pods: `PODS_LIMIT`, counted by `desired_pods`."""

PODS_LIMIT = 20_000
EVENTS_KEPT = 2_000
