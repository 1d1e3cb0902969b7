"""What the framework asks of a cluster before any spec (test/e2e/e2e.go, framework.go; release 1.36)."""

from tests.conformance_specs import cluster
from tests.conformance_specs.cluster import Cluster


def test_setup_finds_ready_nodes_system_pods_the_version_and_the_family(with_nodes: Cluster) -> None:
    core = with_nodes.core
    nodes = core.list_node().items
    assert len(nodes) == 3
    for node in nodes:
        assert [one.status for one in node.status.conditions if one.type == "Ready"] == ["True"]
        assert not node.spec.unschedulable
        assert not node.spec.taints
    assert {pod.status.phase for pod in core.list_namespaced_pod("kube-system").items} == {"Running"}
    assert with_nodes.apps.list_namespaced_replica_set("kube-system").items
    assert core.list_namespaced_replication_controller("kube-system").items == []
    assert with_nodes.apps.list_namespaced_daemon_set("kube-system").items == []
    assert with_nodes.playground.api("/version").json()["minor"] == "36"
    assert core.read_namespaced_service("kubernetes", "default").spec.ip_families == ["IPv4"]


def test_a_namespace_has_its_account_and_its_certificate(bare: Cluster) -> None:
    with cluster.namespace(bare, "framework") as name:
        found = bare.core.read_namespaced_config_map("kube-root-ca.crt", name)
        assert found.data["ca.crt"].startswith("-----BEGIN CERTIFICATE-----")
        bare.core.delete_namespaced_config_map("kube-root-ca.crt", name)
        bare.core.delete_namespaced_service_account("default", name)
        cluster.eventually(lambda: bool(bare.core.read_namespaced_config_map("kube-root-ca.crt", name)))
        cluster.eventually(lambda: bool(bare.core.read_namespaced_service_account("default", name)))
    cluster.eventually(lambda: name not in [one.metadata.name for one in bare.core.list_namespace().items])
