"""The whole app behind a real uvicorn on the loopback, in a thread of its own."""

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from app import cli, main, settings

START_SECONDS = 30


@contextlib.contextmanager
def running(folder: Path, *, public: bool = False) -> Iterator[str]:
    """Serves the app on a database in the folder; yields its address."""
    listener = cli.listen("127.0.0.1", 0)
    chosen = settings.Settings(f"sqlite:///{folder / 'podlane.db'}", port=listener.getsockname()[1], public=public)
    app = main.create_app(chosen)
    started = threading.Event()
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=3
    )
    server = cli.Server(config, ready=started.set, drain=app.state.drain)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert started.wait(START_SECONDS)
        yield f"http://127.0.0.1:{chosen.port}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


class Playground:
    """One playground and its two keys, through the JSON API."""

    def __init__(self, client: httpx.Client, **body: Any) -> None:
        answer = client.post("/api/v1/playgrounds", json={"time": "instant", "seed": 7, **body})
        assert answer.status_code == 201, answer.text
        self.client = client
        self.made: dict[str, Any] = answer.json()
        self.path = f"/api/v1/playgrounds/{self.made['id']}"

    def call(self, method: str, path: str = "", role: str = "edit", **more: Any) -> httpx.Response:
        headers = {**bearer(self.made[f"{role}_key"]), **more.pop("headers", {})}
        return self.client.request(method, self.path + path, headers=headers, **more)

    def shown(self) -> dict[str, Any]:
        told: dict[str, Any] = self.call("GET").json()
        return told

    @property
    def revision(self) -> int:
        return int(self.shown()["revision"])

    def entries(self, since: int | None, count: int, role: str = "view") -> list[dict[str, Any]]:
        """Reads so many entries from the stream; each carries its SSE id as "id"."""
        headers = bearer(self.made[f"{role}_key"])
        if since is not None:
            headers["Last-Event-ID"] = str(since)
        found: list[dict[str, Any]] = []
        with self.client.stream("GET", f"{self.path}/entries", headers=headers) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = ""
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    told = line[4:]
                elif line.startswith("data: "):
                    found.append({"id": int(told), **json.loads(line[6:])})
                    if len(found) == count:
                        break
        return found
