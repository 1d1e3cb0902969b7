"""Starts a bound pod's containers: sandbox and address, init containers in order, then the rest.

DIFFERS: upstream reports several times on the way; here twice, when the pod is taken on (not in instant time) and when
the containers run (or cannot).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from app.cluster import clock, state, surroundings
from app.controllers import controller
from app.controllers.kubelet import parts, statuses
from app.kinds import images, resolvconf
from app.machinery import objects
from app.machinery.objects import Draft, Key, Object

DELAY = (0.5, 1.5)
FIRST_ADDRESS = 2
"""The first address of a node's pod CIDR belongs to its bridge."""


def reconcile(held: state.ClusterState, key: Key, pod: Object, turn: controller.Turn) -> Sequence[controller.Write]:
    """Start the pod once its delay is over."""
    node = held.find(state.NODES, "", objects.spec_of(pod)["nodeName"])
    assert node is not None
    if not turn.fired:
        waits = parts.wait(held, key, parts.moment(turn, *DELAY))
        if turn.env.mode is clock.TimeMode.INSTANT or objects.status_of(pod).get("containerStatuses"):
            return waits
        return [*waits, controller.Update(key, _taken_on(pod, node, turn))]
    ip, cursor = _address(held, pod, node)
    if not ip:
        told = "Failed to create pod sandbox: no IP addresses available in range set"
        return (parts.said(pod, "FailedCreatePodSandBox", told, "Warning"),)
    prepared = _with_address(held, pod, node, ip, turn)
    return (*cursor, *_omitted_names(held, pod), *run(key, prepared, turn))


def _omitted_names(held: state.ClusterState, pod: Object) -> list[controller.Write]:
    """Warn of what did not fit into /etc/resolv.conf (pkg/kubelet/network/dns/dns.go, release 1.36)."""
    if not objects.spec_of(pod).get("dnsConfig"):
        return []
    service = held.find(state.SERVICES, "kube-system", "kube-dns")
    server = next(iter(state.cluster_ips(service)), "") if service is not None else ""
    file = resolvconf.resolv_conf(pod, server, surroundings.cluster_domain(held))
    return [parts.said(pod, "DNSConfigForming", told, "Warning") for told in file.exceeded]


def _taken_on(pod: Object, node: Object, turn: controller.Turn) -> Draft:
    """Report what a kubelet says first of a pod: its containers are being created."""
    now, host = turn.env.timestamp(), _internal_ip(node)
    status = {**objects.status_of(pod), "hostIP": host, "hostIPs": [{"ip": host}], "startTime": now}
    inits = objects.spec_of(pod).get("initContainers") or ()
    waits = statuses.waiting("PodInitializing" if inits else "ContainerCreating")
    init, main = (
        [statuses.container_status(pod, container, waits, 0, {}) for container in containers]
        for containers in (inits, parts.containers(pod))
    )
    return statuses.reported({**pod, "status": status}, init, main, now)


def run(key: Key, pod: Object, turn: controller.Turn) -> list[controller.Write]:
    """Run the init containers, then the main ones, and report how far it came."""
    now = turn.env.timestamp()
    events: list[controller.Write] = []
    init: list[statuses.Status] = []
    blocked = False
    for container in objects.spec_of(pod).get("initContainers") or ():
        if blocked:
            told = statuses.waiting("PodInitializing")
            init.append(statuses.container_status(pod, container, told, 0, {}))
            continue
        init.append(_init_status(pod, container, events, turn))
        blocked = not statuses.is_initialized(pod, init[-1:])
    main = [
        statuses.container_status(pod, container, statuses.waiting("PodInitializing"), 0, {})
        if blocked
        else first_status(pod, container, events, turn)
        for container in parts.containers(pod)
    ]
    told = statuses.reported(pod, init, main, now)
    return [controller.Update(key, told), *events]


def first_status(
    pod: Object, container: Mapping[str, Any], events: list[controller.Write], turn: controller.Turn
) -> statuses.Status:
    """Start a container for the first time: it runs, has ended, crashes again and again, or has no image."""
    now = turn.env.timestamp()
    name = str(container["name"])
    failure = images.pull_fails(container)
    if failure:
        events.extend(pull_failed(pod, container, failure))
        told = statuses.waiting(statuses.PULL_FAILED, failure)
        return statuses.container_status(pod, container, told, 0, {})
    events.extend(started(pod, container, turn))
    code = statuses.exit_of(pod, container)
    if code is None or statuses.takes_time(pod, container, turn.env):
        made = statuses.container_status(pod, container, statuses.running(now), 0, {})
        made["ready"] = is_ready_at_start(pod, container)
        events.extend(_first_probe(pod, container))
        return made
    ended = statuses.terminated(code, now, now)
    if not statuses.restarts_after(pod, code):
        return statuses.container_status(pod, container, ended, 0, {})
    events.append(backing_off(pod, name))
    told = statuses.waiting(statuses.CRASH_LOOP, statuses.crash_loop_message(pod, name, 1))
    return statuses.container_status(pod, container, told, 1, ended)


def is_ready_at_start(pod: Object, container: Mapping[str, Any]) -> bool:
    """Say whether a container is ready as soon as it runs: no probe has to pass, no fault holds it back."""
    held_back = objects.annotations_of(pod).get(statuses.READY_ANNOTATION) == "false"
    return not held_back and not container.get("readinessProbe") and not container.get("startupProbe")


def _first_probe(pod: Object, container: Mapping[str, Any]) -> list[controller.Write]:
    for kind, word in (("startupProbe", "Startup"), ("readinessProbe", "Readiness")):
        probe = container.get(kind)
        failure = parts.probe_failure(pod, container, probe) if probe else ""
        if failure:
            told = f"{word} probe failed: {failure}"
            return [parts.said(pod, "Unhealthy", told, "Warning", str(container["name"]))]
    return []


def _init_status(
    pod: Object, container: Mapping[str, Any], events: list[controller.Write], turn: controller.Turn
) -> statuses.Status:
    if statuses.is_sidecar(container):
        return first_status(pod, container, events, turn)
    failure = images.pull_fails(container)
    now = turn.env.timestamp()
    if failure:
        events.extend(pull_failed(pod, container, failure))
        told = statuses.waiting(statuses.PULL_FAILED, failure)
        return statuses.container_status(pod, container, told, 0, {})
    events.extend(started(pod, container, turn))
    run_to = images.run_of(container)
    if run_to.stays and (images.known(str(container.get("image") or "")) or _has_command(container)):
        return statuses.container_status(pod, container, statuses.running(now), 0, {})
    ended = statuses.terminated(0 if run_to.stays else run_to.exit_code, now, now)
    if run_to.stays or run_to.exit_code == 0:
        done = statuses.container_status(pod, container, ended, 0, {})
        done["ready"] = True
        return done
    if not statuses.restarts_after(pod, run_to.exit_code):
        return statuses.container_status(pod, container, ended, 0, {})
    told = statuses.waiting(statuses.CRASH_LOOP, statuses.crash_loop_message(pod, str(container["name"]), 1))
    return statuses.container_status(pod, container, told, 1, ended)


def _has_command(container: Mapping[str, Any]) -> bool:
    return bool(container.get("command") or container.get("args"))


# --- Events ------------------------------------------------------------------------------------


def started(pod: Object, container: Mapping[str, Any], turn: controller.Turn) -> list[controller.Write]:
    """Say that a container's image is there and that it was started."""
    image, name = str(container.get("image") or ""), str(container["name"])
    events: list[controller.Write] = []
    if container.get("imagePullPolicy") == "Always":
        took = f"{turn.env.rng.randint(250, 950)}ms"
        size = f"Image size: {statuses.image_size(image)} bytes."
        pulled = f'Successfully pulled image "{image}" in {took} ({took} including waiting). {size}'
        events.append(parts.said(pod, "Pulling", f'Pulling image "{image}"', container=name))
    else:
        pulled = f'Container image "{image}" already present on machine and can be accessed by the pod'
    return [
        *events,
        parts.said(pod, "Pulled", pulled, container=name),
        parts.said(pod, "Created", "Container created", container=name),
        parts.said(pod, "Started", "Container started", container=name),
    ]


def pull_failed(pod: Object, container: Mapping[str, Any], failure: str) -> list[controller.Write]:
    """Say that an image cannot be pulled."""
    image, name = str(container.get("image") or ""), str(container["name"])
    return [
        parts.said(pod, "Pulling", f'Pulling image "{image}"', container=name),
        parts.said(pod, "Failed", f'Failed to pull image "{image}": {failure}', "Warning", name),
        parts.said(pod, "Failed", "Error: ErrImagePull", "Warning", name),
    ]


def backing_off(pod: Object, name: str) -> controller.Record:
    """Say that a container crashed and is not restarted at once."""
    told = f"{objects.name_of(pod)}_{objects.namespace_of(pod)}({objects.uid_of(pod)})"
    return parts.said(pod, "BackOff", f"Back-off restarting failed container {name} in pod {told}", "Warning", name)


# --- addresses ---------------------------------------------------------------------------------


def _address(held: state.ClusterState, pod: Object, node: Object) -> tuple[str, tuple[controller.Write, ...]]:
    """Return the pod's address: the node's own with hostNetwork, else the next free one of the node's range.

    The cursor only moves on, so a successor never gets the address of its predecessor at once.
    """
    if objects.spec_of(pod).get("hostNetwork"):
        return _internal_ip(node), ()
    cidr = objects.spec_of(node).get("podCIDR")
    if not cidr:
        return "", ()
    network = ipaddress.ip_network(str(cidr))
    name = f"podip:{objects.name_of(node)}"
    offset = held.cursors.get(name, FIRST_ADDRESS - 1)
    last = network.num_addresses - 2
    for _ in range(last):
        offset = offset + 1 if offset < last else FIRST_ADDRESS
        ip = str(network[offset])
        if not held.addresses.pods.count(ip):
            return ip, (controller.Cursor(name, offset),)
    return "", ()


def _internal_ip(node: Object) -> str:
    addresses = objects.status_of(node).get("addresses") or ()
    return next((a["address"] for a in addresses if a.get("type") == "InternalIP"), "")


def _with_address(held: state.ClusterState, pod: Object, node: Object, ip: str, turn: controller.Turn) -> Draft:
    host = _internal_ip(node)
    status: Draft = {
        **objects.status_of(pod),
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": objects.status_of(pod).get("startTime") or turn.env.timestamp(),
    }
    return marked_started(held, {**pod, "status": status})


def marked_started(held: state.ClusterState, pod: Object) -> Draft:
    """Note at which revision containers started: their environment variables are those of that moment."""
    annotations = {**objects.annotations_of(pod), parts.STARTED_AT: str(held.revision)}
    return objects.with_path(pod, ("metadata", "annotations"), annotations)
