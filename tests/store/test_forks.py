"""A fork is a row that points at a state; the bytes are stored once, and go when nobody points at them."""

from dataclasses import replace

import sqlalchemy

from app.store import database, journal, keys, playgrounds
from app.store.tables import SNAPSHOTS
from tests.store.test_journal import begin, row

STATE = journal.StoredSnapshot(5, b"how it was")


def fork(db: database.Database, name: str) -> None:
    forked = replace(row(name, head=5), settings={"nodes": 2, playgrounds.BASE: 5})
    db.write(lambda c: playgrounds.fork(c, forked, STATE, [keys.NewKey(f"{name}-edit", keys.Role.EDIT)])).result()


def stored(db: database.Database) -> int:
    return db.read(lambda c: len(list(c.execute(sqlalchemy.select(SNAPSHOTS.c.hash)))))


def test_forks_of_the_same_moment_share_its_bytes(db: database.Database) -> None:
    begin(db)
    fork(db, "b")
    fork(db, "c")
    assert stored(db) == 1
    assert db.read(lambda c: journal.snapshot_before(c, "b", 5)) == db.read(
        lambda c: journal.snapshot_before(c, "c", 9)
    )


def test_a_fork_begins_at_its_base_without_entries(db: database.Database) -> None:
    fork(db, "b")
    found = db.read(lambda c: playgrounds.find(c, "b"))
    assert found is not None and (found.head, found.base) == (5, 5)
    assert db.read(lambda c: journal.batches_after(c, "b", 0)) == []
    assert db.read(lambda c: journal.snapshot_before(c, "b", 4)) is None
    assert db.write(lambda c: journal.append(c, "b", 5, journal.Stored(6, 7, b"on"))).result()


def test_thinning_out_never_drops_the_beginning(db: database.Database) -> None:
    fork(db, "b")
    for revision in range(6, 6 + 3 * journal.SNAPSHOTS_KEPT):
        body = b"%d" % revision
        db.write(lambda c, at=revision, body=body: journal.keep_snapshot(c, "b", at, body)).result()
    assert db.read(lambda c: journal.snapshot_before(c, "b", 5)) == STATE


def test_the_bytes_go_with_the_last_fork(db: database.Database) -> None:
    fork(db, "b")
    fork(db, "c")
    db.write(lambda c: playgrounds.delete(c, "b", 1.0)).result()
    assert stored(db) == 1
    db.write(lambda c: playgrounds.delete(c, "c", 1.0)).result()
    assert stored(db) == 0
