"""An empty database comes to the newest tables, once however many processes start; the tables are what the code says."""

import multiprocessing
from pathlib import Path

import sqlalchemy
from alembic import autogenerate, command, config, script
from alembic.migration import MigrationContext

from app.store import database, migrations, tables

FOLDER = Path(migrations.__file__).parent


def settings() -> config.Config:
    made = config.Config()
    made.set_main_option("script_location", str(FOLDER))
    return made


def test_head_is_the_newest_migration() -> None:
    assert script.ScriptDirectory.from_config(settings()).get_current_head() == migrations.HEAD


def test_the_migrated_tables_are_those_of_the_code(url: str) -> None:
    database.Database(url).close()
    engine = database.make_engine(url, "BEGIN")
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert autogenerate.compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_a_second_start_changes_nothing(url: str) -> None:
    database.Database(url).close()
    again = database.Database(url)
    assert again.read(migrations.version) == migrations.HEAD
    again.close()


def test_migrations_lead_back_to_an_empty_database(url: str) -> None:
    database.Database(url).close()
    engine = database.make_engine(url, "BEGIN IMMEDIATE")
    with engine.begin() as connection:
        chosen = settings()
        chosen.attributes["connection"] = connection
        command.downgrade(chosen, "base")
        assert set(sqlalchemy.inspect(connection).get_table_names()) == {"alembic_version"}
    engine.dispose()


def open_and_close(url: str) -> None:
    database.Database(url).close()


def test_processes_that_start_at_once_on_an_empty_database_all_start(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    starting = [context.Process(target=open_and_close, args=(url,)) for _ in range(3)]
    for process in starting:
        process.start()
    for process in starting:
        process.join(60)
    assert [process.exitcode for process in starting] == [0, 0, 0]


def test_sqlite_is_durable_and_strict(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'podlane.db'}"
    database.Database(url).close()
    engine = database.make_engine(url, "BEGIN IMMEDIATE")
    with engine.begin() as connection:
        told = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
        strict = dict(connection.exec_driver_sql("SELECT name, strict FROM pragma_table_list").all())
    engine.dispose()
    assert told == {"journal_mode": "wal", "synchronous": 2}
    assert all(strict[name] == 1 for name in tables.metadata.tables)
