"""A program in a pod reads the API of its own playground with the token it finds among its files."""

import json

import pytest

from tests.playground import Playground

FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
BEARER = f'-H "Authorization: Bearer $(cat {FOLDER}/token)"'


def said(playground: Playground, line: str) -> str:
    done = playground.kubectl("exec", "client", "--", "sh", "-c", line)
    assert done.returncode == 0, done
    return done.stdout


@pytest.mark.parametrize("host", ["kubernetes.default.svc", "$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"])
def test_endpoints_are_read_from_inside(first_steps: Playground, host: str) -> None:
    found = json.loads(said(first_steps, f"curl -s --cacert {FOLDER}/ca.crt {BEARER} https://{host}{SLICES}"))
    assert found["kind"] == "EndpointSliceList" and "web" in json.dumps(found)


@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        ("", 403, 'endpointslices.discovery.k8s.io is forbidden: User "system:anonymous" cannot list resource'),
        ('-H "Authorization: Bearer a.b.c"', 401, "Unauthorized"),
    ],
)
def test_without_a_good_token_nothing_is_read(first_steps: Playground, header: str, code: int, message: str) -> None:
    found = json.loads(said(first_steps, f"curl -sk {header} https://kubernetes.default.svc{SLICES}"))
    assert found["code"] == code and found["message"].startswith(message)


def test_the_token_changes_nothing(first_steps: Playground) -> None:
    line = f"curl -sk -X DELETE {BEARER} https://kubernetes.default.svc/api/v1/namespaces/default/services/web"
    assert json.loads(said(first_steps, line))["code"] == 403
    assert first_steps.api("/api/v1/namespaces/default/services/web").status == 200


def test_the_version_is_open_to_all(first_steps: Playground) -> None:
    assert json.loads(said(first_steps, "curl -sk https://kubernetes.default.svc/version"))["minor"] == "36"
