"""Playgrounds of this room's tests: one of instant time for a module, shared by its rows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.playground import Playground
from tests.served import Served, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of the module's own."""
    with served(tmp_path_factory.mktemp("server") / "podlane.db") as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder for kubectl's cache and configuration."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def first_steps(server: Served, home: Path) -> Playground:
    """The playground of the first visit (client, Deployment and Service web), in instant time."""
    return Playground(server.url, home, {"scenario": "first-steps", "time": "instant", "seed": 7})
