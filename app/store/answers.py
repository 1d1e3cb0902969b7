"""Answers of calls with an Idempotency-Key: the same key within a day is answered the same.

An answer may carry a new playground's keys, so it is sealed with the caller's own Idempotency-Key,
of which the store knows only a hash.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

import sqlalchemy
from sqlalchemy import Connection

from app.store.tables import ANSWERS

KEPT_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What a call was answered: HTTP status and body."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Once:
    """A call that must run once: who calls what (`scope`), and the key the caller chose."""

    scope: str
    key: str

    @property
    def row(self) -> str:
        """What the store knows of it."""
        return hashlib.sha256(f"{len(self.scope)}:{self.scope}{self.key}".encode()).hexdigest()

    def seal(self, body: bytes) -> bytes:
        """Return the body so that only this key opens it; sealing twice opens."""
        root = hashlib.sha256(f"seal:{self.row}:{self.key}".encode()).digest()
        stream = b"".join(
            hmac.digest(root, number.to_bytes(8, "big"), "sha256") for number in range(len(body) // 32 + 1)
        )
        return bytes(left ^ right for left, right in zip(body, stream, strict=False))


def find(connection: Connection, once: Once, now: float) -> Answered | None:
    """Return the answer that the same call got within a day."""
    found = connection.execute(
        sqlalchemy.select(ANSWERS.c.status, ANSWERS.c.body).where(
            ANSWERS.c.scope == once.row, ANSWERS.c.at > now - KEPT_SECONDS
        )
    ).first()
    return None if found is None else Answered(int(found[0]), once.seal(bytes(found[1])))


def keep(connection: Connection, once: Once, answer: Answered, now: float) -> None:
    """Keep the answer, in place of an earlier one."""
    connection.execute(sqlalchemy.delete(ANSWERS).where(ANSWERS.c.scope == once.row))
    connection.execute(
        sqlalchemy.insert(ANSWERS).values(scope=once.row, status=answer.status, body=once.seal(answer.body), at=now)
    )


def forget_old(connection: Connection, now: float) -> None:
    """Forget answers older than a day."""
    connection.execute(sqlalchemy.delete(ANSWERS).where(ANSWERS.c.at <= now - KEPT_SECONDS))
