"""The Kubernetes API over a socket, as kubectl uses it."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.served import served

KUBECTL = str(Path(sys.executable).parent / "kubectl")


@dataclass
class Api:
    url: str
    playground: str
    edit: str
    view: str
    home: Path

    def call(self, method: str, path: str, body: Any = None, key: str | None = None, **headers: str) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.edit if key is None else key}", **headers}
        request = urllib.request.Request(f"{self.url}/clusters/{self.playground}{path}", data, sent, method=method)
        request.add_unredirected_header("Content-Type", headers.get("content_type", "application/json"))
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def kubectl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        server = f"{self.url}/clusters/{self.playground}/keys/{self.edit}"
        command = [KUBECTL, "--server", server, *arguments]
        environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    home = tmp_path_factory.mktemp("kubeapi")
    with served(home / "podlane.db") as server:
        body = json.dumps({"time": "instant", "nodes": 0}).encode()
        request = urllib.request.Request(
            f"{server.url}/api/v1/playgrounds", body, {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            made = json.loads(answer.read())
        yield Api(server.url, made["id"], made["edit_key"], made["view_key"], home)


def test_kubectl_creates_scales_and_deletes(api: Api) -> None:
    assert api.kubectl("create", "deployment", "d", "--image=nginx").stdout == "deployment.apps/d created\n"
    assert api.kubectl("scale", "deploy", "d", "--replicas=3").stdout == "deployment.apps/d scaled\n"
    assert api.kubectl("get", "deploy", "d", "-o", "jsonpath={.spec.replicas}").stdout == "3"
    assert api.kubectl("delete", "deploy", "d").stdout == 'deployment.apps "d" deleted from default namespace\n'


def test_no_key_and_a_wrong_key_learn_nothing(api: Api) -> None:
    for key in ("", "wrong"):
        code, told = api.call("GET", "/api/v1/pods", key=key)
        assert (code, told["reason"], told["kind"]) == (401, "Unauthorized", "Status")


def test_the_view_key_reads_and_does_not_write(api: Api) -> None:
    assert api.call("GET", "/api/v1/services", key=api.view)[0] == 200
    body = {"metadata": {"name": "never"}}
    code, told = api.call("POST", "/api/v1/namespaces/default/configmaps", body, key=api.view)
    assert (code, told["reason"]) == (403, "Forbidden")


def test_a_dry_run_keeps_nothing(api: Api) -> None:
    body = {"metadata": {"name": "dry"}}
    assert api.call("POST", "/api/v1/namespaces/default/configmaps?dryRun=All", body)[0] == 201
    assert api.call("GET", "/api/v1/namespaces/default/configmaps/dry")[0] == 404


def test_pages_carry_on_where_they_stopped(api: Api) -> None:
    _, first = api.call("GET", "/api/v1/namespaces?limit=3")
    _, rest = api.call("GET", f"/api/v1/namespaces?limit=3&continue={first['metadata']['continue']}")
    names = [obj["metadata"]["name"] for page in (first, rest) for obj in page["items"]]
    assert names == sorted(names) and len(names) >= 4
    assert first["metadata"]["resourceVersion"] == rest["metadata"]["resourceVersion"]


def test_foreground_deletion_waits_for_the_last_dependent(api: Api) -> None:
    api.kubectl("create", "deployment", "f", "--image=nginx")
    assert api.kubectl("delete", "deploy", "f", "--cascade=foreground", "--timeout=20s").returncode == 0
    assert api.kubectl("get", "rs", "-o", "name").stdout == ""
