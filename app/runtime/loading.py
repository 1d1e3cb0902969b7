"""From the store into memory: a playground's state, folded from a snapshot and the commits after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.cluster import clock, journal, state
from app.engine import snapshot
from app.machinery import errors
from app.runtime.hub import Entries
from app.store import database, playgrounds
from app.store import journal as stored

TAIL = 2_000
"""Entries replayed at least on a load, so that readers and undo find what lies just behind."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A playground as loaded: its row, its state, the commits replayed, and where its newest snapshot lies."""

    row: playgrounds.Row
    state: state.ClusterState
    commits: tuple[Entries, ...]
    snapshot_at: int


def not_found(playground: str) -> errors.NotFound:
    """Say that there is no such playground."""
    return errors.NotFound(
        f"There is no playground {playground}.",
        plain="It may have been deleted, or gone after 30 days unused. Start a new one on the front page.",
    )


def load(db: database.Database, playground: str) -> Folded:
    """Fold a playground up to its head."""
    row = db.read(lambda connection: playgrounds.find(connection, playground))
    if row is None:
        raise not_found(playground)
    held = _base(db, row, max(row.base, row.head - TAIL))
    commits = []
    for batch in _batches(db, playground, held):
        held.take_in(batch)
        commits.append(batch.entries)
    if held.revision < row.head:
        # Deleted while it was being read: half a history is no playground.
        raise not_found(playground)
    newest = db.read(lambda connection: stored.last_snapshot(connection, playground))
    return Folded(row, held, tuple(commits), newest)


def at_revision(db: database.Database, row: playgrounds.Row, revision: int) -> state.ClusterState:
    """Fold a playground up to a revision of its past; Expired for what lies before a fork's beginning."""
    held = _base(db, row, revision)
    for batch in _batches(db, row.id, held):
        if batch.last <= revision:
            held.take_in(batch)
            continue
        for entry in batch.entries:
            if entry.revision <= revision:
                held.apply(entry)
        break
    return held


def past(db: database.Database, row: playgrounds.Row, since: int) -> Iterator[Entries]:
    """Yield the commits above a revision out of the journal, the first cut to it."""
    held = _base(db, row, since)
    for batch in _batches(db, row.id, held):
        held.take_in(batch)
        entries = tuple(entry for entry in batch.entries if entry.revision > since)
        if entries:
            yield entries


def is_older(connection: database.Connection, playground: str, since: int, moment: float) -> bool:
    """Say whether the commit that follows the revision was made before the moment, or is no longer there."""
    following = stored.batches_after(connection, playground, since, limit=1)
    return not following or journal.made_at(following[0].body) < moment


def expired(base: int) -> errors.Expired:
    """Say that what is asked for lies before a fork's beginning."""
    return errors.Expired(f"This playground is a fork: its history begins at revision {base}.")


def _base(db: database.Database, row: playgrounds.Row, revision: int) -> state.ClusterState:
    if revision < row.base:
        raise expired(row.base)
    kept = db.read(lambda connection: stored.snapshot_before(connection, row.id, revision))
    if kept is not None:
        held = snapshot.restore(kept.body)
        # The bytes may be another's, whom this is a fork of.
        held.settings = row.settings
        return held
    if row.base:
        raise not_found(row.id)
    return state.ClusterState(mode=clock.TimeMode(row.mode), settings=row.settings, now=0.0)


def _batches(db: database.Database, playground: str, held: state.ClusterState) -> Iterator[journal.Batch]:
    """Decode the commits after the state's revision one by one; the caller folds each before it asks for the next."""
    while rows := db.read(lambda connection: stored.batches_after(connection, playground, held.revision)):
        for row in rows:
            yield journal.decode_batch(row.body, held.get)
            if held.revision != row.last:
                return
