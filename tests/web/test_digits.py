"""A sign that looks like a digit and makes no number is an answer in words, never a fault of the server."""

import httpx
import pytest

from tests.web.serving import Playground, bearer

SUPERSCRIPT = "%C2%B2"


@pytest.fixture
def playground(client: httpx.Client) -> Playground:
    return Playground(client, scenario="first-steps")


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/namespaces/default/services/web:{SUPERSCRIPT}/proxy/",
        f"/api/v1/namespaces/default/pods/client/log?tailLines={SUPERSCRIPT}",
        f"/api/v1/namespaces/default/pods?limit={SUPERSCRIPT}",
        f"/api/v1/namespaces/default/pods?resourceVersion={SUPERSCRIPT}",
    ],
)
def test_in_the_kubernetes_api(client: httpx.Client, playground: Playground, path: str) -> None:
    answer = client.get(f"/clusters/{playground.made['id']}{path}", headers=bearer(playground.made["edit_key"]))
    assert answer.json()["kind"] == "Status"
    assert answer.status_code in (400, 503)


def test_in_a_scale(client: httpx.Client, playground: Playground) -> None:
    path = f"/clusters/{playground.made['id']}/apis/apps/v1/namespaces/default/deployments/web/scale"
    body = {"kind": "Scale", "apiVersion": "autoscaling/v1", "spec": {"replicas": 2}}
    body["metadata"] = {"name": "web", "namespace": "default", "resourceVersion": "²"}
    answer = client.put(path, headers=bearer(playground.made["edit_key"]), json=body)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("body", [{"source": "outside", "to": "http://web", "count": "²"}])
def test_in_a_form(client: httpx.Client, playground: Playground, body: dict[str, str]) -> None:
    path = f"/p/{playground.made['id']}"
    client.post(f"{path}/sign-in", data={"k": playground.made["edit_key"]}, headers={"HX-Request": "true"})
    assert client.post(f"{path}/requests", data=body, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204


@pytest.mark.parametrize("query", [f"request={SUPERSCRIPT}", f"at={SUPERSCRIPT}"])
def test_in_a_page_link(client: httpx.Client, playground: Playground, query: str) -> None:
    path = f"/p/{playground.made['id']}"
    client.post(f"{path}/sign-in", data={"k": playground.made["edit_key"]}, headers={"HX-Request": "true"})
    assert client.get(f"{path}/panel?{query}").status_code == 200
