"""The tables of Podlane. Times are seconds since 1970; a key or sign-in is stored as the SHA-256 of its token only."""

from __future__ import annotations

from sqlalchemy import REAL, BigInteger, Boolean, Double, Integer, LargeBinary, Table, Text
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

# SQLite's STRICT tables know INTEGER, REAL, TEXT and BLOB only; PostgreSQL needs 64 bits said aloud.
BigInt = BigInteger().with_variant(Integer(), "sqlite")
Real: TypeEngine[float] = Double().with_variant(REAL(), "sqlite")
Flag = Boolean().with_variant(Integer(), "sqlite")
STRICT = {"sqlite_strict": True}


class Playground(SQLModel, table=True):
    """One playground: the head of its journal, how chance and time began, and where its clock stands."""

    __tablename__ = "playgrounds"
    __table_args__ = STRICT

    id: str = Field(primary_key=True, sa_type=Text)
    title: str = Field(sa_type=Text)
    head: int = Field(sa_type=BigInt)
    seed: int = Field(sa_type=BigInt)
    mode: str = Field(sa_type=Text)
    settings: str = Field(sa_type=Text)
    created_at: float = Field(sa_type=Real)
    used_at: float = Field(sa_type=Real, index=True)
    clock_sim: float = Field(sa_type=Real)
    clock_wall: float = Field(sa_type=Real)
    clock_speed: float = Field(sa_type=Real)
    clock_paused: bool = Field(sa_type=Flag)


class AccessKey(SQLModel, table=True):
    """A capability of one playground; a revoked one stays known, so that its holder learns why it fails."""

    __tablename__ = "access_keys"
    __table_args__ = STRICT

    hash: str = Field(primary_key=True, sa_type=Text)
    playground: str = Field(sa_type=Text, index=True)
    role: str = Field(sa_type=Text)
    made_at: float = Field(sa_type=Real)
    revoked_at: float | None = Field(default=None, sa_type=Real)


class SignIn(SQLModel, table=True):
    """One browser, known by the hash of its cookie's token."""

    __tablename__ = "sign_ins"
    __table_args__ = STRICT

    hash: str = Field(primary_key=True, sa_type=Text)
    created_at: float = Field(sa_type=Real)
    used_at: float = Field(sa_type=Real, index=True)


class Held(SQLModel, table=True):
    """A key that a browser's sign-in holds."""

    __tablename__ = "held_keys"
    __table_args__ = STRICT

    sign_in: str = Field(primary_key=True, sa_type=Text)
    key_hash: str = Field(primary_key=True, sa_type=Text, index=True)
    held_at: float = Field(sa_type=Real)


class Batch(SQLModel, table=True):
    """One commit of the journal: the entries of consecutive revisions."""

    __tablename__ = "batches"
    __table_args__ = STRICT

    playground: str = Field(primary_key=True, sa_type=Text)
    first: int = Field(primary_key=True, sa_type=BigInt)
    last: int = Field(sa_type=BigInt)
    body: bytes = Field(sa_type=LargeBinary)


class Snapshot(SQLModel, table=True):
    """A whole cluster, stored once under the hash of its content."""

    __tablename__ = "snapshots"
    __table_args__ = STRICT

    hash: str = Field(primary_key=True, sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)


class PlaygroundSnapshot(SQLModel, table=True):
    """What a playground looked like at a revision."""

    __tablename__ = "playground_snapshots"
    __table_args__ = STRICT

    playground: str = Field(primary_key=True, sa_type=Text)
    revision: int = Field(primary_key=True, sa_type=BigInt)
    hash: str = Field(sa_type=Text, index=True)


class Answer(SQLModel, table=True):
    """What a POST with an Idempotency-Key was answered, sealed with that key."""

    __tablename__ = "answers"
    __table_args__ = STRICT

    scope: str = Field(primary_key=True, sa_type=Text)
    status: int = Field(sa_type=BigInt)
    body: bytes = Field(sa_type=LargeBinary)
    at: float = Field(sa_type=Real, index=True)


metadata = SQLModel.metadata


def _table(name: str) -> Table:
    return metadata.tables[name]


PLAYGROUNDS = _table("playgrounds")
KEYS = _table("access_keys")
SIGN_INS = _table("sign_ins")
HELD = _table("held_keys")
BATCHES = _table("batches")
SNAPSHOTS = _table("snapshots")
PLAYGROUND_SNAPSHOTS = _table("playground_snapshots")
ANSWERS = _table("answers")
