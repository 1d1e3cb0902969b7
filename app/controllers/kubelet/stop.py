"""Stops a pod that is being deleted: preStop hook, a moment for the program to end, then the object goes.

DIFFERS: a program ends within a second of its signal; upstream's may take the whole grace period.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import state
from app.controllers import controller
from app.controllers.kubelet import parts, statuses
from app.kinds import podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object

ENDING = (0.3, 1.0)


def reconcile(held: state.ClusterState, key: Key, pod: Object, turn: controller.Turn) -> Sequence[controller.Write]:
    """Wait until the containers have ended, then delete for good; finalizers may keep what is left."""
    if podstatus.is_terminal(pod) and objects.metadata(pod).get("finalizers"):
        return parts.wait_no_more(held, key)
    if turn.fired:
        return _gone(parts.pod_key(key), pod, turn)
    if parts.pending(held, key) is not None:
        return ()
    running = [c for c in parts.containers(pod) if _runs(pod, str(c["name"]))]
    names = [str(container["name"]) for container in running]
    events = [parts.said(pod, "Killing", f"Stopping container {name}", container=name) for name in names]
    grace = float(objects.metadata(pod).get("deletionGracePeriodSeconds") or 0)
    hook = max((_pre_stop(container) for container in running), default=0.0)
    after = min(hook + parts.moment(turn, *ENDING), max(grace, 0.1))
    return [*events, *parts.wait(held, key, after)]


def _runs(pod: Object, name: str) -> bool:
    found = parts.named_statuses(pod, "containerStatuses").get(name)
    return found is not None and "running" in found["state"]


def _pre_stop(container: Mapping[str, Any]) -> float:
    """Return how long the container's preStop hook takes: what it sleeps."""
    hook = objects.dig(container, "lifecycle", "preStop") or {}
    slept = objects.dig(hook, "sleep", "seconds")
    if slept is not None:
        return float(slept)
    found = re.search(r"\bsleep[\s,]+(\d+(?:\.\d+)?)", " ".join(objects.dig(hook, "exec", "command") or ()))
    return float(found[1]) if found else 0.0


def _gone(key: Key, pod: Object, turn: controller.Turn) -> Sequence[controller.Write]:
    if not objects.metadata(pod).get("finalizers"):
        return (controller.Delete(key, final=True),)
    now = turn.env.timestamp()
    ended = [_ended(found, now) for found in objects.status_of(pod).get("containerStatuses") or ()]
    finished = {**pod, "spec": {**objects.spec_of(pod), "restartPolicy": "Never"}}
    told = {**statuses.reported(finished, [], ended, now), "spec": pod["spec"]}
    return (controller.Update(key, told), controller.Delete(key, final=True))


def _ended(found: Mapping[str, Any], now: str) -> dict[str, Any]:
    since = str(objects.dig(found, "state", "running", "startedAt") or now)
    return {**found, "ready": False, "started": False, "state": statuses.terminated(0, since, now)}
