"""A controller written with kopf runs against a playground: informers, patches, finalizers, events, garbage collection."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.playground import Playground
from tests.served import Served
from tests.watching import Watching, watching

HERE = Path(__file__).parent
MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"
MARKER = "kopf.zalando.org/KopfFinalizerMarker"


@pytest.fixture(scope="module")
def operated(server: Served, home: Path) -> Iterator[Playground]:
    """A living playground, and the operator at work in a process of its own."""
    made = Playground(server.url, home / "operated", {"scenario": "first-steps", "time": "live", "seed": 7})
    command = [str(Path(sys.executable).parent / "kopf"), "run", "--standalone", "-A", "--verbose"]
    log = home / "kopf.log"
    with log.open("w") as told:
        operator = subprocess.Popen(
            [*command, str(HERE / "mirroring_operator.py")], env=made.environment(), stdout=told, stderr=told
        )
        try:
            yield made
        finally:
            operator.terminate()
            operator.wait(20)
    assert "Traceback" not in log.read_text(), log.read_text()


def until(watch: Watching, holds: Callable[[str, dict[str, Any]], bool]) -> dict[str, Any]:
    """The first event that is as wanted."""
    for event in watch:
        obj: dict[str, Any] = event["object"]
        if holds(event["type"], obj):
            return obj
    raise AssertionError("the watch ended first")


def test_an_operator_does_its_work(operated: Playground) -> None:
    body = {
        "metadata": {"name": "shop", "annotations": {"example.com/mirror": "yes"}},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
    }
    mine = "&fieldSelector=metadata.name%3Dshop"
    with (
        watching(operated, f"{MAPS}?watch=1&fieldSelector=metadata.name%3Dshop-mirror") as maps,
        watching(operated, f"{SERVICES}?watch=1{mine}") as services,
    ):
        made = operated.api(SERVICES, "POST", body).json()
        mirror = until(maps, lambda kind, _: kind == "ADDED")
        assert mirror["data"] == {"clusterIP": made["spec"]["clusterIP"], "ports": "80"}
        assert mirror["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
        labelled = until(services, lambda _, obj: obj["metadata"].get("labels", {}).get("mirrored") == "yes")
        assert labelled["metadata"]["finalizers"] == [MARKER]
        assert any(name.startswith("kopf.zalando.org/") for name in labelled["metadata"]["annotations"])

        change = {"spec": {"ports": [{"port": 8080}]}}
        operated.api(f"{SERVICES}/shop", "PATCH", change, {"Content-Type": "application/merge-patch+json"})
        assert until(maps, lambda _, obj: obj["data"]["ports"] != "80")["data"]["ports"] == "8080"

        deleting = operated.api(f"{SERVICES}/shop", "DELETE").json()
        assert deleting["metadata"]["deletionTimestamp"]
        until(maps, lambda _, obj: obj["data"].get("last") == "words")
        until(services, lambda kind, _: kind == "DELETED")
        until(maps, lambda kind, _: kind == "DELETED")
    events = operated.api("/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dshop").json()["items"]
    assert "Mirrored" in {event["reason"] for event in events}
