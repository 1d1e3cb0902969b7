"""Any moment can be looked at, asked and forked from the page; nothing is written, and who only looks may do it too."""

import json
import re

import httpx
import pytest

from tests.web.serving import Playground, bearer

MANIFESTS = """\
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: c, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: c, image: curlimages/curl}]}
"""
FORM = {"source": "pod:default/client", "to": "http://web", "count": "1"}


@pytest.fixture
def playground(client: httpx.Client) -> Playground:
    """A playground whose Service's pod was deleted after the moment in `made`."""
    made = Playground(client, manifests=MANIFESTS)
    path = f"/clusters/{made.made['id']}/api/v1/namespaces/default/pods/web"
    assert client.delete(path, headers=bearer(made.made["edit_key"])).status_code == 200
    return made


def page(playground: Playground, method: str, path: str, role: str, **more: object) -> httpx.Response:
    headers = bearer(playground.made[f"{role}_key"])
    return playground.client.request(method, f"/p/{playground.made['id']}{path}", headers=headers, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["edit", "view"])
def test_the_diagram_of_a_moment_has_what_was_there(playground: Playground, role: str) -> None:
    then, head = playground.made["revision"], playground.revision
    told = page(playground, "GET", f"/past/{then}", role).json()
    assert "Pod/default/web" in told["snapshot"]["elements"]
    assert told["snapshot"]["revision"] == then
    assert re.fullmatch(rf"As it was at rev {then}, \d+s ago", told["said"])
    now = page(playground, "GET", f"/past/{head}", role).json()
    assert "Pod/default/web" not in now["snapshot"]["elements"]
    assert playground.revision == head


@pytest.mark.parametrize("role", ["edit", "view"])
def test_inspector_and_table_show_the_moment_and_offer_no_change(playground: Playground, role: str) -> None:
    then = playground.made["revision"]
    panel = page(playground, "GET", f"/panel?ref=Pod/default/web&at={then}", role).text
    assert "no longer there" not in panel and "labels" in panel
    assert "/delete" not in panel and "Save" not in panel
    assert "Pod/default/web" in page(playground, "GET", f"/table?at={then}", role).text
    assert "Pod/default/web" not in page(playground, "GET", "/table", role).text


@pytest.mark.parametrize("role", ["edit", "view"])
def test_a_request_in_the_past_arrives_there_and_leaves_no_entry(playground: Playground, role: str) -> None:
    then, head = playground.made["revision"], playground.revision
    shown = page(playground, "POST", f"/past/{then}/requests", role, data=FORM)
    assert shown.status_code == 200 and 'id="result"' in shown.text
    play = re.search(r'class="play"[^>]*>(.*?)</div>', shown.text, re.S)
    assert play is not None
    assert json.loads(play[1])["summary"]["by_outcome"] == {"ok": 1}
    assert playground.revision == head
    sent = {"from": {"pod": "default/client"}, "to": "http://web", "at": then}
    assert playground.call("POST", "/requests", role=role, json=sent).json()["results"][0]["outcome"] == "ok"


def test_a_refused_request_in_the_past_keeps_what_was_typed(playground: Playground) -> None:
    answer = page(playground, "POST", f"/past/{playground.made['revision']}/requests", "view", data={**FORM, "to": ":"})
    assert answer.status_code == 422
    assert 'value="http://:"' in answer.text


@pytest.mark.parametrize("role", ["edit", "view"])
def test_a_fork_from_the_page_goes_to_a_playground_that_opens(playground: Playground, role: str) -> None:
    then = playground.made["revision"]
    answer = page(playground, "POST", "/fork", role, data={"at": str(then)})
    assert answer.status_code == 204
    where = answer.headers["HX-Redirect"]
    opened = playground.client.get(where)
    assert opened.status_code == 200 and "Pod/default/web" in opened.text


@pytest.mark.parametrize("path", ["/past/0", "/past/999999", "/panel?at=999999", "/table?at=999999"])
def test_a_moment_that_never_was_is_refused(playground: Playground, path: str) -> None:
    assert page(playground, "GET", path, "view").status_code == 400


def test_without_a_key_there_is_no_past(playground: Playground) -> None:
    with httpx.Client(base_url=playground.client.base_url) as bare:
        assert bare.get(f"/p/{playground.made['id']}/past/1").status_code == 401
        assert bare.post(f"/p/{playground.made['id']}/fork").status_code == 401
