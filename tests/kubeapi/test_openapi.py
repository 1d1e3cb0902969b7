import http.server
import json
import pathlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import kubernetes_validate
import pytest

from app.kubeapi.openapi import components, documents, gnostic, published, swagger
from tools import schemas as upstream

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
            body = documents.index(PREFIX).body
        elif self.path.startswith(PREFIX) and path.startswith("/openapi/v3/"):
            found = documents.document(path.removeprefix("/openapi/v3/"))
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


@pytest.mark.parametrize("place", documents.places())
def test_every_reference_of_a_document_leads_somewhere(place: str) -> None:
    found = documents.document(place)
    assert found is not None
    content = json.loads(found.body)
    known = set(content["components"]["schemas"])
    wanted = {part.split('"')[0] for part in found.body.decode().split("#/components/schemas/")[1:]}
    assert wanted <= known


def test_patches_say_that_the_server_validates_fields_and_merges_strategically() -> None:
    found = documents.document("api/v1")
    assert found is not None
    patch = json.loads(found.body)["paths"]["/api/v1/namespaces/{namespace}/services/{name}"]["patch"]
    assert patch["x-kubernetes-group-version-kind"] == {"group": "", "version": "v1", "kind": "Service"}
    assert "fieldValidation" in {parameter["name"] for parameter in patch["parameters"]}
    assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]


def test_lists_carry_their_keys_for_both_kinds_of_merge() -> None:
    found = documents.document("api/v1")
    assert found is not None
    schemas = json.loads(found.body)["components"]["schemas"]
    ports = schemas["io.k8s.api.core.v1.ServiceSpec"]["properties"]["ports"]
    assert ports["x-kubernetes-list-map-keys"] == ["port", "protocol"]
    assert ports["x-kubernetes-patch-merge-key"] == "port"
    assert schemas["io.k8s.api.core.v1.ServiceSpec"]["properties"]["selector"]["x-kubernetes-map-type"] == "atomic"


def test_there_is_no_document_of_an_unknown_version() -> None:
    assert documents.document("apis/nope/v1") is None


# --- as the published schemas have it ---------------------------------------------------------------


def plain(value: Any) -> Any:
    """A published definition as an API server serves it: what may be left out is not said to be null."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {name: plain(inner) for name, inner in value.items() if name not in ("enum", "x-kubernetes-unions")}
    if isinstance(found.get("type"), list):
        found["type"] = next(one for one in found["type"] if one != "null")
    if isinstance(found.get("required"), list):
        found["required"] = sorted(found["required"])
    reference = found.pop("$ref", None)
    if reference:
        found["allOf"] = [{"$ref": reference.replace("#/$defs/", components.REF)}]
    return found


@pytest.fixture(scope="module")
def definitions() -> dict[str, Any]:
    folder = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    text = (folder / f"{upstream.RELEASE}.0-local" / "_definitions.json").read_text()
    found: dict[str, Any] = json.loads(text)["$defs"]
    return found


LEAVES = {"IntOrString", "Quantity", "Patch"}
SILENT = {"io.k8s.api.networking.v1.IngressRule.http"}
"""Fields of which upstream says nothing."""


@pytest.mark.parametrize("place", documents.places())
def test_the_served_schemas_are_the_published_ones(place: str, definitions: dict[str, Any]) -> None:
    served = documents.content(place, published.read())["components"]["schemas"]
    for name, found in served.items():
        if name.rpartition(".")[2] in LEAVES:
            continue
        wanted = plain(definitions[name])
        wanted.pop("x-kubernetes-group-version-kind", None)
        assert {key: value for key, value in found.items() if key != "x-kubernetes-group-version-kind"} == wanted, name


@pytest.mark.parametrize("place", documents.places())
def test_every_field_served_has_a_description(place: str) -> None:
    served = documents.content(place, published.read())["components"]["schemas"]
    silent = [
        f"{name}.{field}"
        for name, found in served.items()
        for field, content in found.get("properties", {}).items()
        if not content.get("description")
    ]
    assert set(silent) <= SILENT


def test_without_the_file_the_documents_are_whole_but_say_nothing() -> None:
    bare = documents.content("apis/apps/v1", published.Told(b""))
    full = documents.content("apis/apps/v1", published.read())
    assert set(bare["components"]["schemas"]) == set(full["components"]["schemas"])
    assert "description" not in json.dumps(bare["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"])
    assert bare["paths"] == full["paths"]


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [
        operation["operationId"]
        for place in documents.places()
        for item in documents.content(place, published.Told(b""))["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    assert len(names) == len(set(names))


# --- v2 ---------------------------------------------------------------------------------------------


def test_v2_is_one_piece_whose_references_lead_somewhere() -> None:
    found = swagger.content()
    text = json.dumps(found)
    wanted = {part.split('"')[0] for part in text.split("#/definitions/")[1:]}
    assert wanted <= set(found["definitions"])
    assert "#/components/" not in text
    assert "allOf" not in text
    assert len(found["definitions"]["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]["description"]) > 10


def test_v2_in_protobuf_holds_every_definition_and_path() -> None:
    found = swagger.content()
    raw = gnostic.encode(found)
    for name in (*found["paths"], *found["definitions"]):
        assert name.encode() in raw
