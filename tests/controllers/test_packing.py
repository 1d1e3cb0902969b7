"""Slices are packed as upstream packs them: never rebalanced, newcomers to the fullest that takes them all."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import state
from app.engine import commands
from app.machinery import objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster

SERVICE = Key("", "services", "default", "big")


@pytest.fixture
def big() -> Cluster:
    cluster = Cluster(nodes=0)
    cluster.apply(
        """
apiVersion: v1
kind: Node
metadata: {name: node-a}
---
apiVersion: v1
kind: Service
metadata: {name: big, labels: {team: shop}}
spec: {selector: {app: big}, ports: [{port: 80, targetPort: 8080}]}
"""
    )
    return cluster


def add(cluster: Cluster, first: int, count: int) -> None:
    for number in range(first, first + count):
        manifest: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": f"p-{number:04}", "labels": {"app": "big"}},
            "spec": {"nodeName": "node-a", "containers": [{"name": "c", "image": "nginx"}]},
        }
        cluster.say(commands.Create("you", manifest))
        ip = f"10.244.{number // 250}.{number % 250 + 1}"
        status = {"phase": "Running", "podIP": ip, "conditions": [{"type": "Ready", "status": "True"}]}
        key = Key("", "pods", "default", f"p-{number:04}")
        cluster.say(commands.Patch("you", key, {"status": status}, subresource="status"))


def remove(cluster: Cluster, names: list[str]) -> None:
    for name in names:
        cluster.say(commands.Delete("you", Key("", "pods", "default", name), grace_seconds=0))


def slices(cluster: Cluster) -> list[Object]:
    return cluster.held.slices_of("default", "big")


def sizes(cluster: Cluster) -> list[int]:
    return [len(found["endpoints"] or ()) for found in slices(cluster)]


def members(found: Object) -> list[str]:
    return [endpoint["targetRef"]["name"] for endpoint in found["endpoints"]]


def test_pods_that_leave_make_slices_sparse_and_newcomers_fill_the_fullest(big: Cluster) -> None:
    add(big, 0, 150)
    assert sorted(sizes(big)) == [50, 100]
    full = next(found for found in slices(big) if len(found["endpoints"]) == 100)
    remove(big, members(full)[:60])
    assert sorted(sizes(big)) == [40, 50]
    add(big, 1000, 70)
    assert sorted(sizes(big)) == [60, 100]


def test_half_empty_slices_are_kept_and_emptied_ones_go(big: Cluster) -> None:
    add(big, 0, 250)
    assert sorted(sizes(big)) == [50, 100, 100]
    remove(big, [f"p-{number:04}" for number in range(0, 250, 2)])
    assert sorted(sizes(big)) == [25, 50, 50]
    subsets = big.get(state.ENDPOINTS, "big")["subsets"]
    assert len(subsets[0]["addresses"]) == 125
    smallest = min(slices(big), key=lambda found: len(found["endpoints"]))
    remove(big, members(smallest))
    assert sorted(sizes(big)) == [50, 50]


def test_exactly_a_hundred_newcomers_get_a_slice_of_their_own(big: Cluster) -> None:
    add(big, 0, 10)
    big.patch(SERVICE, {"spec": {"selector": {"app": None, "none": "such"}}})
    add(big, 100, 90)
    big.patch(SERVICE, {"spec": {"selector": {"app": "big", "none": None}}})
    assert sizes(big) == [100]
    big.patch(SERVICE, {"metadata": {"labels": {"team": "ops"}}})
    assert sizes(big) == [100]


def test_endpoints_are_cut_to_a_thousand_and_say_so(big: Cluster) -> None:
    big.patch(SERVICE, {"spec": {"selector": {"app": None, "none": "such"}}})
    add(big, 0, 1003)
    big.patch(SERVICE, {"spec": {"selector": {"app": "big", "none": None}}})
    found = big.get(state.ENDPOINTS, "big")
    assert sum(len(subset["addresses"]) for subset in found["subsets"]) == 1000
    assert objects.annotations_of(found)["endpoints.kubernetes.io/over-capacity"] == "truncated"
    assert sum(sizes(big)) == 1003
    remove(big, ["p-0000", "p-0001", "p-0002"])
    found = big.get(state.ENDPOINTS, "big")
    assert sum(len(subset["addresses"]) for subset in found["subsets"]) == 1000
    assert "endpoints.kubernetes.io/over-capacity" not in objects.annotations_of(found)


def test_a_slice_carries_its_name_labels_owner_and_trigger(big: Cluster) -> None:
    add(big, 0, 1)
    service, found = big.get(state.SERVICES, "big"), slices(big)[0]
    meta = objects.metadata(found)
    assert meta["generateName"] == "big-"
    assert len(meta["name"]) == len("big-") + 5 and meta["name"].startswith("big-")
    assert meta["labels"] == {
        "team": "shop",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "kubernetes.io/service-name": "big",
    }
    assert meta["ownerReferences"] == [objects.controller_reference(service)]
    assert found["addressType"] == "IPv4"
    assert found["ports"] == [{"name": "", "port": 8080, "protocol": "TCP"}]


def test_a_new_service_puts_its_creation_time_on_its_first_slice(big: Cluster) -> None:
    created = objects.metadata(big.get(state.SERVICES, "big"))["creationTimestamp"]
    (found,) = slices(big)
    assert objects.annotations_of(found)["endpoints.kubernetes.io/last-change-trigger-time"] == created
    assert found["endpoints"] in (None, []) and found["ports"] is None


def test_a_pod_that_only_leaves_takes_the_trigger_time_away(big: Cluster) -> None:
    add(big, 0, 2)
    remove(big, ["p-0000"])
    (found,) = slices(big)
    assert "endpoints.kubernetes.io/last-change-trigger-time" not in objects.annotations_of(found)


def test_what_somebody_changes_in_a_slice_is_put_back(big: Cluster) -> None:
    add(big, 0, 2)
    (found,) = slices(big)
    key = Key("discovery.k8s.io", "endpointslices", "default", objects.name_of(found))
    big.patch(key, {"endpoints": [], "metadata": {"labels": {"team": "none"}}})
    (mended,) = slices(big)
    assert members(mended) == ["p-0000", "p-0001"]
    assert objects.labels_of(mended)["team"] == "shop"
    big.say(commands.Delete("you", key))
    (remade,) = slices(big)
    assert members(remade) == ["p-0000", "p-0001"]
    assert objects.name_of(remade) != objects.name_of(found)


def test_changing_the_service_port_leaves_the_slice_alone_and_target_port_does_not(big: Cluster) -> None:
    add(big, 0, 1)
    (before,) = slices(big)
    big.patch(SERVICE, {"spec": {"ports": [{"port": 81, "targetPort": 8080}]}})
    assert slices(big) == [before]
    big.patch(SERVICE, {"spec": {"ports": [{"port": 81, "targetPort": 8081}]}})
    (after,) = slices(big)
    assert after["ports"][0]["port"] == 8081
    assert objects.name_of(after) == objects.name_of(before)


@pytest.mark.parametrize(
    ("change", "mirrored"),
    [
        # The Endpoints that froze count as somebody's own from then on, and are mirrored beside the frozen slice.
        ({"spec": {"selector": None}}, 1),
        ({"spec": {"type": "ExternalName", "externalName": "example.com"}}, 0),
    ],
    ids=["selector removed", "ExternalName"],
)
def test_a_service_that_stops_selecting_leaves_its_lists_frozen(
    big: Cluster, change: dict[str, Any], mirrored: int
) -> None:
    add(big, 0, 2)
    before, frozen = slices(big), big.get(state.ENDPOINTS, "big")
    big.patch(SERVICE, change)
    remove(big, ["p-0000"])
    assert big.get(state.ENDPOINTS, "big") == frozen
    found = slices(big)
    assert [one for one in found if one in before] == before
    assert [len(one["endpoints"]) for one in found if one not in before] == [2] * mirrored


def test_a_deleted_service_takes_its_lists_along(big: Cluster) -> None:
    add(big, 0, 2)
    big.say(commands.Delete("you", SERVICE))
    assert slices(big) == []
    assert big.held.find(state.ENDPOINTS, "default", "big") is None


def test_a_slice_of_a_former_service_of_that_name_is_replaced(big: Cluster) -> None:
    add(big, 0, 1)
    stale: dict[str, Any] = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "big-stale",
            "labels": {
                "kubernetes.io/service-name": "big",
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            },
        },
        "addressType": "IPv4",
        "endpoints": [],
        "ports": [],
    }
    big.say(commands.Create("you", stale))
    assert [objects.name_of(found) for found in slices(big)] != ["big-stale"]
    assert len(slices(big)) == 1


def test_slices_of_other_hands_are_left_alone(big: Cluster) -> None:
    own: dict[str, Any] = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "big-mine",
            "labels": {"kubernetes.io/service-name": "big", "endpointslice.kubernetes.io/managed-by": "staff"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.9.9.9"]}],
        "ports": [{"name": "", "port": 1, "protocol": "TCP"}],
    }
    big.say(commands.Create("you", own))
    add(big, 0, 1)
    assert sorted(len(found["endpoints"]) for found in slices(big)) == [1, 1]


def test_a_pod_that_changes_within_the_same_second_is_a_trigger(big: Cluster) -> None:
    add(big, 0, 1)
    key = Key("", "pods", "default", "p-0000")
    for ready in ("True", "False"):
        at = objects.metadata(big.get(state.PODS, "p-0000"))["creationTimestamp"]
        conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": at}]
        big.say(commands.Patch("you", key, {"status": {"conditions": conditions}}, subresource="status"))
    (found,) = slices(big)
    assert objects.annotations_of(found)["endpoints.kubernetes.io/last-change-trigger-time"] == at
