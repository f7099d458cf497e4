"""Which databases are opened, and that the steps of migration lead to the tables of this program."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text

from ladewerk.csms.store import schema
from ladewerk.csms.store.database import open_store
from ladewerk.csms.store.engine import connectable, open_engine
from ladewerk.csms.store.migrations import upgrade
from ladewerk.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")


def open_and_fail(url: str) -> None:
    async def go() -> None:
        async with open_store(url):
            raise AssertionError("opened")

    asyncio.run(go())


def difference(connection: Connection) -> list[object]:
    found: list[object] = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    if connection.dialect.name == "sqlite":
        # There the comparison leaves out the index of an expression, and says so by a warning.
        names = connection.scalars(text("select name from sqlite_master where type = 'index'")).all()
        found += [
            index.name for table in schema.metadata.tables.values() for index in table.indexes if index.name not in names
        ]
    return found


def test_the_steps_of_migration_lead_to_the_tables_of_this_program(database: str) -> None:
    engine, _ = connectable(database)
    with engine.begin() as connection:
        upgrade(connection, "head")
        assert connection.scalar(select(schema.revision.c.version_num)) == schema.REVISION
        assert difference(connection) == []
    engine.dispose()


def test_the_tables_that_a_new_database_gets_are_those_of_this_program(database: str) -> None:
    engine = open_engine(database)
    with engine.begin() as connection:
        assert difference(connection) == []
        connection.execute(text("alter table plans drop column payload"))
        assert difference(connection) != []
        connection.rollback()
    engine.dispose()


def test_an_older_database_is_taken_through_the_steps_or_left_as_it_was(database: str) -> None:
    engine = open_engine(database)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    with pytest.raises(ConfigError, match="newer Ladewerk"):
        open_and_fail(database)
    engine, _ = connectable(database)
    with engine.begin() as connection:
        assert connection.scalar(select(schema.revision.c.version_num)) == "9999"
        schema.metadata.drop_all(connection)
        upgrade(connection, "0001")
    engine.dispose()
    engine = open_engine(database)
    with engine.begin() as connection:
        assert difference(connection) == []
    engine.dispose()


def test_a_database_of_another_program_is_refused_and_left_alone(database: str) -> None:
    engine, _ = connectable(database)
    with engine.begin() as connection:
        connection.execute(text("create table things (id integer)"))
    engine.dispose()
    with pytest.raises(ConfigError, match="another program"):
        open_and_fail(database)
    engine, _ = connectable(database)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["things"]
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not a database URL"),
        ("sqlite://", "not the URL of a database that is kept"),
        ("mysql://host/db", "not the URL of a database that is kept"),
        ("postgresql://host", "not the URL of a database that is kept"),
        ("postgresql://me:secret@127.0.0.1:1/db", "postgresql://me:.*@127.0.0.1:1/db cannot be used: .*refused"),
        ("sqlite:////proc/none/x.sqlite3", "cannot be made"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as refused:
        open_and_fail(url)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite3"
    path.write_text("hello, this is no database at all, only a file of the same name")
    with pytest.raises(ConfigError, match="cannot be used"):
        open_and_fail(f"sqlite:///{path}")


def test_a_start_that_is_interrupted_leaves_an_empty_file(tmp_path: Path) -> None:
    engine, _ = connectable(f"sqlite:///{tmp_path}/csms.sqlite3")
    connection = engine.connect()
    transaction = connection.begin()
    schema.metadata.create_all(connection)
    transaction.rollback()  # as SQLite does with what a killed process leaves
    connection.close()
    engine.dispose()
    file = sqlite3.connect(tmp_path / "csms.sqlite3")
    assert file.execute("select name from sqlite_master").fetchall() == []
    file.close()
