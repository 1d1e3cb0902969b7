"""The journal: compare-and-append of whole batches, reading them back, and snapshots by content hash.

Works for `Database.write` and `Database.read`; `append` and `begin` are the only ones that write journal rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy
from sqlalchemy import Connection

from app.store.tables import BATCHES, PLAYGROUND_SNAPSHOTS, PLAYGROUNDS, SNAPSHOTS

SNAPSHOTS_KEPT = 12


@dataclass(frozen=True, slots=True)
class Stored:
    """One batch on disk."""

    first: int
    last: int
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A whole cluster on disk, as it was at the revision."""

    revision: int
    body: bytes


def append(connection: Connection, playground: str, expected: int, batch: Stored) -> bool:
    """Append the batch if the head is still the expected one; False, and nothing written, if it is not."""
    moved = connection.execute(
        sqlalchemy.update(PLAYGROUNDS)
        .where(PLAYGROUNDS.c.id == playground, PLAYGROUNDS.c.head == expected)
        .values(head=batch.last)
    )
    if moved.rowcount != 1:
        return False
    insert(connection, playground, [batch])
    return True


def insert(connection: Connection, playground: str, batches: Sequence[Stored]) -> None:
    """Write journal rows whose head the caller has just moved in the same transaction."""
    if not batches:
        return
    connection.execute(
        sqlalchemy.insert(BATCHES),
        [{"playground": playground, "first": b.first, "last": b.last, "body": b.body} for b in batches],
    )


def head(connection: Connection, playground: str) -> int | None:
    """Return the last committed revision, None for an unknown playground."""
    found = connection.execute(sqlalchemy.select(PLAYGROUNDS.c.head).where(PLAYGROUNDS.c.id == playground)).scalar()
    return None if found is None else int(found)


def batches_after(connection: Connection, playground: str, revision: int, limit: int = 500) -> list[Stored]:
    """Return the batches after the one that ended at the revision, in order, at most `limit`."""
    rows = connection.execute(
        sqlalchemy.select(BATCHES.c.first, BATCHES.c.last, BATCHES.c.body)
        .where(BATCHES.c.playground == playground, BATCHES.c.first > revision)
        .order_by(BATCHES.c.first)
        .limit(limit)
    )
    return [Stored(int(first), int(last), bytes(body)) for first, last, body in rows]


def keep_snapshot(connection: Connection, playground: str, revision: int, body: bytes) -> None:
    """Keep how the playground looks at the revision; equal content is stored once, old ones are thinned out."""
    digest = hashlib.sha256(body).hexdigest()
    present = connection.execute(sqlalchemy.select(SNAPSHOTS.c.hash).where(SNAPSHOTS.c.hash == digest)).first()
    if present is None:
        connection.execute(sqlalchemy.insert(SNAPSHOTS).values(hash=digest, body=body))
    known = connection.execute(
        sqlalchemy.select(PLAYGROUND_SNAPSHOTS.c.revision).where(PLAYGROUND_SNAPSHOTS.c.playground == playground)
    ).scalars()
    revisions = sorted(known)
    if revision in revisions:
        return
    connection.execute(
        sqlalchemy.insert(PLAYGROUND_SNAPSHOTS).values(playground=playground, revision=revision, hash=digest)
    )
    if len(revisions) >= SNAPSHOTS_KEPT:
        drop_snapshots(connection, playground, superfluous(revisions))


def superfluous(revisions: Sequence[int]) -> list[int]:
    """Return the one snapshot whose neighbours lie closest: the past gets coarser, the present stays fine."""
    gaps = [
        ((after - before) / (revisions[-1] - here + 1), here)
        for before, here, after in zip(revisions, revisions[1:], revisions[2:], strict=False)
    ]
    return [min(gaps)[1]]


def drop_snapshots(connection: Connection, playground: str, revisions: Sequence[int] | None = None) -> None:
    """Forget snapshots of the playground (None: all), and the content that nobody refers to any more."""
    chosen = PLAYGROUND_SNAPSHOTS.c.playground == playground
    if revisions is not None:
        chosen = chosen & PLAYGROUND_SNAPSHOTS.c.revision.in_(revisions)
    hashes = set(connection.execute(sqlalchemy.select(PLAYGROUND_SNAPSHOTS.c.hash).where(chosen)).scalars())
    connection.execute(sqlalchemy.delete(PLAYGROUND_SNAPSHOTS).where(chosen))
    if not hashes:
        return
    used = sqlalchemy.select(PLAYGROUND_SNAPSHOTS.c.hash)
    connection.execute(sqlalchemy.delete(SNAPSHOTS).where(SNAPSHOTS.c.hash.in_(hashes), SNAPSHOTS.c.hash.not_in(used)))


def snapshot_before(connection: Connection, playground: str, revision: int) -> StoredSnapshot | None:
    """Return the newest snapshot at or below the revision, if there is one."""
    found = connection.execute(
        sqlalchemy.select(PLAYGROUND_SNAPSHOTS.c.revision, SNAPSHOTS.c.body)
        .join(SNAPSHOTS, SNAPSHOTS.c.hash == PLAYGROUND_SNAPSHOTS.c.hash)
        .where(PLAYGROUND_SNAPSHOTS.c.playground == playground, PLAYGROUND_SNAPSHOTS.c.revision <= revision)
        .order_by(PLAYGROUND_SNAPSHOTS.c.revision.desc())
        .limit(1)
    ).first()
    return None if found is None else StoredSnapshot(int(found[0]), bytes(found[1]))


def last_snapshot(connection: Connection, playground: str) -> int:
    """Return the revision of the newest snapshot, 0 without one."""
    found = connection.execute(
        sqlalchemy.select(sqlalchemy.func.max(PLAYGROUND_SNAPSHOTS.c.revision)).where(
            PLAYGROUND_SNAPSHOTS.c.playground == playground
        )
    ).scalar()
    return int(found or 0)
