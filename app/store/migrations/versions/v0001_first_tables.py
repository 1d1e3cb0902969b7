"""Playgrounds with their keys, journal and snapshots; sign-ins; answers of idempotent calls."""

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None

Integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Real: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
Flag = sa.Boolean().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "playgrounds",
        sa.Column("id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("head", Integer, nullable=False),
        sa.Column("seed", Integer, nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", Real, nullable=False),
        sa.Column("used_at", Real, nullable=False),
        sa.Column("clock_sim", Real, nullable=False),
        sa.Column("clock_wall", Real, nullable=False),
        sa.Column("clock_speed", Real, nullable=False),
        sa.Column("clock_paused", Flag, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_playgrounds_used_at", "playgrounds", ["used_at"])
    op.create_table(
        "access_keys",
        sa.Column("hash", sa.Text(), primary_key=True, nullable=False),
        sa.Column("playground", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("made_at", Real, nullable=False),
        sa.Column("revoked_at", Real, nullable=True),
        sqlite_strict=True,
    )
    op.create_index("ix_access_keys_playground", "access_keys", ["playground"])
    op.create_table(
        "sign_ins",
        sa.Column("hash", sa.Text(), primary_key=True, nullable=False),
        sa.Column("created_at", Real, nullable=False),
        sa.Column("used_at", Real, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_sign_ins_used_at", "sign_ins", ["used_at"])
    op.create_table(
        "held_keys",
        sa.Column("sign_in", sa.Text(), primary_key=True, nullable=False),
        sa.Column("key_hash", sa.Text(), primary_key=True, nullable=False),
        sa.Column("held_at", Real, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_held_keys_key_hash", "held_keys", ["key_hash"])
    op.create_table(
        "batches",
        sa.Column("playground", sa.Text(), primary_key=True, nullable=False),
        sa.Column("first", Integer, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("last", Integer, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "snapshots",
        sa.Column("hash", sa.Text(), primary_key=True, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "playground_snapshots",
        sa.Column("playground", sa.Text(), primary_key=True, nullable=False),
        sa.Column("revision", Integer, primary_key=True, nullable=False, autoincrement=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_playground_snapshots_hash", "playground_snapshots", ["hash"])
    op.create_table(
        "answers",
        sa.Column("scope", sa.Text(), primary_key=True, nullable=False),
        sa.Column("status", Integer, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", Real, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_answers_at", "answers", ["at"])


def downgrade() -> None:
    for name in (
        "answers",
        "playground_snapshots",
        "snapshots",
        "batches",
        "held_keys",
        "sign_ins",
        "access_keys",
        "playgrounds",
    ):
        op.drop_table(name)
