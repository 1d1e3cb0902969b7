"""The nearest fix where a pod or its node is to blame: readiness, the address it listens on, what stands before it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.cluster import state, surroundings
from app.dataplane import fixing
from app.dataplane.fixing import Case, Fix
from app.dataplane.world import FIREWALL_ANNOTATION
from app.kinds import images
from app.machinery import objects
from app.machinery.objects import Object

READY = "podlane.dev/ready"


def _ready(case: Case) -> Iterator[Fix]:
    """Take back what keeps a pod from being ready: our annotation, else a probe on a port where nobody listens."""
    for pod in case.pods():
        name = objects.name_of(pod)
        if objects.annotations_of(pod).get(READY) == "false":
            patch: dict[str, Any] = {"metadata": {"annotations": {READY: None}}}
            yield Fix(
                f"Let pod {name} be ready again",
                fixing.kubectl(pod, f"annotate pod {name} {READY}-"),
                fixing.key_of(pod, state.PODS),
                patch,
            )
            return
    yield from _probe(case)


def _probe(case: Case) -> Iterator[Fix]:
    """Point a readiness probe at a port where the program listens, in the Deployment that makes the pods."""
    for pod in case.pods():
        owner = _deployment_of(case.cluster, pod)
        if owner is None:
            continue
        containers = [dict(container) for container in objects.dig(owner, "spec", "template", "spec", "containers")]
        for container in containers:
            number = _mended_probe(pod, container)
            if number is None:
                continue
            name = objects.name_of(owner)
            patch: dict[str, Any] = {"spec": {"template": {"spec": {"containers": containers}}}}
            change = {"name": container["name"], "readinessProbe": container["readinessProbe"]}
            text = fixing.json_text({"spec": {"template": {"spec": {"containers": [change]}}}})
            command = fixing.kubectl(owner, f"patch deployment {name} -p {shlex.quote(text)}")
            key = fixing.key_of(owner, state.DEPLOYMENTS)
            yield Fix(f"Let the readiness probe ask port {number}, where the program listens", command, key, patch)
            return


def _everywhere(case: Case) -> Iterator[Fix]:
    """Let a program that listens on localhost only listen on all addresses: in its annotation, or where it is started."""
    for pod in case.pods():
        name, told = objects.name_of(pod), objects.annotations_of(pod).get(images.LISTEN)
        if told is not None:
            wide = _LOOPBACK.sub("", told)
            narrow = {"metadata": {"annotations": {images.LISTEN: wide}}}
            command = fixing.kubectl(pod, f"annotate pod {name} --overwrite {images.LISTEN}={wide}")
            yield Fix(f"Let pod {name} listen on all its addresses", command, fixing.key_of(pod, state.PODS), narrow)
            return
        owner = _deployment_of(case.cluster, pod)
        if owner is None:
            continue
        containers = [dict(container) for container in objects.dig(owner, "spec", "template", "spec", "containers")]
        for container in containers:
            for words in ("command", "args"):
                if container.get(words):
                    container[words] = [_ADDRESS.sub("0.0.0.0", str(word)) for word in container[words]]
        patch: dict[str, Any] = {"spec": {"template": {"spec": {"containers": containers}}}}
        yield fixing.merged(owner, state.DEPLOYMENTS, patch, "Start the program on 0.0.0.0")
        return


_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):")
_ADDRESS = re.compile(r"127\.0\.0\.1|\blocalhost\b")


def _open_firewall(case: Case) -> Iterator[Fix]:
    """Take the firewall before the node away."""
    ref = case.blamed("Node")
    node = case.cluster.find(state.NODES, "", ref.name) if ref else None
    if node is not None:
        patch: dict[str, Any] = {"metadata": {"annotations": {FIREWALL_ANNOTATION: None}}}
        command = f"kubectl annotate node {objects.name_of(node)} {FIREWALL_ANNOTATION}-"
        key = fixing.key_of(node, state.NODES)
        yield Fix(f"Open the firewall before {objects.name_of(node)}", command, key, patch)


def _allow_hairpin(case: Case) -> Iterator[Fix]:
    """Let the network plugin carry a pod's packets back to itself."""
    config = case.cluster.get(surroundings.SETTINGS)
    if config is not None:
        patch: dict[str, Any] = {"data": {"hairpin": None}}
        yield fixing.merged(config, state.CONFIGMAPS, patch, "Switch hairpin traffic on")


def _deployment_of(cluster: state.ClusterState, pod: Object) -> Object | None:
    namespace = objects.namespace_of(pod)
    owner = objects.controller_of(pod)
    replicas = cluster.find(state.REPLICASETS, namespace, owner["name"]) if owner else None
    above = objects.controller_of(replicas) if replicas else None
    return cluster.find(state.DEPLOYMENTS, namespace, above["name"]) if above else None


def _mended_probe(pod: Object, container: dict[str, Any]) -> int | None:
    """Give the container a probe on a port that is open, and return that port; None when the probe is not to blame."""
    probe = container.get("readinessProbe") or {}
    listening = [one.port for one in images.listeners(pod) if one.container == container.get("name")]
    for how in ("httpGet", "tcpSocket"):
        asked = (probe.get(how) or {}).get("port")
        if isinstance(asked, int) and listening and asked not in listening:
            container["readinessProbe"] = {**probe, how: {**probe[how], "port": listening[0]}}
            return listening[0]
    return None


MAKERS: Mapping[str, Callable[[Case], Iterator[Fix]]] = {
    "PodsNotReady": _ready,
    "HeadlessWithoutReadyPods": _ready,
    "ListensOnLocalhostOnly": _everywhere,
    "NodeFirewall": _open_firewall,
    "HairpinOff": _allow_hairpin,
}
