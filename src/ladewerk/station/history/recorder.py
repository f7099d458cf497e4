"""The one who writes the history: what is seen and said is collected, and written as a group once a minute.

Sessions are read from the journal, which has their events first: a program that is killed loses the readings and messages of
its last minute, and no session. Nothing here keeps a unit waiting, and a disk that refuses costs the history alone.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Final, Protocol

from ladewerk.clock import Clock
from ladewerk.electrical import power_w
from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.station.control import UnitControl
from ladewerk.station.database_file import DatabaseFile, transaction
from ladewerk.station.history import dating, tables
from ladewerk.station.history.archive import Archive, Span
from ladewerk.station.history.bound import give_back, limit_size, shrink_step, thin_step
from ladewerk.station.history.dating import dated_plan, dated_reading, dated_said, dated_session
from ladewerk.station.history.gauge import Gauge, Reading, Sample
from ladewerk.station.history.sessions import Session, followed
from ladewerk.station.history.tables import Plan, Said
from ladewerk.station.messages import KEPT, Message, Messages
from ladewerk.station.unit.actions import Level
from ladewerk.station.unit.state import UnitState
from ladewerk.station.wall_clock import is_time

GROUP_S: Final = 60.0
_SOON_S: Final = 2.0
"""What somebody may look for at once, a session or an error, does not wait for its group."""
_GROUPS_A_SESSION: Final = 10
"""Every so many groups the energy of an open session is brought up to date; each time costs as much as five groups."""
_TIDY_S: Final = 3_600.0
_MOST_WAITING: Final = 20_000
"""So many readings and messages wait for a disk that refuses; of more the oldest are lost."""
_EVENTS_AT_ONCE: Final = 500


class Events(Protocol):
    """The journal, as far as sessions need it."""

    async def events_after(self, number: int, at_most: int) -> list[tuple[int, v21.TransactionEventRequest]]:
        """The next committed events behind ``number``, in their order."""
        ...


class Recorder:
    """Listens to units and messages. ``run`` writes and ``tidy`` thins, both for ever."""

    def __init__(
        self,
        database: DatabaseFile,
        journal: Events,
        messages: Messages,
        clock: Clock,
        *,
        limit_bytes: int,
        machine_start: str,
    ) -> None:
        self._database = database
        self._journal = journal
        self._messages = messages
        self._clock = clock
        self._limit_bytes = limit_bytes
        self._gauges: dict[str, Gauge] = {}
        self._metered_s: dict[str, float | None] = {}
        self._plans_seen: dict[str, object] = {}
        self._transactions: dict[str, str | None] = {}
        self._unit_ids: dict[int, str] = {}
        self._readings: deque[tuple[str, Reading]] = deque(maxlen=_MOST_WAITING)
        self._said: deque[Said] = deque(maxlen=_MOST_WAITING)
        self._plans: deque[Plan] = deque(maxlen=_MOST_WAITING)
        self._costs: dict[str, float] = {}
        self._soon = asyncio.Event()
        self._refused = False
        self._machine_start = machine_start
        self._dated: bool | None = None
        """Whether what was written without a time is dated; None where it is not even known of which start it is."""
        self._writing = asyncio.Lock()
        messages.said.connect(self._hear)

    def follow(self, unit: UnitControl) -> None:
        """Write down what this unit measures and plans from now on."""
        self._gauges[unit.unit_id] = Gauge()
        self._metered_s[unit.unit_id] = None
        self._transactions[unit.unit_id] = None
        self._unit_ids[unit.evse_id] = unit.unit_id
        unit.changed.connect(self._look)

    def price(self, told: tuple[str, float]) -> None:
        """The CSMS says what a transaction, named by its id, costs so far, in its own currency."""
        transaction_id, cost = told
        self._costs[transaction_id] = cost

    def forget(self, unit: UnitControl) -> None:
        """The unit is no more; what was measured of it stays."""
        self._gauges.pop(unit.unit_id, None)
        self._unit_ids.pop(unit.evse_id, None)
        unit.changed.disconnect(self._look)

    async def recall(self, archive: Archive) -> None:
        """Give the page what was said before this start; where that cannot be read, the page begins empty."""
        with suppress(StoreError):  # said by the writer
            await self._date()
            said = await archive.newest_messages(Span(), KEPT)
            self._messages.recall(_message(one) for one in reversed(said))

    def waiting(self, unit_id: str) -> list[Reading]:
        """Readings of a unit that are not written yet, oldest first, the open one last."""
        gauge = self._gauges.get(unit_id)
        latest = [] if gauge is None or gauge.open is None else [gauge.open]
        readings = [reading for name, reading in self._readings if name == unit_id] + latest
        behind_s = self._behind_s()
        return readings if behind_s is None else [dated_reading(one, behind_s) for one in readings]

    def _look(self, unit: UnitControl) -> None:
        state = unit.state
        if state.meter is not None and state.meter_seen_s != self._metered_s[unit.unit_id]:
            self._metered_s[unit.unit_id] = state.meter_seen_s
            finished = self._gauges[unit.unit_id].add(_sample(unit, state))
            if finished is not None:
                self._readings.append((unit.unit_id, finished))
        transaction_id = None if unit.transaction is None else unit.transaction.transaction_id
        if state.planned is not None and state.planned_at != self._plans_seen.get(unit.unit_id):
            self._plans_seen[unit.unit_id] = state.planned_at
            self._plans.append(_plan(unit, state, transaction_id))
        if transaction_id != self._transactions[unit.unit_id]:
            self._transactions[unit.unit_id] = transaction_id
            self._soon.set()

    def _hear(self, message: Message) -> None:
        self._said.append(
            Said(
                at_s=message.at.timestamp(),
                unit_id=message.unit_id,
                level=message.level.value,
                code=message.code,
                params=dict(message.params),
                text=message.text,
            )
        )
        if message.level is Level.ERROR:
            self._soon.set()

    async def run(self) -> None:
        """Write a group each minute, sooner where somebody may look for it."""
        for group in count(1):
            self._soon.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(GROUP_S):
                    await self._soon.wait()
            if self._soon.is_set():
                await asyncio.sleep(_SOON_S)
            await self.write(with_sessions=self._soon.is_set() or group % _GROUPS_A_SESSION == 0)

    async def write(self, *, with_sessions: bool = True) -> None:
        """Write what waits; what the disk refuses waits on, and that is said once."""
        async with self._writing:
            try:
                await self._date()
                if with_sessions:
                    await self._follow_journal()
                    await self._write_costs()
                await self._write_group()
            except StoreError as err:
                if not self._refused:
                    self._refused = True
                    self._messages.say(Level.ERROR, "history_not_written", {"why": str(err)})
                return
        if self._refused:
            self._refused = False
            self._messages.say(Level.INFO, "history_written_again", {})

    def time_found(self, _behind: timedelta) -> None:
        """What was written without a time is dated soon."""
        self._soon.set()

    def _behind_s(self) -> float | None:
        """By how much the count from the start of the machine is behind the time; None while nobody knows it."""
        now = self._clock.now()
        return now.timestamp() - self._clock.monotonic() if is_time(now) else None

    async def _date(self) -> None:
        """Date what is written already, once the time is known."""
        if self._dated is None:
            await self._database.run(dating.begin, self._machine_start)
            self._dated = False
        behind_s = self._behind_s()
        if not self._dated and behind_s is not None:
            await self._database.run(dating.date_rows, behind_s)
            self._dated = True

    async def _write_group(self) -> None:
        readings, said, plans = list(self._readings), list(self._said), list(self._plans)
        if not (readings or said or plans):
            return
        await self._database.run(_put_group, readings, said, plans, self._behind_s())
        # More may have come meanwhile, behind what was written.
        for queue, written in ((self._readings, readings), (self._said, said), (self._plans, plans)):
            for _ in range(min(len(queue), len(written))):
                queue.popleft()

    async def _write_costs(self) -> None:
        costs = dict(self._costs)
        if costs:
            await self._database.run(_put_costs, costs)
            self._costs = {one: cost for one, cost in self._costs.items() if costs.get(one) != cost}

    async def _follow_journal(self) -> None:
        number = await self._database.run(tables.journal_number)
        while events := await self._journal.events_after(number, _EVENTS_AT_ONCE):
            number = events[-1][0]
            read = [event for _, event in events]
            await self._database.run(_put_events, read, number, dict(self._unit_ids), self._behind_s())

    async def tidy(self) -> None:
        """Thin what has come of age, and keep the size, now and each hour."""
        while True:
            with suppress(StoreError):  # said by the writer
                async with self._writing:
                    await self._date()  # what is undated would be thinned as if it were old
                await self._until_done(thin_step)
                await self._until_done(partial(shrink_step, limit_bytes=self._limit_bytes))
                await self._database.run(give_back, self._limit_bytes)
                await self._database.run(limit_size, self._limit_bytes)
            await asyncio.sleep(_TIDY_S)

    async def _until_done(self, tidy_step: Callable[[sqlite3.Connection, float], bool]) -> None:
        """Take steps until one finds nothing to do; who writes gets the database between them."""
        while await self._database.run(tidy_step, self._clock.now().timestamp()):
            pass


def _message(said: Said) -> Message:
    at = datetime.fromtimestamp(said.at_s, UTC)
    return Message(at, Level(said.level), said.code, said.params, said.text, said.unit_id)


def _sample(unit: UnitControl, state: UnitState) -> Sample:
    assert state.meter is not None  # asked by the caller
    now = unit.now
    planned_w = None if state.planned is None else power_w(state.planned.limit_a(now), phases=state.rules.phases)
    return Sample(
        at=now,
        power_w=state.meter.total_power_w,
        register_wh=state.meter.energy_register_wh,
        offered_a=state.offer_a,
        planned_w=planned_w,
    )


def _plan(unit: UnitControl, state: UnitState, transaction_id: str | None) -> Plan:
    assert state.planned is not None  # asked by the caller
    line = state.planned.line
    periods = tuple((start.timestamp(), value) for start, value in zip(line.starts, line.values, strict=True))
    return Plan(at_s=unit.now.at.timestamp(), unit_id=unit.unit_id, transaction_id=transaction_id, periods=periods)


def _put_group(
    database: sqlite3.Connection,
    readings: list[tuple[str, Reading]],
    said: list[Said],
    plans: list[Plan],
    behind_s: float | None,
) -> None:
    if behind_s is not None:
        readings = [(unit_id, dated_reading(one, behind_s)) for unit_id, one in readings]
        said = [dated_said(one, behind_s) for one in said]
        plans = [dated_plan(one, behind_s) for one in plans]
    with transaction(database):
        tables.put_readings(database, 0, readings)
        tables.put_messages(database, said)
        tables.put_plans(database, plans)


def _put_costs(database: sqlite3.Connection, costs: dict[str, float]) -> None:
    with transaction(database):
        tables.put_costs(database, costs)


def _put_events(
    database: sqlite3.Connection,
    events: list[v21.TransactionEventRequest],
    number: int,
    unit_ids: Mapping[int, str],
    behind_s: float | None,
) -> None:
    whose = {event.transaction_info.transaction_id for event in events}
    sessions: dict[str, Session] = tables.sessions_of(database, whose)
    for event in events:
        one = event.transaction_info.transaction_id
        sessions[one] = followed(sessions.get(one), event, unit_ids)
        if behind_s is not None:
            sessions[one] = dated_session(sessions[one], behind_s)
    with transaction(database):
        tables.put_sessions(database, sessions.values(), number)
