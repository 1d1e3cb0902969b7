"""What the parts of the kubelet share: the keys of their timers, moments, Events."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from app.cluster import clock, state
from app.controllers import controller
from app.kinds import health, images, podstatus
from app.machinery import objects
from app.machinery.objects import Key, Object

NAME = "kubelet"
ANNOTATION = "podlane.dev/kubelet"
STARTED_AT = "podlane.dev/started-at-revision"
"""Tells the data plane which Services a pod's environment variables know."""

READINESS = "pods/readiness"
LIVENESS = "pods/liveness"
STOP = "pods/stop"
"""One pod waits for several things at once, so each has a key, and with it a timer, of its own.
The key of the pod itself waits for starts and restarts."""

TICK = 10.0
"""Moments fall on tenths of a second, so that the pods of a large rollout are told about together."""


def key_for(part: str, pod: Key) -> Key:
    """Return the key under which a part of the kubelet looks after the pod."""
    return pod._replace(resource=part)


def pod_key(key: Key) -> Key:
    """Return the key of the pod that a part's key stands for."""
    return key._replace(resource=state.PODS[1])


def is_simulated(held: state.ClusterState, pod: Object) -> bool:
    """Say whether the pod is bound to a node whose kubelet we play."""
    node = objects.spec_of(pod).get("nodeName")
    found = held.find(state.NODES, "", node) if node else None
    return found is not None and objects.annotations_of(found).get(ANNOTATION) == "simulated"


def has_started(pod: Object) -> bool:
    """Say whether the kubelet has begun with the pod's containers: its sandbox is there, and with it its address."""
    status = objects.status_of(pod)
    return bool(status.get("containerStatuses") and status.get("podIP"))


def moment(turn: controller.Turn, low: float, high: float) -> float:
    """Return a random delay that ends on a tick."""
    after = turn.env.rng.uniform(low, high)
    if turn.env.mode is clock.TimeMode.INSTANT:
        # Where nothing waits, only the order counts: it may not hang on the fraction of the second it is now.
        return math.ceil(after * TICK) / TICK
    due = math.ceil((turn.env.now + after) * TICK) / TICK
    return max(due - turn.env.now, 0.0)


def pending(held: state.ClusterState, key: Key) -> clock.Timer | None:
    """Return the timer that waits for this key."""
    return held.timers.pending.get(clock.TimerId(NAME, objects.key_text(key)))


def wait(
    held: state.ClusterState, key: Key, after: float, kind: clock.TimerKind = clock.TimerKind.DELAY
) -> list[controller.Write]:
    """Ask to be woken; a timer of that kind which already waits stays as it is."""
    known = pending(held, key)
    if known is not None and known.kind is kind:
        return []
    return [controller.Requeue(after, kind, move=known is not None)]


def wait_no_more(held: state.ClusterState, key: Key) -> list[controller.Write]:
    """Drop the timer of this key, if it is set."""
    return [controller.Requeue(None)] if pending(held, key) is not None else []


def said(pod: Object, reason: str, message: str, kind: str = "Normal", container: str = "") -> controller.Record:
    """Say something about a pod, or a container of it, as the kubelet of its node does."""
    part = field_of(pod, container) if container else ""
    return controller.Record(pod, kind, reason, message, NAME, part, str(objects.spec_of(pod).get("nodeName") or ""))


def field_of(pod: Object, container: str) -> str:
    """Return where the pod's spec has the container (pkg/kubelet/container/ref.go fieldPath, release 1.36)."""
    inits = objects.spec_of(pod).get("initContainers") or ()
    place = "initContainers" if any(one.get("name") == container for one in inits) else "containers"
    return f"spec.{place}{{{container}}}"


def containers(pod: Object) -> list[Mapping[str, Any]]:
    """Return the pod's main containers."""
    return list(objects.spec_of(pod).get("containers") or ())


def named_statuses(pod: Object, name: str) -> dict[str, Mapping[str, Any]]:
    """Return the container statuses of that list by container name."""
    return {found["name"]: found for found in objects.status_of(pod).get(name) or ()}


# --- probes ------------------------------------------------------------------------------------


def probe_failure(pod: Object, container: Mapping[str, Any], probe: Mapping[str, Any], ran: float | None = None) -> str:
    """Return why the probe would fail now, in the prober's words; empty when it would succeed.

    `ran` is for how long the container has been running, where that is known.
    """
    ip = str(objects.status_of(pod).get("podIP") or "")
    lasts = health.lasts(container, probe)
    is_over = ran is not None and lasts is not None and ran >= lasts
    if "httpGet" in probe:
        return _http_failure(pod, container, probe["httpGet"], 500 if is_over else 0)
    if is_over:
        return f"cat: can't open '{health.file_tested(probe)}': No such file or directory"
    for how in ("tcpSocket", "grpc"):
        if how in probe:
            port = _number(container, probe[how].get("port"))
            if images.listens(pod, port, "TCP") is None:
                return f"dial tcp {ip}:{port}: connect: connection refused"
    return ""


def _http_failure(pod: Object, container: Mapping[str, Any], probe: Mapping[str, Any], told: int) -> str:
    ip, port = str(objects.status_of(pod).get("podIP") or ""), _number(container, probe.get("port"))
    path, secure = str(probe.get("path") or "/"), probe.get("scheme") == "HTTPS"
    url = f"{'https' if secure else 'http'}://{ip}:{port}{path if path.startswith('/') else f'/{path}'}"
    answer = images.responds(pod, port, "TCP")
    if answer is None:
        return f'Get "{url}": dial tcp {ip}:{port}: connect: connection refused'
    if not answer.http:
        return f'Get "{url}": EOF'
    if secure and not (health.speaks_tls(container, port) or images.serves_tls(pod, port)):
        return f'Get "{url}": http: server gave HTTP response to HTTPS client'
    status = told or health.status(container, answer.page, path)
    return "" if 200 <= status < 400 else f"HTTP probe failed with statuscode: {status}"


def running_for(found: Mapping[str, Any], now: float) -> float:
    """Return for how many seconds a container has been running, by its status."""
    since = podstatus.instant(objects.dig(found, "state", "running", "startedAt"))
    return now - since if since else 0.0


def _number(container: Mapping[str, Any], port: Any) -> int:
    if not isinstance(port, str):
        return int(port or 0)
    for declared in container.get("ports") or ():
        if declared.get("name") == port:
            return int(declared["containerPort"])
    return int(port) if port.isdecimal() else 0


def probes(pod: Object, kind: str) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield the containers that have a probe of that kind, with the probe."""
    for container in images.serving_containers(pod):
        probe = container.get(kind)
        if probe:
            yield container, probe
