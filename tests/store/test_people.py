"""Keys open what they are for until they are revoked; a browser finds again what it holds."""

import pytest

from app.store import answers, database, keys, people, playgrounds
from app.store.journal import Stored
from app.store.keys import Role

ROW_CLOCK = playgrounds.ClockRow(1.0, 1.0)


@pytest.fixture
def stocked(db: database.Database) -> database.Database:
    """Two playgrounds; of each, the edit key hashes to <name>-edit and the view key to <name>-view."""
    for name, used_at in (("a", 1.0), ("b", 2.0)):
        row = playgrounds.Row(name, name.upper(), 1, 7, "live", {}, 1.0, used_at, ROW_CLOCK)
        made = [keys.NewKey(f"{name}-{role}", role) for role in Role]
        db.write(lambda c, row=row, made=made: playgrounds.begin(c, row, [Stored(1, 1, b"x")], made)).result()
    db.write(lambda c: people.sign_in(c, "me", 1.0)).result()
    return db


def hold(db: database.Database, *hashes: str) -> None:
    for key in hashes:
        db.write(lambda c, key=key: people.hold(c, "me", key, 1.0)).result()


def role(db: database.Database, playground: str) -> Role | None:
    return db.read(lambda c: people.role_held(c, "me", playground))


def test_a_browser_may_do_what_its_best_key_allows(stocked: database.Database) -> None:
    hold(stocked, "a-view")
    assert (role(stocked, "a"), role(stocked, "b")) == (Role.VIEW, None)
    hold(stocked, "a-edit", "a-edit")
    assert role(stocked, "a") is Role.EDIT


def test_held_playgrounds_are_listed_once_and_the_last_used_first(stocked: database.Database) -> None:
    hold(stocked, "a-view", "a-edit", "b-view")
    found = stocked.read(lambda c: people.held(c, "me"))
    assert [(h.playground, h.title, h.role) for h in found] == [("b", "B", Role.VIEW), ("a", "A", Role.EDIT)]


def test_a_revoked_key_opens_nothing_in_any_browser_but_stays_known(stocked: database.Database) -> None:
    hold(stocked, "a-view", "a-edit")
    stocked.write(lambda c: keys.revoke(c, "a", Role.EDIT, 9.0)).result()
    assert role(stocked, "a") is Role.VIEW
    found = stocked.read(lambda c: keys.find(c, "a-edit"))
    assert found is not None
    assert found.is_revoked
    stocked.write(lambda c: keys.forget_revoked(c, 10.0)).result()
    assert stocked.read(lambda c: keys.find(c, "a-edit")) is None


def test_a_deleted_playground_leaves_the_lists(stocked: database.Database) -> None:
    hold(stocked, "a-edit", "b-edit")
    stocked.write(lambda c: playgrounds.delete(c, "a", 9.0)).result()
    assert [h.playground for h in stocked.read(lambda c: people.held(c, "me"))] == ["b"]


def test_a_browser_unused_for_long_is_forgotten(stocked: database.Database) -> None:
    hold(stocked, "a-edit")
    stocked.write(lambda c: people.touch(c, "me", 50.0)).result()
    stocked.write(lambda c: people.forget_unused(c, 50.0)).result()
    assert stocked.read(lambda c: people.is_signed_in(c, "me"))
    stocked.write(lambda c: people.forget_unused(c, 50.5)).result()
    assert not stocked.read(lambda c: people.is_signed_in(c, "me"))
    assert role(stocked, "a") is None


def test_an_answer_is_the_same_for_a_day_and_only_for_its_key(db: database.Database) -> None:
    once = answers.Once("POST /x me", "key-1")
    said = answers.Answered(201, b'{"edit_key": "secret"}' * 9)
    db.write(lambda c: answers.keep(c, once, said, 1_000.0)).result()
    assert db.read(lambda c: answers.find(c, once, 87_000.0)) == said
    assert db.read(lambda c: answers.find(c, once, 88_000.0)) is None
    for other in (answers.Once("POST /x me", "key-2"), answers.Once("POST /x you", "key-1")):
        assert db.read(lambda c, other=other: answers.find(c, other, 1_001.0)) is None


def test_a_stored_answer_cannot_be_read_without_its_key() -> None:
    sealed = answers.Once("scope", "key").seal(b'{"edit_key": "secret"}')
    assert b"secret" not in sealed
    assert answers.Once("scope", "other").seal(sealed) != b'{"edit_key": "secret"}'
    assert answers.Once("scope", "key").seal(sealed) == b'{"edit_key": "secret"}'


def test_keys_are_256_random_bits_and_only_their_hash_is_stored() -> None:
    made = {keys.new_token() for _ in range(50)}
    assert len(made) == 50
    assert all(len(token) == 43 for token in made)
    assert keys.digest("key") == "2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683"
