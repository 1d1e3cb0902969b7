"""The journal takes a batch only at the head it was made for, keeps what it acknowledged, and gives it back in order."""

import threading
from concurrent.futures import wait

import pytest
import sqlalchemy

from app.machinery import errors
from app.store import database, journal, keys, playgrounds
from app.store.journal import Stored
from app.store.tables import SNAPSHOTS


def row(name: str = "a", *, head: int = 1, used_at: float = 100.0) -> playgrounds.Row:
    clock = playgrounds.ClockRow(100.0, 100.0)
    return playgrounds.Row(name, "Title", head, 7, "instant", {"nodes": 2}, 100.0, used_at, clock)


def begin(db: database.Database, name: str = "a", *, used_at: float = 100.0) -> None:
    made = [keys.NewKey(keys.digest(f"{name}-edit"), keys.Role.EDIT), keys.NewKey(f"{name}-view", keys.Role.VIEW)]
    batches = [Stored(1, 1, b"first")]
    db.write(lambda c: playgrounds.begin(c, row(name, used_at=used_at), batches, made)).result()


def append(db: database.Database, expected: int, last: int, body: bytes = b"x", name: str = "a") -> bool:
    return db.write(lambda c: journal.append(c, name, expected, Stored(expected + 1, last, body))).result()


def bodies(db: database.Database, after: int = 0, name: str = "a") -> list[bytes]:
    return [batch.body for batch in db.read(lambda c: journal.batches_after(c, name, after))]


def test_a_batch_at_the_head_is_appended(db: database.Database) -> None:
    begin(db)
    assert append(db, 1, 3, b"second")
    assert db.read(lambda c: journal.head(c, "a")) == 3
    assert bodies(db) == [b"first", b"second"]


def test_a_batch_for_another_head_is_refused_and_changes_nothing(db: database.Database) -> None:
    begin(db)
    assert append(db, 1, 2)
    assert not append(db, 1, 2, b"late")
    assert not append(db, 5, 6, b"early")
    assert db.read(lambda c: journal.head(c, "a")) == 2
    assert b"late" not in bodies(db)


def test_a_batch_for_an_unknown_playground_is_refused(db: database.Database) -> None:
    assert not append(db, 0, 1, name="nowhere")


def test_batches_come_back_in_order_from_a_revision_on(db: database.Database) -> None:
    begin(db)
    for revision in range(1, 40):
        assert append(db, revision, revision + 1, b"%d" % (revision + 1))
    assert bodies(db, after=30) == [b"%d" % n for n in range(31, 41)]
    assert len(db.read(lambda c: journal.batches_after(c, "a", 0, limit=7))) == 7


def test_of_many_writers_at_one_head_exactly_one_wins(url: str) -> None:
    first, second = database.Database(url), database.Database(url)
    begin(first)
    won = [0, 0]

    def race(place: int, db: database.Database) -> None:
        while (head := db.read(lambda c: journal.head(c, "a")) or 0) < 60:
            won[place] += append(db, head, head + 1, b"%d" % place)

    racers = [threading.Thread(target=race, args=pair) for pair in enumerate((first, second))]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    stored = first.read(lambda c: journal.batches_after(c, "a", 0))
    first.close()
    second.close()
    assert [batch.first for batch in stored] == list(range(1, len(stored) + 1))
    assert sum(won) == len(stored) - 1


def test_a_failing_work_does_not_take_its_group_down(db: database.Database) -> None:
    begin(db)
    begin(db, "b")

    def fail(connection: database.Connection) -> None:
        journal.append(connection, "a", 1, Stored(2, 2, b"never"))
        raise ValueError("mistake")

    def break_rule(connection: database.Connection) -> None:
        playgrounds.begin(connection, row("b"), [], [])

    held = threading.Event()
    db.write(lambda _: held.wait())  # what follows waits together and is one group
    good = [db.write(lambda c: journal.append(c, "b", 1, Stored(2, 2, b"good")))]
    bad, broken = db.write(fail), db.write(break_rule)
    good.append(db.write(lambda c: journal.append(c, "b", 2, Stored(3, 3, b"good too"))))
    held.set()
    wait([*good, bad, broken])
    assert [done.result() for done in good] == [True, True]
    assert isinstance(bad.exception(), ValueError)
    assert isinstance(broken.exception(), sqlalchemy.exc.IntegrityError)
    assert bodies(db) == [b"first"]
    assert bodies(db, name="b") == [b"first", b"good", b"good too"]


def test_a_closed_store_has_committed_everything_and_takes_no_more(url: str) -> None:
    db = database.Database(url)
    begin(db)
    appended = [db.write(lambda c, n=n: journal.append(c, "a", n, Stored(n + 1, n + 1, b"x"))) for n in range(1, 101)]
    db.close()
    assert all(done.result() for done in appended)
    with pytest.raises(errors.Unavailable):
        db.write(lambda _: None)
    again = database.Database(url)
    assert again.read(lambda c: journal.head(c, "a")) == 101
    again.close()


def test_equal_snapshots_are_stored_once_and_forgotten_with_their_last_playground(db: database.Database) -> None:
    begin(db)
    begin(db, "b")
    for name in ("a", "b"):
        db.write(lambda c, name=name: journal.keep_snapshot(c, name, 1, b"same")).result()
    count = sqlalchemy.select(sqlalchemy.func.count()).select_from(SNAPSHOTS)
    assert db.read(lambda c: c.execute(count).scalar()) == 1
    db.write(lambda c: playgrounds.delete(c, "a", 1.0)).result()
    assert db.read(lambda c: journal.snapshot_before(c, "b", 9)) == journal.StoredSnapshot(1, b"same")
    db.write(lambda c: playgrounds.delete(c, "b", 1.0)).result()
    assert db.read(lambda c: c.execute(count).scalar()) == 0


def test_the_newest_snapshot_at_or_below_a_revision_is_found(db: database.Database) -> None:
    begin(db)
    for revision in (10, 20, 30):
        db.write(lambda c, r=revision: journal.keep_snapshot(c, "a", r, b"%d" % r)).result()
    found = {r: db.read(lambda c, r=r: journal.snapshot_before(c, "a", r)) for r in (9, 10, 29, 99)}
    assert {r: s and s.revision for r, s in found.items()} == {9: None, 10: 10, 29: 20, 99: 30}
    assert db.read(lambda c: journal.last_snapshot(c, "a")) == 30


def test_snapshots_are_thinned_out_far_back_and_stay_fine_near_the_head(db: database.Database) -> None:
    begin(db)
    for revision in range(1_000, 61_000, 1_000):
        db.write(lambda c, r=revision: journal.keep_snapshot(c, "a", r, b"%d" % r)).result()
    kept = [r for r in range(61_000) if r % 1_000 == 0 and (s := at(db, r)) is not None and s.revision == r]
    assert len(kept) <= journal.SNAPSHOTS_KEPT
    assert kept[-3:] == [58_000, 59_000, 60_000]
    assert kept[0] == 1_000


def at(db: database.Database, revision: int) -> journal.StoredSnapshot | None:
    return db.read(lambda c: journal.snapshot_before(c, "a", revision))


def test_a_deleted_playground_is_gone_with_its_journal(db: database.Database) -> None:
    begin(db)
    assert db.write(lambda c: playgrounds.delete(c, "a", 5.0)).result()
    assert db.read(lambda c: playgrounds.find(c, "a")) is None
    assert bodies(db) == []
    assert not db.write(lambda c: playgrounds.delete(c, "a", 6.0)).result()


def test_a_playground_comes_back_as_it_was_stored(db: database.Database) -> None:
    begin(db)
    assert db.read(lambda c: playgrounds.find(c, "a")) == row()
    moved = playgrounds.ClockRow(5.5, 6.25, 4.0, True)
    assert db.write(lambda c: playgrounds.set_clock(c, "a", moved)).result()
    assert db.write(lambda c: playgrounds.rename(c, "a", "Ünïcode")).result()
    found = db.read(lambda c: playgrounds.find(c, "a"))
    assert found is not None
    assert (found.clock, found.title) == (moved, "Ünïcode")


def test_unused_playgrounds_are_found_the_longest_unused_first(db: database.Database) -> None:
    for name, used_at in (("a", 30.0), ("b", 10.0), ("c", 20.0)):
        begin(db, name, used_at=used_at)
    assert db.read(lambda c: playgrounds.unused_since(c, 25.0)) == ["b", "c"]
    db.write(lambda c: playgrounds.touch(c, "b", 40.0)).result()
    assert db.read(lambda c: playgrounds.unused_since(c, 25.0)) == ["c"]


def test_a_playground_used_meanwhile_is_not_deleted_as_unused(db: database.Database) -> None:
    begin(db, used_at=10.0)
    db.write(lambda c: playgrounds.touch(c, "a", 40.0)).result()
    assert not db.write(lambda c: playgrounds.delete_unused(c, "a", 25.0, 50.0)).result()
    assert db.write(lambda c: playgrounds.delete_unused(c, "a", 41.0, 50.0)).result()
    assert not db.write(lambda c: playgrounds.delete_unused(c, "a", 41.0, 50.0)).result()
