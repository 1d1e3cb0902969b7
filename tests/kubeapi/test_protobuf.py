import http.server
import json
import pathlib
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from app.kubeapi import protobuf
from app.machinery import errors, schema, wire

KUBECTL = pathlib.Path(sys.executable).parent / "kubectl"
RESOURCES = {
    "v1": "namespaces configmaps secrets services serviceaccounts",
    "apps/v1": "deployments",
    "batch/v1": "jobs cronjobs",
    "networking.k8s.io/v1": "ingresses",
    "rbac.authorization.k8s.io/v1": "roles rolebindings clusterroles clusterrolebindings",
    "authentication.k8s.io/v1": "selfsubjectreviews",
    "authorization.k8s.io/v1": "selfsubjectaccessreviews",
}
KINDS = {"ingresses": "Ingress", "configmaps": "ConfigMap", "serviceaccounts": "ServiceAccount", "cronjobs": "CronJob"}
CLUSTER = ("namespaces", "clusterroles", "clusterrolebindings", "selfsubjectreviews", "selfsubjectaccessreviews")


class Capturing(http.server.BaseHTTPRequestHandler):
    """Answers discovery, and a POST with what it understood of the body."""

    taken: queue.Queue[tuple[str, bytes]] = queue.Queue()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/api":
            self.answer({"kind": "APIVersions", "versions": ["v1"]})
        elif path == "/apis":
            groups = [version for version in RESOURCES if "/" in version]
            self.answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": [group(one) for one in groups]})
        else:
            version = path.removeprefix("/apis/").removeprefix("/api/")
            resources = [resource(name) for name in RESOURCES.get(version, "").split()]
            self.answer({"kind": "APIResourceList", "groupVersion": version, "resources": resources})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.taken.put((self.headers["content-type"], body))
        self.answer(protobuf.decode(body), 201)

    def answer(self, content: Any, code: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stays quiet."""


def group(version: str) -> dict[str, Any]:
    named = {"groupVersion": version, "version": version.partition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [named], "preferredVersion": named}


def resource(name: str) -> dict[str, Any]:
    kind = KINDS.get(name, name[:-1].capitalize())
    return {"name": name, "singularName": "", "namespaced": name not in CLUSTER, "kind": kind, "verbs": ["create"]}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Capturing) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


CREATED: list[tuple[str, dict[str, Any]]] = [
    ("namespace team", {"kind": "Namespace", "metadata": {"name": "team"}}),
    ("configmap c --from-literal=a=b --from-literal=empty=", {"data": {"a": "b", "empty": ""}}),
    ("secret generic s --from-literal=user=me", {"data": {"user": "bWU="}}),
    ("serviceaccount bot", {"kind": "ServiceAccount", "metadata": {"name": "bot"}}),
    (
        "service clusterip mm --tcp=80:8080",
        {
            "metadata": {"name": "mm", "labels": {"app": "mm"}},
            "spec": {
                "ports": [{"name": "80-8080", "protocol": "TCP", "port": 80, "targetPort": 8080}],
                "selector": {"app": "mm"},
                "type": "ClusterIP",
            },
        },
    ),
    (
        "service nodeport mm --tcp=443 --node-port=30443",
        {
            "spec": {
                "ports": [{"name": "443", "protocol": "TCP", "port": 443, "targetPort": 443, "nodePort": 30443}],
                "selector": {"app": "mm"},
                "type": "NodePort",
            }
        },
    ),
    ("service externalname e --external-name=a.example", {"metadata": {"name": "e", "labels": {"app": "e"}}}),
    (
        "deployment d --image=nginx --replicas=0 --port=80",
        {
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "d"}},
                "template": {
                    "metadata": {"labels": {"app": "d"}},
                    "spec": {"containers": [{"name": "nginx", "image": "nginx", "ports": [{"containerPort": 80}]}]},
                },
            }
        },
    ),
    (
        "job j --image=busybox -- date -u",
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": [{"name": "j", "image": "busybox", "command": ["date", "-u"]}],
                        "restartPolicy": "Never",
                    }
                }
            }
        },
    ),
    (
        "ingress i --rule=a.example/x*=web:80",
        {
            "spec": {
                "rules": [
                    {
                        "host": "a.example",
                        "http": {
                            "paths": [
                                {
                                    "path": "/x",
                                    "pathType": "Prefix",
                                    "backend": {"service": {"name": "web", "port": {"number": 80}}},
                                }
                            ]
                        },
                    }
                ]
            }
        },
    ),
    ("role r --verb=get,list --resource=services", {"rules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["services"]}]}),
]  # fmt: skip


@pytest.mark.parametrize(("line", "wanted"), CREATED, ids=[line for line, _ in CREATED])
def test_what_the_real_kubectl_creates_is_understood(
    server: str, tmp_path: pathlib.Path, line: str, wanted: dict[str, Any]
) -> None:
    arguments = [str(KUBECTL), "--server", server, "--cache-dir", str(tmp_path), "create", *line.split(), "-o", "json"]
    if "--" in arguments:
        arguments = [part for part in arguments if part not in ("-o", "json")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    form, body = Capturing.taken.get(timeout=5)
    assert done.returncode == 0, done.stderr
    assert form == "application/vnd.kubernetes.protobuf"
    found = protobuf.decode(body)
    assert {name: found[name] for name in wanted} == wanted
    assert schema.decode(found, found["apiVersion"], found["kind"]).ok


def test_whether_one_may_is_asked_in_protobuf(server: str, tmp_path: pathlib.Path) -> None:
    asked = ["auth", "can-i", "create", "services", "-n", "team"]
    subprocess.run(
        [str(KUBECTL), "--server", server, "--cache-dir", str(tmp_path), *asked], capture_output=True, timeout=60
    )
    _, body = Capturing.taken.get(timeout=5)
    assert protobuf.decode(body)["spec"]["resourceAttributes"] == {
        "namespace": "team", "verb": "create", "resource": "services"
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"k8s\x00\xff\xff\xff",
        b"k8s\x00\x0a\x7f",
        b"k8s\x00\x0a\x06\x0a\x02v1\x12\x00",
        b"k8s\x00" + b"\xff" * 40,
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    with pytest.raises(errors.BadRequest):
        protobuf.decode(body)


def test_every_field_of_every_known_kind_has_its_number() -> None:
    waiting = ["meta.v1.DeleteOptions", *(schema.root_of(*known) for known in schema.known_kinds())]
    seen: set[str] = set()
    while waiting:
        struct = waiting.pop()
        if struct in seen:
            continue
        seen.add(struct)
        fields = schema.fields_of(struct)
        assert numbered(struct) >= set(fields) - {"apiVersion", "kind"}, struct
        for found in fields.values():
            while found.of is not None:
                found = found.of
            waiting += [found.struct] if found.struct else []


def numbered(struct: str) -> set[str]:
    found = wire.fields_of(struct).values()
    return {field.name for field in found if field.name}.union(*(numbered(field.inlined) for field in found))
