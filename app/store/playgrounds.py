"""Playgrounds as rows: made whole, found, renamed, their clock moved, deleted, swept when unused."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, RowMapping

from app.store import journal, keys
from app.store.tables import BATCHES, HELD, KEYS, PLAYGROUNDS

BASE = "forked_at"
"""The setting that names the revision at which a fork begins."""


@dataclass(frozen=True, slots=True)
class ClockRow:
    """Where a playground's clock stood (`sim`) at a moment of the wall clock, and how it goes on from there."""

    sim: float
    wall: float
    speed: float = 1.0
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One playground as stored; its cluster is in the journal."""

    id: str
    title: str
    head: int
    seed: int
    mode: str
    settings: Mapping[str, Any]
    created_at: float
    used_at: float
    clock: ClockRow

    @property
    def base(self) -> int:
        """The revision its history begins after: 0, or where it was forked; of a fork that state is a snapshot."""
        return int(self.settings.get(BASE, 0))


def begin(connection: Connection, row: Row, batches: Sequence[journal.Stored], made: Sequence[keys.NewKey]) -> None:
    """Write a new playground with its first entries and keys: all of it, or nothing."""
    connection.execute(
        sqlalchemy.insert(PLAYGROUNDS).values(
            id=row.id,
            title=row.title,
            head=row.head,
            seed=row.seed,
            mode=row.mode,
            settings=json.dumps(dict(row.settings)),
            created_at=row.created_at,
            used_at=row.used_at,
            **_clock_values(row.clock),
        )
    )
    journal.insert(connection, row.id, batches)
    for key in made:
        keys.add(connection, row.id, key, row.created_at)


def fork(connection: Connection, row: Row, base: journal.StoredSnapshot, made: Sequence[keys.NewKey]) -> None:
    """Write a fork: a row that points at a state, stored once however many forks begin with it, and no entries."""
    begin(connection, row, (), made)
    journal.keep_snapshot(connection, row.id, base.revision, base.body)


def find(connection: Connection, playground: str) -> Row | None:
    """Return the playground's row, None when there is none."""
    found = connection.execute(sqlalchemy.select(PLAYGROUNDS).where(PLAYGROUNDS.c.id == playground)).mappings().first()
    return None if found is None else _row(found)


def _row(found: RowMapping) -> Row:
    clock = ClockRow(
        float(found["clock_sim"]), float(found["clock_wall"]), float(found["clock_speed"]), bool(found["clock_paused"])
    )
    return Row(
        id=found["id"],
        title=found["title"],
        head=int(found["head"]),
        seed=int(found["seed"]),
        mode=found["mode"],
        settings=json.loads(found["settings"]),
        created_at=float(found["created_at"]),
        used_at=float(found["used_at"]),
        clock=clock,
    )


def rename(connection: Connection, playground: str, title: str) -> bool:
    """Give the playground another title; False when it is gone."""
    return _update(connection, playground, {"title": title})


def touch(connection: Connection, playground: str, used_at: float) -> bool:
    """Note that the playground is in use; False when it is gone."""
    return _update(connection, playground, {"used_at": used_at})


def set_clock(connection: Connection, playground: str, clock: ClockRow) -> bool:
    """Store how the clock goes on; False when the playground is gone."""
    return _update(connection, playground, _clock_values(clock))


def _update(connection: Connection, playground: str, values: Mapping[str, Any]) -> bool:
    done = connection.execute(sqlalchemy.update(PLAYGROUNDS).where(PLAYGROUNDS.c.id == playground).values(values))
    return done.rowcount == 1


def _clock_values(clock: ClockRow) -> dict[str, Any]:
    return {
        "clock_sim": clock.sim,
        "clock_wall": clock.wall,
        "clock_speed": clock.speed,
        "clock_paused": clock.paused,
    }


def delete(connection: Connection, playground: str, now: float) -> bool:
    """Delete a playground with all its history; its keys stay known as revoked. False when it is gone already."""
    done = connection.execute(sqlalchemy.delete(PLAYGROUNDS).where(PLAYGROUNDS.c.id == playground))
    connection.execute(sqlalchemy.delete(BATCHES).where(BATCHES.c.playground == playground))
    journal.drop_snapshots(connection, playground)
    hashes = sqlalchemy.select(KEYS.c.hash).where(KEYS.c.playground == playground)
    connection.execute(sqlalchemy.delete(HELD).where(HELD.c.key_hash.in_(hashes)))
    keys.revoke(connection, playground, None, now)
    return done.rowcount == 1


def delete_unused(connection: Connection, playground: str, unused_since: float, now: float) -> bool:
    """Delete a playground unless somebody used it since the moment; False when it stays or is gone already."""
    row = find(connection, playground)
    return row is not None and row.used_at < unused_since and delete(connection, playground, now)


def unused_since(connection: Connection, moment: float, limit: int = 100) -> list[str]:
    """Return playgrounds that nobody used since the moment."""
    found = connection.execute(
        sqlalchemy.select(PLAYGROUNDS.c.id)
        .where(PLAYGROUNDS.c.used_at < moment)
        .order_by(PLAYGROUNDS.c.used_at)
        .limit(limit)
    )
    return list(found.scalars())


def moved(row: Row, clock: ClockRow) -> Row:
    """Return the row with another clock."""
    return replace(row, clock=clock)
