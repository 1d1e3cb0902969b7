"""Which container of a pod a call means, and the words for those that are not there (registry/core/pod/strategy.go and
kubelet_pods.go, release 1.36)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.cluster import state
from app.controllers.kubelet import parts
from app.kubeapi import status
from app.kubeapi.call import Call
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from app.runtime.loaded import internal_ip
from app.terminal import boxes


@dataclass(frozen=True, slots=True)
class Chosen:
    """A container of a pod, with its status as the kubelet reported it; empty before the first report."""

    pod: Object
    container: Mapping[str, Any]
    status: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The container's name."""
        return str(self.container.get("name"))

    @property
    def state(self) -> Mapping[str, Any]:
        """The container's state: waiting, running or terminated; empty before the first report."""
        found: Mapping[str, Any] = self.status.get("state") or {}
        return found


async def find(call: Call) -> Object | None:
    """Return the pod that the call names, None when there is none."""
    assert call.target is not None
    held = await call.host.read(call.playground)
    return held.find(state.PODS, call.target.namespace, call.target.name)


async def chosen(call: Call, name: str) -> Chosen:
    """Return the container that the call means; a pod with several has to be told which."""
    assert call.target is not None
    held = await call.host.read(call.playground)
    pod = held.find(state.PODS, call.target.namespace, call.target.name)
    if pod is None:
        raise errors.not_found(Key(*state.PODS, call.target.namespace, call.target.name))
    container = container_of(pod, name)
    node = str(objects.spec_of(pod).get("nodeName") or "")
    if node and not parts.is_simulated(held, pod):
        address = internal_ip(held.find(state.NODES, "", node) or {}) or node
        raise status.Refusal(
            500, "InternalError", f"error dialing backend: dial tcp {address}:10250: connect: connection refused"
        )
    return Chosen(pod, container, boxes.statuses_of(pod).get(str(container.get("name"))) or {})


def container_of(pod: Object, name: str) -> Mapping[str, Any]:
    """Return the container of that name, the only one without a name."""
    found = boxes.containers_of(pod)
    if name:
        if name not in found:
            raise errors.BadRequest(f"container {name} is not valid for pod {objects.name_of(pod)}")
        return found[name]
    spec = objects.spec_of(pod)
    main = list(spec.get("containers") or ())
    if len(main) == 1:
        only: Mapping[str, Any] = main[0]
        return only
    told = f"a container name must be specified for pod {objects.name_of(pod)}"
    if main:
        told += f", choose one of: [{_names(main)}]"
    if spec.get("initContainers"):
        told += f" or one of the init containers: [{_names(spec['initContainers'])}]"
    raise errors.BadRequest(told)


def check_host(pod: Object) -> None:
    """Refuse a pod that no node runs."""
    if not objects.spec_of(pod).get("nodeName"):
        raise errors.BadRequest(f"pod {objects.name_of(pod)} does not have a host assigned")


def _names(containers: Iterable[Mapping[str, Any]]) -> str:
    return " ".join(str(one.get("name")) for one in containers)
