"""What happens to containers after their start: they end, crash and are restarted with back-off, or get another image.

A first crash is shown with its first restart behind it, as CrashLoopBackOff; each further restart waits for the clock.

DIFFERS: a fault that was mended lets the container start again after a second; upstream waits for the back-off to end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import clock, state
from app.controllers import controller
from app.controllers.kubelet import parts, start, statuses
from app.kinds import images, podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object

MENDED = (0.3, 1.0)
PULL_AGAIN = 10.0


def reconcile(held: state.ClusterState, key: Key, pod: Object, turn: controller.Turn) -> Sequence[controller.Write]:
    """Compare what the containers do with what they should do by now."""
    known = parts.named_statuses(pod, "containerStatuses")
    inits = list(parts.named_statuses(pod, "initContainerStatuses").values())
    if not statuses.is_initialized(pod, inits) or len(known) < len(parts.containers(pod)):
        return _initialized_again(held, key, pod, turn)
    look = _Look(pod, turn)
    main = [look.at(container, known[container["name"]]) for container in parts.containers(pod)]
    is_seen = objects.status_of(pod).get("observedGeneration") == objects.metadata(pod).get("generation")
    if look.events or not is_seen or any(made is not known[made["name"]] for made in main):
        told = statuses.reported(pod, inits, main, turn.env.timestamp())
        if look.has_started:
            told = start.marked_started(held, told)
        return [controller.Update(key, told), *look.events]
    if look.mends:
        return parts.wait(held, key, parts.moment(turn, *MENDED))
    if look.deadlines:
        after = max(min(look.deadlines) - turn.env.now, 0.0)
        return parts.wait(held, key, after, clock.TimerKind.CLOCK)
    return parts.wait_no_more(held, key)


def _initialized_again(
    held: state.ClusterState, key: Key, pod: Object, turn: controller.Turn
) -> Sequence[controller.Write]:
    """Run a pod's init containers again once what held them up is mended."""
    if turn.fired:
        return start.run(key, start.marked_started(held, pod), turn)
    known = parts.named_statuses(pod, "initContainerStatuses")
    for container in objects.spec_of(pod).get("initContainers") or ():
        found = known.get(container["name"])
        stuck = found is not None and "waiting" in found["state"]
        if stuck and not images.pull_fails(container) and images.run_of(container).exit_code == 0:
            if found and found["state"]["waiting"]["reason"] != "PodInitializing":
                return parts.wait(held, key, parts.moment(turn, *MENDED))
    return parts.wait_no_more(held, key)


class _Look:
    """One look at a pod's containers: collects what it sees on the way."""

    def __init__(self, pod: Object, turn: controller.Turn) -> None:
        self.pod = pod
        self.turn = turn
        self.now = turn.env.timestamp()
        self.events: list[controller.Write] = []
        self.deadlines: list[float] = []
        self.mends = False
        self.has_started = False

    def at(self, container: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the container's status as it should be now; the very same one when nothing is to be done."""
        shown = found["state"]
        if "running" in shown:
            return self._running(container, found)
        if "terminated" in shown:
            return found
        reason = shown["waiting"].get("reason")
        if reason in (statuses.PULL_FAILED, statuses.PULL_BACK_OFF):
            return self._without_image(container, found, reason)
        return self._backing_off(container, found) if reason == statuses.CRASH_LOOP else found

    def _running(self, container: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
        name = str(container["name"])
        if found["image"] != statuses.full_image(str(container.get("image") or "")):
            told = f"Container {name} definition changed, will be restarted"
            self.events.append(parts.said(self.pod, "Killing", told, container=name))
            failure = images.pull_fails(container)
            if failure:
                self.events.extend(start.pull_failed(self.pod, container, failure))
                waits = statuses.waiting(statuses.PULL_FAILED, failure)
                return statuses.container_status(self.pod, container, waits, found["restartCount"], {})
            return self._started(container, found, self._ended(found, 0))
        code = statuses.exit_of(self.pod, container)
        if code is None:
            return found
        runs_for = statuses.takes_time(self.pod, container, self.turn.env)
        since = podstatus.instant(objects.dig(found, "state", "running", "startedAt"))
        if runs_for and since + runs_for > self.turn.env.now:
            self.deadlines.append(since + runs_for)
            return found
        ended = self._ended(found, code)
        if not statuses.restarts_after(self.pod, code):
            return statuses.container_status(self.pod, container, ended, found["restartCount"], {})
        return self._crashed(container, found, ended)

    def _ended(self, found: Mapping[str, Any], code: int) -> dict[str, Any]:
        since = str((found["state"].get("running") or {}).get("startedAt") or self.now)
        return statuses.terminated(code, since, self.now)

    def _crashed(
        self, container: Mapping[str, Any], found: Mapping[str, Any], ended: Mapping[str, Any]
    ) -> statuses.Status:
        name, count = str(container["name"]), int(found["restartCount"]) + 1
        self.events.append(start.backing_off(self.pod, name))
        waits = statuses.waiting(statuses.CRASH_LOOP, statuses.crash_loop_message(self.pod, name, count))
        return statuses.container_status(self.pod, container, waits, count, ended)

    def _started(
        self, container: Mapping[str, Any], found: Mapping[str, Any], last: Mapping[str, Any]
    ) -> statuses.Status:
        self.events.extend(start.started(self.pod, container, self.turn))
        self.has_started = True
        count = int(found["restartCount"]) + (1 if last else 0)
        made = statuses.container_status(self.pod, container, statuses.running(self.now), count, last)
        made["ready"] = start.is_ready_at_start(self.pod, container)
        return made

    def _without_image(self, container: Mapping[str, Any], found: Mapping[str, Any], reason: str) -> Mapping[str, Any]:
        failure = images.pull_fails(container)
        if not failure:
            if not self.turn.fired:
                self.mends = True
                return found
            return self._started(container, found, found.get("lastState") or {})
        if reason == statuses.PULL_BACK_OFF:
            return found
        if not self.turn.fired:
            self.deadlines.append(self.turn.env.now + PULL_AGAIN)
            return found
        image, name = str(container.get("image") or ""), str(container["name"])
        self.events.append(parts.said(self.pod, "BackOff", f'Back-off pulling image "{image}"', container=name))
        self.events.append(parts.said(self.pod, "Failed", "Error: ImagePullBackOff", "Warning", name))
        told = f'Back-off pulling image "{image}": {statuses.PULL_FAILED}: {failure}'
        waits = statuses.waiting(statuses.PULL_BACK_OFF, told)
        return statuses.container_status(
            self.pod, container, waits, found["restartCount"], found.get("lastState") or {}
        )

    def _backing_off(self, container: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
        code = statuses.exit_of(self.pod, container)
        last = found.get("lastState") or {}
        if code is None:
            if not self.turn.fired:
                self.mends = True
                return found
            return self._started(container, found, last)
        crashed = podstatus.instant(objects.dig(last, "terminated", "finishedAt")) or self.turn.env.now
        due = crashed + statuses.back_off(int(found["restartCount"]))
        if due > self.turn.env.now:
            self.deadlines.append(due)
            return found
        return self._crashed(container, found, statuses.terminated(code, self.now, self.now))
