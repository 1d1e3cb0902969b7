"""The columns of `kubectl get pods`, and the STATUS word people read first.

Mirrors printPod in pkg/printers/internalversion/printers.go (release 1.36).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.cluster import clock
from app.kinds import columns
from app.kinds.kind import Column
from app.machinery import objects
from app.machinery.objects import Object

Part = Mapping[str, Any]


@dataclass(slots=True)
class Display:
    """What the table says about a pod: ready of total containers, the STATUS word, restarts and the last of them."""

    total: int
    reason: str
    ready: int = 0
    restarts: int = 0
    last_restart: str = ""

    def count(self, status: Part) -> None:
        """Add a container's restarts."""
        self.restarts += int(status.get("restartCount") or 0)
        finished = objects.dig(status, "lastState", "terminated", "finishedAt") or ""
        self.last_restart = max(self.last_restart, finished)


def status_word(pod: Object) -> str:
    """Return the STATUS column: Running, ContainerCreating, CrashLoopBackOff, Terminating, ..."""
    return display(pod).reason


def display(pod: Object) -> Display:
    """Work out what the table shows of a pod."""
    status = objects.status_of(pod)
    init = {c.get("name"): c for c in objects.spec_of(pod).get("initContainers") or ()}
    total = len(objects.spec_of(pod).get("containers") or ()) + sum(map(_is_sidecar, init.values()))
    shown = Display(total, str(status.get("reason") or status.get("phase") or "Unknown"))
    scheduled = objects.condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        shown.reason = "SchedulingGated"
    initializing = _show_init(shown, init, status.get("initContainerStatuses") or ())
    if not initializing or objects.condition_is_true(pod, "Initialized"):
        _show_containers(shown, init, status)
        if shown.reason == "Completed" and shown.ready and _any_runs(status):
            shown.reason = "Running" if objects.condition_is_true(pod, "Ready") else "NotReady"
    if objects.is_terminating(pod):
        if status.get("reason") == "NodeLost":
            shown.reason = "Unknown"
        elif status.get("phase") not in ("Succeeded", "Failed"):
            shown.reason = "Terminating"
    return shown


def _is_sidecar(container: Part | None) -> bool:
    return container is not None and container.get("restartPolicy") == "Always"


def _show_init(shown: Display, init: Mapping[Any, Part], statuses: Sequence[Part]) -> bool:
    """Show the first init container that is not done; say whether there is one."""
    for position, status in enumerate(statuses):
        shown.count(status)
        state = status.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if ended is not None and not ended.get("exitCode"):
            continue
        if _is_sidecar(init.get(status.get("name"))) and status.get("started"):
            shown.ready += bool(status.get("ready"))
            continue
        if ended is not None:
            shown.reason = f"Init:{_ended(ended)}"
        elif waiting and waiting.get("reason") not in (None, "", "PodInitializing"):
            shown.reason = f"Init:{waiting['reason']}"
        else:
            shown.reason = f"Init:{position}/{len(init)}"
        return True
    return False


def _show_containers(shown: Display, init: Mapping[Any, Part], status: Part) -> None:
    shown.restarts, shown.last_restart = 0, ""
    for container in status.get("initContainerStatuses") or ():
        if _is_sidecar(init.get(container.get("name"))):
            shown.count(container)
    for container in reversed(status.get("containerStatuses") or ()):
        shown.count(container)
        state = container.get("state") or {}
        ended, waiting = state.get("terminated"), state.get("waiting")
        if waiting and waiting.get("reason"):
            shown.reason = waiting["reason"]
        elif ended is not None:
            shown.reason = _ended(ended)
        elif _runs_ready(container):
            shown.ready += 1


def _ended(ended: Part) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _runs_ready(container: Part) -> bool:
    return bool(container.get("ready")) and (container.get("state") or {}).get("running") is not None


def _any_runs(status: Part) -> bool:
    return any(_runs_ready(container) for container in status.get("containerStatuses") or ())


def _ready(pod: Object, now: float) -> str:
    shown = display(pod)
    return f"{shown.ready}/{shown.total}"


def _status(pod: Object, now: float) -> str:
    return display(pod).reason


def _restarts(pod: Object, now: float) -> str:
    shown = display(pod)
    if not shown.restarts or not shown.last_restart:
        return str(shown.restarts)
    return f"{shown.restarts} ({columns.human_duration(now - clock.seconds(shown.last_restart))} ago)"


def _ip(pod: Object, now: float) -> str:
    status = objects.status_of(pod)
    first = next((entry.get("ip") for entry in status.get("podIPs") or ()), None)
    return first or status.get("podIP") or columns.NONE


def _gates(pod: Object, now: float) -> str:
    gates = objects.spec_of(pod).get("readinessGates") or ()
    if not gates:
        return columns.NONE
    met = sum(objects.condition_is_true(pod, gate.get("conditionType", "")) for gate in gates)
    return f"{met}/{len(gates)}"


COLUMNS = (
    columns.NAME,
    Column("Ready", "string", _ready, description="Ready containers of all containers."),
    Column("Status", "string", _status, description="What the pod is doing, in one word."),
    Column("Restarts", "string", _restarts, description="How often its containers were restarted."),
    columns.AGE,
    Column("IP", "string", _ip, priority=1, description="The pod's address."),
    Column(
        "Node",
        "string",
        columns.field("spec", "nodeName", default=columns.NONE),
        priority=1,
        description="Where the pod runs.",
    ),
    Column(
        "Nominated Node",
        "string",
        columns.field("status", "nominatedNodeName", default=columns.NONE),
        priority=1,
        description="Where the pod waits for room.",
    ),
    Column("Readiness Gates", "string", _gates, priority=1, description="Met readiness gates of all."),
)
