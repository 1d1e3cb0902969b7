"""Random commands over all kinds that act by themselves, with traffic between: what holds after each, and over again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from app.cluster import clock, journal, state
from app.engine import commands, execute, snapshot
from app.machinery import errors, objects
from app.machinery.objects import Key
from tests.cluster_driver import START, Cluster
from tests.engine.test_machine import ACTORS, APPS, NAMES, ClusterMachine

WORKLOADS = {"StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "Job": "jobs"}
NODES = st.sampled_from(["node-1", "node-2", "node-3"])
POLICIES = (
    {"podSelector": {}, "policyTypes": ["Ingress"]},
    {"podSelector": {}, "policyTypes": ["Egress"]},
    {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{"ports": [{"port": 8080}]}]},
    {"podSelector": {}, "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "api"}}}]}]},
)
NODE_CHANGES: dict[str, dict[str, Any]] = {
    "cordon": {"spec": {"unschedulable": True}},
    "uncordon": {"spec": {"unschedulable": None}},
    "taint": {"spec": {"taints": [{"key": "k", "value": "v", "effect": "NoExecute"}]}},
    "untaint": {"spec": {"taints": None}},
    "silence": {"metadata": {"annotations": {"podlane.dev/kubelet": "stopped"}}},
    "revive": {"metadata": {"annotations": {"podlane.dev/kubelet": "simulated"}}},
    "nftables": {"metadata": {"annotations": {"podlane.dev/kube-proxy": "nftables"}}},
    "ipvs": {"metadata": {"annotations": {"podlane.dev/kube-proxy": "ipvs"}}},
    "lag": {"metadata": {"annotations": {"podlane.dev/kube-proxy-delay": "5s"}}},
}


class WorldMachine(ClusterMachine):
    """A cluster under random commands of every kind; what was done is kept, to be done again."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[Callable[[Cluster], None]] = []

    def attempt(self, command: commands.Command) -> None:
        self.done.append(lambda cluster: _try(cluster, command))
        super().attempt(command)

    @rule(actor=ACTORS, app=APPS, kind=st.sampled_from(sorted(WORKLOADS)), replicas=st.integers(0, 3))
    def apply_workload(self, actor: str, app: str, kind: str, replicas: int) -> None:
        self.attempt(commands.Apply(actor, (_workload(kind, app, replicas),)))

    @rule(actor=ACTORS, name=NAMES, spec=st.sampled_from(POLICIES))
    def apply_policy(self, actor: str, name: str, spec: dict[str, Any]) -> None:
        self.attempt(commands.Apply(actor, (_manifest("networking.k8s.io/v1", "NetworkPolicy", name, spec),)))

    @rule(actor=ACTORS, name=NAMES, behind=NAMES)
    def apply_ingress(self, actor: str, name: str, behind: str) -> None:
        backend = {"service": {"name": behind, "port": {"number": 80}}}
        paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
        spec = {"ingressClassName": "nginx", "rules": [{"host": f"{name}.example", "http": {"paths": paths}}]}
        self.attempt(commands.Apply(actor, (_manifest("networking.k8s.io/v1", "Ingress", name, spec),)))

    @rule(actor=ACTORS, node=NODES, change=st.sampled_from(sorted(NODE_CHANGES)))
    def change_node(self, actor: str, node: str, change: str) -> None:
        self.attempt(commands.Patch(actor, Key("", "nodes", "", node), NODE_CHANGES[change]))

    @rule(actor=ACTORS, name=NAMES, kind=st.sampled_from(["ClientIP", "None"]), headless=st.booleans())
    def keep_clients(self, actor: str, name: str, kind: str, headless: bool) -> None:
        change = {"publishNotReadyAddresses": True} if headless else {"sessionAffinity": kind}
        self.attempt(commands.Patch(actor, Key("", "services", "default", name), {"spec": change}))

    @rule(
        actor=ACTORS,
        choice=st.integers(0, 1_000),
        name=NAMES,
        scheme=st.sampled_from(["http", "tcp", "udp", "icmp"]),
        keep=st.booleans(),
        count=st.integers(1, 5),
    )
    def send(self, actor: str, choice: int, name: str, scheme: str, keep: bool, count: int) -> None:
        key = self.pick(state.PODS, choice)
        origin = {"pod": f"{key.namespace}/{key.name}"} if key else {"external": "198.51.100.7"}
        to = f"{scheme}://{name}" if scheme in ("http", "icmp") else f"{scheme}://{name}:80"
        self.attempt(commands.Send(actor, {"from": origin, "to": to, "keep_alive": keep, "count": count}))

    @rule(seconds=st.sampled_from([0.2, 6.0, 61.0, 400.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.done.append(lambda cluster: cluster.advance(seconds))
        self.cluster.advance(seconds)

    @rule(
        actor=ACTORS,
        resource=st.sampled_from([state.STATEFULSETS, ("apps", "daemonsets"), ("batch", "jobs")]),
        choice=st.integers(0, 1_000),
    )
    def delete_workload(self, actor: str, resource: state.Resource, choice: int) -> None:
        self.delete_of(actor, resource, choice)

    def delete_of(self, actor: str, resource: state.Resource, choice: int) -> None:
        key = self.pick(resource, choice)
        if key:
            self.attempt(commands.Delete(actor, key))

    @invariant()
    def endpoints_are_what_the_pods_say(self) -> None:
        """An endpoint made by the controller is a pod that has the address, that the selector matches, that is not done."""
        self.cluster.go_on()
        held = self.cluster.held
        if held.work:
            return
        for service in held.list(state.SERVICES, "default"):
            selector = objects.spec_of(service).get("selector")
            for piece in held.slices_of("default", objects.name_of(service)) if selector else ():
                for endpoint in piece.get("endpoints") or ():
                    _check_endpoint(held, selector, endpoint)

    @invariant()
    def every_change_has_a_cause(self) -> None:
        revisions = set()
        for entry in self.cluster.entries:
            revisions.add(entry.revision)
            assert entry.cause.actor
            assert entry.cause.command <= entry.revision
            assert entry.cause.provoked_by == 0 or entry.cause.provoked_by in revisions

    @invariant()
    def incremental_is_what_comes_from_scratch(self) -> None:
        if self.mode is not clock.TimeMode.INSTANT:
            return
        held = snapshot.restore(snapshot.dump(self.cluster.held))
        before = _endpoints(held)
        bare = Cluster(mode=self.mode)
        bare.now, bare.held = self.cluster.now, held
        for key in [key for key in held.keys(state.ENDPOINTSLICES) if key.namespace == "default"]:
            piece = held.get(key)
            assert piece is not None
            if objects.labels_of(piece).get(MANAGED_BY) == "endpointslice-controller.k8s.io":
                change = journal.ObjectChanged(journal.ChangeType.DELETED, key, piece, None)
                held.apply(journal.Entry(held.revision + 1, held.now, journal.Cause("test", held.revision + 1), change))
        execute.resume(held)
        bare.go_on()
        assert _endpoints(held) == before

    def teardown(self) -> None:
        """The same seed and commands, said a quarter of an hour later, give the same history: timestamps apart."""
        again = Cluster(mode=self.mode, now=START + 900)
        for step in self.done:
            step(again)
            again.go_on()
        assert [_told(entry) for entry in again.entries] == [_told(entry) for entry in self.cluster.entries]


MANAGED_BY = "endpointslice.kubernetes.io/managed-by"


class ManualWorldMachine(WorldMachine):
    """The same with every actor on its own clock, moved by hand."""

    mode = clock.TimeMode.MANUAL


def _try(cluster: Cluster, command: commands.Command) -> None:
    try:
        cluster.say(command)
    except errors.ApiError:
        return


def _manifest(version: str, kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def _workload(kind: str, app: str, replicas: int) -> dict[str, Any]:
    name = f"{app}-{WORKLOADS[kind][:2]}"
    containers = [{"name": "c", "image": "nginx", "ports": [{"containerPort": 8080}]}]
    template: dict[str, Any] = {"metadata": {"labels": {"app": app, "of": name}}, "spec": {"containers": containers}}
    selector = {"matchLabels": {"app": app, "of": name}}
    match kind:
        case "StatefulSet":
            spec = {"serviceName": "one", "replicas": replicas, "selector": selector, "template": template}
        case "DaemonSet":
            spec = {"selector": selector, "template": template}
        case _:
            inner = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox", "command": ["true"]}]}
            spec = {"completions": replicas, "template": {**template, "spec": inner}}
    return _manifest("batch/v1" if kind == "Job" else "apps/v1", kind, name, spec)


def _check_endpoint(held: state.ClusterState, selector: dict[str, str], endpoint: dict[str, Any]) -> None:
    ref = endpoint["targetRef"]
    pod = held.find(state.PODS, ref["namespace"], ref["name"])
    assert pod is not None
    assert objects.metadata(pod)["uid"] == ref["uid"]
    assert selector.items() <= dict(objects.labels_of(pod)).items()
    assert endpoint["addresses"][0] in state.pod_ips(pod)
    assert objects.status_of(pod)["phase"] not in ("Succeeded", "Failed")
    assert endpoint["nodeName"] == objects.spec_of(pod)["nodeName"]


def _endpoints(held: state.ClusterState) -> dict[str, list[bytes]]:
    """The endpoints of each Service with their slice's ports, whatever the slices are called."""
    return {
        objects.name_of(service): sorted(
            msgspec.json.encode([piece.get("ports"), endpoint], order="sorted")
            for piece in held.slices_of("default", objects.name_of(service))
            for endpoint in piece.get("endpoints") or ()
        )
        for service in held.list(state.SERVICES, "default")
    }


def _told(entry: journal.Entry) -> tuple[Any, ...]:
    cause, body = entry.cause, entry.body
    told: Any = type(body).__name__
    if isinstance(body, journal.ObjectChanged):
        uid = objects.metadata(body.after).get("uid") if body.after is not None else ""
        told = (body.type, body.key, uid)
    elif isinstance(body, journal.RequestCompleted):
        told = msgspec.json.encode(body.request, order="sorted")
    return entry.revision, cause.actor, cause.command, cause.provoked_by, told


TestWorld = WorldMachine.TestCase
TestWorld.settings = settings(max_examples=6, stateful_step_count=15, deadline=None)
TestManualWorld = ManualWorldMachine.TestCase
TestManualWorld.settings = settings(max_examples=5, stateful_step_count=15, deadline=None)
