"""A playground on a real server, with the real kubectl and plain HTTP at hand."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KUBECTL = str(Path(sys.executable).parent / "kubectl")
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers (lower-cased names), the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def call(url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Calls a URL; an error status is an answer like any other."""
    request = urllib.request.Request(url, body, dict(headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as found:
            return Answer(found.status, {k.lower(): v for k, v in found.headers.items()}, found.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())


class Playground:
    """One playground: `kubectl` runs the real kubectl with its kubeconfig, `api` asks its Kubernetes API."""

    def __init__(self, url: str, home: Path, asked: Mapping[str, Any]) -> None:
        self.url = url
        self.home = home
        made = call(
            f"{url}/api/v1/playgrounds", "POST", json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        assert made.status == 201, made
        self.made: dict[str, Any] = made.json()
        self.id: str = self.made["id"]
        home.mkdir(parents=True, exist_ok=True)
        self.kubeconfig = self.write_kubeconfig("config", self.made["edit_key"])

    @property
    def own(self) -> str:
        """Where the JSON API has this playground."""
        return f"{self.url}/api/v1/playgrounds/{self.id}"

    @property
    def server(self) -> str:
        """Where its Kubernetes API begins, the edit key in the path as over plain http."""
        return f"{self.url}/clusters/{self.id}/keys/{self.made['edit_key']}"

    def write_kubeconfig(self, name: str, key: str) -> Path:
        """Downloads the kubeconfig for a key, as a learner does."""
        found = call(f"{self.own}/kubeconfig", headers={"Authorization": f"Bearer {key}"})
        assert found.status == 200, found
        path = self.home / name
        path.write_bytes(found.body)
        return path

    def environment(self, kubeconfig: Path | None = None) -> dict[str, str]:
        """What a kubectl process is given: nothing of this machine's own configuration."""
        return {"HOME": str(self.home), "PATH": os.defpath, "KUBECONFIG": str(kubeconfig or self.kubeconfig)}

    def kubectl(self, *arguments: str, typed: str = "", kubectl: str = KUBECTL, seconds: int = 60) -> Done:
        """Runs kubectl to its end."""
        return subprocess.run(
            [kubectl, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=self.environment(),
            check=False,
        )

    def send(self, asked: Mapping[str, Any], path: str = "requests") -> Answer:
        """Posts to the playground's JSON API, as its owner."""
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.made['edit_key']}"}
        return call(f"{self.own}/{path}", "POST", json.dumps(asked).encode(), headers)

    def api(self, path: str, method: str = "GET", body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Asks the Kubernetes API; a body that is not bytes is sent as JSON."""
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"} if raw is not None else {}
        return call(self.server + path, method, raw, {**given, **(headers or {})})
