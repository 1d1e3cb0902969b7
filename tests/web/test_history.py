"""An object's history leads from what is gone back to the edit that took it away."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.web import history
from tests.web.serving import Playground, bearer
from tests.web.test_moments import MANIFESTS


@pytest.fixture
def playground(address: str) -> Iterator[Playground]:
    """A playground whose pod web lost its label by `kubectl label`."""
    with httpx.Client(base_url=address, timeout=30) as client:
        made = Playground(client, manifests=MANIFESTS)
        told = {"metadata": {"labels": {"app": "wep"}}}
        headers = {
            **bearer(made.made["edit_key"]),
            "Content-Type": "application/merge-patch+json",
            "User-Agent": "kubectl/v1.36.0 (linux/amd64) kubernetes/abc",
            "Kubectl-Command": "kubectl label",
        }
        path = f"/clusters/{made.made['id']}/api/v1/namespaces/default/pods/web"
        assert client.patch(path, headers=headers, json=told).status_code == 200
        yield made


def told(playground: Playground, ref: str, role: str = "view") -> dict[str, Any]:
    answer = playground.call("GET", "/history", role=role, params={"ref": ref})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_change_says_what_differs_and_who_made_it(playground: Playground) -> None:
    newest = next(c for c in told(playground, "Pod/default/web")["changes"] if c["differences"])
    assert newest["differences"] == ["metadata.labels.app: web → wep"]
    assert newest["who"] == "kubectl label" and newest["why"] == []


def test_a_missing_endpoint_leads_back_to_the_label_edit(playground: Playground) -> None:
    newest = told(playground, "Service/default/web")["changes"][0]
    assert newest["ref"].startswith("EndpointSlice/default/web-")
    assert any(line.startswith("address 10.244.") and line.endswith("web removed") for line in newest["differences"])
    root = newest["why"][-1]
    assert (root["ref"], root["who"]) == ("Pod/default/web", "kubectl label")
    assert root["said"] == "Pod web changed: metadata.labels.app: web → wep"


def test_newest_first_and_reading_writes_nothing(playground: Playground) -> None:
    before = playground.revision
    revisions = [change["revision"] for change in told(playground, "Pod/default/web")["changes"]]
    assert revisions == sorted(revisions, reverse=True) and playground.revision == before


def test_the_service_asks_why_an_endpoint_is_gone(playground: Playground) -> None:
    headers = bearer(playground.made["view_key"])
    path = f"/p/{playground.made['id']}/panel?ref=Service/default/web"
    panel = playground.client.get(path, headers=headers).text
    assert "Why is this endpoint gone?" in panel and "kubectl label" in panel
    events = playground.client.get(f"{path}&tab=events", headers=headers).text
    assert "History" in events and "metadata.labels.app: web → wep" in events


def test_what_is_deleted_still_tells_its_history(playground: Playground) -> None:
    headers = bearer(playground.made["edit_key"])
    path = f"/clusters/{playground.made['id']}/api/v1/namespaces/default/services/web"
    assert playground.client.delete(path, headers=headers).status_code == 200
    panel = playground.client.get(f"/p/{playground.made['id']}/panel?ref=Service/default/web", headers=headers).text
    assert "no longer there" in panel and "Service web deleted" in panel


@pytest.mark.parametrize(("ref", "status"), [("", 400), ("Nothing/a/b", 400), ("Pod", 400)])
def test_a_ref_that_names_nothing_is_refused(playground: Playground, ref: str, status: int) -> None:
    assert playground.call("GET", "/history", params={"ref": ref}).status_code == status


def test_history_needs_a_key(playground: Playground) -> None:
    assert playground.client.get(f"{playground.path}/history?ref=Pod/default/web").status_code == 401


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"spec": {"a": 1}}, {"spec": {"a": 2}}, ["spec.a: 1 → 2"]),
        ({}, {"spec": {"on": True}}, ["spec: on=true added"]),
        ({"spec": {"a": 1}}, {}, ["spec: a=1 removed"]),
        ({"l": [1, 2]}, {"l": [1, 3]}, ["l[1]: 2 → 3"]),
        ({"l": [1, 2]}, {"l": [1]}, ["l: 1, 2 → 1"]),
        ({"metadata": {"resourceVersion": "1"}}, {"metadata": {"resourceVersion": "2"}}, []),
        ({"endpoints": None}, {"endpoints": [{"addresses": ["1.2.3.4"]}]}, ["address 1.2.3.4  added"]),
        ({"x": "a"}, {"x": "b" * 200}, [f"x: a → {'b' * 59}…"]),
    ],
)
def test_differences_are_told_by_field(before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    assert list(history.differences(before, after)) == said
