"""Informers hold exactly what is there, after hundreds of writes, hang-ups, and a history that is gone."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.cluster import clock
from tests.informer import Informer, bare, truth
from tests.playground import Playground
from tests.served import Served

MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = {"Content-Type": "application/merge-patch+json"}
NAMES = [f"m{number:02d}" for number in range(25)]
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
PODS = "/api/v1/namespaces/default/pods"
LAST = "z-last"


def write_at_random(playground: Playground, env: clock.Env, count: int) -> None:
    """Creates, changes, moves between selections and deletes ConfigMaps; what is refused changes nothing."""
    chance = env.rng
    for number in range(count):
        name = chance.choice(NAMES)
        match chance.choice(["create", "create", "change", "move", "delete"]):
            case "create":
                labels = {"app": chance.choice(["web", "db"])}
                playground.api(MAPS, "POST", {"metadata": {"name": name, "labels": labels}})
            case "change":
                playground.api(f"{MAPS}/{name}", "PATCH", {"data": {"n": str(number)}}, MERGE)
            case "move":
                labels = {"app": chance.choice(["web", "db", None])}
                playground.api(f"{MAPS}/{name}", "PATCH", {"metadata": {"labels": labels}}, MERGE)
            case _:
                playground.api(f"{MAPS}/{name}", "DELETE")


@pytest.mark.parametrize("seed", [1, 2])
def test_what_informers_hold_is_what_is_there(server: Served, home: Path, seed: int) -> None:
    made = Playground(server.url, home / f"informers-{seed}", {"time": "instant", "nodes": 0})
    env = clock.env_for(seed, 0, 0.0, clock.TimeMode.INSTANT)
    write_at_random(made, env, 40)
    informers = [
        Informer(made, MAPS, selector=selector, is_streaming=is_streaming, breaks=breaks)
        for selector in ("", "app%3Dweb", "app%21%3Dweb,app")
        for is_streaming in (False, True)
        for breaks in (0.0, 0.2)
    ]
    begun = 0
    for turn in range(12):
        if begun < len(informers):
            informers[begun].run_until(LAST)
            begun += 1
        write_at_random(made, env, 40)
        assert turn < 12
    for label in ("web", "db"):
        made.api(MAPS, "POST", {"metadata": {"name": f"y-{label}", "labels": {"app": label}}})
    made.api(MAPS, "POST", {"metadata": {"name": LAST, "labels": {"app": "web"}}})
    made.api(f"{MAPS}/{LAST}", "PATCH", {"metadata": {"labels": {"app": "db"}}}, MERGE)
    for informer in informers:
        found = informer.join()
        expected = truth(made, MAPS, informer.selector.removeprefix("&labelSelector="))
        held = {name: bare(obj) for name, obj in found.items() if not name.endswith(LAST)}
        assert held == {name: obj for name, obj in expected.items() if not name.endswith(LAST)}
        assert informer.lists == 1


def test_informers_follow_what_controllers_write(server: Served, home: Path) -> None:
    made = Playground(server.url, home / "followed", {"scenario": "first-steps", "time": "instant", "seed": 7})
    informers = {
        path: Informer(made, path, is_streaming=number % 2 == 0, breaks=0.05)
        for number, path in enumerate((PODS, SLICES, "/apis/apps/v1/namespaces/default/replicasets"))
    }
    for informer in informers.values():
        informer.run_until(LAST)
    chance = clock.env_for(3, 0, 0.0, clock.TimeMode.INSTANT).rng
    for _ in range(12):
        scale = {"spec": {"replicas": chance.randrange(0, 9)}}
        made.api("/apis/apps/v1/namespaces/default/deployments/web", "PATCH", scale, MERGE)
        pods = sorted(truth(made, PODS))
        made.api(f"/api/v1/namespaces/{chance.choice(pods).replace('/', '/pods/')}", "DELETE")
    labels = {"matchLabels": {"never": "mind"}}
    template = {"metadata": {"labels": {"never": "mind"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    made.api("/apis/apps/v1/namespaces/default/replicasets", "POST", {
        "metadata": {"name": LAST}, "spec": {"replicas": 0, "selector": labels, "template": template},
    })  # fmt: skip
    made.api(SLICES, "POST", {"metadata": {"name": LAST}, "addressType": "IPv4", "endpoints": [], "ports": []})
    made.api(PODS, "POST", {"metadata": {"name": LAST}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}})
    for path, informer in informers.items():
        found = {name: bare(obj) for name, obj in informer.join().items() if not name.endswith(LAST)}
        # Controllers and containers may go on after the last object that was waited for: compare at the informer's own place.
        there = truth(made, path, at=informer.at)
        expected = {name: obj for name, obj in there.items() if not name.endswith(LAST)}
        assert found == expected
        assert len(expected) > 0


@pytest.mark.parametrize("is_streaming", [False, True])
def test_an_informer_whose_place_in_history_is_gone_begins_anew(server: Served, home: Path, is_streaming: bool) -> None:
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec: dict[str, Any] = {"replicas": 2_600, "selector": {"matchLabels": {"app": "a"}}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}
    made = Playground(
        server.url, home / f"gone-{is_streaming}", {"time": "manual", "manifests": json.dumps(deployment)}
    )
    informer = Informer(made, PODS, is_streaming=is_streaming)
    informer.store = {"default/ghost": {"metadata": {"name": "ghost", "namespace": "default"}}}
    informer.at, informer.lists = "3", 1
    for _ in range(3):
        made.send({"advance_ms": 200_000}, "clock")
    informer.run_until(LAST)
    made.api(PODS, "POST", {"metadata": {"name": LAST}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}})
    found = informer.join()
    assert "default/ghost" not in found and len(found) == 2_601
    assert informer.lists == 2
