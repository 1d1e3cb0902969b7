"""Events of kubelets: about which container, from which node, in the words of release 1.36."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.playground import Playground
from tests.served import Served

POD = """
apiVersion: v1
kind: Pod
metadata: {name: both}
spec:
  initContainers: [{name: first, image: "busybox:1.36", command: ["true"]}]
  containers:
  - {name: web, image: "nginx:1.29"}
  - {name: new, image: nginx}
"""
LOST = "apiVersion: v1\nkind: Pod\nmetadata: {name: lost}\nspec: {containers: [{name: c, image: 'nginx:nosuchtag'}]}"


@pytest.fixture(scope="module")
def play(server: Served, home: Path) -> Playground:
    made = Playground(server.url, home, {"time": "instant", "seed": 7})
    assert made.kubectl("apply", "-f", "-", typed=f"{POD}\n---\n{LOST}").returncode == 0
    return made


def of_pod(play: Playground, name: str) -> list[dict[str, Any]]:
    shown = play.kubectl("get", "events", "-o", "json", f"--field-selector=involvedObject.name={name}")
    found: list[dict[str, Any]] = json.loads(shown.stdout)["items"]
    return found


def test_an_event_names_the_container_and_the_node(play: Playground) -> None:
    node = json.loads(play.kubectl("get", "pod", "both", "-o", "json").stdout)["spec"]["nodeName"]
    kubelet = [event for event in of_pod(play, "both") if event["source"].get("component") == "kubelet"]
    seen = [(event["reason"], event["involvedObject"]["fieldPath"]) for event in kubelet]
    assert sorted(seen) == sorted(
        [(reason, f"spec.{part}") for part in ("initContainers{first}", "containers{web}", "containers{new}")
         for reason in ("Pulled", "Created", "Started")] + [("Pulling", "spec.containers{new}")]
    )  # fmt: skip
    assert {event["source"]["host"] for event in kubelet} == {node}
    assert {event["reportingInstance"] for event in kubelet} == {node}
    assert {event["reportingComponent"] for event in kubelet} == {"kubelet"}


def test_get_wide_and_describe_show_them(play: Playground) -> None:
    wide = play.kubectl("get", "events", "-o", "wide").stdout
    assert "spec.containers{web}" in wide
    assert "kubelet, node-" in wide
    described = play.kubectl("describe", "pod", "both").stdout
    said = 'Container image "nginx:1.29" already present on machine and can be accessed by the pod'
    assert f"spec.containers{{web}}: {said}" in described
    assert "spec.initContainers{first}: Container created" in described
    assert 'spec.containers{new}: Successfully pulled image "nginx" in ' in described


def test_an_image_that_is_not_there_is_told_as_the_kubelet_tells_it(play: Playground) -> None:
    first = {(event["type"], event["reason"], event["message"].partition(":")[0]) for event in of_pod(play, "lost")}
    assert first >= {("Normal", "Pulling", 'Pulling image "nginx'), ("Warning", "Failed", "Error")}
    assert play.send({"advance_ms": 15000}, "clock").status == 200
    told = {(event["type"], event["reason"], event["message"]) for event in of_pod(play, "lost")}
    assert ("Normal", "BackOff", 'Back-off pulling image "nginx:nosuchtag"') in told
    assert ("Warning", "Failed", "Error: ImagePullBackOff") in told
    shown = play.kubectl("get", "pod", "lost").stdout
    assert "ImagePullBackOff" in shown
