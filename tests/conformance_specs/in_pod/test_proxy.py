"""[sig-network] Proxy version v1: through the API server to pods and Services (test/e2e/network/proxy.go)."""

import json
from collections.abc import Mapping
from typing import Any

from tests.conformance_specs.in_pod.cluster import AGNHOST, Namespace

VERBS = ("DELETE", "OPTIONS", "PATCH", "POST", "PUT")


def porter(space: Namespace, name: str, bodies: Mapping[str, str], *args: str, **more: Any) -> None:
    own = {"image": AGNHOST, "env": [{"name": key, "value": text} for key, text in bodies.items()], **more}
    space.pod(name, ["porter", *args], labels={"name": name}, container=own)


def test_should_proxy_through_a_service_and_a_pod(space: Namespace) -> None:
    """[sig-network] Proxy version v1 should proxy through a service and a pod [Conformance]"""
    ports = [
        {"name": "portname1", "port": 80, "targetPort": "dest1"},
        {"name": "portname2", "port": 81, "targetPort": 162},
    ]
    space.service("proxy-service", {"selector": {"name": "proxy-service"}, "ports": ports})
    bodies = {"SERVE_PORT_80": '<a href="/rewriteme">test</a>', "SERVE_PORT_1080": '<a href="/rewriteme">test</a>'}
    bodies |= {"SERVE_PORT_160": "foo", "SERVE_PORT_162": "bar"}
    declared = [{"name": "dest1", "containerPort": 160}, {"name": "dest2", "containerPort": 162}]
    porter(space, "proxy-service", bodies, ports=declared)
    space.expects_endpoints("proxy-service", {"proxy-service": [160, 162]})
    base = f"/api/v1/namespaces/{space.name}"
    asked = {
        "/services/proxy-service:portname1/proxy/": "foo",
        "/services/http:proxy-service:portname1/proxy/": "foo",
        "/services/proxy-service:portname2/proxy/": "bar",
        "/services/http:proxy-service:portname2/proxy/": "bar",
        "/pods/proxy-service:1080/proxy/": f'<a href="{base}/pods/proxy-service:1080/proxy/rewriteme">test</a>',
        "/pods/proxy-service:160/proxy/": "foo",
        "/pods/proxy-service:162/proxy/": "bar",
        "/pods/http:proxy-service:160/proxy/": "foo",
        "/pods/http:proxy-service:162/proxy/": "bar",
        "/pods/proxy-service/proxy/": "foo",
    }
    for path, wanted in asked.items():
        found = space.playground.api(base + path)
        said = found.body.decode().replace(f"/clusters/{space.playground.id}", "")
        said = said.replace(f"/keys/{space.playground.made['edit_key']}", "")
        assert (found.status, said) == (200, wanted), path


def expects_verbs(space: Namespace, base: str, *, redirects: bool) -> None:
    """validateProxyVerbRequest and validateRedirectRequest."""
    for verb in VERBS:
        found = space.playground.api(f"{base}/proxy/some/path/with/{verb}", verb, b"" if verb != "DELETE" else None)
        assert (found.status, json.loads(found.body)) == (200, {"Method": verb, "Body": "foo"}), verb
    for verb in ("GET", "HEAD"):
        found = space.playground.api(f"{base}/proxy/some/path/with/{verb}", verb)
        assert found.status == 200
        assert verb == "HEAD" or found.json() == {"Method": "GET", "Body": "foo"}
    if redirects:
        found = space.playground.api(f"{base}/proxy?method=GET")
        assert found.status == 200, "the client follows the redirect to the path with a slash"


def test_a_set_of_valid_responses_are_returned_for_both_pod_and_service_proxywithpath(space: Namespace) -> None:
    """[sig-network] Proxy version v1 A set of valid responses are returned for both pod and service ProxyWithPath [Conformance]"""
    porter(space, "agnhost", {"SERVE_PORT_80": "foo"}, "--json-response")
    space.service("test-service", {"selector": {"name": "agnhost"}, "ports": [{"port": 80}]})
    for path in ("pods/agnhost", "services/test-service"):
        expects_verbs(space, f"/api/v1/namespaces/{space.name}/{path}", redirects=False)


def test_a_set_of_valid_responses_are_returned_for_both_pod_and_service_proxy(space: Namespace) -> None:
    """[sig-network] Proxy version v1 A set of valid responses are returned for both pod and service Proxy [Conformance]"""
    porter(space, "agnhost", {"SERVE_PORT_80": "foo"}, "--json-response")
    space.service("e2e-proxy-test-service", {"selector": {"name": "agnhost"}, "ports": [{"port": 80}]})
    for path in ("pods/agnhost", "services/e2e-proxy-test-service"):
        expects_verbs(space, f"/api/v1/namespaces/{space.name}/{path}", redirects=True)
