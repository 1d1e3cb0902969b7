"""Runs a Job's pods until enough have succeeded or too many have failed.

Mirrors pkg/controller/job/job_controller.go, release 1.36.

DIFFERS: pods carry no tracking finalizer, and a failed pod is followed by the next at once, without a back-off; pod
failure policies, indexed completion and time limits are kept and not acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import journal, state
from app.controllers import controller
from app.kinds import podstatus, replicas
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

COMPONENT = "job-controller"
DEFAULT_BACKOFF_LIMIT = 6


@dataclass(frozen=True, slots=True)
class Work:
    """A Job's pods by how they fared."""

    owner: Object
    active: list[Object]
    succeeded: int
    failed: int

    @property
    def parallelism(self) -> int:
        """How many pods may run at once."""
        found = objects.spec_of(self.owner).get("parallelism")
        return 1 if found is None else int(found)

    @property
    def completions(self) -> int | None:
        """How many pods must succeed; None: one is enough, and the others may end."""
        found = objects.spec_of(self.owner).get("completions")
        if found is not None:
            return int(found)
        return 1 if objects.spec_of(self.owner).get("parallelism") is None else None

    @property
    def is_done(self) -> bool:
        """Say whether enough pods succeeded."""
        wanted = self.completions
        if wanted is None:
            return self.succeeded > 0 and not self.active
        return self.succeeded >= wanted

    @property
    def has_failed(self) -> bool:
        """Say whether more pods failed than may."""
        limit = objects.spec_of(self.owner).get("backoffLimit")
        return self.failed > (DEFAULT_BACKOFF_LIMIT if limit is None else int(limit))

    @property
    def missing(self) -> int:
        """How many more pods should run now."""
        if self.completions is None:
            return (0 if self.succeeded else self.parallelism) - len(self.active)
        return min(self.parallelism, self.completions - self.succeeded) - len(self.active)


def _interested(held: state.ClusterState, change: journal.ObjectChanged) -> Iterable[Key]:
    key = change.key
    if key[:2] == state.JOBS:
        return (key,)
    if key[:2] != state.PODS:
        return ()
    return controller.owners(change, state.JOBS, "Job")


def _reconcile(held: state.ClusterState, key: Key, turn: controller.Turn) -> Sequence[controller.Write]:
    owner = held.get(key)
    if owner is None or objects.is_terminating(owner) or _is_finished(owner):
        return ()
    work = _work(held, owner)
    if objects.spec_of(owner).get("suspend"):
        return _stopped(work) or _told(key, work, turn, "")
    if work.has_failed:
        return _stopped(work) or _told(key, work, turn, "Failed")
    if work.is_done:
        return _stopped(work) or _told(key, work, turn, "Complete")
    return _creations(held, work, turn) or _told(key, work, turn, "")


def _is_finished(owner: Object) -> bool:
    return objects.condition_is_true(owner, "Complete") or objects.condition_is_true(owner, "Failed")


def _work(held: state.ClusterState, owner: Object) -> Work:
    pods = [pod for pod in held.owned_by(objects.uid_of(owner)) if pod.get("kind") == "Pod"]
    phases = [podstatus.phase_of(pod) for pod in pods]
    counted = objects.status_of(owner)
    # A pod that was deleted after its end stays counted.
    return Work(
        owner,
        [pod for pod in pods if podstatus.is_active(pod)],
        max(phases.count("Succeeded"), int(counted.get("succeeded") or 0)),
        max(phases.count("Failed"), int(counted.get("failed") or 0)),
    )


def _creations(held: state.ClusterState, work: Work, turn: controller.Turn) -> list[controller.Write]:
    owner = work.owner
    if not replicas.may_create(held, owner):
        return []
    template = objects.dig(owner, "spec", "template") or {}
    writes: list[controller.Write] = []
    taken: set[str] = set()
    for _ in range(work.missing):
        name = replicas.free_name(held, owner, taken, turn.env)
        writes.append(controller.Create(replicas.pod_from_template(owner, template, name)))
        writes.append(controller.Record(owner, "Normal", "SuccessfulCreate", f"Created pod: {name}", COMPONENT))
    return writes


def _stopped(work: Work) -> list[controller.Write]:
    writes: list[controller.Write] = []
    for pod in work.active:
        writes.append(controller.Delete(controller.pod_key(pod)))
        told = f"Deleted pod: {objects.name_of(pod)}"
        writes.append(controller.Record(work.owner, "Normal", "SuccessfulDelete", told, COMPONENT))
    return writes


def _told(key: Key, work: Work, turn: controller.Turn, end: str) -> list[controller.Write]:
    """Report the counts, and the end once it has come."""
    owner, now = work.owner, turn.env.timestamp()
    suspended = bool(objects.spec_of(owner).get("suspend"))
    status: Draft = {
        name: value
        for name, value in objects.status_of(owner).items()
        if name not in ("active", "ready", "succeeded", "failed", "terminating", "startTime", "uncountedTerminatedPods")
    }
    counts: dict[str, Any] = {
        "active": len(work.active),
        "succeeded": work.succeeded,
        "failed": work.failed,
    }
    status |= {name: count for name, count in counts.items() if count}
    status["ready"] = sum(podstatus.is_ready(pod) for pod in work.active)
    status["terminating"] = 0
    status["uncountedTerminatedPods"] = {}
    if not suspended:
        status["startTime"] = objects.status_of(owner).get("startTime") or now
    told, writes = _suspension({**owner, "status": status}, owner, now)
    for kind, reason, message in _ENDS.get(end, ()):
        told = objects.with_condition(told, _condition(kind, reason, message, now))
    if end == "Complete":
        told = objects.with_status(told, completionTime=now)
        writes.append(controller.Record(owner, "Normal", "Completed", "Job completed", COMPONENT))
    elif end == "Failed":
        message = "Job has reached the specified backoff limit"
        writes.append(controller.Record(owner, "Warning", "BackoffLimitExceeded", message, COMPONENT))
    if told["status"] == objects.status_of(owner):
        return []
    return [controller.Update(key, told), *writes]


def _suspension(told: Draft, owner: Object, now: str) -> tuple[Draft, list[controller.Write]]:
    """Say that the Job was suspended or resumed, once (suspendJob in job_controller.go, release 1.36)."""
    suspended = bool(objects.spec_of(owner).get("suspend"))
    if suspended is objects.condition_is_true(owner, "Suspended"):
        return told, []
    reason, event = ("JobSuspended", "Suspended") if suspended else ("JobResumed", "Resumed")
    message = "Job suspended" if suspended else "Job resumed"
    condition = {**_condition("Suspended", reason, message, now), "status": "True" if suspended else "False"}
    return objects.with_condition(told, condition), [controller.Record(owner, "Normal", event, message, COMPONENT)]


_ENDS = {
    "Complete": (
        ("SuccessCriteriaMet", "CompletionsReached", "Reached expected number of succeeded pods"),
        ("Complete", "CompletionsReached", "Reached expected number of succeeded pods"),
    ),
    "Failed": (
        ("FailureTarget", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        ("Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
    ),
}


def _condition(kind: str, reason: str, message: str, now: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": now,
        "lastTransitionTime": now,
        "reason": reason,
        "message": message,
    }


def _every(held: state.ClusterState) -> Iterable[Key]:
    return list(held.keys(state.JOBS))


CONTROLLER = controller.Controller(COMPONENT, _interested, _reconcile, _every)
