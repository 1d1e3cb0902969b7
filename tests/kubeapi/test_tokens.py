"""Tokens of ServiceAccounts: asked for with the real kubectl, and used."""

import base64
import json
from typing import Any

import pytest

from tests.playground import Answer, Playground, call


def asks(playground: Playground, token: str, path: str = "/api/v1/pods", method: str = "GET") -> Answer:
    return call(
        f"{playground.url}/clusters/{playground.id}{path}", method, headers={"Authorization": f"Bearer {token}"}
    )


def claims(token: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_kubectl_creates_a_token_that_opens_the_api_for_reading(first_steps: Playground) -> None:
    made = first_steps.kubectl("create", "token", "default", "--duration=20m")
    assert (made.returncode, made.stderr) == (0, "")
    token = made.stdout.strip()
    told = claims(token)
    assert told["sub"] == "system:serviceaccount:default:default"
    assert told["exp"] - told["iat"] == 1200
    assert asks(first_steps, token, "/apis/discovery.k8s.io/v1/endpointslices").status == 200
    refused = asks(first_steps, token, "/api/v1/namespaces/default/pods/x", "DELETE")
    assert refused.status == 403
    assert 'User "system:serviceaccount:default:default" cannot delete resource "pods"' in refused.json()["message"]


def test_a_request_for_a_token_is_kept_nowhere(first_steps: Playground) -> None:
    before = first_steps.api("/api/v1/pods").json()["metadata"]["resourceVersion"]
    made = first_steps.api("/api/v1/namespaces/default/serviceaccounts/default/token", "POST", {})
    assert made.status == 201
    body = made.json()
    assert (body["kind"], body["spec"]["expirationSeconds"]) == ("TokenRequest", 3600)
    assert first_steps.api("/api/v1/pods").json()["metadata"]["resourceVersion"] == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobody",), 'serviceaccounts "nobody" not found'),
        (("default", "--duration=1m"), "may not specify a duration less than 10 minutes"),
        (("default", "--bound-object-kind=Pod", "--bound-object-name=nobody"), 'pods "nobody" not found'),
    ],
)
def test_what_is_no_token_is_said(first_steps: Playground, words: tuple[str, ...], said: str) -> None:
    refused = first_steps.kubectl("create", "token", *words)
    assert refused.returncode == 1
    assert said in refused.stderr


def test_tokens_of_others_and_forged_ones_open_nothing(first_steps: Playground) -> None:
    other = Playground(first_steps.url, first_steps.home / "other", {"time": "instant", "nodes": 0})
    stranger = other.kubectl("create", "token", "default").stdout.strip()
    own = first_steps.kubectl("create", "token", "default").stdout.strip()
    elsewhere = first_steps.kubectl("create", "token", "default", "--audience=vault").stdout.strip()
    head, body, signature = own.split(".")
    longer = {**claims(own), "exp": claims(own)["exp"] + 1}
    forged = base64.urlsafe_b64encode(json.dumps(longer).encode()).decode().rstrip("=")
    for token in (stranger, elsewhere, f"{head}.{forged}.{signature}", f"{head}.{body}.", "..", "a.b.c"):
        refused = asks(first_steps, token)
        assert (refused.status, refused.json()["message"]) == (401, "Unauthorized")
    nowhere = call(f"{first_steps.url}/clusters/{'x' * 18}/api", headers={"Authorization": f"Bearer {own}"})
    assert (nowhere.status, nowhere.json()["message"]) == (401, "Unauthorized")


def test_a_token_dies_with_its_account(first_steps: Playground) -> None:
    first_steps.kubectl("create", "serviceaccount", "robot")
    token = first_steps.kubectl("create", "token", "robot").stdout.strip()
    assert asks(first_steps, token).status == 200
    first_steps.kubectl("delete", "serviceaccount", "robot")
    first_steps.kubectl("create", "serviceaccount", "robot")
    assert asks(first_steps, token).status == 401


def test_a_token_dies_when_its_time_is_over(first_steps: Playground) -> None:
    token = first_steps.kubectl("create", "token", "default", "--duration=10m").stdout.strip()
    assert first_steps.send({"advance_ms": 599_000}, "clock").status == 200
    assert asks(first_steps, token).status == 200
    assert first_steps.send({"advance_ms": 2_000}, "clock").status == 200
    assert asks(first_steps, token).status == 401
