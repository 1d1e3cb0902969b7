"""Changing a field that is claimed changes what happens; changing one that is stored changes nothing but itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from app.kinds.fidelity import passport
from app.kinds.fidelity.claim import Status
from app.machinery import objects
from tests.cluster_driver import Cluster

AT = "default/client"


def pod(name: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "web", "image": "nginx", "ports": [{"name": "http", "containerPort": 80}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container], **spec},
    }


def service(**spec: Any) -> dict[str, Any]:
    ports = [{"port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web"},
        "spec": {"selector": {"app": "web"}, "ports": ports, **spec},
    }


def put(spec: Any, path: str, value: Any) -> Any:
    """Returns the object with a value at a dotted path; a list is entered at its first member."""
    name, _, rest = path.partition(".")
    if isinstance(spec, list):
        return [put(spec[0], path, value), *spec[1:]]
    return {**spec, name: put(spec.get(name, {}), rest, value) if rest else value}


def settled(*changed: Mapping[str, Any]) -> Cluster:
    cluster = Cluster()
    for obj in (pod("client"), *changed):
        # JSON is YAML.
        cluster.apply(json.dumps(obj))
    return cluster


def seen(cluster: Cluster) -> dict[str, Any]:
    """What a client and a reader of statuses see: where pods run and how, who is listed, and how a request fares."""
    asked = cluster.send({"pod": AT}, "http://web", count=1)
    result = asked["results"][0]
    trace = result.get("trace") or result.get("dns_trace") or {}
    pods = {
        objects.name_of(one): (objects.spec_of(one).get("nodeName"), stripped(objects.status_of(one)))
        for one in cluster.held.list(("", "pods"))
        if objects.namespace_of(one) == "default"
    }
    slices = [one.get("endpoints") for one in cluster.held.slices_of("default", "web")]
    return {
        "outcome": result["outcome"],
        "server": result.get("served_by"),
        "steps": [step["reason"] for hop in trace.get("hops", ()) for step in hop["steps"]],
        "client_ip": result.get("client_ip"),
        "pods": pods,
        "slices": slices,
    }


def stripped(status: Mapping[str, Any]) -> Any:
    """A status without generations, which any change of a spec makes."""
    return {name: value for name, value in status.items() if name != "observedGeneration"}


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Service", "spec.selector", {"app": "other"}),
        ("Service", "spec.ports.port", 8080),
        ("Service", "spec.ports.targetPort", 81),
        ("Service", "spec.clusterIP", "None"),
        ("Service", "spec.internalTrafficPolicy", "Local"),
        ("Service", "spec.externalName", "example.com"),
        ("Pod", "spec.containers.ports.name", "other"),
        ("Pod", "spec.containers.image", "redis"),
        ("Pod", "spec.containers.command", ["sleep", "1000"]),
        ("Pod", "spec.containers.readinessProbe", {"tcpSocket": {"port": 81}}),
        ("Pod", "spec.nodeSelector", {"no": "such"}),
        ("Pod", "spec.schedulerName", "other"),
        ("Pod", "spec.hostNetwork", True),
        ("Pod", "spec.hostname", "web-0"),
        ("Pod", "spec.readinessGates", [{"conditionType": "example.com/ready"}]),
        ("Pod", "spec.initContainers", [{"name": "first", "image": "busybox", "command": ["false"]}]),
    ],
)
def test_a_claimed_field_changes_what_happens(kind: str, path: str, value: Any) -> None:
    claimed = [field for field in claimed_fields(kind) if field == path or field.startswith(f"{path}.")]
    assert claimed or path == "spec.initContainers"
    before, after = as_they_were(), changed(kind, path, value)
    if path == "spec.externalName":
        after = [{**after[0], "spec": {"type": "ExternalName", "externalName": value}}, after[1]]
    assert seen(settled(*after)) != seen(settled(*before))


def claimed_fields(kind: str) -> set[str]:
    return {path.removesuffix(".*") for claim in passport.CLAIMS[kind] for path in claim.paths}


def as_they_were() -> list[dict[str, Any]]:
    return [service(), pod("web", subdomain="web")]


def changed(kind: str, path: str, value: Any) -> list[dict[str, Any]]:
    return [put(one, path, value) if one["kind"] == kind else one for one in as_they_were()]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.hostIPC", True),
        ("spec.hostPID", True),
        ("spec.runtimeClassName", "gvisor"),
        ("spec.imagePullSecrets", [{"name": "registry"}]),
        ("spec.activeDeadlineSeconds", 1),
        ("spec.securityContext", {"runAsUser": 1000, "fsGroup": 2000}),
        ("spec.containers.securityContext", {"readOnlyRootFilesystem": True}),
        ("spec.containers.workingDir", "/srv"),
        ("spec.containers.terminationMessagePath", "/tmp/log"),
        ("spec.containers.lifecycle", {"postStart": {"exec": {"command": ["false"]}}}),
        (
            "spec.affinity",
            {
                "podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [
                        {"labelSelector": {"matchLabels": {"app": "client"}}, "topologyKey": "kubernetes.io/hostname"}
                    ]
                }
            },
        ),
        (
            "spec.topologySpreadConstraints",
            [{"maxSkew": 1, "topologyKey": "none", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {}}],
        ),
    ],
)
def test_a_stored_field_changes_nothing_but_itself(path: str, value: Any) -> None:
    after = changed("Pod", path, value)
    marked = {passport.dotted(place) for place in passport.stored_fields(after[1])}
    assert any(field.startswith(path) for field in marked)
    assert passport.row_for("Pod", sorted(marked)[0]).status is Status.STORED
    assert seen(settled(*after)) == seen(settled(*as_they_were()))
