"""Watchers in numbers, watchers that stop reading, and what ends them all: bounded, in good order, others unaffected."""

import asyncio
import base64
import contextlib
import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.playground import KUBECTL, Playground, call
from tests.served import Served, served
from tests.watching import told, watching

MAPS = "/api/v1/namespaces/default/configmaps"
MERGE = {"Content-Type": "application/merge-patch+json"}
READERS = 500
Connect = Callable[[Playground, str], socket.socket]
ENDED = b"\r\n0\r\n\r\n"
"""How a chunked body ends that was ended on purpose."""


@pytest.fixture(scope="module")
def crowded(server: Served, home: Path) -> Playground:
    """A playground in which nothing moves by itself."""
    return Playground(server.url, home, {"time": "instant", "nodes": 0})


def ask(playground: Playground, path: str) -> bytes:
    parts = urlsplit(playground.server)
    return f"GET {parts.path}{path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n".encode()


@pytest.fixture
def connected() -> Iterator[Connect]:
    """Opens raw connections that have asked for a path and read nothing yet; closes them after the test."""
    with contextlib.ExitStack() as open_ones:

        def connect(playground: Playground, path: str) -> socket.socket:
            parts = urlsplit(playground.server)
            raw = socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=60)
            open_ones.enter_context(raw)
            raw.sendall(ask(playground, path))
            return raw

        yield connect


def rest(raw: socket.socket) -> bytes:
    """Everything up to the end of the body, or of the connection."""
    found = b""
    while not found.endswith(ENDED) and (more := raw.recv(65_536)):
        found += more
    return found


def head(playground: Playground) -> int:
    return int(playground.api(MAPS).json()["metadata"]["resourceVersion"])


def write(playground: Playground, name: str, content: str) -> int:
    made = playground.api(f"{MAPS}/{name}", "PATCH", {"data": {"content": content}}, MERGE)
    assert made.status == 200, made
    return int(made.json()["metadata"]["resourceVersion"])


def test_five_hundred_watchers_all_see_every_change_in_order(crowded: Playground) -> None:
    crowded.api(MAPS, "POST", {"metadata": {"name": "shared"}})
    since, parts = head(crowded), urlsplit(crowded.server)
    query = ask(crowded, f"{MAPS}?watch=1&resourceVersion={since}&fieldSelector=metadata.name%3Dshared")

    async def read(begun: asyncio.Semaphore) -> list[int]:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(query)
        await reader.readuntil(b"\r\n\r\n")
        begun.release()
        found: list[int] = []
        while len(found) < 40:
            line = await reader.readline()
            if line.startswith(b'{"type":"MODIFIED"'):
                found.append(int(json.loads(line)["object"]["metadata"]["resourceVersion"]))
        writer.close()
        return found

    async def main() -> tuple[list[int], list[list[int]]]:
        begun = asyncio.Semaphore(0)
        readers = [asyncio.create_task(read(begun)) for _ in range(READERS)]
        for _ in readers:
            await begun.acquire()
        written = [await asyncio.to_thread(write, crowded, "shared", str(number)) for number in range(40)]
        return written, await asyncio.gather(*readers)

    written, seen = asyncio.run(main())
    assert len(seen) == READERS
    assert all(found == written for found in seen)


def test_a_watcher_that_never_reads_holds_up_nobody(server: Served, crowded: Playground, connected: Connect) -> None:
    crowded.api(MAPS, "POST", {"metadata": {"name": "large"}})
    since, size = head(crowded), 200_000
    path = f"{MAPS}?watch=1&resourceVersion={since}"
    deaf = [connected(crowded, path) for _ in range(20)]
    with watching(crowded, path) as watch:
        written = [write(crowded, "large", str(number % 10) * size) for number in range(60)]
        found = [int(event["object"]["metadata"]["resourceVersion"]) for event in watch.take(60)]
    assert found == written
    memory = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert len(deaf) == 20 and memory is not None
    assert int(memory[1]) < 450_000, "240 MB lie unread, and not in the server"


def streams(playground: Playground) -> float:
    found = re.search(r"^podlane_streams_open (\S+)$", call(f"{playground.url}/metrics").body.decode(), re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_a_client_that_comes_back_for_ever_leaves_nothing_behind(crowded: Playground, connected: Connect) -> None:
    for number in range(300):
        raw = connected(crowded, f"{MAPS}?watch=1&resourceVersion={number % 3}")
        raw.recv(1)
        raw.close()
    assert any(streams(crowded) == 0 for _ in range(1_000))
    assert crowded.api(MAPS).status == 200


def test_a_replaced_key_ends_what_it_had_opened(crowded: Playground, home: Path, connected: Connect) -> None:
    made = Playground(crowded.url, home / "rotated", {"scenario": "first-steps", "time": "instant", "seed": 7})
    view = f"{made.url}/clusters/{made.id}/keys/{made.made['view_key']}"
    by_edit = connected(made, f"{MAPS}?watch=1")
    command = [KUBECTL, "exec", "-i", "client", "--", "cat"]
    with subprocess.Popen(
        command,
        env=made.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as typing:
        with watching(made, f"{MAPS}?watch=1") as watch:
            watch.take(1)
            assert made.send({"role": "edit"}, "keys/rotate").status == 200
            assert list(watch) == []
        assert rest(by_edit).endswith(ENDED)
        assert typing.wait(30) != 0
    assert made.api(MAPS).status == 401
    assert call(view + MAPS).status == 200


def test_a_view_key_goes_on_when_the_edit_key_is_replaced(crowded: Playground, home: Path) -> None:
    made = Playground(crowded.url, home / "viewed", {"time": "instant", "nodes": 0})
    edit = made.made["edit_key"]
    made.made["edit_key"] = made.made["view_key"]
    with watching(made, f"{MAPS}?watch=1") as watch:
        watch.take(1)
        made.made["edit_key"] = edit
        made.made["edit_key"] = made.send({"role": "edit"}, "keys/rotate").json()["key"]
        made.api(MAPS, "POST", {"metadata": {"name": "after"}})
        assert told(watch.take(1)[0]) == ("ADDED", "after")


def test_a_deleted_playground_ends_its_watches_in_good_order(
    crowded: Playground, home: Path, connected: Connect
) -> None:
    made = Playground(crowded.url, home / "deleted", {"time": "instant", "nodes": 0})
    raw = connected(made, f"{MAPS}?watch=1")
    raw.recv(1)
    assert call(made.own, "DELETE", headers={"Authorization": f"Bearer {made.made['edit_key']}"}).status == 204
    assert rest(raw).endswith(ENDED)


def test_a_server_that_stops_ends_its_watches_in_good_order(tmp_path: Path, connected: Connect) -> None:
    with served(tmp_path / "podlane.db") as server:
        made = Playground(server.url, tmp_path / "home", {"time": "instant", "nodes": 0})
        open_ones = [connected(made, f"{MAPS}?watch=1") for _ in range(20)]
        for raw in open_ones:
            raw.recv(1)
        assert server.stop() == 0
        assert all(rest(raw).endswith(ENDED) for raw in open_ones)


@pytest.fixture(scope="module")
def long_ago(server: Served, home: Path) -> Playground:
    """A playground whose beginning lies more than ten thousand entries and five minutes back."""
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 2_600, "selector": {"matchLabels": {"app": "a"}}, "template": template}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec}
    made = Playground(server.url, home / "long-ago", {"time": "manual", "manifests": json.dumps(deployment)})
    for _ in range(3):
        assert made.send({"advance_ms": 200_000}, "clock").status == 200
    assert head(made) > 11_000
    return made


def test_a_watch_from_before_the_history_is_told_in_the_stream(long_ago: Playground) -> None:
    now = head(long_ago)
    with watching(long_ago, f"{MAPS}?watch=1&resourceVersion=1") as watch:
        assert watch.answer.status == 200
        (event, *more) = list(watch)
    assert event["type"] == "ERROR" and not more
    status: dict[str, Any] = event["object"]
    assert (status["kind"], status["reason"], status["code"]) == ("Status", "Expired", 410)
    assert status["message"] == f"too old resource version: 1 ({now})"
    with watching(long_ago, f"{MAPS}?watch=1&resourceVersion={now - 9_000}&timeoutSeconds=1") as watch:
        assert not any(event["type"] == "ERROR" for event in watch)


def test_a_list_from_before_the_history_is_gone(long_ago: Playground) -> None:
    found = long_ago.api(f"{MAPS}?resourceVersion=1&resourceVersionMatch=Exact")
    assert (found.status, found.json()["reason"]) == (410, "Expired")
    assert found.json()["message"] == "The resourceVersion for the provided list is too old."


def test_a_page_from_before_the_history_comes_with_a_token_that_goes_on(long_ago: Playground) -> None:
    raw = json.dumps({"v": "meta.k8s.io/v1", "rv": 2, "start": "kube-a\0"})
    token = base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")
    found = long_ago.api(f"/api/v1/namespaces?limit=2&continue={token}")
    status = found.json()
    assert (found.status, status["reason"]) == (410, "Expired")
    assert status["message"].startswith(
        "The provided continue parameter is too old to display a consistent list result."
    )
    again = long_ago.api(f"/api/v1/namespaces?limit=2&continue={status['metadata']['continue']}").json()
    assert [obj["metadata"]["name"] for obj in again["items"]] == ["kube-node-lease", "kube-public"]
    assert int(again["metadata"]["resourceVersion"]) == head(long_ago)
