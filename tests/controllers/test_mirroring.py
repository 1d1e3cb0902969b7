"""Endpoints of Services without selector are mirrored into EndpointSlices."""

from typing import Any

import pytest

from app.cluster import state
from app.engine import commands, execute
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

SERVICE = Key(*state.SERVICES, "default", "ext")
ENDPOINTS = Key(*state.ENDPOINTS, "default", "ext")


def service(**spec: Any) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "ext"}, "spec": {"ports": ports, **spec}}


def endpoints(*subsets: dict[str, Any], **meta: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "ext", **meta}, "subsets": list(subsets)}


def subset(port: int, *ips: str, **more: Any) -> dict[str, Any]:
    return {"addresses": [{"ip": ip} for ip in ips], "ports": [{"name": "http", "port": port}], **more}


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster(nodes=0)
    made.say(commands.Create("you", service()))
    return made


def slices(cluster: Cluster) -> list[Object]:
    return cluster.held.slices_of("default", "ext")


def replaced(cluster: Cluster, *subsets: dict[str, Any]) -> None:
    cluster.say(commands.Replace("you", ENDPOINTS, endpoints(*subsets)))


def shown(cluster: Cluster) -> list[tuple[int, list[str]]]:
    return sorted(
        (one["ports"][0]["port"], [endpoint["addresses"][0] for endpoint in one["endpoints"]])
        for one in slices(cluster)
    )


def test_a_mirrored_slice_says_ready_or_not_and_whose_it_is(cluster: Cluster) -> None:
    meta = {"labels": {"team": "a"}, "annotations": {"foo": "bar"}}
    cluster.say(commands.Create("you", endpoints(subset(9376, "192.0.2.42", notReadyAddresses=[{"ip": "192.0.2.44"}]), **meta)))  # fmt: skip
    (found,) = slices(cluster)
    assert [one["conditions"] for one in found["endpoints"]] == [{"ready": True}, {"ready": False}]
    assert objects.labels_of(found) == {
        "team": "a",
        "kubernetes.io/service-name": "ext",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }
    assert objects.annotations_of(found)["foo"] == "bar"
    (owner,) = objects.owner_references(found)
    assert (owner["kind"], owner["name"], owner["controller"]) == ("Endpoints", "ext", True)


def test_each_set_of_ports_and_each_family_has_its_own_slice(cluster: Cluster) -> None:
    cluster.say(commands.Create("you", endpoints(subset(80, "192.0.2.1", "2001:db8::1"), subset(81, "192.0.2.2"))))
    assert shown(cluster) == [(80, ["192.0.2.1"]), (80, ["2001:db8::1"]), (81, ["192.0.2.2"])]


def test_a_change_keeps_the_slice_and_a_deletion_takes_it(cluster: Cluster) -> None:
    cluster.say(commands.Create("you", endpoints(subset(80, "192.0.2.1"))))
    (before,) = slices(cluster)
    replaced(cluster, subset(80, "192.0.2.1", "192.0.2.2"))
    replaced(cluster, subset(8080, "192.0.2.2"))
    (after,) = slices(cluster)
    assert objects.name_of(after) == objects.name_of(before)
    assert shown(cluster) == [(8080, ["192.0.2.2"])]
    cluster.say(commands.Delete("you", ENDPOINTS))
    assert slices(cluster) == []


@pytest.mark.parametrize(
    "meta",
    [
        {"labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
        {"annotations": {"control-plane.alpha.kubernetes.io/leader": "{}"}},
    ],
)
def test_what_asks_not_to_be_mirrored_is_not(cluster: Cluster, meta: dict[str, Any]) -> None:
    cluster.say(commands.Create("you", endpoints(subset(80, "192.0.2.1"), **meta)))
    assert slices(cluster) == []


def test_without_a_service_there_is_no_mirror_until_it_comes() -> None:
    cluster = Cluster(nodes=0)
    cluster.say(commands.Create("you", endpoints(subset(80, "192.0.2.1"))))
    assert slices(cluster) == []
    cluster.say(commands.Create("you", service()))
    assert shown(cluster) == [(80, ["192.0.2.1"])]
    cluster.say(commands.Delete("you", SERVICE))
    assert slices(cluster) == []


def test_a_slice_that_was_edited_or_deleted_comes_back(cluster: Cluster) -> None:
    cluster.say(commands.Create("you", endpoints(subset(80, "192.0.2.1"))))
    (found,) = slices(cluster)
    key = Key(*state.ENDPOINTSLICES, "default", objects.name_of(found))
    cluster.patch(key, {"endpoints": []})
    assert shown(cluster) == [(80, ["192.0.2.1"])]
    cluster.say(commands.Delete("you", key))
    assert shown(cluster) == [(80, ["192.0.2.1"])]


def test_more_than_a_thousand_addresses_are_cut_and_said(cluster: Cluster) -> None:
    ips = [f"198.18.{number // 250}.{number % 250 + 1}" for number in range(1_003)]
    cluster.say(commands.Create("you", endpoints(subset(80, *ips))))
    (found,) = slices(cluster)
    assert len(found["endpoints"]) == 1_000
    said = [
        event["message"] for event in cluster.held.list(state.EVENTS) if event["reason"] == "TooManyAddressesToMirror"
    ]
    assert said == [
        "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped"
    ]


def test_a_quiet_state_stays_quiet(cluster: Cluster) -> None:
    cluster.say(commands.Create("you", endpoints(subset(80, "192.0.2.1"))))
    revision = cluster.held.revision
    execute.resume(cluster.held)
    cluster.go_on()
    assert cluster.held.revision == revision
