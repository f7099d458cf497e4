"""Opens a database: SQLite by default, PostgreSQL where asked. Its tables are first brought to those of this program."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, insert, inspect, make_url, select, update
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ladewerk.csms.store import schema
from ladewerk.errors import ConfigError

_EXPECTED: Final = "sqlite:////var/lib/ladewerk/csms.sqlite3 or postgresql://USER:PASSWORD@HOST/DATABASE"

_POSTGRESQL: Final = {
    "application_name": "ladewerk-csms",
    "connect_timeout": "5",
    # A server that vanished without a word is given up before a station gives us up.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    # Whatever the server is set to: what is committed survives a power cut.
    "options": "-c synchronous_commit=on -c timezone=UTC",
}


def open_engine(text: str) -> Engine:
    """The database at the URL ``text``, with the tables of this program. Raises ConfigError where it cannot be used."""
    engine, place = connectable(text)
    with prepared(engine, place) as connection:
        found = found_revision(connection, place)
        if found is None:
            schema.metadata.create_all(connection)
            connection.execute(insert(schema.revision).values(version_num=schema.REVISION))
        elif found != schema.REVISION:
            migrate(connection, schema.REVISION, place)
        # Opening succeeds on a read-only file; only a write shows it.
        connection.execute(update(schema.revision).values(version_num=schema.REVISION))
    return engine


@contextmanager
def prepared(engine: Engine, place: str) -> Iterator[Connection]:
    """A transaction in a database that is made ready; ``engine`` is closed where that fails, which raises ConfigError."""
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as err:
        engine.dispose()
        raise ConfigError("database", f"{place} cannot be used: {_reason(err)}") from err
    except BaseException:
        engine.dispose()
        raise


def connectable(text: str) -> tuple[Engine, str]:
    """An engine for the URL ``text`` that nobody has connected yet, and how to call the database. Raises ConfigError."""
    try:
        url = make_url(text)
    except ArgumentError as err:
        raise ConfigError("database", f"{text!r} is not a database URL such as {_EXPECTED}") from err
    match url.get_backend_name():
        case "sqlite" if url.database not in {None, "", ":memory:"}:
            return _sqlite(url), str(url.database)
        case "postgresql" if url.database:
            return _postgresql(url), url.render_as_string()
    raise ConfigError("database", f"{url.render_as_string()} is not the URL of a database that is kept: give {_EXPECTED}")


def _sqlite(url: URL) -> Engine:
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError("database", f"the folder {folder} cannot be made: {err.strerror}") from err
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgresql(url: URL) -> Engine:
    try:
        # A connection that broke while it was idle is noticed before it is used.
        return create_engine(
            url.set(drivername="postgresql+psycopg"), connect_args=_POSTGRESQL, pool_pre_ping=True, hide_parameters=True
        )
    except ModuleNotFoundError as err:
        raise ConfigError("database", "PostgreSQL needs its driver: pip install 'ladewerk[postgresql]'") from err


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # The driver begins no transaction before it makes tables or reads; ``_begin_sqlite`` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Readers never wait for the writer, and what is committed survives a power cut.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=5000")
    # What takes a savepoint back need not outlive the program: as a file it is made and removed for every group of writes.
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def found_revision(connection: Connection, place: str) -> str | None:
    """What the database is at; None where it is empty. Raises ConfigError where it is none of ours."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    found = connection.scalar(select(schema.revision.c.version_num)) if schema.revision.name in tables else None
    if found is None or schema.stations.name not in tables:
        raise ConfigError("database", f"{place} is a database of another program; give another one")
    return str(found)


def migrate(connection: Connection, revision: str, place: str) -> None:
    """Take every step to ``revision``. Raises ConfigError where there is no such way."""
    # Alembic costs a quarter of a second, and only a new version of this program needs it.
    from ladewerk.csms.store.migrations import UnknownRevision, upgrade

    try:
        upgrade(connection, revision)
    except UnknownRevision as err:
        raise ConfigError(
            "database",
            f"{place} was used by a newer Ladewerk than this, whose own revision of the tables is {schema.REVISION}: "
            "run that one, or restore an older backup into another database",
        ) from err


def _reason(err: SQLAlchemyError) -> str:
    lines = str(getattr(err, "orig", None) or err).strip().splitlines()
    return lines[0] if lines else type(err).__name__
