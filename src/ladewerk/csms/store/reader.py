"""Reads beside the writer, in threads, and waits a little for a database that is away."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ladewerk.csms.store.writer import PATIENCE_S, RETRY_S, is_away
from ladewerk.errors import StoreError

R = TypeVar("R")


class Reader:
    """Everyone who reads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def read(self, work: Callable[[Connection], R]) -> R:
        """Run ``work`` now, or as soon as a database that is away is back. Raises StoreError."""

        def reading() -> R:
            with self._engine.connect() as connection:
                return work(connection)

        loop = asyncio.get_running_loop()
        due_s = loop.time() + PATIENCE_S
        while True:
            try:
                return await asyncio.to_thread(reading)
            except SQLAlchemyError as err:
                if not is_away(err) or loop.time() >= due_s:
                    raise StoreError(f"the database could not be read: {err}") from err
            await asyncio.sleep(RETRY_S)
