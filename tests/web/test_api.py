"""The JSON API keeps its contract: playgrounds, keys, clock, entries, requests, undo; and refuses in sentences."""

import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.web import serving
from tests.web.serving import Playground, bearer

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: curl, image: curlimages/curl, command: [sleep, infinity]}]}
"""
SEND = {"from": {"pod": "default/client"}, "to": "http://web"}
UNKNOWN_ID = "a" * 18


@pytest.fixture
def playground(client: httpx.Client) -> Playground:
    return Playground(client, manifests=MANIFESTS)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Checks the form of a refusal and returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status
    assert told["title"]
    assert len(told["detail"]) > 10
    assert "Traceback" not in answer.text
    return told


# --- playgrounds ---------------------------------------------------------------------------------


def test_a_new_playground_is_told_with_its_keys_and_links(client: httpx.Client) -> None:
    answer = client.post("/api/v1/playgrounds", json={})
    assert answer.status_code == 201
    made = answer.json()
    assert set(made) == {"id", "revision", "edit_key", "view_key", "links"}
    assert re.fullmatch(r"[a-z0-9]{16,}", made["id"])
    assert made["revision"] > 0
    assert len({made["edit_key"], made["view_key"]}) == 2
    assert made["links"]["page"] == f"/p/{made['id']}#k={made['edit_key']}"
    assert set(made["links"]) == {"page", "kubernetes", "kubeconfig"}


def test_a_playground_describes_itself_and_looking_adds_no_entry(playground: Playground) -> None:
    shown = playground.shown()
    assert shown["time"] == "instant"
    assert shown["role"] == "edit"
    assert shown["nodes"][0] == {"name": "node-1", "internal_ip": "10.0.0.11"}
    assert shown["counts"]["pods"] == 5
    assert shown["clock"]["speed"] == 1
    assert not shown["clock"]["paused"]
    assert playground.call("GET", role="view").json()["role"] == "view"
    assert playground.revision == playground.made["revision"]


def test_a_playground_without_nodes_is_a_bare_control_plane(client: httpx.Client) -> None:
    shown = Playground(client, nodes=0).shown()
    assert shown["nodes"] == []
    assert shown["counts"]["pods"] == 0
    assert shown["load_balancer"] == "none"


def test_a_playground_is_renamed_and_deleted(playground: Playground) -> None:
    before = playground.revision
    assert playground.call("PATCH", json={"title": "Mine"}).json()["title"] == "Mine"
    assert playground.revision == before
    assert playground.call("DELETE").status_code == 204
    problem(playground.call("GET"), 404)
    problem(playground.call("POST", "/requests", json=SEND), 404)


def test_scenarios_can_be_begun_with(client: httpx.Client) -> None:
    offered = client.get("/api/v1/scenarios").json()
    assert {"slug", "title", "summary"} <= set(offered[0])
    for scenario in offered:
        made = Playground(client, scenario=scenario["slug"])
        assert made.shown()["title"] == scenario["title"]
        if scenario["request"]:
            assert made.call("POST", "/requests", json=scenario["request"]).status_code == 200
    problem(client.post("/api/v1/playgrounds", json={"scenario": "nope"}), 404)


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"titel": "x"}, 422, '"titel"'),
        ({"title": 5}, 422, '"title"'),
        ({"title": "x" * 201}, 422, '"title"'),
        ({"seed": "one"}, 422, '"seed"'),
        ({"seed": 2**70}, 422, '"seed"'),
        ({"time": "fast"}, 422, '"time"'),
        ({"nodes": 501}, 422, '"nodes"'),
        ({"nodes": -1}, 422, '"nodes"'),
        ({"nodes": 1.5}, 422, '"nodes"'),
        ({"load_balancer": "cloud"}, 422, '"load_balancer"'),
        ([], 422, "object"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, body: Any, status: int, word: str) -> None:
    assert word in problem(client.post("/api/v1/playgrounds", json=body), status)["detail"]


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"{'title': 1}",
        b"\xff\xfe",
        b'{"title": "a", "title": "b"}',
        b'{"seed": NaN}',
        b'{"a": ' * 5_000 + b"1" + b"}" * 5_000,
        b"[" * 100_000,
        b'{"seed": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_is_no_json_is_refused(client: httpx.Client, raw: bytes) -> None:
    answer = client.post("/api/v1/playgrounds", content=raw)
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


def test_json_nested_deeper_than_64_is_refused(client: httpx.Client) -> None:
    deep: Any = 1
    for _ in range(80):
        deep = [deep]
    assert "64" in problem(client.post("/api/v1/playgrounds", json={"title": deep}), 422)["detail"]


def test_a_body_over_2_mib_is_refused_in_a_sentence(client: httpx.Client) -> None:
    body = json.dumps({"manifests": "#" * (2 * 1024 * 1024)})
    assert "2 MiB" in problem(client.post("/api/v1/playgrounds", content=body), 413)["detail"]

    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    assert "2 MiB" in problem(client.post("/api/v1/playgrounds", content=chunks()), 413)["detail"]


# --- manifests -----------------------------------------------------------------------------------


def test_a_refused_manifest_tells_where_and_what_and_creates_nothing(client: httpx.Client) -> None:
    text = MANIFESTS + "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: broken\nspec:\n  portz: []\n"
    told = problem(client.post("/api/v1/playgrounds", json={"manifests": text}), 422)
    (error,) = told["errors"]
    assert error["line"] == text.count("\n")
    assert "portz" in error["message"]
    assert error["plain"]
    assert set(error) <= {"document", "line", "column", "message", "plain", "mended"}


def test_a_kind_s_own_rules_are_told_with_their_line(client: httpx.Client) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 99999\n"
    told = problem(client.post("/api/v1/playgrounds", json={"manifests": text}), 422)
    assert told["errors"][0]["line"] == 7
    assert "between 1 and 65535" in told["errors"][0]["message"]


def test_a_mended_manifest_works(client: httpx.Client) -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\nselector:\n  app: web\n"
    )
    told = problem(client.post("/api/v1/playgrounds", json={"manifests": text}), 422)
    Playground(client, manifests=told["errors"][0]["mended"])


# --- keys ----------------------------------------------------------------------------------------

WRITES = [
    ("PATCH", "", {"title": "x"}),
    ("DELETE", "", None),
    ("POST", "/requests", SEND),
    ("POST", "/undo", {}),
    ("POST", "/redo", {}),
    ("POST", "/clock", {"advance_ms": 1}),
    ("POST", "/keys/rotate", {"role": "view"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_a_view_key_changes_nothing(playground: Playground, method: str, path: str, body: Any) -> None:
    before = playground.revision
    told = problem(playground.call(method, path, role="view", json=body), 403)
    assert "edit key" in told["detail"]
    assert playground.revision == before


@pytest.mark.parametrize(("method", "path", "body"), [*WRITES, ("GET", "", None), ("GET", "/entries", None)])
def test_without_a_key_nothing_opens(playground: Playground, method: str, path: str, body: Any) -> None:
    client = playground.client
    answer = client.request(method, playground.path + path, json=body)
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    problem(client.request(method, playground.path + path, json=body, headers=bearer("wrong")), 401)


@pytest.mark.parametrize(("method", "path", "body"), [*WRITES, ("GET", "", None)])
def test_another_playground_s_key_learns_nothing(client: httpx.Client, method: str, path: str, body: Any) -> None:
    mine, theirs = Playground(client), Playground(client)
    told = []
    for playground in (theirs.path, f"/api/v1/playgrounds/{UNKNOWN_ID}"):
        answer = client.request(method, playground + path, json=body, headers=bearer(mine.made["edit_key"]))
        told.append(problem(answer, 404)["detail"].replace(playground.rpartition("/")[2], "ID"))
    assert told[0] == told[1]


def test_what_can_be_no_playground_is_not_found(client: httpx.Client) -> None:
    problem(client.get("/api/v1/playgrounds/nope"), 404)
    problem(client.get("/api/v1/nothing"), 404)
    problem(client.put("/api/v1/scenarios"), 405)


def test_a_rotated_key_opens_nothing_and_the_new_one_does(playground: Playground) -> None:
    told = playground.call("POST", "/keys/rotate", json={"role": "view"}).json()
    assert told["role"] == "view"
    problem(playground.call("GET", role="view"), 401)
    playground.made["view_key"] = told["key"]
    assert playground.call("GET", role="view").json()["role"] == "view"
    assert playground.call("GET").status_code == 200


def test_keys_are_nowhere_in_the_database(playground: Playground, folder: Path) -> None:
    playground.call("POST", "/requests", json=SEND, headers={"Idempotency-Key": "k"})
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert playground.made["id"].encode() in stored
    for key in (playground.made["edit_key"], playground.made["view_key"]):
        assert key.encode() not in stored


def test_a_kubeconfig_carries_the_key_that_asked(playground: Playground) -> None:
    for role in ("edit", "view"):
        answer = playground.call("GET", "/kubeconfig", role=role)
        assert answer.headers["content-type"].startswith("application/yaml")
        server = f'/clusters/{playground.made["id"]}/keys/{playground.made[f"{role}_key"]}"'
        assert server in answer.text


# --- requests, undo, redo --------------------------------------------------------------------------


def test_a_request_is_answered_with_where_it_went_and_why(playground: Playground) -> None:
    answer = playground.call("POST", "/requests", json=SEND)
    assert answer.status_code == 200
    told = answer.json()
    (result,) = told["results"]
    assert result["outcome"] == "ok"
    assert result["served_by"]["name"].startswith("web-")
    assert result["trace"]["hops"]
    assert told["summary"]["sent"] == 1
    (entry,) = playground.entries(playground.made["revision"], 1)
    assert (entry["type"], entry["revision"]) == ("request", playground.made["revision"] + 1)


def test_a_request_at_a_past_revision_stores_nothing(playground: Playground) -> None:
    before = playground.made["revision"]
    assert playground.call("POST", "/requests", json=SEND).status_code == 200
    told = playground.call("POST", "/requests", json={**SEND, "at": before}).json()
    assert told["results"][0]["outcome"] == "ok"
    early = playground.call("POST", "/requests", json={**SEND, "at": 1})
    assert early.status_code in (200, 400, 404, 422)
    assert playground.revision == before + 1
    problem(playground.call("POST", "/requests", json={**SEND, "at": before + 9}), 400)
    problem(playground.call("POST", "/requests", json={**SEND, "at": "now"}), 422)


@pytest.mark.parametrize("body", [{}, {"to": "http://web"}, {**SEND, "form": 1}, {**SEND, "count": 100_001}])
def test_a_wrong_request_is_refused_in_words(playground: Playground, body: Any) -> None:
    answer = playground.call("POST", "/requests", json=body)
    assert answer.status_code in (400, 413, 422)
    problem(answer, answer.status_code)


def test_with_nothing_to_undo_it_says_so(playground: Playground) -> None:
    for path in ("/undo", "/redo"):
        assert "nothing to" in problem(playground.call("POST", path), 409)["detail"]


# --- the same call once ----------------------------------------------------------------------------


def test_a_call_repeated_with_its_idempotency_key_runs_once(playground: Playground) -> None:
    headers = {"Idempotency-Key": "one"}
    first = playground.call("POST", "/requests", json={**SEND, "count": 5}, headers=headers)
    again = playground.call("POST", "/requests", json={**SEND, "count": 5}, headers=headers)
    assert first.content == again.content
    assert again.headers["idempotency-replayed"] == "true"
    assert playground.revision == playground.made["revision"] + 1
    playground.call("POST", "/requests", json=SEND, headers={"Idempotency-Key": "two"})
    assert playground.revision == playground.made["revision"] + 2


def test_a_creation_repeated_is_the_same_playground(client: httpx.Client) -> None:
    told = [client.post("/api/v1/playgrounds", json={}, headers={"Idempotency-Key": "mine"}).json() for _ in range(2)]
    assert told[0] == told[1]


def test_a_refusal_repeated_is_the_same_refusal(playground: Playground) -> None:
    headers = {"Idempotency-Key": "bad"}
    told = [playground.call("POST", "/requests", json={"to": 1}, headers=headers) for _ in range(2)]
    assert told[0].content == told[1].content
    assert told[0].status_code == told[1].status_code >= 400


def test_another_caller_s_idempotency_key_means_another_call(client: httpx.Client) -> None:
    first, second = Playground(client), Playground(client)
    headers = {"Idempotency-Key": "same"}
    told = [p.call("POST", "/clock", json={"advance_ms": 5}, headers=headers).json()["id"] for p in (first, second)]
    assert told == [first.made["id"], second.made["id"]]


# --- clock and entries -----------------------------------------------------------------------------


def test_the_clock_is_moved_and_told(client: httpx.Client) -> None:
    playground = Playground(client, time="manual")
    before = playground.shown()["clock"]["now"]
    told = playground.call("POST", "/clock", json={"advance_ms": 5_000}).json()
    assert told["clock"]["now"] == before + 5
    assert playground.shown()["clock"]["now"] == before + 5
    problem(playground.call("POST", "/clock", json={"pause": True}), 403)
    problem(playground.call("POST", "/clock", json={"advance": 1}), 422)
    live = Playground(client, time="live")
    told = live.call("POST", "/clock", json={"pause": True}).json()
    assert told["clock"]["paused"]
    assert live.shown()["clock"]["now"] == told["clock"]["now"]


def test_entries_come_in_order_from_the_beginning_or_from_the_cursor(playground: Playground) -> None:
    head = playground.made["revision"]
    every = playground.entries(None, head)
    assert [entry["revision"] for entry in every] == [entry["id"] for entry in every] == list(range(1, head + 1))
    assert set(every[0]) - {"id"} == {"revision", "at", "actor", "cause", "type", "body"}
    assert playground.entries(head - 3, 3) == every[-3:]


def test_a_cursor_beyond_the_history_has_expired(playground: Playground) -> None:
    headers = {"Last-Event-ID": str(playground.made["revision"] + 1)}
    problem(playground.call("GET", "/entries", headers=headers), 410)
    problem(playground.call("GET", "/entries", headers={"Last-Event-ID": "x"}), 400)


# --- the server ------------------------------------------------------------------------------------


def test_the_probes_answer(client: httpx.Client) -> None:
    assert client.get("/healthz").text == "ok"
    assert client.get("/readyz").text == "ok"
    assert "podlane_commands_total" in client.get("/metrics").text


def test_every_answer_carries_the_security_headers(playground: Playground) -> None:
    for answer in (playground.call("GET"), playground.client.get("/api/v1/none"), playground.client.get("/healthz")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "require-trusted-types-for 'script'; trusted-types htmx" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://elsewhere"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://elsewhere"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_a_page_of_another_site_cannot_act_for_a_browser(
    client: httpx.Client, headers: dict[str, str], allowed: bool
) -> None:
    answer = client.post("/api/v1/playgrounds", json={}, headers=headers)
    assert answer.status_code == (201 if allowed else 403)
    same = {"Origin": str(client.base_url).rstrip("/")}
    assert client.post("/api/v1/playgrounds", json={}, headers=same).status_code == 201


def test_open_streams_end_when_the_server_drains(tmp_path: Path) -> None:
    with httpx.Client(timeout=30) as client, contextlib.ExitStack() as open_streams:
        with serving.running(tmp_path) as url:
            client.base_url = httpx.URL(url)
            playground = Playground(client)
            headers = {**bearer(playground.made["view_key"]), "Last-Event-ID": str(playground.made["revision"])}
            stream = client.stream("GET", f"{playground.path}/entries", headers=headers)
            lines = open_streams.enter_context(stream).iter_lines()
            assert next(lines).startswith("retry: ")
        assert [line for line in lines if line] == []


def test_a_public_server_has_rates_and_says_when_to_come_back(tmp_path: Path) -> None:
    with serving.running(tmp_path, public=True) as url, httpx.Client(base_url=url, timeout=30) as client:
        playground = Playground(client)
        answers = [playground.call("POST", "/clock", json={"pause": True}) for _ in range(80)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        problem(refused[0], 429)
        assert int(refused[0].headers["retry-after"]) >= 1


def test_a_local_server_has_no_rates(playground: Playground) -> None:
    codes = {playground.call("POST", "/clock", json={"speed": 2}).status_code for _ in range(100)}
    assert 429 not in codes
