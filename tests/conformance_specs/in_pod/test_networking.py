"""[sig-network] Networking, HostPort, EndpointSlice and pod resolvers (test/e2e/network, test/e2e/common/network)."""

import json
from typing import Any

import pytest
from kubernetes import client

from tests.conformance_specs.in_pod.cluster import AGNHOST, Namespace

HTTP, UDP = 8083, 8081


def slice_of(space: Namespace, name: str, addresses: list[str], ports: list[tuple[str, int]]) -> None:
    body = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "labels": {"kubernetes.io/service-name": "example-custom-endpoints"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": [one], "conditions": {"ready": True}} for one in addresses],
        "ports": [{"name": own, "port": number, "protocol": "TCP"} for own, number in ports],
    }
    client.DiscoveryV1Api(space.api).create_namespaced_endpoint_slice(space.name, body)


def asked(space: Namespace, pod: str, port: int, times: int = 12) -> set[str]:
    loop = f"for i in $(seq {times}); do curl -q -s --max-time 30 example-custom-endpoints:{port}/hostname; echo; done"
    return {line for line in space.said(pod, loop).splitlines() if line}


def test_should_support_a_service_with_multiple_ports_specified_in_multiple_endpointslices(space: Namespace) -> None:
    """[sig-network] EndpointSlice should support a Service with multiple ports specified in multiple EndpointSlices"""
    ports = [
        {"name": "portname1", "port": 80, "targetPort": 3000},
        {"name": "portname2", "port": 8090, "targetPort": 3001},
    ]
    space.service("example-custom-endpoints", {"ports": ports})
    pods = [space.pod(f"pod{number}", ["netexec", f"--http-port={2999 + number}"]) for number in (1, 2)]
    slice_of(space, "first", [pods[0].status.pod_ip], [("portname1", 3000)])
    slice_of(space, "second", [pods[1].status.pod_ip], [("portname2", 3001)])
    execpod = space.exec_pod()
    assert asked(space, execpod, 80) == {"pod1"}
    assert asked(space, execpod, 8090) == {"pod2"}


def test_should_support_a_service_with_multiple_endpoint_ips_specified_in_multiple_endpointslices(
    space: Namespace,
) -> None:
    """[sig-network] EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices"""
    ports = [
        {"name": "portname1", "port": 80, "targetPort": 3000},
        {"name": "portname2", "port": 8090, "targetPort": 3001},
    ]
    space.service("example-custom-endpoints", {"ports": ports})
    first = space.pod("pod1", ["netexec", "--http-port=3000"])
    second = space.pod("pod2", ["netexec", "--http-port=3001"])
    third = space.pod("pod3", ["netexec", "--http-port=3001"])
    slice_of(space, "first", [first.status.pod_ip], [("portname1", 3000)])
    slice_of(space, "second", [second.status.pod_ip, third.status.pod_ip], [("portname2", 3001)])
    execpod = space.exec_pod()
    assert asked(space, execpod, 80) == {"pod1"}
    assert asked(space, execpod, 8090, 24) == {"pod2", "pod3"}


# --- granular checks ---------------------------------------------------------------------------


def netservers(space: Namespace) -> list[client.V1Pod]:
    """A netexec pod on each node, with the probes of the upstream framework."""
    probe = {"httpGet": {"path": "/healthz", "port": HTTP}, "periodSeconds": 10}
    own = {
        "ports": [{"name": "http", "containerPort": HTTP}, {"name": "udp", "containerPort": UDP, "protocol": "UDP"}],
        "livenessProbe": probe,
        "readinessProbe": probe,
    }
    args = ["netexec", f"--http-port={HTTP}", f"--udp-port={UDP}"]
    return [
        space.pod(f"netserver-{number}", args, nodeSelector={"kubernetes.io/hostname": node}, container=own)
        for number, node in enumerate(space.nodes())
    ]


@pytest.mark.parametrize("protocol", ["http", "udp"])
def test_should_function_for_intra_pod_communication(space: Namespace, protocol: str) -> None:
    """[sig-network] Networking Granular Checks: Pods should function for intra-pod communication: http | udp [Conformance]"""
    servers = netservers(space)
    own = space.pod("test-container-pod", ["netexec", "--http-port=9080", "--udp-port=9081"])
    port = HTTP if protocol == "http" else UDP
    for server in servers:
        query = f"request=hostname&protocol={protocol}&host={server.status.pod_ip}&port={port}&tries=1"
        said = space.said("test-container-pod", f"curl -g -q -s 'http://{own.status.pod_ip}:9080/dial?{query}'")
        assert json.loads(said) == {"responses": [server.metadata.name]}


@pytest.mark.parametrize("protocol", ["http", "udp"])
def test_should_function_for_node_pod_communication(space: Namespace, protocol: str) -> None:
    """[sig-network] Networking Granular Checks: Pods should function for node-pod communication: http | udp [Conformance]"""
    servers = netservers(space)
    host = space.pod("host-test-container-pod", ["pause"], hostNetwork=True)
    assert host.status.pod_ip in space.nodes().values()
    for server in servers:
        address = server.status.pod_ip
        line = f"curl -g -q -s --max-time 15 --connect-timeout 1 http://{address}:{HTTP}/hostName | grep -v '^\\s*$'"
        if protocol == "udp":
            line = f"echo hostName | nc -w 1 -u {address} {UDP} | grep -v '^\\s*$'"
        assert space.said("host-test-container-pod", line).strip() == server.metadata.name


def test_validates_that_there_is_no_conflict_between_pods_with_same_hostport(space: Namespace) -> None:
    """[sig-network] HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol"""
    node, address = next(iter(space.nodes().items()))
    args = ["netexec", "--http-port=8080", "--udp-port=8080"]

    def claim(host: str, protocol: str) -> dict[str, Any]:
        port = {"hostPort": 54323, "containerPort": 8080, "protocol": protocol, "hostIP": host}
        return {
            "ports": [port],
            "readinessProbe": {"httpGet": {"path": "/hostname", "port": 8080, "scheme": "HTTP"}},
        }

    for name, host, protocol in (("pod1", "127.0.0.1", "TCP"), ("pod2", address, "TCP"), ("pod3", address, "UDP")):
        space.pod(name, args, container=claim(host, protocol), nodeName=node)
    space.pod("e2e-host-exec", ["pause"], hostNetwork=True, nodeName=node)
    curl = "curl -g --connect-timeout 5"
    said = space.said("e2e-host-exec", f"{curl} --interface {address} http://127.0.0.1:54323/hostname")
    assert said.strip() == "pod1"
    assert space.said("e2e-host-exec", f"{curl} http://{address}:54323/hostname").strip() == "pod2"
    assert space.said("e2e-host-exec", f"echo hostname | nc -u -w 5 {address} 54323").strip() == "pod3"


def test_should_support_configurable_pod_dns_nameservers(space: Namespace) -> None:
    """[sig-network] DNS should support configurable pod DNS nameservers [Conformance]"""
    dns = {"nameservers": ["1.1.1.1"], "searches": ["resolv.conf.local"]}
    made = space.pod("test-dns-nameservers", ["pause"], dnsPolicy="None", dnsConfig=dns)
    assert made.spec.containers[0].image == AGNHOST
    for word, wanted in (("dns-suffix", "resolv.conf.local"), ("dns-server-list", "1.1.1.1")):
        done = space.playground.kubectl("exec", "-n", space.name, "test-dns-nameservers", "--", "/agnhost", word)
        assert done.returncode == 0 and wanted in done.stdout, done
