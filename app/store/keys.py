"""Keys of playgrounds, stored as the SHA-256 of their text: who presents the text may look, or change."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy
from sqlalchemy import Connection

from app.store.tables import HELD, KEYS


class Role(StrEnum):
    """What a key allows."""

    EDIT = "edit"
    VIEW = "view"

    def covers(self, needed: Role) -> bool:
        """Say whether this role allows what the needed one does."""
        return self is Role.EDIT or self is needed


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key on its way into the store."""

    hash: str
    role: Role


@dataclass(frozen=True, slots=True)
class Found:
    """A key that the store knows."""

    hash: str
    playground: str
    role: Role
    is_revoked: bool


def new_token() -> str:
    """Make the text of a key or sign-in: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def add(connection: Connection, playground: str, key: NewKey, now: float) -> None:
    """Let a key open the playground."""
    connection.execute(
        sqlalchemy.insert(KEYS).values(hash=key.hash, playground=playground, role=key.role.value, made_at=now)
    )


def find(connection: Connection, key_hash: str) -> Found | None:
    """Return the key of that hash, revoked or not."""
    found = connection.execute(sqlalchemy.select(KEYS).where(KEYS.c.hash == key_hash)).mappings().first()
    if found is None:
        return None
    return Found(found["hash"], found["playground"], Role(found["role"]), found["revoked_at"] is not None)


def revoke(connection: Connection, playground: str, role: Role | None, now: float) -> None:
    """Close the playground to its keys of that role (None: all), held by browsers or not."""
    chosen = (KEYS.c.playground == playground) & KEYS.c.revoked_at.is_(None)
    if role is not None:
        chosen = chosen & (KEYS.c.role == role.value)
    hashes = sqlalchemy.select(KEYS.c.hash).where(chosen)
    connection.execute(sqlalchemy.delete(HELD).where(HELD.c.key_hash.in_(hashes)))
    connection.execute(sqlalchemy.update(KEYS).where(chosen).values(revoked_at=now))


def forget_revoked(connection: Connection, before: float) -> None:
    """Forget keys revoked before the moment."""
    connection.execute(sqlalchemy.delete(KEYS).where(KEYS.c.revoked_at < before))
