"""How a database gets from any earlier release's tables to these. Alembic is imported only when there is work."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection

HEAD = "v0001"
"""The newest revision under versions/; a database that is there needs no migration."""

_LOCK = 7_083_263_611
"""The PostgreSQL advisory lock that lets one starting process migrate at a time."""


def bring_to_head(connection: Connection) -> None:
    """Migrate the tables inside the caller's transaction, which already excludes other writers on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    if version(connection) == HEAD:
        return
    from alembic import command, config

    settings = config.Config()
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")


def version(connection: Connection) -> str | None:
    """Return the revision the database is at, None for an empty one."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sqlalchemy.text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found else None
