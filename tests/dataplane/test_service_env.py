"""A pod finds the Services of its namespace in its environment, as they were when it started."""

from __future__ import annotations

from typing import Any

from app.cluster.state import ClusterState
from app.dataplane import service_env
from tests.dataplane import clusters

DESCRIBED: dict[str, Any] = {
    "pods": [
        {"name": "old", "annotations": {service_env.STARTED_ANNOTATION: "5"}},
        {"name": "new", "annotations": {service_env.STARTED_ANNOTATION: "15"}},
        {"name": "plain", "annotations": {service_env.STARTED_ANNOTATION: "15"}, "spec": {"enableServiceLinks": False}},
        {"name": "waiting"},
    ],
    "services": [
        {"name": "redis-primary", "clusterIP": "10.0.0.11", "ports": [{"port": 6379, "protocol": "TCP"}]},
        {
            "name": "multi",
            "clusterIP": "10.0.0.12",
            "ports": [{"name": "web-ui", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}],
        },
        {"name": "hl", "clusterIP": "None", "ports": [{"port": 80}]},
        {"name": "ext", "type": "ExternalName", "externalName": "example.com"},
        {"name": "elsewhere", "namespace": "shop", "clusterIP": "10.0.0.13", "ports": [{"port": 80}]},
    ],
}


def cluster_of() -> ClusterState:
    cluster = clusters.build(DESCRIBED)
    for key, obj in cluster.collections["", "services"].objects.items():
        cluster.created[obj["metadata"]["uid"]] = 10 if key.name == "multi" else 3
    return cluster


def environment(name: str) -> dict[str, str]:
    cluster = cluster_of()
    pod = cluster.find(("", "pods"), "default", name)
    assert pod is not None
    return service_env.service_environment(cluster, pod)


def test_each_service_gives_the_variables_of_upstream() -> None:
    found = environment("old")
    assert {name: value for name, value in found.items() if name.startswith("REDIS")} == {
        "REDIS_PRIMARY_SERVICE_HOST": "10.0.0.11",
        "REDIS_PRIMARY_SERVICE_PORT": "6379",
        "REDIS_PRIMARY_PORT": "tcp://10.0.0.11:6379",
        "REDIS_PRIMARY_PORT_6379_TCP": "tcp://10.0.0.11:6379",
        "REDIS_PRIMARY_PORT_6379_TCP_PROTO": "tcp",
        "REDIS_PRIMARY_PORT_6379_TCP_PORT": "6379",
        "REDIS_PRIMARY_PORT_6379_TCP_ADDR": "10.0.0.11",
    }


def test_named_ports_and_other_protocols_have_their_own() -> None:
    found = environment("new")
    assert found["MULTI_SERVICE_PORT"] == "80"
    assert found["MULTI_SERVICE_PORT_WEB_UI"] == "80"
    assert found["MULTI_SERVICE_PORT_DNS"] == "53"
    assert found["MULTI_PORT_53_UDP"] == "udp://10.0.0.12:53"


def test_a_service_created_later_is_not_among_them() -> None:
    assert "MULTI_SERVICE_HOST" not in environment("old")
    assert "MULTI_SERVICE_HOST" in environment("new")
    cluster = cluster_of()
    pod = cluster.find(("", "pods"), "default", "old")
    assert pod is not None
    assert service_env.missing(cluster, pod) == ["multi"]


def test_only_real_cluster_ips_of_the_own_namespace_count() -> None:
    hosts = {name for name in environment("new") if name.endswith("_SERVICE_HOST")}
    assert hosts == {"KUBERNETES_SERVICE_HOST", "REDIS_PRIMARY_SERVICE_HOST", "MULTI_SERVICE_HOST"}


def test_without_service_links_only_the_api_server_is_there() -> None:
    assert {name for name in environment("plain") if name.endswith("_HOST")} == {"KUBERNETES_SERVICE_HOST"}


def test_a_pod_that_has_not_started_has_none() -> None:
    assert environment("waiting") == {}
