import http.server
import json
import pathlib
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from app.kubeapi import openapi

KUBECTL = pathlib.Path(sys.executable).parent / "kubectl"
PREFIX = "/clusters/abc"
GROUP = {"name": "apps", "versions": [{"groupVersion": "apps/v1", "version": "v1"}]}
VERBS = ["create", "get", "list", "patch", "update", "delete", "watch"]
DISCOVERY = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [{**GROUP, "preferredVersion": GROUP["versions"][0]}],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": "services", "singularName": "service", "namespaced": True, "kind": "Service", "verbs": VERBS}
        ],
    },
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "groupVersion": "apps/v1",
        "resources": [
            {
                "name": "deployments",
                "singularName": "deployment",
                "namespaced": True,
                "kind": "Deployment",
                "verbs": VERBS,
            }
        ],
    },
}


class Documents(http.server.BaseHTTPRequestHandler):
    """Serves discovery and the documents below a prefix, as a playground does."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].removeprefix(PREFIX)
        if path == "/openapi/v3":
            body = openapi.index(PREFIX).body
        elif self.path.startswith(PREFIX) and path.startswith("/openapi/v3/"):
            found = openapi.document(path.removeprefix("/openapi/v3/"))
            body = found.body if found else b"{}"
        else:
            body = json.dumps(DISCOVERY.get(path, {})).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stays quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Documents) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}{PREFIX}"
        running.shutdown()
        thread.join()


def explain(server: str, cache: pathlib.Path, *asked: str) -> str:
    command = [str(KUBECTL), "--server", server, "--cache-dir", str(cache), "explain", *asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ("services", ["KIND:       Service", "VERSION:    v1", "  spec\t<ServiceSpec>"]),
        (
            "services.spec.ports",
            ["FIELD: ports <[]ServicePort>", "  port\t<integer> -required-", "  targetPort\t<IntOrString>"],
        ),
        ("services.spec.selector", ["FIELD: selector <map[string]string>"]),
        ("services.metadata", ["  creationTimestamp\t<string>", "  labels\t<map[string]string>"]),
        ("deployments.spec.template.spec.containers", ["GROUP:      apps", "FIELD: containers <[]Container>"]),
    ],
)
def test_the_real_kubectl_explains_a_field(server: str, tmp_path: pathlib.Path, asked: str, lines: list[str]) -> None:
    told = explain(server, tmp_path, asked)
    for line in lines:
        assert line in told


def test_the_real_kubectl_explains_everything_below_a_kind(server: str, tmp_path: pathlib.Path) -> None:
    told = explain(server, tmp_path, "deployments", "--recursive")
    assert "readinessProbe\t<Probe>" in told
    assert "matchLabels\t<map[string]string>" in told


@pytest.mark.parametrize("place", openapi.places())
def test_every_reference_of_a_document_leads_somewhere(place: str) -> None:
    found = openapi.document(place)
    assert found is not None
    content = json.loads(found.body)
    known = set(content["components"]["schemas"])
    wanted = {part.split('"')[0] for part in found.body.decode().split("#/components/schemas/")[1:]}
    assert wanted <= known


def test_patches_say_that_the_server_validates_fields_and_merges_strategically() -> None:
    found = openapi.document("api/v1")
    assert found is not None
    patch = json.loads(found.body)["paths"]["/api/v1/namespaces/{namespace}/services/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "", "version": "v1", "kind": "Service"}
    assert "fieldValidation" in {parameter["name"] for parameter in patch["parameters"]}
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]


def test_lists_carry_their_keys_for_both_kinds_of_merge() -> None:
    found = openapi.document("api/v1")
    assert found is not None
    schemas = json.loads(found.body)["components"]["schemas"]
    ports = schemas["io.k8s.api.core.v1.ServiceSpec"]["properties"]["ports"]
    assert ports["x-kubernetes-list-map-keys"] == ["port", "protocol"]
    assert ports["x-kubernetes-patch-merge-key"] == "port"
    assert schemas["io.k8s.api.core.v1.ServiceSpec"]["properties"]["selector"]["x-kubernetes-map-type"] == "atomic"


def test_there_is_no_document_of_an_unknown_version() -> None:
    assert openapi.document("apis/nope/v1") is None
