"""Forks over HTTP: answered as a creation, once for each Idempotency-Key, for whoever may look."""

from pathlib import Path

import httpx
import pytest

from tests.web.serving import Playground, bearer

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: client}\nspec: {containers: [{name: c, image: curlimages/curl}]}\n"


@pytest.fixture
def playground(client: httpx.Client) -> Playground:
    return Playground(client, manifests=POD)


@pytest.mark.parametrize("role", ["edit", "view"])
def test_whoever_may_look_may_fork_and_writes_nothing(playground: Playground, role: str) -> None:
    answer = playground.call("POST", "/fork", role=role)
    told = answer.json()
    assert answer.status_code == 201
    assert set(told) == {"id", "revision", "edit_key", "view_key", "links"}
    assert told["revision"] == playground.revision == playground.made["revision"]
    shown = playground.client.get(f"/api/v1/playgrounds/{told['id']}", headers=bearer(told["edit_key"])).json()
    assert (shown["role"], shown["counts"]["pods"]) == ("edit", playground.shown()["counts"]["pods"])
    refused = playground.client.get(f"/api/v1/playgrounds/{told['id']}", headers=bearer(playground.made["edit_key"]))
    assert refused.status_code == 404


def test_a_fork_with_an_idempotency_key_is_made_once(playground: Playground) -> None:
    headers = {"Idempotency-Key": "once"}
    first = playground.call("POST", "/fork", headers=headers)
    second = playground.call("POST", "/fork", headers=headers)
    assert first.json() == second.json() and second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(("body", "status"), [({"revision": 0}, 400), ({"revision": 99_999}, 400),
    ({"revision": "now"}, 422), ({"revision": True}, 422), ({"at": 1}, 422)])  # fmt: skip
def test_a_wrong_moment_is_refused(playground: Playground, body: dict[str, object], status: int) -> None:
    assert playground.call("POST", "/fork", json=body).status_code == status


def test_entries_lists_and_requests_before_a_fork_are_gone(playground: Playground) -> None:
    told = playground.call("POST", "/fork", json={"revision": playground.made["revision"] - 1}).json()
    base, headers = told["revision"], bearer(told["edit_key"])
    path, client = f"/api/v1/playgrounds/{told['id']}", playground.client
    early = {**headers, "Last-Event-ID": str(base - 1)}
    assert client.get(f"{path}/entries", headers=early).status_code == 410
    sent = {"from": {"pod": "default/client"}, "to": "http://10.96.0.1", "at": base - 1}
    assert client.post(f"{path}/requests", headers=headers, json=sent).status_code == 410
    pods = f"/clusters/{told['id']}/api/v1/pods?resourceVersion={base - 1}&resourceVersionMatch=Exact"
    assert client.get(pods, headers=headers).status_code == 410
    watch = f"/clusters/{told['id']}/api/v1/pods?watch=true&resourceVersion={base - 1}&timeoutSeconds=1"
    assert '"code":410' in client.get(watch, headers=headers).text.replace(" ", "")


def test_a_playground_without_its_key_is_not_forked(playground: Playground) -> None:
    path = f"/api/v1/playgrounds/{playground.made['id']}/fork"
    assert playground.client.post(path).status_code == 401


def test_the_page_of_a_fork_opens(playground: Playground, tmp_path: Path) -> None:
    told = playground.call("POST", "/fork").json()
    page = playground.client.get(f"/p/{told['id']}", headers=bearer(told["edit_key"]))
    assert page.status_code == 200
