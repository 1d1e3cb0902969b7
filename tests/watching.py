"""A watch over a real socket, read line by line as it comes."""

import contextlib
import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from tests.playground import Playground

SECONDS = 30.0
JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"


class Watching:
    """One open watch; `next` gives its next event, None when the server has ended it in good order."""

    def __init__(self, playground: Playground, path: str, accept: str = JSON, seconds: float = SECONDS) -> None:
        parts = urlsplit(playground.server)
        assert parts.hostname is not None and parts.port is not None
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)
        self.connection.request("GET", parts.path + path, headers={"Accept": accept, "Accept-Encoding": "gzip"})
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, Any] | None:
        line = self.answer.readline()
        if not line:
            return None
        assert line.endswith(b"\n"), line
        found: dict[str, Any] = json.loads(line)
        return found

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while (event := self.next()) is not None:
            yield event

    def take(self, count: int) -> list[dict[str, Any]]:
        """The next events, so many of them."""
        found = [event for _, event in zip(range(count), self, strict=False)]
        assert len(found) == count, found
        return found


@contextlib.contextmanager
def watching(playground: Playground, path: str, accept: str = JSON) -> Iterator[Watching]:
    """A watch for the length of a with block."""
    one = Watching(playground, path, accept)
    try:
        yield one
    finally:
        one.answer.close()
        one.connection.close()


def told(event: Mapping[str, Any]) -> tuple[str, str]:
    """An event in two words: its type, the name of its object."""
    return event["type"], event["object"].get("metadata", {}).get("name", "")


def version(event: Mapping[str, Any]) -> int:
    """The resourceVersion an event carries."""
    return int(event["object"]["metadata"]["resourceVersion"])
