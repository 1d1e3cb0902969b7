"""Random commands, and what holds after each: the journal is the state, indexes are exact, controllers are at rest."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.cluster import clock, state
from app.engine import commands, execute, snapshot
from app.machinery import errors, objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster, contents

APPS = st.sampled_from(["web", "api", "db"])
LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), APPS, min_size=1, max_size=2)
NAMES = st.sampled_from(["one", "two", "three"])
ACTORS = st.sampled_from(["ann", "bob"])


class ClusterMachine(RuleBasedStateMachine):
    """A cluster under random commands, in instant time."""

    mode = clock.TimeMode.INSTANT

    def __init__(self) -> None:
        super().__init__()
        self.cluster = Cluster(mode=self.mode)

    def attempt(self, command: commands.Command) -> None:
        before, revision = contents(self.cluster.held), self.cluster.held.revision
        try:
            self.cluster.say(command)
        except errors.ApiError:
            assert contents(self.cluster.held) == before
            assert self.cluster.held.revision == revision

    @rule(actor=ACTORS, name=NAMES, selector=LABELS, kind=st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]))
    def apply_service(self, actor: str, name: str, selector: dict[str, str], kind: str) -> None:
        spec = {"type": kind, "selector": selector, "ports": [{"port": 80, "targetPort": 8080}]}
        manifest = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
        self.attempt(commands.Apply(actor, (manifest,)))

    @rule(actor=ACTORS, owner=ACTORS, name=NAMES, selector=LABELS, labels=LABELS, force=st.booleans())
    def apply_service_side(
        self, actor: str, owner: str, name: str, selector: dict[str, str], labels: dict[str, str], force: bool
    ) -> None:
        meta = {"name": name, "labels": labels}
        spec = {"selector": selector, "ports": [{"port": 80}]}
        config = {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec}
        key = Key("", "services", "default", name)
        self.attempt(commands.ServerSideApply(actor, key, config, owner, force))

    @rule(actor=ACTORS, name=NAMES, labels=LABELS)
    def apply_pod(self, actor: str, name: str, labels: dict[str, str]) -> None:
        self.attempt(commands.Apply(actor, (_pod(name, labels),)))

    @rule(actor=ACTORS, app=APPS, replicas=st.integers(0, 5), image=st.sampled_from(["nginx", "httpd"]))
    def apply_deployment(self, actor: str, app: str, replicas: int, image: str) -> None:
        template = {"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": "c", "image": image}]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": {"app": app}}, "template": template}
        manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": app}, "spec": spec}
        self.attempt(commands.Apply(actor, (manifest,)))

    @rule(actor=ACTORS, choice=st.integers(0, 1_000), labels=LABELS)
    def relabel(self, actor: str, choice: int, labels: dict[str, str]) -> None:
        key = self.pick(state.PODS, choice)
        if key:
            self.attempt(commands.Patch(actor, key, {"metadata": {"labels": labels}}))

    @rule(actor=ACTORS, choice=st.integers(0, 1_000), broken=st.booleans())
    def set_readiness(self, actor: str, choice: int, broken: bool) -> None:
        key = self.pick(state.PODS, choice)
        if key:
            annotations = {"podlane.dev/ready": "false" if broken else None}
            self.attempt(commands.Patch(actor, key, {"metadata": {"annotations": annotations}}))

    @rule(
        actor=ACTORS,
        resource=st.sampled_from([state.PODS, state.SERVICES, state.DEPLOYMENTS, state.ENDPOINTSLICES, state.NODES]),
        choice=st.integers(0, 1_000),
    )
    def delete(self, actor: str, resource: state.Resource, choice: int) -> None:
        key = self.pick(resource, choice)
        if key:
            self.attempt(commands.Delete(actor, key))

    @rule(actor=ACTORS)
    def undo(self, actor: str) -> None:
        self.attempt(commands.Undo(actor))

    @rule(actor=ACTORS)
    def redo(self, actor: str) -> None:
        self.attempt(commands.Redo(actor))

    @rule(seconds=st.sampled_from([0.2, 1.0, 30.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.cluster.advance(seconds)

    def pick(self, resource: state.Resource, choice: int) -> Key | None:
        keys = [key for key in self.cluster.held.keys(resource) if key.namespace in ("default", "")]
        return keys[choice % len(keys)] if keys else None

    @invariant()
    def the_journal_is_the_state(self) -> None:
        again = self.cluster.replayed()
        assert contents(again) == contents(self.cluster.held)
        assert again.revision == self.cluster.held.revision
        assert again.undo == self.cluster.held.undo

    @invariant()
    def a_snapshot_is_the_state(self) -> None:
        held = self.cluster.held
        restored = snapshot.restore(snapshot.dump(held))
        assert contents(restored) == contents(held)
        assert _indexes(restored) == _indexes(held)
        assert restored.created == held.created

    @invariant()
    def endpoints_are_what_the_pods_say(self) -> None:
        held = self.cluster.held
        self.cluster.go_on()
        for service in held.list(state.SERVICES, "default"):
            selector = objects.spec_of(service).get("selector")
            if selector and not held.work:
                assert _slice_addresses(held, objects.name_of(service)) == _naive_addresses(held, selector)

    @invariant()
    def a_settled_state_is_quiet(self) -> None:
        if self.mode is not clock.TimeMode.INSTANT:
            return
        held, revision = self.cluster.held, self.cluster.held.revision
        execute.resume(held)
        self.cluster.go_on()
        assert held.revision == revision, [e for e in self.cluster.entries if e.revision > revision]


class LiveClusterMachine(ClusterMachine):
    """The same in live time, where pods take a while and proxies lag."""

    mode = clock.TimeMode.LIVE


def _pod(name: str, labels: dict[str, str]) -> dict[str, Any]:
    spec = {"containers": [{"name": "c", "image": "nginx", "ports": [{"containerPort": 8080}]}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def _slice_addresses(held: state.ClusterState, service: str) -> dict[str, bool]:
    return {
        endpoint["addresses"][0]: endpoint["conditions"]["ready"]
        for one in held.slices_of("default", service)
        for endpoint in one.get("endpoints") or ()
    }


def _naive_addresses(held: state.ClusterState, selector: dict[str, str]) -> dict[str, bool]:
    found = {}
    for pod in held.list(state.PODS, "default"):
        if selector.items() <= dict(objects.labels_of(pod)).items() and state.pod_ips(pod):
            if objects.status_of(pod)["phase"] in ("Succeeded", "Failed"):
                continue
            if held.find(state.NODES, "", objects.spec_of(pod)["nodeName"]) is None:
                continue
            ready = objects.condition_is_true(pod, "Ready") and not objects.is_terminating(pod)
            found[state.pod_ips(pod)[0]] = ready
    return found


def _indexes(held: state.ClusterState) -> Any:
    pods = held.collections.get(state.PODS)
    return {
        "labels": {term: set(keys) for term, keys in pods.labels.pairs.terms.items()} if pods else {},
        "owned": {uid: set(keys) for uid, keys in held.owned.terms.items()},
        "nodes": {node: set(keys) for node, keys in held.pods_by_node.terms.items()},
        "uids": held.uids,
        "ips": dict(held.addresses.cluster_ips),
        "ports": {port: set(keys) for port, keys in held.addresses.node_ports.terms.items()},
        "pods": {ip: set(keys) for ip, keys in held.addresses.pods.terms.items()},
        "unbound": set(held.unbound),
        "bare": held.bare_pods,
    }


TestCluster = ClusterMachine.TestCase
TestCluster.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
TestLiveCluster = LiveClusterMachine.TestCase
TestLiveCluster.settings = settings(max_examples=8, stateful_step_count=15, deadline=None)
