"""Poll, step, act: readings become events of the units, and what their tables answer is carried out.

Two loops read the hardware of any number of units, one the boards, one the meters. :class:`UnitControl` holds one unit's
state and does what :func:`~ladewerk.station.unit.step` says; it decides nothing about charging itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from uuid import uuid4

from ladewerk.clock import Clock
from ladewerk.errors import DeviceError
from ladewerk.signals import Signal
from ladewerk.station import transaction as transactions
from ladewerk.station.actions import (
    Action,
    AllowSupply,
    AuthorizeTransaction,
    BeginTransaction,
    EndTransaction,
    Level,
    MoveLock,
    OpenContactor,
    Refuse,
    RequestPlan,
    Say,
    SetCurrent,
    StartSelfTest,
)
from ladewerk.station.drivers.ports import Evse, Lock, Meter
from ladewerk.station.events import Device, DeviceMissed, Event, EvseSeen, LockFailed, LockMoved, MeterSeen, Tick
from ladewerk.station.history import History
from ladewerk.station.journal import Journal
from ladewerk.station.messages import Messages
from ladewerk.station.moment import Moment
from ladewerk.station.needs import Needs
from ladewerk.station.transaction import RemoteStart, Transaction
from ladewerk.station.unit import step
from ladewerk.station.unit_state import ENERGISED, Rules, UnitState

_log = logging.getLogger(__name__)

_SAFE_CURRENT_A: Final = 0.0

Order = SetCurrent | OpenContactor | AllowSupply | StartSelfTest


class UnitControl:
    """One charging unit with its hardware; ``needs_to_send`` announces the needs that its table wants at the CSMS."""

    def __init__(
        self,
        unit_id: str,
        evse_id: int,
        rules: Rules,
        *,
        evse: Evse,
        meter: Meter,
        lock: Lock | None,
        clock: Clock,
        journal: Journal,
        messages: Messages,
        meter_values_s: float,
    ) -> None:
        self.unit_id = unit_id
        self.evse_id = evse_id
        # Where the bolt stands is unknown at start, so it counts as locked until it was driven back.
        self.state = UnitState(rules=rules, locked=lock is not None, evse_seen_s=clock.monotonic())
        self.transaction: Transaction | None = None
        self.history = History()
        self.safe = False
        """Whether the board took that it has to offer no current, when that was last said before or after all else."""
        self.changed: Signal[UnitControl] = Signal()
        self.needs_to_send: Signal[tuple[UnitControl, Needs]] = Signal()
        self._evse = evse
        self._meter = meter
        self._lock = lock
        self._clock = clock
        self._journal = journal
        self._messages = messages
        self._meter_values_s = meter_values_s
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._lock_moves: asyncio.Queue[MoveLock] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._remote_start: RemoteStart | None = None

    @property
    def now(self) -> Moment:
        return Moment.of(self._clock)

    def handle(self, event: Event) -> Refuse | None:
        """Let ``event`` happen to the unit; what it was refused, if it was an order."""
        now = self.now
        self.state, actions = step(self.state, event, now)
        refused: Refuse | None = None
        for action in actions:
            if isinstance(action, Refuse):
                refused = action
            else:
                self._do(action, now)
        self._report(now)
        self._wake_at_next_slot(now)
        self.changed.emit(self)
        return refused

    def handle_remote_start(self, event: Event, asked: RemoteStart) -> Refuse | None:
        """The same for a start that the CSMS asks for: a transaction that is authorized by it says for whom."""
        self._remote_start = asked
        try:
            return self.handle(event)
        finally:
            self._remote_start = None

    def _wake_at_next_slot(self, now: Moment) -> None:
        """Slots begin on time, not with the next poll after them."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.state.phase not in ENERGISED:
            return
        followed = [line for line in (self.state.planned, self.state.ceiling) if line is not None]
        waits_s = [wait_s for line in followed if (wait_s := line.next_change_in_s(now)) is not None]
        if waits_s:
            self._timer = asyncio.get_running_loop().call_later(min(waits_s), self.handle, Tick())

    def _do(self, action: Action, now: Moment) -> None:
        match action:
            case SetCurrent() | OpenContactor() | AllowSupply() | StartSelfTest():
                self._orders.put_nowait(action)
            case MoveLock():
                self._lock_moves.put_nowait(action)
            case RequestPlan(needs):
                self.needs_to_send.emit((self, needs))
            case Say(level, code, params):
                self._messages.say(level, code, params, unit_id=self.unit_id)
            case BeginTransaction(plugged_now):
                begun = transactions.begin(str(uuid4()), self.evse_id, self.state, now, plugged_now=plugged_now)
                self._keep(begun)
            case AuthorizeTransaction():
                if self.transaction is not None:
                    self._keep(transactions.authorized(self.transaction, now, self._remote_start))
            case EndTransaction(reason):
                if self.transaction is not None:
                    self._keep(transactions.end(self.transaction, reason, self.state, now))
                    self.transaction = None

    def _keep(self, reported: transactions.Reported) -> None:
        self.transaction, event = reported
        self._journal.append(event)

    def _report(self, now: Moment) -> None:
        if self.transaction is not None:
            self.transaction, events = transactions.follow(self.transaction, self.state, now, period_s=self._meter_values_s)
            for event in events:
                self._journal.append(event)

    def report_now(self) -> bool:
        """An event that the CSMS asked for; False where no transaction is open."""
        if self.transaction is None:
            return False
        self._keep(transactions.asked_for(self.transaction, self.state, self.now))
        return True

    # The hardware

    async def make_safe(self) -> None:
        """The first word to the board after a start: no current. A silent board is told again as soon as it answers."""
        try:
            await self._evse.set_current(_SAFE_CURRENT_A)
        except DeviceError as err:
            self._messages.say(Level.ERROR, "order_failed", {"why": str(err)}, unit_id=self.unit_id)
            self.safe = False
        else:
            self.safe = True

    async def poll_board(self) -> None:
        """Read the board once; time passes for the unit whether it answers or not."""
        try:
            reading = await self._evse.read()
        except DeviceError as err:
            _log.info("%s: %s", self.unit_id, err)
            self.handle(DeviceMissed(Device.EVSE, str(err)))
        else:
            self.handle(EvseSeen(reading))
        self.handle(Tick())

    async def poll_meter(self) -> None:
        """Read the meter once."""
        try:
            reading = await self._meter.read()
        except DeviceError as err:
            _log.info("%s: %s", self.unit_id, err)
            self.handle(DeviceMissed(Device.METER, str(err)))
        else:
            self.handle(MeterSeen(reading))
            self.history.add(self.state, self.now)

    async def act(self) -> None:
        """Carry out the orders to the board, for ever, in their order."""
        while True:
            order = await self._orders.get()
            try:
                await self._carry_out(order)
            except DeviceError as err:
                self._messages.say(Level.WARNING, "order_failed", {"why": str(err)}, unit_id=self.unit_id)
                self.handle(DeviceMissed(Device.EVSE, str(err)))

    async def _carry_out(self, order: Order) -> None:
        match order:
            case SetCurrent(current_a):
                await self._evse.set_current(current_a)
            case OpenContactor():
                await self._evse.open_contactor()
            case AllowSupply():
                await self._evse.allow_supply()
            case StartSelfTest():
                await self._evse.start_self_test()

    async def move_lock(self) -> None:
        """Drive the plug lock as told, for ever, one move at a time."""
        while True:
            move = await self._lock_moves.get()
            try:
                if self._lock is not None:
                    await (self._lock.lock() if move.locked else self._lock.unlock())
            except DeviceError as err:
                self.handle(LockFailed(move.locked, str(err)))
            else:
                self.handle(LockMoved(move.locked))

    async def shut_down(self) -> None:
        """The last word to the board before the program ends: no current. The transaction stays open in the journal."""
        if self._timer is not None:
            self._timer.cancel()
        await self.make_safe()


async def poll_boards(units: Iterable[UnitControl], period_s: float, beat: Callable[[], None]) -> None:
    """Read every board, for ever; ``beat`` after each: it was looked at, and its unit has thought about what was seen."""

    async def poll(unit: UnitControl) -> None:
        await unit.poll_board()
        beat()

    await _every(period_s, units, poll)


async def poll_meters(units: Iterable[UnitControl], period_s: float) -> None:
    """Read every meter, for ever."""
    await _every(period_s, units, UnitControl.poll_meter)


async def _every(period_s: float, units: Iterable[UnitControl], poll: Callable[[UnitControl], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    while True:
        async with asyncio.TaskGroup() as reading:
            for unit in units:
                reading.create_task(_once(poll, unit))
        # A round that took too long skips the ticks it missed: no burst follows.
        late_s = loop.time() - due_s
        due_s += period_s * (1 + late_s // period_s)
        await asyncio.sleep(due_s - loop.time())


async def _once(poll: Callable[[UnitControl], Awaitable[None]], unit: UnitControl) -> None:
    await poll(unit)
