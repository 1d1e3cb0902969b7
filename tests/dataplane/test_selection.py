"""For each pod it is known whether a Service selects it, and if not, which key is to blame."""

from __future__ import annotations

import pytest

from app.dataplane import selection
from tests.dataplane import clusters

SERVICE = {
    "name": "cart",
    "clusterIP": "10.96.1.1",
    "selector": {"app": "cart", "tier": "back"},
    "ports": [{"port": 80}],
}
PODS = [
    ({"app": "cart", "tier": "back"}, True, False, []),
    ({"app": "cart", "tier": "back", "extra": "1"}, True, False, []),
    ({"app": "basket", "tier": "back"}, False, True, [("app", "basket")]),
    ({"app": "cart"}, False, True, [("tier", None)]),
    ({"app": "basket"}, False, False, [("app", "basket"), ("tier", None)]),
    ({}, False, False, [("app", None), ("tier", None)]),
]


@pytest.mark.parametrize(("labels", "matches", "near", "blamed"), PODS)
def test_each_key_has_its_verdict(
    labels: dict[str, str], matches: bool, near: bool, blamed: list[tuple[str, str | None]]
) -> None:
    cluster = clusters.build({"pods": [{"name": "p", "labels": labels}], "services": [SERVICE], "without_client": True})
    service = cluster.find(("", "services"), "default", "cart")
    assert service is not None
    [verdict] = selection.verdicts(cluster, service)
    assert verdict.pod.name == "p"
    assert (verdict.matches, verdict.near_miss) == (matches, near)
    assert [(key.key, key.found) for key in verdict.keys if not key.ok] == blamed


def test_without_a_selector_nobody_is_judged() -> None:
    bare = {"name": "bare", "clusterIP": "10.96.1.2", "ports": [{"port": 80}]}
    cluster = clusters.build({"pods": [{"name": "p"}], "services": [bare]})
    service = cluster.find(("", "services"), "default", "bare")
    assert service is not None
    assert selection.verdicts(cluster, service) == []


def test_pods_that_nobody_else_selects_and_that_listen_come_closest() -> None:
    cart = {**SERVICE, "selector": {"app": "cart"}, "ports": [{"port": 80, "targetPort": 8080}]}
    card = {"name": "card", "clusterIP": "10.96.1.3", "selector": {"app": "card"}, "ports": [{"port": 80}]}
    pods = [
        {"name": "card-1", "labels": {"app": "card"}, "listen": 8080},
        {"name": "basket-1", "labels": {"app": "basket"}, "listen": 8080},
        {"name": "tool", "labels": {"app": "car"}, "listen": ""},
    ]
    cluster = clusters.build({"pods": pods, "services": [cart, card]})
    service = cluster.find(("", "services"), "default", "cart")
    assert service is not None
    assert [pod["metadata"]["name"] for pod, _ in selection.closest(cluster, service)] == ["basket-1"]
