"""Looks at a database without changing it: whether a CSMS could be started on it."""

import os
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ladewerk.csms.store import schema
from ladewerk.csms.store.engine import connectable, found_revision, prepared
from ladewerk.errors import ConfigError


def looked_at(url: str) -> str:
    """What there is at ``url``, in a few words. Raises ConfigError with the reason where no CSMS can use it."""
    file = _sqlite_file(url)
    if file is not None and not file.exists():
        return _room_for(file)
    if file is not None and not os.access(file, os.R_OK | os.W_OK):
        raise ConfigError("database", f"{file} may not be read and written by this user; see its owner and mode")
    engine, place = connectable(url)
    try:
        with prepared(engine, place) as connection:
            found = found_revision(connection, place)
    finally:
        engine.dispose()
    if found is None:
        return f"{place} is empty; its tables are made at the first start"
    if found == schema.REVISION:
        return f"{place} is as this version has it"
    if found > schema.REVISION:
        raise ConfigError("database", f"{place} was used by a newer Ladewerk: run that one, or restore an older backup")
    return f"{place} is of an older version; the next start takes it from revision {found} to {schema.REVISION}"


def _sqlite_file(text: str) -> Path | None:
    try:
        url = make_url(text)
    except ArgumentError:
        return None  # connectable says what is wrong with it
    is_file = url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}
    return Path(str(url.database)) if is_file else None


def _room_for(file: Path) -> str:
    folder = next(folder for folder in file.absolute().parents if folder.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError("database", f"{file} cannot be made: no permission to write into {folder}")
    return f"{file} is made at the first start"
