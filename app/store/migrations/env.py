"""Alembic's entry: runs the migrations on the connection that `bring_to_head` hands over."""

from alembic import context

from app.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    compare_type=True,
)
context.run_migrations()
