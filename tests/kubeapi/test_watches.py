"""WATCH over real sockets: what informers, `kubectl get -w` and browsers' WebSockets are told, event by event."""

import base64
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.playground import Playground
from tests.served import Served
from tests.watching import PARTIAL, TABLE, Watching, told, version, watching

MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = {"Content-Type": "application/merge-patch+json"}
WATCH = f"{MAPS}?watch=1"


@pytest.fixture(scope="module")
def quiet(server: Served, home: Path) -> Playground:
    """A playground in which nothing moves by itself."""
    return Playground(server.url, home, {"time": "instant", "nodes": 0})


@pytest.fixture
def head(quiet: Playground) -> int:
    """The revision before the test, with the ConfigMaps of other tests gone."""
    quiet.api(f"{MAPS}?fieldSelector=metadata.name!=kube-root-ca.crt", "DELETE")
    return int(quiet.api(MAPS).json()["metadata"]["resourceVersion"])


def create(playground: Playground, name: str, **labels: str) -> int:
    made = playground.api(MAPS, "POST", {"metadata": {"name": name, "labels": labels}})
    assert made.status == 201, made
    return int(made.json()["metadata"]["resourceVersion"])


def patch(playground: Playground, name: str, change: Any) -> int:
    made = playground.api(f"{MAPS}/{name}", "PATCH", change, MERGE)
    assert made.status == 200, made
    return int(made.json()["metadata"]["resourceVersion"])


def delete(playground: Playground, name: str) -> None:
    assert playground.api(f"{MAPS}/{name}", "DELETE").status == 200


@pytest.mark.parametrize("value", ["1", "true", "yes", ""])
@pytest.mark.parametrize("version", ["", "&resourceVersion=0"])
def test_without_a_revision_what_is_there_comes_first(quiet: Playground, head: int, value: str, version: str) -> None:
    create(quiet, "a")
    with watching(quiet, f"{MAPS}?watch={value}{version}") as watch:
        assert [told(event) for event in watch.take(2)] == [("ADDED", "a"), ("ADDED", "kube-root-ca.crt")]
        create(quiet, "b")
        assert told(watch.take(1)[0]) == ("ADDED", "b")


@pytest.mark.parametrize("value", ["0", "false", "False"])
def test_a_watch_that_is_none_is_a_list(quiet: Playground, value: str) -> None:
    assert quiet.api(f"{MAPS}?watch={value}").json()["kind"] == "ConfigMapList"


def test_from_a_revision_on_every_change_is_told_once(quiet: Playground, head: int) -> None:
    revisions = [create(quiet, "a"), patch(quiet, "a", {"data": {"x": "1"}})]
    with watching(quiet, f"{WATCH}&resourceVersion={head}") as watch:
        assert watch.answer.getheader("Content-Type") == "application/json"
        assert watch.answer.getheader("Content-Encoding") is None
        found = watch.take(2)
        assert [event["type"] for event in found] == ["ADDED", "MODIFIED"]
        assert [version(event) for event in found] == revisions
        delete(quiet, "a")
        (gone,) = watch.take(1)
    assert told(gone) == ("DELETED", "a")
    assert version(gone) == revisions[-1] + 1
    assert gone["object"]["data"] == {"x": "1"} and gone["object"]["kind"] == "ConfigMap"


def test_a_watch_of_a_revision_to_come_waits_for_it(quiet: Playground, head: int) -> None:
    with watching(quiet, f"{WATCH}&resourceVersion={head + 2}") as watch:
        for name in "abc":
            create(quiet, name)
        assert told(watch.take(1)[0]) == ("ADDED", "c")


def test_what_begins_and_ceases_to_match_is_added_and_deleted(quiet: Playground, head: int) -> None:
    create(quiet, "a", app="db")
    with watching(quiet, f"{WATCH}&resourceVersion={head}&labelSelector=app%3Dweb") as watch:
        joined = patch(quiet, "a", {"metadata": {"labels": {"app": "web"}}, "data": {"n": "1"}})
        changed = patch(quiet, "a", {"data": {"n": "2"}})
        left = patch(quiet, "a", {"metadata": {"labels": {"app": "db"}}, "data": {"n": "3"}})
        found = watch.take(3)
    assert [event["type"] for event in found] == ["ADDED", "MODIFIED", "DELETED"]
    assert [version(event) for event in found] == [joined, changed, left]
    assert [event["object"]["data"]["n"] for event in found] == ["1", "2", "2"]
    assert found[-1]["object"]["metadata"]["labels"] == {"app": "web"}


@pytest.mark.parametrize(
    "path",
    [
        f"{WATCH}&fieldSelector=metadata.name%3Db",
        f"{MAPS.replace('/api/v1/', '/api/v1/watch/')}/b?",
        f"{MAPS.replace('/api/v1/', '/api/v1/watch/')}?fieldSelector=metadata.name%3Db",
        "/api/v1/watch/configmaps?fieldSelector=metadata.name%3Db",
    ],
)
def test_one_object_can_be_watched(quiet: Playground, head: int, path: str) -> None:
    for name in "abc":
        create(quiet, name)
    with watching(quiet, path) as watch:
        assert told(watch.take(1)[0]) == ("ADDED", "b")
        delete(quiet, "a")
        delete(quiet, "b")
        assert told(watch.take(1)[0]) == ("DELETED", "b")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces", "/api/v1/nodes", "/api/v1/pods", "/api/v1/services", "/api/v1/endpoints",
        "/apis/discovery.k8s.io/v1/endpointslices", "/apis/apps/v1/deployments", "/api/v1/events",
        "/apis/networking.k8s.io/v1/ingresses", "/api/v1/secrets",
    ],
)  # fmt: skip
def test_every_kind_is_selected_by_name(quiet: Playground, path: str) -> None:
    assert quiet.api(f"{path}?fieldSelector=metadata.name%3Dno-such").json()["items"] == []
    with watching(quiet, f"{path}?watch=1&fieldSelector=metadata.name%3Dno-such&timeoutSeconds=1") as watch:
        assert list(watch) == []


def test_the_time_asked_for_ends_the_stream_in_good_order_after_a_bookmark(quiet: Playground, head: int) -> None:
    with watching(quiet, f"{WATCH}&resourceVersion={head}&allowWatchBookmarks=true&timeoutSeconds=2") as watch:
        made = create(quiet, "a")
        quiet.api("/api/v1/namespaces", "POST", {"metadata": {"name": f"n{made}"}})
        added, *rest = list(watch)
    assert told(added) == ("ADDED", "a")
    assert [event["type"] for event in rest] == ["BOOKMARK"]
    bookmark = rest[0]["object"]
    assert (bookmark["kind"], bookmark["apiVersion"]) == ("ConfigMap", "v1")
    assert set(bookmark["metadata"]) == {"resourceVersion", "creationTimestamp"}
    assert int(bookmark["metadata"]["resourceVersion"]) > made


LIST_FIRST = "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"


@pytest.mark.parametrize(
    "query", [LIST_FIRST, LIST_FIRST + "&resourceVersion=1", "&resourceVersion=0&allowWatchBookmarks=1"]
)
def test_a_bookmark_says_where_what_was_there_ends(quiet: Playground, head: int, query: str) -> None:
    last = create(quiet, "a")
    with watching(quiet, WATCH + query) as watch:
        found = watch.take(3)
        assert [event["type"] for event in found] == ["ADDED", "ADDED", "BOOKMARK"]
        assert found[-1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert version(found[-1]) == last
        create(quiet, "b")
        assert told(watch.take(1)[0]) == ("ADDED", "b")


def test_no_initial_events_are_sent_where_none_are_wanted(quiet: Playground, head: int) -> None:
    query = "&sendInitialEvents=false&resourceVersionMatch=NotOlderThan"
    with watching(quiet, WATCH + query) as watch:
        create(quiet, "a")
        assert told(watch.take(1)[0]) == ("ADDED", "a")


NO = 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: '


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("sendInitialEvents=true", 422, f"{NO}Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"),
        (
            "resourceVersionMatch=NotOlderThan&resourceVersion=1",
            422,
            f"{NO}Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        ("resourceVersion=x", 500, 'Internal error occurred: strconv.ParseUint: parsing "x": invalid syntax'),
        ("labelSelector=a%20b", 400, "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("timeoutSeconds=soon", 400, 'strconv.ParseInt: parsing "soon": invalid syntax'),
        (f"resourceVersion=99999999{LIST_FIRST}", 504, "Too large resource version: 99999999, current: "),
    ],
)  # fmt: skip
def test_a_watch_that_makes_no_sense_is_refused_with_a_status(
    quiet: Playground, query: str, code: int, message: str
) -> None:
    found = quiet.api(f"{WATCH}&{query}")
    assert found.status == code and found.json()["message"].startswith(message), found


def test_a_table_names_its_columns_once(quiet: Playground, head: int) -> None:
    with watching(quiet, f"{WATCH}&resourceVersion={head}", TABLE) as watch:
        create(quiet, "a")
        patch(quiet, "a", {"data": {"x": "1", "y": "2"}})
        first, second = watch.take(2)
    assert (first["type"], second["type"]) == ("ADDED", "MODIFIED")
    assert [column["name"] for column in first["object"]["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["object"]["columnDefinitions"] in (None, [])
    assert second["object"]["rows"][0]["cells"][:2] == ["a", 2]
    assert second["object"]["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


def test_metadata_alone_can_be_watched(quiet: Playground, head: int) -> None:
    with watching(quiet, f"{WATCH}&resourceVersion={head}", PARTIAL) as watch:
        create(quiet, "a")
        (event,) = watch.take(1)
    assert event["object"]["kind"] == "PartialObjectMetadata" and set(event["object"]) == {
        "kind",
        "apiVersion",
        "metadata",
    }


def test_events_are_watched_in_both_their_forms(quiet: Playground, head: int) -> None:
    event = {
        "metadata": {"name": f"e{head}"},
        "involvedObject": {"kind": "ConfigMap", "name": "a", "namespace": "default"},
        "reason": "Told",
        "message": "in a sentence",
        "type": "Normal",
    }
    paths = ("/api/v1/namespaces/default/events", "/apis/events.k8s.io/v1/namespaces/default/events")
    with (
        watching(quiet, f"{paths[0]}?watch=1&resourceVersion={head}") as core,
        watching(quiet, f"{paths[1]}?watch=1&resourceVersion={head}") as newer,
    ):
        assert quiet.api(paths[0], "POST", event).status == 201
        ((older,), (later,)) = (core.take(1), newer.take(1))
    assert (older["object"]["apiVersion"], older["object"]["message"]) == ("v1", "in a sentence")
    assert (later["object"]["apiVersion"], later["object"]["note"]) == ("events.k8s.io/v1", "in a sentence")
    assert version(older) == version(later)


def test_watchers_of_all_forms_see_the_same_revisions(quiet: Playground, head: int) -> None:
    forms = [
        Watching(quiet, f"{WATCH}&resourceVersion={head}", accept) for accept in ("application/json", PARTIAL, TABLE)
    ]
    revisions = [create(quiet, f"n{number}") for number in range(20)]
    for form in forms:
        found = [event["object"] for event in form.take(20)]
        assert [int(obj["metadata"]["resourceVersion"]) for obj in found] == revisions
        form.connection.close()


class Socket:
    """A WebSocket client of a hundred lines less than a library: enough to read text messages."""

    def __init__(self, playground: Playground, path: str) -> None:
        host, _, rest = playground.server.removeprefix("http://").partition("/")
        name, _, port = host.partition(":")
        self.raw = socket.create_connection((name, int(port)), timeout=30)
        key = base64.b64encode(b"sixteen bytes it").decode()
        head = f"GET /{rest}{path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        self.raw.sendall(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.file = self.raw.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = dict(iter(self._header, None))

    def _header(self) -> tuple[str, str] | None:
        line = self.file.readline().decode().strip()
        return (line.partition(":")[0].lower(), line.partition(":")[2].strip()) if line else None

    def next(self) -> tuple[int, bytes]:
        """The next message: its opcode and content."""
        first, length = self.file.read(2)
        size = length & 127
        if size >= 126:
            size = int.from_bytes(self.file.read(2 if size == 126 else 8), "big")
        return first & 15, self.file.read(size)


def test_a_watch_can_be_a_web_socket(quiet: Playground, head: int) -> None:
    one = Socket(quiet, f"{WATCH}&resourceVersion={head}&timeoutSeconds=2")
    assert one.status == 101
    create(quiet, "a")
    opcode, message = one.next()
    assert opcode == 1 and told(json.loads(message)) == ("ADDED", "a")
    opcode, message = one.next()
    assert opcode == 8 and int.from_bytes(message[:2], "big") == 1000
    one.raw.close()


@pytest.mark.parametrize(
    ("path", "code"), [(f"{WATCH}&labelSelector=a%20b", 400), ("/api/v1/namespaces/default/pods/x/attack", 404)]
)
def test_a_web_socket_is_refused_with_a_status(quiet: Playground, path: str, code: int) -> None:
    one = Socket(quiet, path)
    body = json.loads(one.file.read(int(one.headers["content-length"])))
    assert one.status == code and body["kind"] == "Status" and body["code"] == code
    one.raw.close()
