"""Plays a recorded scenario on a playground: nodes and pod statuses as machines would write them, kubectl, raw calls.

A playground of instant time is at rest whenever it has answered, so nothing is waited for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.conformance.naming import Names
from tests.playground import Playground

NODES = {"node-a1": ("10.0.0.11", "zone-a"), "node-a2": ("10.0.0.12", "zone-a"), "node-b1": ("10.0.0.21", "zone-b")}
PATHS = {
    "services": "/api/v1/namespaces/{}/services",
    "endpoints": "/api/v1/namespaces/{}/endpoints",
    "endpointslices": "/apis/discovery.k8s.io/v1/namespaces/{}/endpointslices",
}
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TOLD_OF_A_STATUS = ("kind", "status", "message", "reason", "details", "code")


def make_nodes(at: Playground) -> None:
    """Makes the three nodes of the recordings; nothing runs behind them."""
    capacity = {"cpu": "64", "memory": "256Gi", "pods": "10000", "ephemeral-storage": "500Gi"}
    for name, (ip, zone) in NODES.items():
        labels = {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/zone": zone,
        }
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}
        _call(at, "POST", "/api/v1/nodes", node)
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "fake"}
        addresses = [{"type": "InternalIP", "address": ip}, {"type": "Hostname", "address": name}]
        status = {"addresses": addresses, "capacity": capacity, "allocatable": capacity, "conditions": [ready]}
        _call(at, "PATCH", f"/api/v1/nodes/{name}/status", {"status": status}, MERGE)


def replay(at: Playground, scenario: Path) -> list[dict[str, Any]]:
    """Returns what the playground answered to the steps of a scenario, as it would be recorded."""
    steps = json.loads((scenario / "steps.json").read_text())
    manifests = scenario / "input.yaml"
    said = manifests.read_text() if manifests.exists() else ""
    stage = _Stage(at, f"g-{scenario.name}", said + json.dumps(steps))
    stage.open()
    if said.strip():
        done = stage.kubectl(["apply", "-f", "-"], said)
        del done["stdin"]
        stage.answers.append({**done, "command": "kubectl apply -f input.yaml"})
    for step in steps:
        stage.take(step)
    return stage.answers


class _Stage:
    """One scenario under way, in a namespace of its own."""

    def __init__(self, at: Playground, namespace: str, said: str) -> None:
        self.at = at
        self.namespace = namespace
        self.names = Names(namespace, said)
        self.answers: list[dict[str, Any]] = []

    def open(self) -> None:
        _call(self.at, "POST", "/api/v1/namespaces", {"metadata": {"name": self.namespace}})

    def take(self, step: Mapping[str, Any]) -> None:
        match step:
            case {"pods": pods}:
                for name, status in pods.items():
                    self.pod_status(name, **status)
            case {"many_pods": {"prefix": prefix, "count": count, "labels": labels}}:
                for number in range(count):
                    self.bound_pod(f"{prefix}-{number:04d}", labels, number)
            case {"delete_pods": names}:
                for name in names:
                    options = {"gracePeriodSeconds": step.get("grace", 30)}
                    _call(self.at, "DELETE", f"/api/v1/namespaces/{self.namespace}/pods/{name}", options)
            case {"api": [method, path, *body]}:
                self.api(step, method, path, body[0] if body else None)
            case {"kubectl": arguments}:
                note = {"note": step["note"]} if "note" in step else {}
                self.answers.append({**note, **self.kubectl(arguments, step.get("stdin"))})
            case {"sleep": _}:
                pass
            case {"snapshot": title}:
                self.answers.append({"snapshot": title, **self.snapshot(union=step.get("union", False))})
            case _:
                raise AssertionError(f"unknown step {step}")

    def bound_pod(self, name: str, labels: Mapping[str, str], number: int) -> None:
        spec = {"nodeName": list(NODES)[number % 3], "containers": [{"name": "c", "image": "i"}]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}
        _call(self.at, "POST", f"/api/v1/namespaces/{self.namespace}/pods", pod)
        self._write_status(
            name, spec["containers"], ready=True, phase="Running", ips=[f"10.244.{number // 250}.{number % 250 + 1}"]
        )

    def pod_status(
        self, name: str, ip: str = "", ready: bool = True, phase: str = "Running", ips: Sequence[str] = ()
    ) -> None:
        """Writes a pod's status as its kubelet would."""
        pod = _call(self.at, "GET", f"/api/v1/namespaces/{self.namespace}/pods/{name}")
        addresses = list(ips) or ([ip] if ip else [])
        self._write_status(name, pod["spec"]["containers"], ready=ready, phase=phase, ips=addresses)

    def _write_status(
        self, name: str, containers: Sequence[Mapping[str, Any]], *, ready: bool, phase: str, ips: Sequence[str]
    ) -> None:
        where = f"/api/v1/namespaces/{self.namespace}/pods/{name}"
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        status: dict[str, Any] = {
            "phase": phase,
            "hostIP": "10.0.0.11",
            "hostIPs": [{"ip": "10.0.0.11"}],
            "startTime": now,
        }
        status["conditions"] = [
            {
                "type": kind,
                "status": "True" if ready or kind in ("PodScheduled", "Initialized") else "False",
                "lastTransitionTime": now,
            }
            for kind in ("PodScheduled", "Initialized", "ContainersReady", "Ready")
        ]
        status["containerStatuses"] = [
            {
                "name": one["name"],
                "image": one["image"],
                "imageID": "",
                "containerID": "fake://1",
                "ready": ready,
                "started": phase == "Running",
                "restartCount": 0,
                "state": _container_state(phase, now),
            }
            for one in containers
        ]
        if ips:
            status["podIP"], status["podIPs"] = ips[0], [{"ip": one} for one in ips]
        _call(self.at, "PATCH", f"{where}/status", {"status": status}, STRATEGIC)

    def api(self, step: Mapping[str, Any], method: str, path: str, body: Any) -> None:
        kind = {"Content-Type": step.get("ctype", "application/json")}
        answer = self.at.api(path.replace("test-ns", self.namespace), method, body, kind)
        if not step.get("record", True):
            return
        told = answer.json()
        if told.get("kind") == "Status":
            told = {name: value for name, value in told.items() if name in TOLD_OF_A_STATUS}
        self.answers.append({"api": [method, path], "httpStatus": answer.status, "body": self.names.value(told)})

    def kubectl(self, arguments: list[str], typed: str | None) -> dict[str, Any]:
        before = self.fetched()["endpointslices"]
        done = self.at.kubectl("-n", self.namespace, *arguments, typed=typed or "")
        after = self.fetched()
        self.names.learn(after["services"])
        shown = {"stdout": done.stdout, "stderr": done.stderr}
        for meta in (one["metadata"] for one in (*before, *after["endpointslices"])):
            if meta.get("generateName"):
                shown = {k: text.replace(meta["name"], f"{meta['generateName']}<rand>") for k, text in shown.items()}
        said = {"stdin": typed} if typed else {}
        texts = {name: self.names.text(text) for name, text in shown.items()}
        return {"command": f"kubectl {' '.join(arguments)}", **said, "exit": done.returncode, **texts}

    def fetched(self) -> dict[str, list[Any]]:
        return {kind: _call(self.at, "GET", path.format(self.namespace))["items"] for kind, path in PATHS.items()}

    def snapshot(self, *, union: bool) -> dict[str, Any]:
        found = self.fetched()
        self.names.learn(found["services"])
        made: dict[str, Any] = {kind: [self.names.snapshot(one) for one in found[kind]] for kind in PATHS}
        slices = sorted(made["endpointslices"], key=_slice_place)
        made["endpointslices"] = slices
        if not union:
            return made
        addresses = [address for one in slices for endpoint in one["endpoints"] for address in endpoint["addresses"]]
        made["sliceSizes"] = [len(one["endpoints"]) for one in slices]
        made["allAddresses"] = sorted(addresses, key=lambda address: [int(part) for part in address.split(".")])
        for one in slices:
            count = len(one["endpoints"])
            one["endpoints"] = f"<{count} endpoints; which pod lands in which slice is not deterministic>"
        for subset in (subset for one in made["endpoints"] for subset in one.get("subsets") or ()):
            for name in ("addresses", "notReadyAddresses"):
                if subset.get(name):
                    subset[name] = f"<{len(subset[name])} addresses>"
        return made


def _slice_place(found: Mapping[str, Any]) -> tuple[Any, ...]:
    meta, endpoints = found["metadata"], found["endpoints"]
    service = (meta.get("labels") or {}).get("kubernetes.io/service-name", "")
    ports = json.dumps([sorted(port.items()) for port in found["ports"] or ()])
    return service, found["addressType"], meta["name"], ports, -len(endpoints), json.dumps(endpoints, sort_keys=True)


def _container_state(phase: str, now: str) -> dict[str, Any]:
    if phase == "Running":
        return {"running": {"startedAt": now}}
    if phase in ("Succeeded", "Failed"):
        return {"terminated": {"exitCode": 0 if phase == "Succeeded" else 1}}
    return {"waiting": {"reason": "ContainerCreating"}}


def _call(at: Playground, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
    answer = at.api(path, method, body, {"Content-Type": kind})
    assert answer.status < 300 or answer.status == 409, (method, path, answer)
    return answer.json()
