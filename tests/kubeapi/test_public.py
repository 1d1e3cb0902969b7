"""A public server's limits, as clients of the Kubernetes API are told of them."""

from pathlib import Path

from tests.playground import Playground, call
from tests.served import served


def test_too_many_calls_are_told_as_a_status(tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db", environment={"PODLANE_PUBLIC": "1"}) as server:
        playground = Playground(server.url, tmp_path / "home", {"time": "instant", "nodes": 0})
        where = f"{server.url}/clusters/{playground.id}/api/v1/namespaces/default/configmaps"
        headers = {"Authorization": f"Bearer {playground.made['edit_key']}", "Content-Type": "application/json"}
        answers = [call(where, "POST", b"{}", headers) for _ in range(90)]
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    told = refused[0].json()
    assert (told["kind"], told["reason"], told["code"]) == ("Status", "TooManyRequests", 429)
    assert told["details"]["retryAfterSeconds"] == int(refused[0].headers["retry-after"]) >= 1


def test_a_page_of_another_site_is_told_as_a_status(tmp_path: Path) -> None:
    with served(tmp_path / "podlane.db") as server:
        playground = Playground(server.url, tmp_path / "home", {"time": "instant", "nodes": 0})
        where = f"{playground.server}/api/v1/namespaces/default/configmaps"
        answer = call(where, "POST", b"{}", {"Content-Type": "application/json", "Sec-Fetch-Site": "cross-site"})
    told = answer.json()
    assert (answer.status, told["kind"], told["reason"]) == (403, "Status", "Forbidden")
