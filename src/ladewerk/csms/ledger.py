"""What the CSMS knows at this moment: written to the store first, known afterwards.

Whoever is told something by the ledger may rely on it being on disk. The ledger announces changes; it decides nothing.
"""

import asyncio
import dataclasses
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypedDict, Unpack

from ladewerk.csms.limit.allocation import EvseKey, Outlet
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import (
    ChargingNeed,
    ConnectorStatus,
    NeedState,
    StationRecord,
    StoredPlan,
    station_key,
)
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, KnownQuirks, Quirks
from ladewerk.csms.store.ports import EventRecord, Notification, Remembered, Store
from ladewerk.csms.transactions import Transaction, after_event, after_readings
from ladewerk.csms.watching.redaction import redacted
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload, write
from ladewerk.signals import Signal

__all__ = ["EvseKey", "Ledger", "WaitingStation", "starting_site"]

_MOST_WAITING: Final = 100
_MOST_UNWANTED: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingStation:
    """A station that nobody has approved, which tried to connect."""

    station_id: str
    last_seen: datetime
    remote: str


class StationChange(TypedDict, total=False):
    """Fields of a :class:`StationRecord` that change."""

    version: str | None
    vendor: str | None
    model: str | None
    firmware: str | None
    serial_number: str | None
    booted_at: datetime | None
    last_seen: datetime | None
    security_profile: int


class Ledger:
    """Stations, connectors, transactions, needs, plans and the site."""

    def __init__(self, store: Store, remembered: Remembered, site: Site, configured_site: Site | None) -> None:
        self._store = store
        self._configured_site = configured_site
        self._last_plan_number = remembered.last_plan_number
        self.site = site
        self.stations = {station.key: station for station in remembered.stations}
        self.quirks = dict(remembered.quirks)
        self.waiting: dict[str, WaitingStation] = {}
        self._unwanted: dict[str, None] = {}
        self.connectors = {
            (station_key(status.station_id), status.evse_id, status.connector_id): status for status in remembered.connectors
        }
        self._transactions = {(station_key(tx.station_id), tx.transaction_id): tx for tx in remembered.transactions}
        self._latest: dict[EvseKey, Transaction] = {}
        for transaction in sorted(remembered.transactions, key=lambda tx: tx.began_at):
            if transaction.evse_id is not None:
                self._latest[station_key(transaction.station_id), transaction.evse_id] = transaction
        self.needs: dict[EvseKey, ChargingNeed] = {
            (station_key(need.station_id), need.evse_id): need for need in remembered.needs
        }
        self.plans: dict[EvseKey, StoredPlan] = {}
        for plan in sorted((*remembered.plans, *remembered.accepted_plans), key=lambda plan: plan.number):
            self.plans[station_key(plan.station_id), plan.evse_id] = plan
        self.changed: Signal[None] = Signal()
        self.need_said: Signal[EvseKey] = Signal()
        """A need that can be planned: it is new, or its transaction has begun."""
        self.car_waits: Signal[EvseKey] = Signal()
        """A car negotiates: it goes on when it gets a profile, be it the one it has (K15, K16, K17)."""
        self.transaction_ended: Signal[EvseKey] = Signal()
        self.site_changed: Signal[None] = Signal()
        self.evse_seen: Signal[EvseKey] = Signal()
        """An EVSE that said something, perhaps for the first time."""
        self.station_booted: Signal[str] = Signal()
        """The key of a station whose BootNotification was accepted."""
        self.quirks_changed: Signal[str] = Signal()
        """The key of a station of which something else is known."""
        # What a transaction is after an event depends on the event before it.
        self._one_at_a_time: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        # A need is written before it is known: who changes one that somebody replaces meanwhile would bring the old back.
        self._one_need_at_a_time: defaultdict[EvseKey, asyncio.Lock] = defaultdict(asyncio.Lock)
        # A change of some fields must not bring back what another has just replaced.
        self._record_of: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    # -- stations -------------------------------------------------------------------------------------------------------

    async def put_station(self, station: StationRecord) -> None:
        """Know a station, newly or differently."""
        await self._store.put_station(station)
        self.stations[station.key] = station
        self.waiting.pop(station.key, None)
        self._unwanted.pop(station.key, None)
        self.changed.emit(None)

    def note_waiting(self, station_id: str, remote: str, now: datetime) -> None:
        """A station nobody knows tried to connect; the newest hundred are remembered, in memory alone."""
        if station_key(station_id) in self._unwanted:
            return
        self.waiting.pop(station_key(station_id), None)
        self.waiting[station_key(station_id)] = WaitingStation(station_id=station_id, last_seen=now, remote=remote)
        while len(self.waiting) > _MOST_WAITING:
            del self.waiting[next(iter(self.waiting))]
        self.changed.emit(None)

    def turn_away(self, key: str) -> bool:
        """A waiting station shall not be listed again, until it is added or the CSMS starts anew; False if none waits."""
        if self.waiting.pop(key, None) is None:
            return False
        self._unwanted[key] = None
        while len(self._unwanted) > _MOST_UNWANTED:
            del self._unwanted[next(iter(self._unwanted))]
        self.changed.emit(None)
        return True

    def note_seen(self, key: str, now: datetime) -> None:
        """A station was here until now; in memory alone, the next connection writes it down."""
        self.stations[key] = dataclasses.replace(self.stations[key], last_seen=now)
        self.changed.emit(None)

    async def change_station(self, key: str, **changes: Unpack[StationChange]) -> None:
        """Change some fields of a known station's record."""
        async with self._record_of[key]:
            await self.put_station(dataclasses.replace(self.stations[key], **changes))
        if changes.get("booted_at") is not None:
            self.station_booted.emit(key)

    async def change_password(self, key: str, change: Callable[[str], str]) -> None:
        """Put what ``change`` makes of the hashes of a station's password in their place; one without has none to change."""
        async with self._record_of[key]:
            station = self.stations[key]
            if station.password_hash is not None and (after := change(station.password_hash)) != station.password_hash:
                await self.put_station(dataclasses.replace(station, password_hash=after))

    def quirks_of(self, key: str) -> Quirks:
        """What to reckon with at a station."""
        known = self.quirks.get(key)
        return NO_QUIRKS if known is None else known.used()

    async def put_quirks(self, key: str, known: KnownQuirks) -> None:
        """Something was found out, or said, about a known station."""
        if self.quirks.get(key, KnownQuirks()) == known:
            return
        await self._store.put_quirks(key, known)
        self.quirks[key] = known
        self.quirks_changed.emit(key)
        self.changed.emit(None)

    async def put_connector(self, status: ConnectorStatus) -> None:
        """A connector said how it is."""
        await self._store.put_connector(status)
        self.connectors[station_key(status.station_id), status.evse_id, status.connector_id] = status
        self.evse_seen.emit((station_key(status.station_id), status.evse_id))
        self.changed.emit(None)

    async def keep(self, station_id: str, action: str, at: datetime, message: Payload) -> None:
        """Keep a message that changes nothing else."""
        payload = redacted(write(message).decode())
        await self._store.add_notification(Notification(station_id=station_id, action=action, at=at, payload=payload))

    # -- transactions ---------------------------------------------------------------------------------------------------

    async def add_event(
        self, station_id: str, event: v21.TransactionEventRequest, received_at: datetime, *, authorized_by: str = ""
    ) -> Transaction | None:
        """Write an event down; the transaction after it, or None if that event was already known (a station repeats what
        it got no answer to)."""
        async with self._one_at_a_time[station_key(station_id)]:
            return await self._add_event(station_id, event, received_at, authorized_by)

    async def _add_event(
        self, station_id: str, event: v21.TransactionEventRequest, received_at: datetime, authorized_by: str
    ) -> Transaction | None:
        key = (station_key(station_id), event.transaction_info.transaction_id)
        before = self._transactions.get(key) or await self._store.transaction(*key)
        after = after_event(before, station_id, event, authorized_by=authorized_by)
        record = EventRecord(
            station_id=station_id,
            transaction_id=after.transaction_id,
            seq_no=event.seq_no,
            event_type=str(event.event_type),
            trigger_reason=str(event.trigger_reason),
            at=event.timestamp,
            received_at=received_at,
            offline=event.offline is True,
            payload=write(event).decode(),
        )
        if not await self._store.add_event(record, after):
            return None
        self._know(after)
        await self._follow_transaction(after)
        return after

    async def add_readings(self, station_id: str, evse_id: int, readings: tuple[v21.MeterValueType, ...]) -> None:
        """Meter values sent apart from the transaction that runs on their EVSE."""
        async with self._one_at_a_time[station_key(station_id)]:
            transaction = self.open_transaction((station_key(station_id), evse_id))
            if transaction is None:
                return
            after = after_readings(transaction, readings)
            await self._store.put_transaction(after)
            self._know(after)

    async def _follow_transaction(self, transaction: Transaction) -> None:
        """A need said before its transaction began belongs to it; one whose transaction has ended is over."""
        if transaction.evse_id is None:
            return
        key = (station_key(transaction.station_id), transaction.evse_id)

        def belongs(need: ChargingNeed) -> ChargingNeed:
            if transaction.is_open and need.transaction_id is None:
                return dataclasses.replace(
                    need, transaction_id=transaction.transaction_id, register_wh=transaction.register_wh
                )
            if not transaction.is_open and need.transaction_id == transaction.transaction_id:
                return dataclasses.replace(need, state=NeedState.ENDED, reason="")
            return need

        if key in self.needs and await self._change_need(key, belongs) and transaction.is_open:
            self.need_said.emit(key)
        if not transaction.is_open:
            self.transaction_ended.emit(key)

    def _know(self, transaction: Transaction) -> None:
        key = station_key(transaction.station_id)
        if transaction.is_open:
            self._transactions[key, transaction.transaction_id] = transaction
        else:
            self._transactions.pop((key, transaction.transaction_id), None)
        if transaction.evse_id is not None:
            latest = self._latest.get((key, transaction.evse_id))
            # Of two that are open on an EVSE the end of the older was lost: it is not the one that runs, whatever it says.
            overtakes = transaction.is_open and (
                latest is None or not latest.is_open or transaction.began_at >= latest.began_at
            )
            if latest is None or overtakes or latest.transaction_id == transaction.transaction_id:
                self._latest[key, transaction.evse_id] = transaction
            self.evse_seen.emit((key, transaction.evse_id))
        self.changed.emit(None)

    async def past_transactions(self, id_token: str, limit: int) -> list[Transaction]:
        """The newest ``limit`` transactions of an id token that have ended, newest first."""
        return await self._store.past_transactions(id_token, limit)

    def open_transaction(self, key: EvseKey) -> Transaction | None:
        """The transaction that runs on an EVSE."""
        latest = self._latest.get(key)
        return latest if latest is not None and latest.is_open else None

    def who_else_has(self, key: str, transaction_id: str) -> str | None:
        """Another station at which a transaction of that id runs, where none of it runs at the station ``key``."""
        if (key, transaction_id) in self._transactions:
            return None
        return next((tx.station_id for (_, known), tx in self._transactions.items() if known == transaction_id), None)

    def running(self, key: str, transaction_id: str) -> Transaction | None:
        """The transaction of that identity at the station ``key``, while it has not ended."""
        return self._transactions.get((key, transaction_id))

    def open_transactions(self) -> list[Transaction]:
        """Every transaction that has not ended."""
        return list(self._transactions.values())

    def overtaken(self, transaction: Transaction) -> bool:
        """Whether another has begun on its EVSE since: it is over, and its end was lost."""
        if transaction.evse_id is None:
            return False
        latest = self._latest.get((station_key(transaction.station_id), transaction.evse_id))
        return (
            latest is not None
            and latest.transaction_id != transaction.transaction_id
            and latest.began_at >= transaction.began_at
        )

    def latest_transaction(self, key: EvseKey) -> Transaction | None:
        """The transaction that runs on an EVSE, or else the last one that did since the CSMS started."""
        return self._latest.get(key)

    def evse_keys(self) -> list[EvseKey]:
        """Every EVSE that ever said something, in order."""
        return sorted({(key, evse_id) for key, evse_id, _ in self.connectors} | set(self._latest) | set(self.needs))

    # -- needs and plans ------------------------------------------------------------------------------------------------

    async def take_need(self, need: ChargingNeed) -> None:
        """A station has said what the car at an EVSE needs."""
        key = (station_key(need.station_id), need.evse_id)
        async with self._one_need_at_a_time[key]:
            await self._put_need(key, need)
        if need.transaction_id is not None:
            self.need_said.emit(key)

    async def _change_need(self, key: EvseKey, change: Callable[[ChargingNeed], ChargingNeed]) -> bool:
        """Whether the need of an EVSE is another now; ``change`` is given the newest, which nobody replaces meanwhile."""
        async with self._one_need_at_a_time[key]:
            need = self.needs.get(key)
            if need is None or (changed := change(need)) == need:
                return False
            await self._put_need(key, changed)
            return True

    async def _put_need(self, key: EvseKey, need: ChargingNeed) -> None:
        await self._store.put_need(need)
        self.needs[key] = need
        self.changed.emit(None)

    async def move_need(self, key: EvseKey, state: NeedState, reason: str = "") -> None:
        """A need has come further; one that is over stays so."""

        def moved(need: ChargingNeed) -> ChargingNeed:
            return need if need.state is NeedState.ENDED else dataclasses.replace(need, state=state, reason=reason)

        await self._change_need(key, moved)

    def next_plan_number(self) -> int:
        """A number that no plan had before."""
        self._last_plan_number += 1
        return self._last_plan_number

    async def add_plan(self, plan: StoredPlan) -> None:
        """A new plan for an EVSE."""
        await self._store.add_plan(plan)
        self.plans[station_key(plan.station_id), plan.evse_id] = plan
        self.changed.emit(None)

    async def accept_plan(self, plan: StoredPlan, now: datetime) -> None:
        """The station took the whole of ``plan`` over."""
        await self._store.accept_plan(plan.number, now)

    async def put_outlet(self, key: EvseKey, outlet: Outlet) -> None:
        """Keep what an EVSE may draw."""
        await self._store.put_outlet(key, outlet)

    # -- site -----------------------------------------------------------------------------------------------------------

    async def put_site(self, site: Site) -> None:
        """Change the site, for the next start too."""
        await self._store.put_site(site, self._configured_site)
        self.site = site
        self.changed.emit(None)
        self.site_changed.emit(None)


def starting_site(remembered: Remembered, configured: Site | None) -> Site:
    """The site a starting CSMS has: the last word counts.

    What was changed while running holds as long as the configuration file says what it said then; once the file says
    something else, the file holds.
    """
    if remembered.site is not None and (configured is None or configured == remembered.configured_site):
        return remembered.site
    return configured or Site()
