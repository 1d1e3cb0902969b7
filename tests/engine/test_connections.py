"""A connection kept open stays with its pod: rules see only the first packet."""

from __future__ import annotations

from typing import Any

from app.cluster import clock, state
from app.engine import commands, snapshot
from app.machinery import objects
from app.machinery.objects import Key
from tests.cluster_driver import Cluster

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.k8s.io/e2e-test-images/agnhost:2.53, args: [netexec]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}, {name: udp, port: 81, targetPort: 8081, protocol: UDP}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: curl, image: curlimages/curl, command: [sleep, infinity]}]}
"""
DEPLOYMENT = Key("apps", "deployments", "default", "web")


def cluster() -> Cluster:
    made = Cluster()
    made.apply(WEB)
    return made


def ask(made: Cluster, to: str = "http://web", **more: Any) -> dict[str, Any]:
    result: dict[str, Any] = made.send({"pod": "default/client"}, to, keep_alive=True, **more)["results"][0]
    return result


def reasons(result: dict[str, Any]) -> list[str]:
    return [step["reason"] for hop in result["trace"]["hops"] for step in hop["steps"]]


def delete(made: Cluster, result: dict[str, Any]) -> None:
    made.say(commands.Delete("you", Key("", "pods", "default", result["served_by"]["name"]), grace_seconds=0))


def test_every_request_over_it_reaches_the_same_pod() -> None:
    made = cluster()
    first = ask(made)
    seen = {ask(made)["served_by"]["name"] for _ in range(10)}
    assert seen == {first["served_by"]["name"]}
    assert "ConnectionContinues" in reasons(ask(made))


def test_scaling_up_takes_nothing_off_the_hot_pod() -> None:
    made = cluster()
    first = ask(made)
    made.patch(DEPLOYMENT, {"spec": {"replicas": 5}})
    assert made.send({"pod": "default/client"}, "http://web", keep_alive=True, count=50, trace=False)["summary"][
        "by_pod"
    ] == {f"default/{first['served_by']['name']}": 50}


def test_a_pod_taken_out_of_the_service_still_answers_what_is_open() -> None:
    made = cluster()
    first = ask(made)
    pod = Key("", "pods", "default", first["served_by"]["name"])
    made.patch(pod, {"metadata": {"annotations": {"podlane.dev/ready": "false"}}})
    assert ask(made)["served_by"]["name"] == pod.name


def test_a_pod_that_goes_resets_it_and_the_next_one_is_new() -> None:
    made = cluster()
    delete(made, ask(made))
    lost = ask(made)
    assert (lost["outcome"], lost["trace"]["reason"]) == ("reset", "ConnectionOutlivedPod")
    assert ask(made)["outcome"] == "ok"


def test_counted_only_one_request_is_lost() -> None:
    made = cluster()
    delete(made, ask(made))
    summary = made.send({"pod": "default/client"}, "http://web", keep_alive=True, count=10, trace=False)["summary"]
    assert summary["by_outcome"] == {"reset": 1, "ok": 9}


def test_without_keep_alive_each_request_is_a_connection_of_its_own() -> None:
    made = cluster()
    delete(made, ask(made))
    assert made.send({"pod": "default/client"}, "http://web", count=20)["summary"]["by_outcome"] == {"ok": 20}


def test_an_idle_connection_is_closed() -> None:
    made = Cluster(mode=clock.TimeMode.MANUAL)
    made.apply(WEB)
    made.advance(10)
    ask(made)
    made.advance(80)
    assert "ConnectionContinues" not in reasons(ask(made))


def test_a_udp_flow_moves_when_its_pod_serves_no_more() -> None:
    made = cluster()
    first = ask(made, "udp://web:81")
    assert ask(made, "udp://web:81")["served_by"] == first["served_by"]
    delete(made, first)
    moved = ask(made, "udp://web:81")
    assert "UDPEntryDeleted" in reasons(moved)
    assert moved["served_by"]["name"] != first["served_by"]["name"]


def test_a_udp_flow_is_lost_while_nobody_serves() -> None:
    made = cluster()
    ask(made, "udp://web:81")
    made.patch(DEPLOYMENT, {"spec": {"replicas": 0}})
    lost = ask(made, "udp://web:81")
    assert (lost["outcome"], lost["trace"]["reason"]) == ("timeout", "StaleUDPEntry")


def test_open_connections_survive_a_restart() -> None:
    made = cluster()
    first = ask(made)
    for again in (made.replayed(), snapshot.restore(snapshot.dump(made.held))):
        assert again.connections.open == made.held.connections.open
    made.held = made.replayed()
    assert ask(made)["served_by"] == first["served_by"]
    assert objects.name_of(made.get(state.PODS, first["served_by"]["name"]))
