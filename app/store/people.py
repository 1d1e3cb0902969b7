"""Browsers by their sign-in cookie, and the keys each of them holds."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy
from sqlalchemy import Connection

from app.store.keys import Role
from app.store.tables import HELD, KEYS, PLAYGROUNDS, SIGN_INS


@dataclass(frozen=True, slots=True)
class HeldPlayground:
    """A playground that a browser can open again."""

    playground: str
    title: str
    role: Role
    used_at: float


def sign_in(connection: Connection, sign_in_hash: str, now: float) -> None:
    """Remember a browser."""
    connection.execute(sqlalchemy.insert(SIGN_INS).values(hash=sign_in_hash, created_at=now, used_at=now))


def is_signed_in(connection: Connection, sign_in_hash: str) -> bool:
    """Say whether the browser is known."""
    return (
        connection.execute(sqlalchemy.select(SIGN_INS.c.hash).where(SIGN_INS.c.hash == sign_in_hash)).first()
        is not None
    )


def touch(connection: Connection, sign_in_hash: str, now: float) -> None:
    """Note that the browser was here."""
    connection.execute(sqlalchemy.update(SIGN_INS).where(SIGN_INS.c.hash == sign_in_hash).values(used_at=now))


def hold(connection: Connection, sign_in_hash: str, key_hash: str, now: float) -> None:
    """Put a key into the browser's hands; holding it already changes nothing."""
    present = connection.execute(
        sqlalchemy.select(HELD.c.key_hash).where(HELD.c.sign_in == sign_in_hash, HELD.c.key_hash == key_hash)
    ).first()
    if present is None:
        connection.execute(sqlalchemy.insert(HELD).values(sign_in=sign_in_hash, key_hash=key_hash, held_at=now))


def role_held(connection: Connection, sign_in_hash: str, playground: str) -> Role | None:
    """Return the highest role the browser holds on the playground."""
    found = connection.execute(
        sqlalchemy.select(KEYS.c.role)
        .join(HELD, HELD.c.key_hash == KEYS.c.hash)
        .where(HELD.c.sign_in == sign_in_hash, KEYS.c.playground == playground, KEYS.c.revoked_at.is_(None))
    ).scalars()
    roles = set(found)
    return next((role for role in Role if role.value in roles), None)


def held(connection: Connection, sign_in_hash: str) -> list[HeldPlayground]:
    """Return the playgrounds the browser can open, the last used first."""
    rows = connection.execute(
        sqlalchemy.select(PLAYGROUNDS.c.id, PLAYGROUNDS.c.title, KEYS.c.role, PLAYGROUNDS.c.used_at)
        .join(KEYS, KEYS.c.playground == PLAYGROUNDS.c.id)
        .join(HELD, HELD.c.key_hash == KEYS.c.hash)
        .where(HELD.c.sign_in == sign_in_hash, KEYS.c.revoked_at.is_(None))
        .order_by(PLAYGROUNDS.c.used_at.desc(), PLAYGROUNDS.c.id)
    )
    best: dict[str, HeldPlayground] = {}
    for playground, title, role, used_at in rows:
        present = best.get(playground)
        if present is None or (present.role is Role.VIEW and role == Role.EDIT.value):
            best[playground] = HeldPlayground(playground, title, Role(role), float(used_at))
    return list(best.values())


def forget_unused(connection: Connection, before: float) -> None:
    """Forget browsers that have not been here since the moment."""
    gone = sqlalchemy.select(SIGN_INS.c.hash).where(SIGN_INS.c.used_at < before)
    connection.execute(sqlalchemy.delete(HELD).where(HELD.c.sign_in.in_(gone)))
    connection.execute(sqlalchemy.delete(SIGN_INS).where(SIGN_INS.c.used_at < before))
