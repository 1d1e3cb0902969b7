"""The database: one writer that commits many works at once, and readers beside it. SQLite and PostgreSQL alike."""

from __future__ import annotations

import collections
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import sqlalchemy
from sqlalchemy import Connection as Connection
from sqlalchemy import Engine
from sqlalchemy import event as hooks

from app.machinery import errors
from app.store import migrations

T = TypeVar("T")
Work = Callable[[Connection], T]
GROUP = 256
"""Works one transaction takes at most; the next group waits for its commit."""

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA foreign_keys = ON",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA mmap_size = 134217728",
    "PRAGMA cache_size = -20000",
    "PRAGMA trusted_schema = OFF",
)


class _Job(Generic[T]):
    """A work that waits for its commit."""

    __slots__ = ("future", "work")

    def __init__(self, work: Work[T]) -> None:
        self.work = work
        self.future: Future[T] = Future()

    def settle(self, alone: Future[list[T]]) -> None:
        """Pass on how the transaction of this work alone ended."""
        problem = alone.exception()
        if problem is not None:
            self.future.set_exception(problem)
        else:
            self.future.set_result(alone.result()[0])


class Database:
    """An open database at the newest migration."""

    def __init__(self, url: str) -> None:
        self._write_engine = make_engine(url, begin="BEGIN IMMEDIATE")
        self._read_engine = make_engine(url, begin="BEGIN")
        self.is_shared = self._write_engine.dialect.name != "sqlite"
        """Whether other processes are expected to write to the same database."""
        with self._write_engine.begin() as connection:
            migrations.bring_to_head(connection)
        self._waiting: collections.deque[_Job[Any]] = collections.deque()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._gate = threading.Lock()
        self._open = True

    def write(self, work: Work[T]) -> Future[T]:
        """Run the work in the next group's transaction; the future is set after its commit, or with what it raised."""
        job = _Job(work)
        # Never cancelled: a caller who goes away must not break the group.
        job.future.set_running_or_notify_cancel()
        with self._gate:
            if not self._open:
                raise errors.Unavailable("Podlane is stopping; try again in a moment.")
            self._waiting.append(job)
            self._writer.submit(self._commit_waiting)
        return job.future

    def read(self, work: Work[T]) -> T:
        """Run the work on what is committed, in the calling thread."""
        with self._read_engine.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """Commit what waits, then close every connection."""
        with self._gate:
            self._open = False
        # The first round leaves works that go alone behind it; the second waits for those.
        for _ in range(2):
            self._writer.submit(lambda: None).result()
        self._writer.shutdown()
        self._write_engine.dispose()
        self._read_engine.dispose()

    def _commit_waiting(self) -> None:
        """Commit a group as one; if that fails, each of its works goes alone and meets its own fate."""
        group: list[_Job[Any]] = []
        while self._waiting and len(group) < GROUP:
            group.append(self._waiting.popleft())
        results: list[Any] | None = None
        try:
            results = self._transact(group)
        finally:
            if results is None:
                for job in group:
                    self._writer.submit(self._transact, [job]).add_done_callback(job.settle)
        for job, result in zip(group, results, strict=True):
            job.future.set_result(result)

    def _transact(self, group: list[_Job[Any]]) -> list[Any]:
        if not group:
            return []
        with self._write_engine.begin() as connection:
            return [job.work(connection) for job in group]


def make_engine(url: str, begin: str) -> Engine:
    """Open an engine whose transactions begin as told; SQLite gets WAL, synchronous FULL and its pragmas."""
    parsed = sqlalchemy.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sqlalchemy.create_engine(parsed, pool_pre_ping=True)
    engine = sqlalchemy.create_engine(parsed, connect_args={"check_same_thread": False})

    @hooks.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 5000")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @hooks.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
