"""The ConfigMap kube-system/podlane says how the world around the cluster is; absent means default."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import clock, state, surroundings
from app.engine import commands, execute, snapshot
from app.machinery.objects import Key
from tests.cluster_driver import Cluster, contents
from tests.engine.situations import pod, service, settings, web

BALANCER = service("type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]")
MANUAL = clock.TimeMode.MANUAL


def has_address(cluster: Cluster) -> bool:
    return bool(state.load_balancer_ips(cluster.get(state.SERVICES, "web")))


@pytest.mark.parametrize(
    ("told", "before", "after"),
    [("", 3.9, 4.2), ("simulated", 3.9, 4.2), ("30s", 29.9, 30.2), ("500ms", 0.4, 0.7), ("nonsense", 3.9, 4.2)],
)
def test_a_load_balancer_takes_as_long_as_the_world_says(told: str, before: float, after: float) -> None:
    cluster = Cluster(mode=MANUAL)
    if told:
        cluster.apply(settings(f"loadBalancer: {told}"))
    cluster.apply(BALANCER)
    cluster.advance(before)
    assert not has_address(cluster)
    cluster.advance(after - before)
    assert has_address(cluster)


@pytest.mark.parametrize("told", ["none", '"off"', '"false"'])
def test_without_a_cloud_there_is_no_address_until_there_is_one(told: str) -> None:
    cluster = Cluster(mode=MANUAL)
    cluster.apply(settings(f"loadBalancer: {told}") + BALANCER)
    cluster.advance(60)
    assert not has_address(cluster)
    cluster.patch(surroundings.SETTINGS, {"data": {"loadBalancer": "2s"}})
    cluster.advance(2.2)
    assert has_address(cluster)


def test_a_playground_made_without_a_cloud_gets_one_when_told() -> None:
    cluster = Cluster(load_balancer="none")
    cluster.apply(BALANCER)
    assert not has_address(cluster)
    cluster.apply(settings("loadBalancer: simulated"))
    assert has_address(cluster)


def endpoints(cluster: Cluster) -> int:
    return sum(len(piece.get("endpoints") or ()) for piece in cluster.held.slices_of("default", "web"))


SELECTING = service("selector: {app: web}, ports: [{port: 80}]")


def test_controllers_act_as_late_as_they_are_told() -> None:
    cluster = Cluster(mode=MANUAL)
    cluster.apply(web())
    cluster.advance(3)
    cluster.apply(settings("controllerDelay: 5s"))
    cluster.apply(SELECTING)
    cluster.advance(4.8)
    assert endpoints(cluster) == 0
    cluster.advance(0.4)
    assert endpoints(cluster) == 1


def test_a_delay_goes_on_where_it_stood_after_a_restart() -> None:
    cluster = Cluster(mode=MANUAL)
    cluster.apply(web())
    cluster.advance(3)
    cluster.apply(settings("controllerDelay: 5s"))
    cluster.apply(SELECTING)
    cluster.held = snapshot.restore(snapshot.dump(cluster.held))
    execute.resume(cluster.held)
    cluster.go_on()
    assert endpoints(cluster) == 0
    cluster.advance(5.2)
    assert endpoints(cluster) == 1


def test_in_instant_time_slow_controllers_come_to_the_same_end() -> None:
    def built(extra: str) -> dict[str, Any]:
        cluster = Cluster()
        cluster.apply(extra + web() + SELECTING)
        return {
            address: True
            for piece in cluster.held.slices_of("default", "web")
            for address in piece["endpoints"][0]["addresses"]
        }

    assert built(settings("controllerDelay: 5s")) == built("")


def test_the_cluster_domain_is_that_of_names_files_and_pointers() -> None:
    cluster = Cluster()
    cluster.apply(settings("clusterDomain: corp.example") + pod() + web() + SELECTING)
    asked = cluster.send({"pod": "default/client"}, "http://web")["results"][0]
    assert asked["outcome"] == "ok"
    assert asked["dns_trace"]["queries"][0]["name"] == "web.default.svc.corp.example"
    address = cluster.get(state.SERVICES, "web")["spec"]["clusterIP"]
    pointer = cluster.send({"pod": "default/client"}, f"dns://{address}?type=PTR")["results"][0]
    assert pointer["answers"][0]["data"] == "web.default.svc.corp.example."
    old = cluster.send({"pod": "default/client"}, "http://web.default.svc.cluster.local")["results"][0]
    assert old["dns_trace"]["reason"] == "WrongClusterDomain"


def test_what_the_world_says_is_undone_like_anything_else() -> None:
    cluster = Cluster()
    cluster.apply(settings("loadBalancer: none"))
    cluster.say(commands.Undo("you"))
    assert Key("", "configmaps", "kube-system", "podlane") not in contents(cluster.held)
    assert surroundings.provisioning(cluster.held) == surroundings.PROVISIONING
