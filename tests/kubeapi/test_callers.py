"""What a program did says so in the history, and undo still goes by the key alone."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from app.cluster import journal
from app.machinery.objects import Key
from app.runtime import callers
from app.web import ticks
from tests.playground import Playground
from tests.served import Served

MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.fixture(scope="module")
def quiet(server: Served, home: Path) -> Playground:
    """A playground in which nothing moves by itself."""
    return Playground(server.url, home / "callers", {"time": "instant", "nodes": 0})


def last_entry(playground: Playground) -> dict[str, Any]:
    """The newest entry, as the entries stream tells it."""
    head = int(playground.api(MAPS).json()["metadata"]["resourceVersion"])
    connection = http.client.HTTPConnection(playground.url.removeprefix("http://"), timeout=30)
    key = {"Authorization": f"Bearer {playground.made['edit_key']}"}
    connection.request("GET", f"/api/v1/playgrounds/{playground.id}/entries?since={head - 1}", headers=key)
    with connection.getresponse() as stream:
        while not (line := stream.readline()).startswith(b"data: "):
            assert line
    connection.close()
    found: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
    return found


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (["create", "configmap", "c"], "kubectl create configmap"),
        (["label", "configmap", "c", "a=b"], "kubectl label"),
        (["delete", "configmap", "c"], "kubectl delete"),
    ],
)
def test_kubectl_is_told_with_its_command(quiet: Playground, line: list[str], word: str) -> None:
    assert quiet.kubectl(*line).returncode == 0
    entry = last_entry(quiet)
    assert entry["cause"]["client"] == word
    assert entry["actor"].startswith("api:") and word not in entry["actor"]


@pytest.mark.parametrize(
    ("agent", "word"), [("OpenAPI-Generator/37.0.2/python", "OpenAPI-Generator"), ("x" * 300, "x" * callers.LONGEST)]
)
def test_other_programs_are_told_by_their_agent(quiet: Playground, agent: str, word: str) -> None:
    quiet.api(f"{MAPS}/agent", "DELETE", headers={"User-Agent": agent})
    quiet.api(MAPS, "POST", {"metadata": {"name": "agent"}}, {"User-Agent": agent})
    assert last_entry(quiet)["cause"]["client"] == word


def test_undo_takes_back_what_the_same_key_did_with_any_program(quiet: Playground) -> None:
    assert quiet.kubectl("create", "configmap", "taken-back").returncode == 0
    agent = {"User-Agent": "another/1"}
    patch = {**agent, "Content-Type": "application/merge-patch+json"}
    quiet.api(f"{MAPS}/taken-back", "PATCH", {"data": {"a": "b"}}, patch)
    actors = [last_entry(quiet)["actor"]]
    quiet.kubectl("annotate", "configmap", "taken-back", "a=b")
    assert [last_entry(quiet)["actor"]] == actors


def test_the_word_is_kept_on_disk_and_its_absence_costs_nothing() -> None:
    key = Key("", "configmaps", "default", "a")
    obj = {"metadata": {"name": "a", "resourceVersion": "1"}}
    change = journal.ObjectChanged(journal.ChangeType.ADDED, key, None, obj)
    for cause in (journal.Cause("api:1", 1), journal.Cause("api:1", 1, client="kubectl apply")):
        batch = journal.Batch((journal.Entry(1, 0.0, cause, change),))
        body = journal.encode_batch(batch)
        assert journal.decode_batch(body, lambda _: None) == batch
        assert (b"kubectl" in body) is bool(cause.client)
        made = ticks.tick(batch.entries[0])
        assert made is not None
        assert made["name"] == ("kubectl apply: " if cause.client else "") + "ConfigMap a added"
