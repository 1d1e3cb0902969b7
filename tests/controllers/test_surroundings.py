"""The cloud, namespaces, lost owners, lost nodes, and proxies that lag behind."""

from __future__ import annotations

from typing import Any

import pytest

from app.cluster import clock, journal, state
from app.engine import commands, execute
from app.machinery import errors, objects
from app.machinery.objects import Key, Object
from tests.cluster_driver import Cluster, contents

LB = Key("", "services", "default", "lb")


def service(name: str = "lb", **spec: Any) -> dict[str, Any]:
    meta = {"name": name}
    full = {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": [{"port": 80}], **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": full}


def pod(name: str, namespace: str = "default", **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace, **more.pop("metadata", {})}
    spec = {"containers": [{"name": "c", "image": "nginx"}], **more}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def ingress(found: Object) -> list[dict[str, Any]]:
    return list(objects.dig(found, "status", "loadBalancer", "ingress") or ())


def reasons(cluster: Cluster) -> list[str]:
    return [found["reason"] for found in cluster.held.list(state.EVENTS, "default")]


# --- the cloud ---------------------------------------------------------------------------------


def test_an_address_comes_after_four_seconds() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.say(commands.Create("you", service()))
    assert objects.metadata(cluster.get(state.SERVICES, "lb"))["finalizers"] == [
        "service.kubernetes.io/load-balancer-cleanup"
    ]
    cluster.advance(3.9)
    assert ingress(cluster.get(state.SERVICES, "lb")) == []
    assert reasons(cluster) == ["EnsuringLoadBalancer"]
    cluster.advance(0.2)
    assert ingress(cluster.get(state.SERVICES, "lb")) == [{"ip": "203.0.113.10", "ipMode": "VIP"}]
    assert reasons(cluster) == ["EnsuringLoadBalancer", "EnsuredLoadBalancer"]


def test_every_service_has_its_own_address_and_a_deleted_one_is_gone_whole() -> None:
    cluster = Cluster()
    for name in ("lb", "two"):
        cluster.say(commands.Create("you", service(name)))
    addresses = [ingress(cluster.get(state.SERVICES, name))[0]["ip"] for name in ("lb", "two")]
    assert addresses == ["203.0.113.10", "203.0.113.11"]
    cluster.say(commands.Delete("you", LB))
    assert cluster.held.get(LB) is None
    assert reasons(cluster)[-2:] == ["DeletingLoadBalancer", "DeletedLoadBalancer"]


@pytest.mark.parametrize(
    ("spec", "settings"),
    [
        ({"loadBalancerClass": "example.com/other"}, {}),
        ({}, {"load_balancer": "none"}),
        ({}, {"nodes": 0}),
        ({"type": "NodePort"}, {}),
    ],
)
def test_where_no_cloud_serves_there_is_no_address(spec: dict[str, Any], settings: dict[str, Any]) -> None:
    cluster = Cluster(**settings)
    cluster.say(commands.Create("you", service(**spec)))
    cluster.advance(60)
    found = cluster.get(state.SERVICES, "lb")
    assert ingress(found) == [] and not objects.metadata(found).get("finalizers")


def test_a_service_that_is_no_load_balancer_any_more_gives_its_address_back() -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", service()))
    cluster.patch(LB, {"spec": {"type": "ClusterIP"}})
    found = cluster.get(state.SERVICES, "lb")
    assert ingress(found) == [] and not objects.metadata(found).get("finalizers")


def test_a_status_that_a_client_wrote_stays() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.say(commands.Create("you", service()))
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.9"}]}}}
    cluster.say(commands.Patch("you", LB, status, subresource="status"))
    cluster.advance(10)
    assert [point["ip"] for point in ingress(cluster.get(state.SERVICES, "lb"))] == ["198.51.100.9"]


# --- namespaces --------------------------------------------------------------------------------


def shop() -> Cluster:
    cluster = Cluster()
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
    return cluster


def test_a_namespace_has_its_account_and_its_certificate_and_keeps_them() -> None:
    cluster = shop()
    account = Key("", "serviceaccounts", "shop", "default")
    published = Key("", "configmaps", "shop", "kube-root-ca.crt")
    assert cluster.held.get(account) and cluster.held.get(published)
    cluster.say(commands.Delete("you", account))
    cluster.patch(published, {"data": {"ca.crt": "mine"}})
    assert cluster.held.get(account)
    assert "BEGIN CERTIFICATE" in cluster.get(state.CONFIGMAPS, "kube-root-ca.crt", "shop")["data"]["ca.crt"]


def test_a_deleted_namespace_takes_everything_along() -> None:
    cluster = shop()
    cluster.say(commands.Create("you", pod("one", "shop")))
    made = service()
    made["metadata"]["namespace"] = "shop"
    cluster.say(commands.Create("you", made))
    cluster.say(commands.Delete("you", Key("", "namespaces", "", "shop")))
    assert [key for key in contents(cluster.held) if "shop" in (key.namespace, key.name)] == []


def test_a_namespace_waits_for_pods_that_end_and_takes_in_nothing_new() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.say(commands.Create("you", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
    cluster.say(commands.Create("you", pod("one", "shop")))
    cluster.advance(3)
    cluster.say(commands.Delete("you", Key("", "namespaces", "", "shop")))
    home = cluster.get(state.NAMESPACES, "shop", "")
    assert home["status"]["phase"] == "Terminating"
    assert objects.is_terminating(cluster.get(state.PODS, "one", "shop"))
    with pytest.raises(errors.Forbidden, match="because it is being terminated"):
        cluster.say(commands.Create("you", pod("two", "shop")))
    cluster.advance(3)
    assert cluster.held.find(state.NAMESPACES, "", "shop") is None


# --- lost owners and nodes ---------------------------------------------------------------------


def test_what_lost_its_only_owner_goes_and_what_has_another_stays() -> None:
    cluster = Cluster()
    kept = cluster.say(commands.Create("you", pod("owner-1")))
    lost = cluster.say(commands.Create("you", pod("owner-2")))
    references = [
        {"apiVersion": "v1", "kind": "Pod", "name": objects.name_of(o), "uid": o["metadata"]["uid"]}
        for o in (kept, lost)
    ]
    cluster.say(commands.Create("you", pod("both", metadata={"ownerReferences": references})))
    cluster.say(commands.Create("you", pod("one", metadata={"ownerReferences": references[1:]})))
    cluster.say(commands.Delete("you", Key("", "pods", "default", "owner-2")))
    assert cluster.held.find(state.PODS, "default", "one") is None
    assert list(objects.owner_references(cluster.get(state.PODS, "both"))) == references[:1]


def test_an_object_whose_owner_never_was_goes() -> None:
    cluster = Cluster()
    nobody = [{"apiVersion": "v1", "kind": "Pod", "name": "nobody", "uid": "no-such-uid"}]
    cluster.say(commands.Create("you", pod("one", metadata={"ownerReferences": nobody})))
    assert cluster.held.find(state.PODS, "default", "one") is None


def test_orphaned_replica_sets_stay() -> None:
    cluster = Cluster()
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    cluster.say(
        commands.Create(
            "you", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": spec}
        )
    )
    key = Key("apps", "deployments", "default", "web")
    cluster.say(commands.Delete("you", key, propagation="Orphan"))
    (left,) = cluster.held.list(state.REPLICASETS, "default")
    assert objects.controller_of(left) is None and len(list(cluster.held.keys(state.PODS, "default"))) == 1


def test_the_pods_of_a_lost_node_go_and_their_owner_makes_new_ones_elsewhere() -> None:
    cluster = Cluster()
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 4, "selector": {"matchLabels": labels}, "template": template}
    made = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web"}, "spec": spec}
    cluster.say(commands.Create("you", made))
    cluster.say(commands.Delete("you", Key("", "nodes", "", "node-2")))
    where = [found["spec"]["nodeName"] for found in cluster.held.list(state.PODS, "default")]
    assert where == ["node-1"] * 4


# --- proxies -----------------------------------------------------------------------------------


def synced(cluster: Cluster, first: int = 0) -> list[tuple[str, ...]]:
    bodies = [entry.body for entry in cluster.entries[first:]]
    return [body.nodes for body in bodies if isinstance(body, journal.RulesSynced)]


def test_proxies_catch_up_a_moment_after_a_change() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.advance(5)
    first = len(cluster.entries)
    cluster.say(commands.Create("you", service(type="ClusterIP")))
    assert cluster.held.proxies.is_behind("node-1") and cluster.held.proxies.is_behind("node-2")
    assert synced(cluster, first) == []
    cluster.advance(0.31)
    assert sorted(name for names in synced(cluster, first) for name in names) == ["node-1", "node-2"]
    assert not cluster.held.proxies.is_behind("node-1")


@pytest.mark.parametrize(("delay", "before", "after"), [("5s", 4.9, 0.2), ("300ms", 0.29, 0.02)])
def test_a_slow_proxy_takes_its_time(delay: str, before: float, after: float) -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.advance(5)
    node = Key("", "nodes", "", "node-2")
    cluster.patch(node, {"metadata": {"annotations": {"podlane.dev/kube-proxy-delay": delay}}})
    cluster.say(commands.Create("you", service(type="ClusterIP")))
    cluster.advance(before)
    assert cluster.held.proxies.is_behind("node-2")
    cluster.advance(after)
    assert not cluster.held.proxies.is_behind("node-2")


def test_a_stopped_proxy_stays_behind_until_it_is_started() -> None:
    cluster = Cluster(mode=clock.TimeMode.MANUAL)
    cluster.advance(5)
    node = Key("", "nodes", "", "node-2")
    cluster.patch(node, {"metadata": {"annotations": {"podlane.dev/kube-proxy-delay": "stopped"}}})
    cluster.say(commands.Create("you", service(type="ClusterIP")))
    cluster.advance(60)
    assert cluster.held.proxies.is_behind("node-2") and not cluster.held.proxies.is_behind("node-1")
    cluster.patch(node, {"metadata": {"annotations": {"podlane.dev/kube-proxy-delay": None}}})
    cluster.advance(1)
    assert not cluster.held.proxies.is_behind("node-2")


def test_in_instant_time_there_is_no_lag_and_no_entry_about_it() -> None:
    cluster = Cluster()
    cluster.say(commands.Create("you", service(type="ClusterIP")))
    assert synced(cluster) == []


# --- all of them -------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [clock.TimeMode.INSTANT, clock.TimeMode.MANUAL])
def test_a_lived_in_cluster_is_quiet_after_a_load(mode: clock.TimeMode) -> None:
    cluster = Cluster(mode=mode)
    cluster.say(commands.Create("you", service()))
    for number, faults in enumerate(({}, {"podlane.dev/ready": "false"}, {"podlane.dev/crash": "true"})):
        cluster.say(commands.Create("you", pod(f"p{number}", metadata={"annotations": faults})))
    cluster.say(commands.Create("you", pod("nowhere", nodeSelector={"no": "such"})))
    cluster.say(commands.Create("you", pod("image", containers=[{"name": "c", "image": "nginx:nosuchtag"}])))
    cluster.advance(60)
    cluster.say(commands.Delete("you", Key("", "nodes", "", "node-2")))
    cluster.advance(60)
    revision, before = cluster.held.revision, contents(cluster.held)
    execute.resume(cluster.held)
    cluster.go_on()
    assert cluster.held.revision == revision
    assert contents(cluster.held) == before
