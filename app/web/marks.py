"""How an object is, as one word and one shape: ok, warn, fail, wait or off."""

from __future__ import annotations

from app.cluster import state
from app.kinds import pod_columns
from app.machinery import objects
from app.machinery.objects import Object

_STARTING = frozenset({"Pending", "ContainerCreating", "PodInitializing"})


def of(obj: Object) -> tuple[str, str]:
    """Return the word and the shape."""
    if objects.is_terminating(obj):
        return "Terminating", "warn"
    match obj.get("kind"):
        case "Pod":
            return _pod(obj)
        case "Service":
            return _service(obj)
        case "Deployment" | "ReplicaSet" | "ReplicationController":
            return _workload(obj)
        case "Node":
            return ("Ready", "ok") if objects.condition_is_true(obj, "Ready") else ("NotReady", "fail")
        case "EndpointSlice":
            return _slice(obj)
        case "Namespace":
            return str(objects.status_of(obj).get("phase") or "Active"), "ok"
        case _:
            return str(obj.get("kind") or ""), "off"


def _pod(pod: Object) -> tuple[str, str]:
    word = pod_columns.status_word(pod)
    if word == "Running":
        return ("Running", "ok") if objects.condition_is_true(pod, "Ready") else ("not ready", "warn")
    if word in ("Completed", "Succeeded"):
        return word, "off"
    return word, "wait" if word in _STARTING else "fail"


def _service(service: Object) -> tuple[str, str]:
    spec = objects.spec_of(service)
    if spec.get("type") == "LoadBalancer" and not state.load_balancer_ips(service):
        return "<pending>", "wait"
    return str(spec.get("type") or "ClusterIP"), "ok"


def _workload(obj: Object) -> tuple[str, str]:
    wanted = int(objects.spec_of(obj).get("replicas", 1))
    ready = int(objects.status_of(obj).get("readyReplicas") or 0)
    return f"{ready} of {wanted} ready", "ok" if ready >= wanted else "warn"


def _slice(obj: Object) -> tuple[str, str]:
    endpoints = obj.get("endpoints") or ()
    ready = sum(1 for e in endpoints if (e.get("conditions") or {}).get("ready", True) is not False)
    if not endpoints:
        return "no endpoints", "fail"
    return f"{ready} of {len(endpoints)} ready", "ok" if ready == len(endpoints) else "warn"
