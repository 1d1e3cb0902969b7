"""[sig-network] DNS: containers that look names up by themselves and leave what they found in files (test/e2e/network/dns.go)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from kubernetes import client

from tests.conformance_specs.in_pod.cluster import AGNHOST, Namespace

JESSIE = "registry.k8s.io/e2e-test-images/jessie-dnsutils:1.7"
PREFIXES = ("wheezy", "jessie")


def dig(kind: str, protocol: str, name: str) -> str:
    flag = "+notcp" if protocol == "udp" else "+tcp"
    return f'check="$$(dig {flag} +noall +answer +search {name} {kind})" && test -n "$$check"'


def probes(names: Sequence[str], hosts: Sequence[str] = (), address: str = "") -> Iterator[tuple[str, str]]:
    """The checks of one container with the file each leaves, as createProbeCommand writes them."""
    for name in names:
        for protocol in ("udp", "tcp"):
            yield f"{protocol}@{name}", dig("SRV" if name.startswith("_") else "A", protocol, name)
    for name in hosts:
        yield f"hosts@{name}", f'test -n "$$(getent hosts {name})"'
    if address:
        pointer = ".".join(reversed(address.split("."))) + ".in-addr.arpa."
        for protocol in ("udp", "tcp"):
            yield f"{address}_{protocol}@PTR", dig("PTR", protocol, pointer)


def loop(checks: Sequence[tuple[str, str]], prefix: str) -> str:
    done = "".join(f"{check} && echo OK > /results/{prefix}_{name};" for name, check in checks)
    return f"for i in `seq 1 600`; do {done}sleep 1; done"


def querier(space: Namespace, name: str, script: Callable[[str], str], **spec: Any) -> None:
    """Creates the pod of the upstream specs: a web server for /results and two containers that fill it."""
    mounts = [{"name": "results", "mountPath": "/results"}]
    containers: list[dict[str, Any]] = [
        {
            "name": "webserver",
            "image": AGNHOST,
            "args": ["test-webserver"],
            "ports": [{"name": "http", "containerPort": 80}],
        },
        {"name": "querier", "image": AGNHOST, "command": ["sh", "-c", script(PREFIXES[0])]},
        {"name": "jessie-querier", "image": JESSIE, "command": ["sh", "-c", script(PREFIXES[1])]},
    ]
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"dns-test": "true"}},
        "spec": {
            "containers": [{**one, "volumeMounts": mounts} for one in containers],
            "volumes": [{"name": "results", "emptyDir": {}}],
            **spec,
        },
    }
    space.core.create_namespaced_pod(space.name, body)
    space.running(name)


def result(space: Namespace, pod: str, file: str) -> str:
    """Reads a result file through the API server's proxy to the pod."""
    path = f"/api/v1/namespaces/{space.name}/pods/{pod}/proxy/results/{file}"
    found = space.playground.api(path)
    assert found.status == 200, (path, found)
    return found.body.decode().strip()


def expects_all(space: Namespace, checks: Sequence[tuple[str, str]], **spec: Any) -> None:
    querier(space, "dns-test", lambda prefix: loop(checks, prefix), **spec)
    for prefix in PREFIXES:
        for name, _ in checks:
            assert result(space, "dns-test", f"{prefix}_{name}") == "OK", name


def headless(space: Namespace, name: str) -> client.V1Service:
    port = {"name": "http", "port": 80, "protocol": "TCP"}
    return space.service(name, {"clusterIP": "None", "selector": {"dns-test": "true"}, "ports": [port]})


def regular(space: Namespace, name: str) -> client.V1Service:
    port = {"name": "http", "port": 80, "protocol": "TCP"}
    return space.service(name, {"selector": {"dns-test": "true"}, "ports": [port]})


def test_should_provide_dns_for_the_cluster(space: Namespace) -> None:
    """[sig-network] DNS should provide DNS for the cluster [Conformance]"""
    expects_all(space, list(probes(["kubernetes.default.svc.cluster.local"])))


def test_should_provide_etc_hosts_entries_for_the_cluster(space: Namespace) -> None:
    """[sig-network] DNS should provide /etc/hosts entries for the cluster [Conformance]"""
    own = "dns-querier-1"
    full = f"{own}.dns-test-service.{space.name}.svc.cluster.local"
    expects_all(space, list(probes([], [full, own])), hostname=own, subdomain="dns-test-service")


def test_should_provide_dns_for_services(space: Namespace) -> None:
    """[sig-network] DNS should provide DNS for services [Conformance]"""
    headless(space, "dns-test-service")
    made = regular(space, "test-service-2")
    names = [
        f"dns-test-service.{space.name}.svc.cluster.local",
        f"_http._tcp.dns-test-service.{space.name}.svc.cluster.local",
        f"_http._tcp.test-service-2.{space.name}.svc.cluster.local",
    ]
    expects_all(space, list(probes(names, address=made.spec.cluster_ip)))


def test_should_resolve_dns_of_partial_qualified_names_for_services(space: Namespace) -> None:
    """[sig-network] DNS should resolve DNS of partial qualified names for services [LinuxOnly] [Conformance]"""
    headless(space, "dns-test-service")
    made = regular(space, "test-service-2")
    names = [
        "dns-test-service",
        f"dns-test-service.{space.name}",
        f"dns-test-service.{space.name}.svc",
        f"_http._tcp.dns-test-service.{space.name}.svc",
        f"_http._tcp.test-service-2.{space.name}.svc",
    ]
    expects_all(space, list(probes(names, address=made.spec.cluster_ip)))


@pytest.mark.parametrize(("own", "kind"), [("dns-querier-2", "hosts"), ("dns-querier-3", "names")])
def test_should_provide_dns_for_pods_for_hostname_and_subdomain(space: Namespace, own: str, kind: str) -> None:
    """[sig-network] DNS should provide DNS for pods for Hostname | Subdomain [Conformance]"""
    headless(space, "dns-test-service-2")
    full = f"{own}.dns-test-service-2.{space.name}.svc.cluster.local"
    checks = probes([], [full, own]) if kind == "hosts" else probes([full])
    expects_all(space, list(checks), hostname=own, subdomain="dns-test-service-2")


def test_should_provide_dns_for_externalname_services(space: Namespace) -> None:
    """[sig-network] DNS should provide DNS for ExternalName services [Conformance]"""
    name = "dns-test-service-3"
    full = f"{name}.{space.name}.svc.cluster.local"
    space.service(name, {"type": "ExternalName", "externalName": "foo.example.com"})

    def expects(pod: str, kind: str, wanted: str) -> None:
        def script(prefix: str) -> str:
            return f"for i in `seq 1 30`; do dig +short {full} {kind} > /results/{prefix}_udp@{full}; sleep 1; done"

        querier(space, pod, script)
        for prefix in PREFIXES:
            assert result(space, pod, f"{prefix}_udp@{full}") == wanted

    expects("dns-test-1", "CNAME", "foo.example.com.")

    def rename(found: client.V1Service) -> None:
        found.spec.external_name = "bar.example.com"

    space.update(name, rename)
    expects("dns-test-2", "CNAME", "bar.example.com.")

    def turn(found: client.V1Service) -> None:
        found.spec.type, found.spec.external_name = "ClusterIP", None
        found.spec.ports = [client.V1ServicePort(name="http", port=80, protocol="TCP", target_port=80)]

    changed = space.update(name, turn)
    expects("dns-test-3", "A", changed.spec.cluster_ip)
