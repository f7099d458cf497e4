"""Every test of the store runs on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgresql import PostgreSql, running_postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSql]:
    with running_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/csms.sqlite3"
    server: PostgreSql = request.getfixturevalue("postgresql_server")
    return server.new_database()
