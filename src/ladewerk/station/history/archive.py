"""Reading the history: page by page, over a connection of its own, so that nobody who writes waits for who reads."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from ladewerk.station.database_file import DatabaseFile
from ladewerk.station.history import tables
from ladewerk.station.history.gauge import FINEST_S, Reading, merged
from ladewerk.station.history.sessions import Session
from ladewerk.station.history.tables import Plan, Said
from ladewerk.station.history.thinning import TIERS, period_for

T = TypeVar("T")

_PAGE: Final = 1_000
FOR_EVER_S: Final = 253_402_300_799.0
"""The end of the year 9999."""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``from_s`` up to, not including, ``to_s`` (Unix time)."""

    from_s: float = 0.0
    to_s: float = FOR_EVER_S


class Archive:
    """What is kept, and with it what only waits to be written. All methods raise StoreError."""

    def __init__(self, database: DatabaseFile, waiting: Callable[[str], list[Reading]]) -> None:
        self._database = database
        self._waiting = waiting

    async def unit_ids(self) -> list[str]:
        """Every unit that was ever measured."""
        return [name for _, name in await self._database.run(tables.unit_names)]

    async def readings(self, unit_id: str, span: Span) -> AsyncIterator[Reading]:
        """The readings of one unit that begin in ``span``, oldest first."""
        # What is written while this runs is known from here twice, and told once.
        waiting = self._waiting(unit_id)
        last_s = span.from_s - 1e-6
        numbers = {name: number for number, name in await self._database.run(tables.unit_names)}
        for tier in reversed(range(len(TIERS))) if unit_id in numbers else ():
            while True:
                page = await self._database.run(
                    tables.readings_after, numbers[unit_id], tier, after_s=last_s, before_s=span.to_s, at_most=_PAGE
                )
                for reading in page:
                    yield reading
                if not page:
                    break
                last_s = page[-1].begin_s
        for reading in waiting:
            if last_s < reading.begin_s < span.to_s:
                yield reading

    async def overview(self, unit_id: str, span: Span, at_most: int, now_s: float) -> list[Reading]:
        """The same, thinned so far that ``span`` up to now is shown in at most about ``at_most`` readings."""
        shown: list[Reading] = []
        period_s = 0.0
        async for reading in self.readings(unit_id, span):
            if not shown:
                period_s = period_for(min(span.to_s, max(now_s, reading.end_s)) - reading.begin_s, at_most)
            if shown and shown[-1].begin_s // period_s == reading.begin_s // period_s and period_s > FINEST_S:
                shown[-1] = merged(shown[-1], reading)
            else:
                shown.append(reading)
        return shown

    async def sessions(self, span: Span) -> AsyncIterator[Session]:
        """The transactions that began in ``span``, oldest first."""
        after = (span.from_s, "")
        while page := await self._database.run(tables.sessions_after, after=after, before_s=span.to_s, at_most=_PAGE):
            for session in page:
                yield session
            after = (page[-1].began_at.timestamp(), page[-1].transaction_id)

    def plans(self, span: Span) -> AsyncIterator[Plan]:
        """The plans taken in ``span``, oldest first."""
        return self._numbered(tables.plans_after, span)

    def messages(self, span: Span) -> AsyncIterator[Said]:
        """What was said in ``span``, oldest first."""
        return self._numbered(tables.messages_after, span)

    async def _numbered(self, read_after: Callable[..., list[tuple[int, T]]], span: Span) -> AsyncIterator[T]:
        number = 0
        while page := await self._database.run(
            read_after, after=number, from_s=span.from_s, before_s=span.to_s, at_most=_PAGE
        ):
            for _, one in page:
                yield one
            number = page[-1][0]

    async def newest_sessions(self, span: Span, at_most: int) -> list[Session]:
        """The newest transactions that began in ``span``, newest first."""
        return await self._database.run(tables.newest_sessions, span.from_s, span.to_s, at_most)

    async def newest_plans(self, span: Span, at_most: int) -> list[Plan]:
        """The newest plans taken in ``span``, newest first."""
        return await self._database.run(tables.newest_plans, span.from_s, span.to_s, at_most)

    async def newest_messages(self, span: Span, at_most: int) -> list[Said]:
        """What was said last in ``span``, newest first."""
        return await self._database.run(tables.newest_messages, span.from_s, span.to_s, at_most)
