"""[sig-network] Services: what answers at a Service's addresses (test/e2e/network/service.go)."""

from typing import Any

import pytest
from kubernetes import client

from tests.conformance_specs.in_pod.cluster import Namespace

SERVE_HOSTNAME = ["serve-hostname"]


def test_should_serve_a_basic_endpoint_from_pods(space: Namespace) -> None:
    """[sig-network] Services should serve a basic endpoint from pods [Conformance]"""
    labels = {"foo": "bar"}
    made = space.service("endpoint-test2", {"selector": labels, "ports": [{"port": 80, "targetPort": 80}]})
    space.expects_endpoints("endpoint-test2", {})
    execpod = space.exec_pod()
    for steps in (["pod1"], ["pod1", "pod2"]):
        space.pod(steps[-1], ["netexec", "--http-port=80"], labels=labels, container={"ports": [{"containerPort": 80}]})
        space.expects_endpoints("endpoint-test2", {name: [80] for name in steps})
        space.connects(execpod, "endpoint-test2", 80)
        space.connects(execpod, made.spec.cluster_ip, 80)
    space.core.delete_namespaced_pod("pod1", space.name, grace_period_seconds=0)
    space.expects_endpoints("endpoint-test2", {"pod2": [80]})
    space.connects(execpod, "endpoint-test2", 80)
    space.core.delete_namespaced_pod("pod2", space.name, grace_period_seconds=0)
    space.expects_endpoints("endpoint-test2", {})
    space.fails(execpod, made.spec.cluster_ip, 80)


def test_should_serve_multiport_endpoints_from_pods(space: Namespace) -> None:
    """[sig-network] Services should serve multiport endpoints from pods [Conformance]"""
    labels = {"foo": "bar"}
    ports = [
        {"name": "portname1", "port": 80, "targetPort": "svc1"},
        {"name": "portname2", "port": 81, "targetPort": "svc2"},
    ]
    made = space.service("multi-endpoint-test", {"selector": labels, "ports": ports})
    space.expects_endpoints("multi-endpoint-test", {})
    for name, number, port in (("pod1", 100, "svc1"), ("pod2", 101, "svc2")):
        own = {"ports": [{"name": port, "containerPort": number}]}
        space.pod(name, ["netexec", f"--http-port={number}"], labels=labels, container=own)
    space.expects_endpoints("multi-endpoint-test", {"pod1": [100], "pod2": [101]})
    execpod = space.exec_pod()
    for host in ("multi-endpoint-test", made.spec.cluster_ip):
        space.connects(execpod, host, 80)
        space.connects(execpod, host, 81)
    space.core.delete_namespaced_pod("pod1", space.name, grace_period_seconds=0)
    space.expects_endpoints("multi-endpoint-test", {"pod2": [101]})
    space.connects(execpod, "multi-endpoint-test", 81)
    space.core.delete_namespaced_pod("pod2", space.name, grace_period_seconds=0)
    space.expects_endpoints("multi-endpoint-test", {})


def test_should_serve_endpoints_on_same_port_and_different_protocols(space: Namespace) -> None:
    """[sig-network] Services should serve endpoints on same port and different protocols [Conformance]"""
    labels = {"app": "multiprotocol"}
    both = [{"name": f"portname-{kind}", "port": 80, "protocol": kind.upper()} for kind in ("tcp", "udp")]
    made = space.service("multiprotocol-test", {"selector": labels, "ports": both})
    own = {"ports": [{"containerPort": 80, "protocol": "TCP"}, {"containerPort": 80, "protocol": "UDP"}]}
    space.pod("pod1", ["netexec", "--http-port=80", "--udp-port=80"], labels=labels, container=own)
    space.expects_endpoints("multiprotocol-test", {"pod1": [80]})
    execpod = space.exec_pod()
    for protocol in ("TCP", "UDP"):
        space.connects(execpod, "multiprotocol-test", 80, protocol)
        space.connects(execpod, made.spec.cluster_ip, 80, protocol)
    for kept, lost in (("TCP", "UDP"), ("UDP", "TCP")):
        port = client.V1ServicePort(name=f"portname-{kept.lower()}", port=80, protocol=kept)

        def keep_one(found: client.V1Service, port: client.V1ServicePort = port) -> None:
            found.spec.ports = [port]

        space.update("multiprotocol-test", keep_one)
        space.connects(execpod, made.spec.cluster_ip, 80, kept)
        space.fails(execpod, made.spec.cluster_ip, 80, lost)


def node_port_of(made: client.V1Service) -> int:
    return int(made.spec.ports[0].node_port)


def test_should_be_able_to_create_a_functioning_nodeport_service(space: Namespace) -> None:
    """[sig-network] Services should be able to create a functioning NodePort service [Conformance]"""
    labels = {"testid": "nodeport-test"}
    spec = {"type": "NodePort", "selector": labels, "ports": [{"port": 80, "targetPort": 9376}]}
    made = space.service("nodeport-test", spec)
    space.controller("nodeport-test", labels, SERVE_HOSTNAME)
    execpod = space.exec_pod()
    space.connects(execpod, "nodeport-test", 80)
    space.connects(execpod, made.spec.cluster_ip, 80)
    assert len(space.nodes()) == 2
    for address in space.nodes().values():
        space.connects(execpod, address, node_port_of(made))


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort"])
def test_should_be_able_to_change_the_type_from_externalname(space: Namespace, kind: str) -> None:
    """[sig-network] Services should be able to change the type from ExternalName to ClusterIP | NodePort [Conformance]"""
    name, labels = "externalname-service", {"testid": "externalname-service"}
    made = space.service(name, {"type": "ExternalName", "externalName": "foo.example.com"})
    assert not made.spec.cluster_ip

    def change(found: client.V1Service) -> None:
        found.spec.type, found.spec.external_name, found.spec.selector = kind, None, labels
        found.spec.ports = [client.V1ServicePort(port=80, name="http", protocol="TCP", target_port=9376)]

    changed = space.update(name, change)
    assert changed.spec.type == kind and changed.spec.cluster_ip
    space.controller(name, labels, SERVE_HOSTNAME)
    execpod = space.exec_pod()
    space.connects(execpod, name, 80)
    space.connects(execpod, changed.spec.cluster_ip, 80)
    if kind == "NodePort":
        for address in space.nodes().values():
            space.connects(execpod, address, node_port_of(changed))


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort"])
def test_should_be_able_to_change_the_type_to_externalname(space: Namespace, kind: str) -> None:
    """[sig-network] Services should be able to change the type from ClusterIP | NodePort to ExternalName [Conformance]"""
    labels = {"testid": "externalsvc"}
    space.service("changing-service", {"type": kind, "selector": {"x": "y"}, "ports": [{"port": 80}]})
    space.service("externalsvc", {"selector": labels, "ports": [{"port": 80, "targetPort": 9376}]})
    space.controller("externalsvc", labels, SERVE_HOSTNAME)
    target = f"externalsvc.{space.name}.svc.cluster.local"

    def change(found: client.V1Service) -> None:
        found.spec.type, found.spec.external_name = "ExternalName", target
        found.spec.cluster_ip = found.spec.cluster_ips = found.spec.ip_families = found.spec.ip_family_policy = None
        for port in found.spec.ports:
            port.node_port = None

    changed = space.update("changing-service", change)
    assert not changed.spec.cluster_ip
    execpod = space.exec_pod()
    done = space.run(execpod, f"nslookup changing-service.{space.name}.svc.cluster.local")
    assert done.returncode == 0 and target in done.stdout, done


# --- session affinity ----------------------------------------------------------------------------


def sticky(space: Namespace, kind: str, affinity: str = "ClientIP") -> tuple[str, int]:
    """A Service of three pods; returns the host and port that the spec asks."""
    labels = {"testid": "affinity"}
    spec = {
        "type": kind,
        "selector": labels,
        "sessionAffinity": affinity,
        "ports": [{"port": 80, "targetPort": 9376}],
    }
    made = space.service("affinity", spec)
    space.controller("affinity", labels, SERVE_HOSTNAME, replicas=3)
    if kind == "NodePort":
        return next(iter(space.nodes().values())), node_port_of(made)
    return made.spec.cluster_ip, 80


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort"])
def test_should_have_session_affinity_work(space: Namespace, kind: str) -> None:
    """[sig-network] Services should have session affinity work for service with type clusterIP | NodePort service [Conformance]"""
    host, port = sticky(space, kind)
    execpod = space.exec_pod("execpod-affinity")
    space.connects(execpod, host, port)
    found = space.hosts(execpod, host, port)
    assert len(found) == 16 and len(set(found)) == 1, found


@pytest.mark.parametrize("kind", ["ClusterIP", "NodePort"])
def test_should_be_able_to_switch_session_affinity(space: Namespace, kind: str) -> None:
    """[sig-network] Services should be able to switch session affinity for service with type clusterIP | NodePort service"""

    def switch(to: str) -> Any:
        def change(found: client.V1Service) -> None:
            found.spec.session_affinity = to
            if to == "None":
                found.spec.session_affinity_config = None

        return change

    host, port = sticky(space, kind, "None")
    execpod = space.exec_pod("execpod-affinity")
    assert len(set(space.hosts(execpod, host, port))) > 1
    space.update("affinity", switch("ClientIP"))
    assert len(set(space.hosts(execpod, host, port))) == 1
    space.update("affinity", switch("None"))
    assert len(set(space.hosts(execpod, host, port))) > 1
