"""The history of one station, opened: who writes it, and who reads it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ladewerk.clock import Clock
from ladewerk.station.database_file import open_database
from ladewerk.station.history.archive import Archive
from ladewerk.station.history.recorder import Events, Recorder
from ladewerk.station.history.tables import SCHEMA
from ladewerk.station.messages import Messages

NAME: Final = "history.sqlite3"
_MB: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class History:
    """Both ends of it."""

    recorder: Recorder
    archive: Archive


@asynccontextmanager
async def open_history(
    folder: Path, journal: Events, messages: Messages, clock: Clock, *, limit_mb: int, machine_start: str
) -> AsyncIterator[History]:
    """The history in ``folder``, and in ``messages`` what was said before; ``clock`` counts from ``machine_start``.

    Raises StoreError for a folder that cannot be made.
    """
    async with (
        open_database(folder, SCHEMA, name=NAME, durable=False) as written,
        open_database(folder, SCHEMA, name=NAME, durable=False) as read,
    ):
        for file in (written, read):
            file.damaged.connect(messages.say_damaged)
        recorder = Recorder(written, journal, messages, clock, limit_bytes=limit_mb * _MB, machine_start=machine_start)
        archive = Archive(read, recorder.waiting)
        await recorder.recall(archive)
        yield History(recorder, archive)
        await recorder.write()
