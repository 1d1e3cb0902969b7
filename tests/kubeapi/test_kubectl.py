"""The real kubectl, with the kubeconfig a learner downloads, against a living playground."""

import re
import subprocess
from collections.abc import Callable

import pytest

from tests.playground import Playground

Kubectl = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def kubectl(first_steps: Playground) -> Kubectl:
    return first_steps.kubectl


ROWS = [
    (
        ["get", "svc", "web"],
        0,
        r"NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nweb +ClusterIP +10\.\S+ +<none> +80/TCP",
    ),
    (["get", "pods", "-l", "app=web", "-o", "name"], 0, r"(pod/web-\S+\n){3}"),
    (["get", "pods", "-o", "wide"], 0, r"NOMINATED NODE +READINESS GATES\nclient +1/1 +Running +0 +\S+ +10\.244\."),
    (["get", "endpointslices"], 0, r"web-\w{5} +IPv4 +80 +10\.244\.\S+,10\.244\.\S+,10\.244\.\S+ "),
    (
        ["get", "ns", "--field-selector", "metadata.name=default", "-o", "jsonpath={.items[*].status.phase}"],
        0,
        r"Active",
    ),
    (["get", "svc", "nope"], 1, r'Error from server \(NotFound\): services "nope" not found'),
    (["get", "pods", "-n", "nope"], 0, r"No resources found in nope namespace\."),
    (["describe", "svc", "web"], 0, r"Endpoints: +10\.244\.\S+:80,10\.244\.\S+:80,10\.244\.\S+:80\n"),
    (["explain", "service.spec.selector"], 0, r"FIELD: selector <map\[string\]string>"),
    (["rollout", "status", "deploy/web"], 0, r'deployment "web" successfully rolled out'),
    (["wait", "--for=condition=Ready", "pod/client", "--timeout=10s"], 0, r"pod/client condition met"),
    (["auth", "can-i", "create", "pods"], 0, r"yes"),
    (["exec", "client", "--", "curl", "-s", "http://web"], 0, r"Welcome to nginx"),
    (
        [
            "exec",
            "client",
            "--",
            "sh",
            "-c",
            "for i in 1 2; do curl -s -o /dev/null -w '%{http_code} ' web; done; exit 3",
        ],
        3,
        r"200 200 ",
    ),
    (["exec", "client", "--", "curl", "-s", "http://nope"], 6, r"command terminated with exit code 6"),
    (["exec", "nope", "--", "ls"], 1, r'pods "nope" not found'),
]


@pytest.mark.parametrize(("line", "code", "says"), ROWS, ids=[" ".join(row[0][:4]) for row in ROWS])
def test_kubectl_reads_and_runs(kubectl: Kubectl, line: list[str], code: int, says: str) -> None:
    done = kubectl(*line)
    assert re.search(says, done.stdout + done.stderr), done
    assert done.returncode == code


def test_kubectl_applies_changes_and_deletes(kubectl: Kubectl) -> None:
    service = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: s\nspec:\n  selector: {app: web}\n  ports:\n  - port: %s\n"
    )
    assert kubectl("apply", "-f", "-", typed=service % 80).stdout == "service/s created\n"
    assert kubectl("apply", "-f", "-", typed=service % 80).stdout == "service/s unchanged\n"
    assert kubectl("apply", "-f", "-", typed=service % 81).stdout == "service/s configured\n"
    assert kubectl("get", "svc", "s", "-o", "jsonpath={.spec.ports[*].port}").stdout == "81"
    assert kubectl("label", "svc", "s", "team=a").stdout == "service/s labeled\n"
    assert kubectl("patch", "svc", "s", "-p", '{"spec":{"type":"NodePort"}}').stdout == "service/s patched\n"
    assert kubectl("delete", "svc", "s").stdout == 'service "s" deleted from default namespace\n'


def test_the_seed_manifest_is_refused_in_the_servers_words(kubectl: Kubectl) -> None:
    seed = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: seed\nspec:\n  ports:\n  - port: 80\nselector:\n  app: web\n"
    )
    done = kubectl("apply", "-f", "-", typed=seed)
    assert done.returncode == 1
    assert done.stderr == (
        'Error from server (BadRequest): error when creating "STDIN": Service in version "v1" cannot be handled as a '
        'Service: strict decoding error: unknown field "selector"\n'
    )
