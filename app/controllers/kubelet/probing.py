"""Runs probes: which containers are ready, which have to be restarted.

A fault set by annotation counts at once, as if the program said so itself. A probe that begins to fail or to pass
counts when its thresholds are reached: passing is a delay, failing waits for the clock.

DIFFERS: probes leave a trace only when something changes; upstream repeats Unhealthy Events every period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import clock, state
from app.controllers import controller
from app.controllers.kubelet import parts, start, statuses
from app.kinds import health, images, podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object

NEXT_PROBE = (0.1, 1.0)


def reconcile_readiness(
    held: state.ClusterState, key: Key, pod: Object, turn: controller.Turn
) -> Sequence[controller.Write]:
    """Report which containers are ready, and with them whether the pod is."""
    look = _Look(pod, turn)
    lists = {
        name: [look.at(found) for found in objects.status_of(pod).get(name) or ()]
        for name in ("initContainerStatuses", "containerStatuses")
    }
    init, main = lists["initContainerStatuses"], lists["containerStatuses"]
    told = statuses.reported(pod, init, main, turn.env.timestamp())
    if told != pod:
        return [controller.Update(parts.pod_key(key), told), *look.events]
    if look.rising:
        return parts.wait(held, key, look.rising)
    if look.falling:
        return parts.wait(held, key, look.falling, clock.TimerKind.CLOCK)
    return parts.wait_no_more(held, key)


class _Look:
    """One look at the readiness of a pod's containers; collects how long the next change takes."""

    def __init__(self, pod: Object, turn: controller.Turn) -> None:
        self.pod = pod
        self.turn = turn
        self.events: list[controller.Write] = []
        self.rising = 0.0
        self.falling = 0.0
        self.serving = {str(c["name"]): c for c in images.serving_containers(pod)}
        self.held_back = objects.annotations_of(pod).get(statuses.READY_ANNOTATION) == "false"

    def at(self, found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the status with its readiness as it is now; the very same one when nothing changed."""
        container = self.serving.get(str(found["name"]))
        if container is None:
            return found
        if "running" not in found["state"] or self.held_back:
            return {**found, "ready": False} if found["ready"] else found
        kind, word = ("startupProbe", "Startup") if not found["started"] else ("readinessProbe", "Readiness")
        probe = container.get(kind)
        if not probe:
            return found if found["ready"] and found["started"] else {**found, "ready": True, "started": True}
        ran = parts.running_for(found, self.turn.env.now)
        failure = parts.probe_failure(self.pod, container, probe, ran)
        if found["ready"]:
            if failure:
                return self._failing(found, probe, f"{word} probe failed: {failure}")
            lasts = health.lasts(container, probe)
            if lasts is not None:
                after = lasts - ran + _patience(probe)
                self.falling = min(self.falling or after, after)
            return found
        return found if failure else self._passing(found, container, probe)

    def _passing(
        self, found: Mapping[str, Any], container: Mapping[str, Any], probe: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if self.turn.fired:
            ready = found["started"] or not container.get("readinessProbe")
            return {**found, "started": True, "ready": ready}
        since = podstatus.instant(objects.dig(found, "state", "running", "startedAt")) or self.turn.env.now
        initial = since + float(probe.get("initialDelaySeconds") or 0) - self.turn.env.now
        again = (int(probe.get("successThreshold") or 1) - 1) * float(probe.get("periodSeconds") or 10)
        self.rising = max(self.rising, parts.moment(self.turn, *NEXT_PROBE) + max(initial, 0.0) + again)
        return found

    def _failing(self, found: Mapping[str, Any], probe: Mapping[str, Any], told: str) -> Mapping[str, Any]:
        if self.turn.fired:
            self.events.append(parts.said(self.pod, "Unhealthy", told, "Warning", str(found["name"])))
            return {**found, "ready": False}
        after = _patience(probe)
        self.falling = min(self.falling or after, after)
        return found


def _patience(probe: Mapping[str, Any]) -> float:
    """Return how long a probe has to fail before it counts."""
    return float(probe.get("periodSeconds") or 10) * int(probe.get("failureThreshold") or 3)


def reconcile_liveness(
    held: state.ClusterState, key: Key, pod: Object, turn: controller.Turn
) -> Sequence[controller.Write]:
    """Restart containers whose liveness probe has failed for long enough, or whose startup probe never passed.

    Until a container has started only its startup probe is asked (pkg/kubelet/prober/worker.go, release 1.36).
    """
    known = parts.named_statuses(pod, "containerStatuses")
    failing: dict[str, tuple[Mapping[str, Any], Mapping[str, Any], str]] = {}
    expiring: list[float] = []
    for container in images.serving_containers(pod):
        name = str(container["name"])
        if "running" not in known.get(name, {}).get("state", {}):
            continue
        probe = container.get(_asked(container, known))
        if not probe:
            continue
        ran = parts.running_for(known[name], turn.env.now)
        failure = parts.probe_failure(pod, container, probe, ran)
        lasts = health.lasts(container, probe)
        if failure:
            failing[name] = (container, probe, failure)
        elif lasts is not None:
            expiring.append(max(lasts, float(probe.get("initialDelaySeconds") or 0)) - ran + _patience(probe))
    if objects.is_terminating(pod) or not (failing or expiring):
        return parts.wait_no_more(held, key)
    if not failing:
        return parts.wait(held, key, min(expiring), clock.TimerKind.CLOCK)
    if not turn.fired:
        after = min(float(p.get("initialDelaySeconds") or 0) + _patience(p) for _, p, _ in failing.values())
        waits = parts.pending(held, key)
        if waits is not None and waits.due > turn.env.now + after:
            return [controller.Requeue(after, clock.TimerKind.CLOCK, move=True)]
        return parts.wait(held, key, after, clock.TimerKind.CLOCK)
    return _restarted(held, parts.pod_key(key), pod, failing, turn)


def _asked(container: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str:
    """Return which probe decides over a restart now."""
    has_started = known.get(str(container["name"]), {}).get("started")
    return "livenessProbe" if has_started or not container.get("startupProbe") else "startupProbe"


def _restarted(
    held: state.ClusterState,
    key: Key,
    pod: Object,
    failing: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], str]],
    turn: controller.Turn,
) -> list[controller.Write]:
    now = turn.env.timestamp()
    events: list[controller.Write] = []
    main: list[statuses.Status] = []
    for found in objects.status_of(pod).get("containerStatuses") or ():
        name = str(found["name"])
        if name not in failing:
            main.append(found)
            continue
        container, _, failure = failing[name]
        word = _asked(container, {name: found}).removesuffix("Probe")
        events.append(parts.said(pod, "Unhealthy", f"{word.capitalize()} probe failed: {failure}", "Warning", name))
        killed = f"Container {name} failed {word} probe, will be restarted"
        events.append(parts.said(pod, "Killing", killed, container=name))
        events.extend(start.started(pod, container, turn))
        since = str(objects.dig(found, "state", "running", "startedAt") or now)
        last = statuses.terminated(137, since, now)
        made = statuses.container_status(pod, container, statuses.running(now), int(found["restartCount"]) + 1, last)
        made["ready"] = start.is_ready_at_start(pod, container)
        main.append(made)
    told = statuses.reported(pod, objects.status_of(pod).get("initContainerStatuses") or [], main, now)
    return [controller.Update(key, start.marked_started(held, told)), *events]
