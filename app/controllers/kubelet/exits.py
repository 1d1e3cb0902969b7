"""What a pod looks like once a container's own process has ended by itself, as whoever ran it reports."""

from __future__ import annotations

from typing import Any

from app.controllers.kubelet import parts, statuses
from app.kinds import images
from app.machinery import objects
from app.machinery.objects import Draft, Object


def exited(pod: Object, name: str, container_id: str, code: int, now: str) -> Draft | None:
    """Return the pod with that container ended, or started again; None when that run of it is over already.

    DIFFERS: a container that was expected to stay is restarted at once every time; upstream's back-off begins with its
    second end.
    """
    found = parts.named_statuses(pod, "containerStatuses").get(name)
    container = next((one for one in parts.containers(pod) if one.get("name") == name), None)
    if (
        found is None
        or container is None
        or found.get("containerID") != container_id
        or "running" not in found["state"]
    ):
        return None
    ended = statuses.terminated(code, str(objects.dig(found, "state", "running", "startedAt") or now), now)
    count = int(found["restartCount"])
    made: Any = statuses.container_status(pod, container, ended, count, found.get("lastState") or {})
    if statuses.restarts_after(pod, code) and not objects.is_terminating(pod):
        waits = statuses.waiting(statuses.CRASH_LOOP, statuses.crash_loop_message(pod, name, count + 1))
        stays = images.run_of(container).stays
        shown = statuses.running(now) if stays else waits
        made = statuses.container_status(pod, container, shown, count + 1, ended)
        made["ready"] = stays and not container.get("readinessProbe") and not container.get("startupProbe")
    main = [made if one["name"] == name else one for one in objects.status_of(pod).get("containerStatuses") or ()]
    inits = list(parts.named_statuses(pod, "initContainerStatuses").values())
    return statuses.reported(pod, inits, main, now)
