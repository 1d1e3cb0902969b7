"""The store's tests run on SQLite and on PostgreSQL alike."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.store import database
from tests import postgres

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[Callable[[], str]]:
    with postgres.served() as fresh:
        yield fresh


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'podlane.db'}"
    fresh: Callable[[], str] = request.getfixturevalue("postgres_database")
    return fresh()


@pytest.fixture
def db(url: str) -> Iterator[database.Database]:
    opened = database.Database(url)
    yield opened
    opened.close()
