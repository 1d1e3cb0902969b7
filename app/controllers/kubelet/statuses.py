"""The status a kubelet reports: container statuses, phase, conditions; pure functions of pod and clock.

Mirrors pkg/kubelet/kubelet_pods.go (getPhase) and pkg/kubelet/status/generate.go, release 1.36.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import clock
from app.kinds import images, podstatus
from app.machinery import objects
from app.machinery.objects import Draft, Object

Status = Mapping[str, Any]
"""One entry of `status.containerStatuses`."""

CRASH_LOOP = "CrashLoopBackOff"
PULL_FAILED = "ErrImagePull"
PULL_BACK_OFF = "ImagePullBackOff"
READY_ANNOTATION = "podlane.dev/ready"
CRASH_ANNOTATION = "podlane.dev/crash"
MAX_BACK_OFF = 300
TOLD_WITHIN = 2.0
"""Seconds within which the end of a command is told by whoever runs it; after that it ends as its words promise."""


def full_image(image: str) -> str:
    """Write an image name as the runtime reports it: with registry and tag."""
    first, slash, _ = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif not ("." in first or ":" in first or first == "localhost"):
        image = f"docker.io/{image}"
    last = image.rpartition("/")[2]
    return image if "@" in last or ":" in last else f"{image}:latest"


def container_status(
    pod: Object, container: Mapping[str, Any], state: Mapping[str, Any], restarts: int, last: Mapping[str, Any]
) -> Draft:
    """Make the status of a container; whether it is ready is set by whoever starts or probes it."""
    name, image = str(container["name"]), str(container.get("image") or "")
    running = "running" in state
    made: Draft = {
        "name": name,
        "state": dict(state),
        "lastState": dict(last),
        "ready": False,
        "restartCount": restarts,
        "image": full_image(image),
        "imageID": "",
        "started": running and not container.get("startupProbe"),
    }
    if "waiting" not in state or last:
        made["imageID"] = _image_id(image)
        made["containerID"] = container_id(pod, name, restarts)
    return made


def _image_id(image: str) -> str:
    digest = hashlib.sha256(full_image(image).encode()).hexdigest()
    return f"{full_image(image).partition('@')[0].rpartition(':')[0]}@sha256:{digest}"


def image_size(image: str) -> int:
    """Return how many bytes the image has: one name always the same."""
    return 4_000_000 + int(hashlib.sha256(full_image(image).encode()).hexdigest()[:8], 16) % 180_000_000


def container_id(pod: Object, name: str, restarts: int) -> str:
    """Return the runtime's id of a container, another one after each restart."""
    told = f"{objects.uid_of(pod)}/{name}/{restarts}"
    return f"containerd://{hashlib.sha256(told.encode()).hexdigest()}"


def running(now: str) -> Draft:
    """Return the state of a container that runs since now."""
    return {"running": {"startedAt": now}}


def waiting(reason: str, message: str = "") -> Draft:
    """Return the state of a container that does not run yet or again."""
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def terminated(exit_code: int, started: str, now: str) -> Draft:
    """Return the state of a container that has ended."""
    return {
        "terminated": {
            "exitCode": exit_code,
            "reason": "Error" if exit_code else "Completed",
            "startedAt": started,
            "finishedAt": now,
        }
    }


def crash_loop_message(pod: Object, name: str, restarts: int) -> str:
    """Say how long the restart waits, in the kubelet's words."""
    written = _go_duration(back_off(restarts))
    return (
        f"back-off {written} restarting failed container={name} "
        f"pod={objects.name_of(pod)}_{objects.namespace_of(pod)}({objects.uid_of(pod)})"
    )


def back_off(restarts: int) -> int:
    """Return the seconds before the next restart: 10, 20, 40 … 300."""
    return int(min(10 * 2 ** max(min(restarts, 10) - 1, 0), MAX_BACK_OFF))


def _go_duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def is_crashing(pod: Object) -> bool:
    """Say whether a learner made the pod crash."""
    return objects.annotations_of(pod).get(CRASH_ANNOTATION) == "true"


def exit_of(pod: Object, container: Mapping[str, Any]) -> int | None:
    """Return the exit code a container ends with by itself, None when it stays."""
    if is_crashing(pod):
        return 1
    run = images.run_of(container)
    return None if run.stays else run.exit_code


def takes_time(pod: Object, container: Mapping[str, Any], env: clock.Env) -> float:
    """Return for how many seconds a container counts as running before it exits by itself.

    Whoever runs its command tells its real end before that (`engine.exiting`). None in instant time, none for a fault.
    DIFFERS: in instant time the end is the one that the command's words promise, whatever came of what it asked for.
    """
    if env.mode is clock.TimeMode.INSTANT or is_crashing(pod):
        return 0.0
    run = images.run_of(container)
    return run.seconds + TOLD_WITHIN if run.is_command else 0.0


def restarts_after(pod: Object, exit_code: int) -> bool:
    """Say whether the restart policy starts a container again that exited like this."""
    policy = objects.spec_of(pod).get("restartPolicy") or "Always"
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def is_sidecar(container: Mapping[str, Any]) -> bool:
    """Say whether an init container is one that stays: `restartPolicy: Always`."""
    return container.get("restartPolicy") == "Always"


# --- the pod's own status ----------------------------------------------------------------------


def reported(pod: Object, init: Sequence[Status], main: Sequence[Status], now: str) -> Draft:
    """Return the pod with these container statuses, and the phase and conditions that follow from them."""
    status: Draft = {**objects.status_of(pod), "containerStatuses": list(main)}
    if init:
        status["initContainerStatuses"] = list(init)
    status["phase"] = _phase(pod, init, main)
    generation = objects.metadata(pod).get("generation")
    if generation:
        status["observedGeneration"] = generation
    told: Draft = {**pod, "status": status}
    for condition in _conditions(told, init, main, now):
        told = objects.with_condition(told, condition)
    return told


def _phase(pod: Object, init: Sequence[Status], main: Sequence[Status]) -> str:
    if not is_initialized(pod, init):
        policy = objects.spec_of(pod).get("restartPolicy")
        failed = any((found["state"].get("terminated") or {}).get("exitCode") for found in init)
        return "Failed" if failed and policy == "Never" else "Pending"
    runs = sum("running" in found["state"] for found in main)
    ended = [_end(found) for found in main if _end(found) is not None]
    if runs + len(ended) < len(main):
        return "Pending"
    if runs:
        return "Running"
    policy = objects.spec_of(pod).get("restartPolicy") or "Always"
    if policy == "Always":
        return "Running"
    if not any(ended):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _end(found: Status) -> int | None:
    """Return the exit code of a container that has ended, now or before its back-off."""
    ended = found["state"].get("terminated") or ("waiting" in found["state"] and found["lastState"].get("terminated"))
    return int(ended["exitCode"]) if ended else None


def is_initialized(pod: Object, init: Sequence[Status]) -> bool:
    """Say whether these init containers have done their part: ended well, or as sidecars started."""
    sidecars = {c["name"] for c in objects.spec_of(pod).get("initContainers") or () if is_sidecar(c)}
    return all(
        "running" in found["state"]
        if found["name"] in sidecars
        else (found["state"].get("terminated") or {}).get("exitCode") == 0
        for found in init
    )


def _conditions(pod: Object, init: Sequence[Status], main: Sequence[Status], now: str) -> list[Draft]:
    initialized = is_initialized(pod, init)
    waits = "" if initialized else _names(found for found in init if not is_initialized(pod, [found]))
    ready, reason, message = _containers_ready(pod, init, main)
    gates_ready, gate_reason, gate_message = _gates(pod) if ready else (False, reason, message)
    done, has_sandbox = podstatus.is_terminal(pod), bool(objects.status_of(pod).get("podIP"))
    return [
        podstatus.condition(pod, "PodReadyToStartContainers", has_sandbox and not done, now),
        podstatus.condition(
            pod,
            "Initialized",
            initialized,
            now,
            "" if initialized and not done else "PodCompleted" if done else "ContainersNotInitialized",
            f"containers with incomplete status: {waits}" if waits else "",
        ),
        podstatus.condition(pod, "Ready", gates_ready, now, gate_reason, gate_message),
        podstatus.condition(pod, "ContainersReady", ready, now, reason, message),
        podstatus.condition(pod, "PodScheduled", True, now),
    ]


def _containers_ready(pod: Object, init: Sequence[Status], main: Sequence[Status]) -> tuple[bool, str, str]:
    if podstatus.phase_of(pod) == "Succeeded":
        return False, "PodCompleted", ""
    if podstatus.phase_of(pod) == "Failed":
        return False, "PodFailed", ""
    sidecars = {c["name"] for c in objects.spec_of(pod).get("initContainers") or () if is_sidecar(c)}
    serving = [*(found for found in init if found["name"] in sidecars), *main]
    unready = [found for found in serving if not found["ready"]]
    if not unready:
        return True, "", ""
    return False, "ContainersNotReady", f"containers with unready status: {_names(unready)}"


def _gates(pod: Object) -> tuple[bool, str, str]:
    """Check `spec.readinessGates`: each names a condition that others must set to True."""
    for gate in objects.spec_of(pod).get("readinessGates") or ():
        kind = str(gate.get("conditionType"))
        found = objects.condition(pod, kind)
        if found is None:
            told = f'corresponding condition of pod readiness gate "{kind}" does not exist.'
            return False, "ReadinessGatesNotReady", told
        if found.get("status") != "True":
            told = f'the status of pod readiness gate "{kind}" is not "True", but {found.get("status")}'
            return False, "ReadinessGatesNotReady", told
    return True, "", ""


def _names(found: Any) -> str:
    return f"[{' '.join(str(status['name']) for status in found)}]"
