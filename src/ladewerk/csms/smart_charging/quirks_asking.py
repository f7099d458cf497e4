"""Asks each station that has started for its quirks, before it is told any limit."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final

from ladewerk.csms.ledger import Ledger
from ladewerk.csms.smart_charging.quirks import KnownQuirks
from ladewerk.csms.smart_charging.quirks_said import Place, found_quirks, questions, request_of, values_of
from ladewerk.csms.stations.connections import Connection, Connections
from ladewerk.csms.supervision import Tasks
from ladewerk.errors import CallFailed, CallRefused, LocalProtocolError, StoreError
from ladewerk.signals import Signal, connected

_ANSWERED_S: Final = 0.3
"""Its BootNotification is to be answered first."""

_log = logging.getLogger(__name__)


class QuirksAsking:
    """``asked`` announces the key of a station that has answered, or will not."""

    def __init__(self, ledger: Ledger, connections: Connections, tasks: Tasks) -> None:
        self._ledger = ledger
        self._connections = connections
        self._tasks = tasks
        self._asking: dict[str, asyncio.Task[None]] = {}
        self.asked: Signal[str] = Signal()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["QuirksAsking"]:
        """Ask until the context ends."""
        with connected(self._ledger.station_booted.connect(self._start)):
            yield self

    def asks(self, station: str) -> bool:
        """Whether a station is being asked, and not yet to be told anything."""
        return station in self._asking

    def _start(self, station: str) -> None:
        older = self._asking.get(station)
        if older is not None:
            older.cancel()
        self._asking[station] = self._tasks.start(self._ask(station), name=f"ask {station}")

    async def _ask(self, station: str) -> None:
        try:
            await asyncio.sleep(_ANSWERED_S)
            connection = self._connections.of(self._ledger.stations[station].station_id)
            if connection is not None:
                await self._learn(station, connection)
        except StoreError as err:
            _log.warning("station %s: what it says of itself is not kept: %s", station, err)
        finally:
            if self._asking.get(station) is asyncio.current_task():
                del self._asking[station]
                self.asked.emit(station)

    async def _learn(self, station: str, connection: Connection) -> None:
        known = self._ledger.quirks.get(station, KnownQuirks())
        places = questions(connection.version)
        values = await self._values(connection, places)
        # Silence is no answer: what it said before goes on counting.
        found = known.found if values is None else found_quirks(values)
        if found != known.found:
            _log.info("station %s says of itself: %s", connection.session.station_id, found)
        await self._ledger.put_quirks(station, replace(known, found=found))

    async def _values(self, connection: Connection, places: tuple[Place, ...]) -> dict[Place, str] | None:
        """What the station has of ``places``; None where it did not answer. Asked one by one if together is too much."""
        try:
            return values_of(await connection.peer.call(request_of(places)))
        except CallRefused as refused:
            if refused.is_for_good or len(places) == 1:
                return {}
        except LocalProtocolError:
            return {}
        except CallFailed:
            return None
        values: dict[Place, str] = {}
        for place in places:
            one = await self._values(connection, (place,))
            if one is None:
                return None
            values |= one
        return values
