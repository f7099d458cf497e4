"""Poll, step, act: readings become events of the units, and what their tables answer is carried out.

Two loops read the hardware of any number of units, one the boards, one the meters. :class:`UnitControl` holds one unit's
state and does what :func:`~ladewerk.station.unit.table.step` says; it decides nothing about charging itself.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from typing import Final

from ladewerk.clock import Clock
from ladewerk.errors import DeviceError
from ladewerk.signals import Signal
from ladewerk.station.drivers.ports import Evse, Lock, Meter, MeterReading
from ladewerk.station.messages import Messages
from ladewerk.station.moment import Moment
from ladewerk.station.transactions.bookkeeper import Bookkeeper
from ladewerk.station.transactions.transaction import Grant, Transaction
from ladewerk.station.unit.actions import (
    Action,
    AllowSupply,
    AuthorizeTransaction,
    BeginTransaction,
    EndReason,
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
from ladewerk.station.unit.events import (
    Device,
    DeviceMissed,
    DirectPressed,
    Event,
    EvseSeen,
    LockFailed,
    LockMoved,
    MeterSeen,
    Origin,
    StopPressed,
    Tick,
)
from ladewerk.station.unit.execution import Execution
from ladewerk.station.unit.needs import Needs
from ladewerk.station.unit.state import ENERGISED, RUNNING, Phase, Rules, UnitState
from ladewerk.station.unit.table import step

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
        books: Bookkeeper,
        messages: Messages,
    ) -> None:
        self.unit_id = unit_id
        self.evse_id = evse_id
        # Where the bolt stands is unknown at start, so it counts as locked until it was driven back.
        self.state = UnitState(rules=rules, locked=lock is not None, evse_seen_s=clock.monotonic())
        self.books = books
        self.safe = False
        """Whether the board took that it has to offer no current, when that was last said before or after all else."""
        self.changed: Signal[UnitControl] = Signal()
        self.needs_to_send: Signal[tuple[UnitControl, Needs]] = Signal()
        self._evse = evse
        self._meter = meter
        self._lock = lock
        self._clock = clock
        self._messages = messages
        self._orders: asyncio.Queue[Order] = asyncio.Queue()
        self._lock_moves: asyncio.Queue[MoveLock] = asyncio.Queue()
        self._timer: asyncio.TimerHandle | None = None
        self._followed: tuple[Execution | None, Execution | None] | None = None
        """The lines whose next change the timer waits for."""
        self._awaited: tuple[Grant, asyncio.TimerHandle] | None = None
        self._locking = asyncio.Lock()
        self._looking = (asyncio.Lock(), asyncio.Lock())
        self._withdrawn = False

    @property
    def now(self) -> Moment:
        return Moment.of(self._clock)

    @property
    def transaction(self) -> Transaction | None:
        """The open one."""
        return self.books.transaction

    def handle(self, event: Event, grant: Grant | None = None) -> Refuse | None:
        """Let ``event`` happen to the unit; what it was refused, if it was an order. ``grant`` says for whom it is."""
        refused = self.books.why_not(event, grant)
        if refused is not None:
            return refused
        now, state, transaction = self.now, self.state, self.transaction
        self.state, actions = step(state, event, now)
        self.books.given(grant)
        for action in actions:
            if isinstance(action, Refuse):
                refused = action
            else:
                self._do(action, now)
        ceased = self.books.follow(self.state, now)
        self.books.given(None)
        self._wake_at_next_slot(now)
        self._look_for_awaited()
        # What time alone brings, the poll just before a tick has told.
        if type(event) is not Tick or self.state is not state or self.transaction is not transaction:
            self.changed.emit(self)
        if ceased is not None:
            self.handle(StopPressed(reason=ceased))
        return refused

    def await_vehicle(self, grant: Grant, timeout_s: float) -> None:
        """Charge directly for ``grant`` as soon as a vehicle is plugged in; it has ``timeout_s`` to come."""
        self._forget_awaited()
        self.books.await_vehicle(grant, self.state, self.now)
        timer = asyncio.get_running_loop().call_later(timeout_s, self._give_up)
        self._awaited = (grant, timer)
        self.changed.emit(self)

    def _look_for_awaited(self) -> None:
        """The vehicle that was authorized before it came has come."""
        if self._awaited is None or self.state.phase is not Phase.PLUGGED:
            return
        grant = self._awaited[0]
        self._forget_awaited()
        origin = Origin.LOCAL if grant.remote_start_id is None else Origin.REMOTE
        refused = self.handle(DirectPressed(origin), grant)
        if refused is not None:
            self._messages.say(Level.WARNING, refused.code, refused.params, unit_id=self.unit_id)
            self.close_books(EndReason.OTHER)

    def _give_up(self) -> None:
        self._awaited = None
        self.books.close(EndReason.TIMEOUT, self.state, self.now)
        self._messages.say(Level.WARNING, "vehicle_did_not_come", {}, unit_id=self.unit_id)
        self.changed.emit(self)

    def _forget_awaited(self) -> None:
        if self._awaited is not None:
            self._awaited[1].cancel()
            self._awaited = None

    def _wake_at_next_slot(self, now: Moment) -> None:
        """Slots begin on time, not with the next poll after them."""
        state = self.state
        planned, ceiling = (state.planned, state.ceiling) if state.phase in ENERGISED else (None, None)
        if self._followed is not None and self._followed[0] is planned and self._followed[1] is ceiling:
            return  # the timer is that of these lines
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._followed = (planned, ceiling)
        lines = [line for line in self._followed if line is not None]
        waits_s = [wait_s for line in lines if (wait_s := line.next_change_in_s(now)) is not None]
        if waits_s:
            self._timer = asyncio.get_running_loop().call_later(min(waits_s), self._slot_begins)

    def _slot_begins(self) -> None:
        self._followed = None
        self.handle(Tick())

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
            case BeginTransaction() | AuthorizeTransaction() | EndTransaction():
                self.books.enter(action, self.state, now)

    def say(self, level: Level, code: str, params: Mapping[str, object]) -> None:
        """A message that concerns this unit."""
        self._messages.say(level, code, params, unit_id=self.unit_id)

    def close_books(self, reason: EndReason) -> None:
        """End a transaction that has no session to end: a vehicle that is only plugged in, or that never came."""
        self._forget_awaited()
        if self.state.phase not in RUNNING | {Phase.FINISHING}:
            self.books.close(reason, self.state, self.now)
            self.changed.emit(self)

    def report_now(self) -> bool:
        """An event that the CSMS asked for; False where no transaction is open."""
        return self.books.report_now(self.state, self.now)

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
        async with self._looking[0]:
            if self._withdrawn:
                return
            try:
                reading = await self._evse.read()
            except DeviceError as err:
                _log.info("%s: %s", self.unit_id, err)
                self.handle(DeviceMissed(Device.EVSE, str(err)))
            else:
                self.handle(EvseSeen(reading))
                await self._look_at_lock()
            self.handle(Tick())

    async def _look_at_lock(self) -> None:
        if self._lock is None or self.state.phase not in ENERGISED:
            return
        try:
            stands_open = await self._lock.is_open()
        except DeviceError as err:
            _log.info("%s: %s", self.unit_id, err)  # a bolt stays where it is while nobody can be asked
            return
        if stands_open and self.state.phase in ENERGISED:
            self.handle(LockFailed(locking=True, why="its switch says open"))

    async def poll_meter(self) -> None:
        """Read the meter once."""
        async with self._looking[1]:
            if self._withdrawn:
                return
            try:
                reading = await self._meter.read()
            except DeviceError as err:
                _log.info("%s: %s", self.unit_id, err)
                self.handle(DeviceMissed(Device.METER, str(err)))
            else:
                self.handle(MeterSeen(reading))

    async def read_meter(self) -> MeterReading | None:
        """What the meter says, before the polls begin; None where it does not answer."""
        try:
            return await self._meter.read()
        except DeviceError as err:
            _log.info("%s: %s", self.unit_id, err)
            return None

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
                await self._drive_lock(move)
            except DeviceError as err:
                self.handle(LockFailed(move.locked, str(err)))
            else:
                self.handle(LockMoved(move.locked))

    async def _drive_lock(self, move: MoveLock) -> None:
        async with self._locking:
            if self._lock is not None:
                await (self._lock.lock() if move.locked else self._lock.unlock())

    async def unlock(self) -> str | None:
        """F05: let the plug go, whatever is believed of it; why it did not go, None where it did."""
        if self._lock is None:
            return "there is no plug lock"
        if self.state.evse is None or self.state.evse.relay_closed:
            return "the contactor is not known to be open"
        try:
            await self._drive_lock(MoveLock(locked=False))
        except DeviceError as err:
            return str(err)
        self.handle(LockMoved(locked=False))
        return None

    async def withdraw(self) -> None:
        """Take the unit out of the station: transaction ended, no current, supply off. Nobody reads its devices after this.

        Whatever runs must have been stopped, and :meth:`act` and :meth:`move_lock` must have ended.
        """
        async with self._looking[0], self._looking[1]:
            self._withdrawn = True
        if self.transaction is not None:
            self.books.close(EndReason.OTHER, self.state, self.now, final=True)
            self.changed.emit(self)
        await self.shut_down()
        with suppress(DeviceError):  # a board that is silent has been told of already
            await self._evse.open_contactor()

    async def shut_down(self) -> None:
        """The last word to the board before the program ends: no current. The transaction stays open in the journal."""
        self._forget_awaited()
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
        present = tuple(units)
        if len(present) == 1:
            await poll(present[0])
        else:
            async with asyncio.TaskGroup() as reading:
                for unit in present:
                    reading.create_task(_once(poll, unit))
        due_s = next_tick(due_s, loop.time(), period_s)
        await asyncio.sleep(due_s - loop.time())


def next_tick(due_s: float, now_s: float, period_s: float) -> float:
    """The tick behind that of ``due_s``, or the first that is still to come: no burst follows a round that took too long.

    A timer may fire a hair before ``due_s``: asyncio rounds to the resolution of its clock.
    """
    return due_s + period_s * (1 + max(0.0, now_s - due_s) // period_s)


async def _once(poll: Callable[[UnitControl], Awaitable[None]], unit: UnitControl) -> None:
    await poll(unit)
