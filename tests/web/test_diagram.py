"""The diagram's projection: a snapshot followed by deltas is the later snapshot, and says what a page must show."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import strategies

from app.cluster import clock, journal, state
from app.engine import commands, execute, genesis
from app.machinery import errors
from app.machinery.objects import Draft, Key
from app.web import diagram

NOW = 1_767_225_600.0
ACTOR = "browser:test"


class Playground:
    """An engine at work: commands go in, the entries they make are kept."""

    def __init__(self, mode: clock.TimeMode, nodes: int = 2) -> None:
        self.mode = mode
        self.now = NOW
        self.held = state.ClusterState(mode=mode, settings={"nodes": nodes, "load_balancer": "simulated"})
        genesis.found(self.held, self._env())
        self.entries: list[journal.Entry] = []

    def do(self, command: commands.Command) -> Any:
        outcome = execute.execute(self.held, command, self._env())
        self._keep(outcome)
        while not outcome.settled:
            outcome = execute.go_on(self.held, self._env())
            self._keep(outcome)
        return outcome.result

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.do(commands.Advance())

    def _keep(self, outcome: Any) -> None:
        if outcome.batch is not None:
            self.entries.extend(outcome.batch.entries)

    def _env(self) -> clock.Env:
        return clock.env_for(7, self.held.revision, self.now, self.mode)


def deployment(name: str, replicas: int, **labels: str) -> Draft:
    chosen = {"app": name, **labels}
    template = {"metadata": {"labels": chosen}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


def service(name: str, type_: str = "ClusterIP", **selector: str) -> Draft:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"type": type_, "selector": selector or {"app": name}, "ports": [{"port": 80}]},
    }


def pod(name: str, image: str = "nginx", **labels: str) -> Draft:
    command = {"command": ["sleep", "infinity"]} if image.startswith("curl") else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": labels},
        "spec": {"containers": [{"name": "main", "image": image, **command}]},
    }


def after(snapshot: Mapping[str, Any], deltas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Apply deltas as static/js/diagram/model.js does."""
    made: dict[str, Any] = copy.deepcopy(dict(snapshot))
    for delta in deltas:
        made["revision"] = delta["revision"]
        made["now"] = max(made["now"], delta["at"])
        for element in delta.get("upsert", ()):
            made["elements"][element["ref"]] = element
        for ref in delta.get("remove", ()):
            del made["elements"][ref]
            if ref.startswith("Node/"):
                made["proxies"]["synced"].pop(ref.removeprefix("Node//"), None)
        made["proxies"]["head"] = delta.get("head", made["proxies"]["head"])
        for node in delta.get("synced", {}).get("nodes", ()):
            made["proxies"]["synced"][node] = max(delta["synced"]["upto"], made["proxies"]["synced"].get(node, 0))
    return made


def shown(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a snapshot: everything but the proxies, and of those who is behind."""
    synced, head = snapshot["proxies"]["synced"], snapshot["proxies"]["head"]
    behind = [node for node, upto in synced.items() if upto < head] if snapshot["lags"] else []
    return {**snapshot, "proxies": sorted(behind)}


def wire(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


STEPS = strategies.sampled_from(
    [
        commands.Create(ACTOR, deployment("web", 3)),
        commands.Create(ACTOR, deployment("api", 1, tier="back")),
        commands.Create(ACTOR, service("web")),
        commands.Create(ACTOR, service("api", "NodePort")),
        commands.Create(ACTOR, service("shop", "LoadBalancer", app="web")),
        commands.Create(ACTOR, pod("client", "curlimages/curl:8.10.1", app="client")),
        commands.Create(ACTOR, pod("lone", app="web")),
        commands.Delete(ACTOR, Key("", "pods", "default", "lone")),
        commands.Delete(ACTOR, Key("", "services", "default", "web")),
        commands.Delete(ACTOR, Key("apps", "deployments", "default", "web")),
        commands.Delete(ACTOR, Key("", "nodes", "", "node-2")),
        commands.Patch(ACTOR, Key("apps", "deployments", "default", "web"), {"spec": {"replicas": 5}}),
        commands.Patch(ACTOR, Key("", "services", "default", "web"), {"spec": {"selector": {"app": "other"}}}),
        commands.Patch(ACTOR, Key("", "pods", "default", "lone"), {"metadata": {"labels": {"app": "api"}}}),
        commands.Undo(ACTOR),
        1.5,
        12.0,
    ]
)


@pytest.mark.parametrize("mode", [clock.TimeMode.LIVE, clock.TimeMode.INSTANT])
@hypothesis.settings(max_examples=25)
@hypothesis.given(steps=strategies.lists(STEPS, max_size=12), cut=strategies.floats(0, 1))
def test_a_snapshot_and_the_deltas_after_it_are_the_later_snapshot(
    mode: clock.TimeMode, steps: list[commands.Command | float], cut: float
) -> None:
    playground = Playground(mode)
    start = int(len(steps) * cut)
    perform(playground, steps[:start])
    before = wire(diagram.snapshot(playground.held))
    seen = len(playground.entries)
    perform(playground, steps[start:])
    deltas = wire([diagram.delta(entry) for entry in playground.entries[seen:]])
    assert shown(after(before, deltas)) == shown(wire(diagram.snapshot(playground.held)))


def perform(playground: Playground, steps: list[commands.Command | float]) -> None:
    for step in steps:
        try:
            if isinstance(step, float):
                playground.wait(step)
            else:
                playground.do(step)
        except errors.ApiError:
            continue


@pytest.fixture(scope="module")
def starter() -> Playground:
    playground = Playground(clock.TimeMode.INSTANT)
    playground.do(
        commands.Apply(ACTOR, (deployment("web", 3), service("web"), service("out", "LoadBalancer", app="web")))
    )
    playground.do(commands.Create(ACTOR, pod("client", "curlimages/curl:8.10.1", app="client")))
    return playground


def kinds(snapshot: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [element for element in snapshot["elements"].values() if element["kind"] == kind]


def test_a_pod_says_its_state_in_the_words_of_kubectl(starter: Playground) -> None:
    pods = kinds(diagram.snapshot(starter.held), "Pod")
    assert {(found["word"], found["tone"], found["ready"]) for found in pods} == {("Running", "ok", True)}


def test_a_pod_names_the_replicaset_that_names_the_deployment(starter: Playground) -> None:
    elements = diagram.snapshot(starter.held)["elements"]
    owners = {found["owner"] for found in kinds(diagram.snapshot(starter.held), "Pod") if found["owner"]}
    assert len(owners) == 1
    assert elements[owners.pop()]["owner"] == "Deployment/default/web"


def test_only_a_pod_that_never_answers_stands_outside(starter: Playground) -> None:
    pods = kinds(diagram.snapshot(starter.held), "Pod")
    assert [found["name"] for found in pods if found["asks"]] == ["client"]


def test_the_systems_own_objects_are_folded_but_for_the_dns(starter: Playground) -> None:
    elements = diagram.snapshot(starter.held)["elements"].values()
    assert {found["kind"] for found in elements if found["ns"] == "kube-system"} == {"Service", "EndpointSlice"}
    assert "Service/default/kubernetes" not in diagram.snapshot(starter.held)["elements"]


def test_a_slice_tells_which_pods_stand_behind_its_service(starter: Playground) -> None:
    slices = [found for found in kinds(diagram.snapshot(starter.held), "EndpointSlice") if found["service"] == "web"]
    assert [sorted(state_ for _, state_ in found["to"]) for found in slices] == [["ready", "ready", "ready"]]


def test_a_load_balancer_shows_its_outer_address(starter: Playground) -> None:
    out = diagram.snapshot(starter.held)["elements"]["Service/default/out"]
    assert out["external"] and out["external"][0].startswith("203.0.113.")
    assert out["ports"][0]["node"] >= 30000


def test_a_request_comes_with_the_sentence_that_tells_its_end(starter: Playground) -> None:
    asked = {"from": {"pod": "default/client"}, "to": "http://web"}
    starter.do(commands.Send(ACTOR, asked))
    told = diagram.delta(starter.entries[-1])
    last = told["request"]["results"][0]["trace"]["hops"][-1]["steps"][-1]
    assert told["say"] == last["why"] != ""


def test_a_delta_of_one_pod_is_small(starter: Playground) -> None:
    starter.do(commands.Create(ACTOR, pod("small", app="web")))
    for entry in starter.entries[-6:]:
        assert len(msgspec.json.encode(diagram.delta(entry))) < 1500


def test_every_word_of_the_diagram_is_written() -> None:
    assert all(diagram.labels().values())
