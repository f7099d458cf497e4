"""EVSE Wallbox, EVSE DIN and SimpleEVSE boards over Modbus RTU.

Registers and their meaning are the maker's (datasheet "EVSE Wallbox, DIN, W16", 2021-08-31, firmware up to 18). The board
knows function codes 3 and 16 alone. It misses a request now and then, says the maker, so one silence is no fault; it has no
watchdog, so it goes on at the last current when nobody talks to it, and after a power cut at the one in register 2000.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable, ReadingImplausible
from ladewerk.station.drivers.evse_wb_registers import (
    COMMAND,
    OPTIONS,
    POWER_ON_CURRENT,
    SAFE_POWER_ON_A,
    SET_CURRENT,
    UNUSABLE,
    Command,
    Generation,
    Option,
    Status,
    generation_of,
)
from ladewerk.station.drivers.modbus_bus import open_bus
from ladewerk.station.drivers.ports import Evse, EvseFault, EvseReading, PilotState

_log = logging.getLogger(__name__)

_SELF_TEST_S: Final = 35.0
"""The maker says 30; after this a test that nobody saw running is over."""

_LOWEST_A, _HIGHEST_A = 6.0, 80.0
_DISABLED: Final = Option.DISABLED_AFTER_CHARGE | Option.DISABLED
_BOARD_STATE_OFF: Final = 3
_PILOT_STATES: Final = {1: PilotState.A, 2: PilotState.B, 3: PilotState.C, 4: PilotState.D, 5: PilotState.E}

_STORED_WRITES: Final = 10
"""To registers from 2000 on, which wear, in the life of a driver: a sound board needs none, and one that forgets what it is
told must not be written to for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Board:
    """What one board can do as it is configured."""

    generation: Generation
    amps_per_unit: float
    rcd_connected: bool

    def units(self, current_a: float) -> int:
        """``current_a`` for register 1000, rounded down."""
        # The tiny addition keeps 16.0 A that arithmetic made 15.999999999 from becoming 15 A.
        return math.floor(current_a / self.amps_per_unit + 1e-6)


class _SelfTest:
    """A self-test of a board with an RCD. The countdown may start a moment after the command, or end unseen."""

    def __init__(self, started_s: float) -> None:
        self._ended_s = started_s + _SELF_TEST_S
        self._seen = False

    def is_over(self, running: bool, now_s: float) -> bool:
        self._seen = self._seen or running
        return not running and (self._seen or now_s >= self._ended_s)


class Line(Protocol):
    """What a driver needs of the line to its board: a :class:`Bus`, or one in memory."""

    device: str

    async def read(self, address: int, first: int, count: int) -> list[int]: ...

    async def write(self, address: int, register: int, value: int) -> None: ...


class EvseWb:
    """One board on a bus. It is identified by the first request that it answers, so a silent board delays nobody's start."""

    def __init__(self, bus: Line, address: int, clock: Clock) -> None:
        self._bus = bus
        self._address = address
        self._clock = clock
        self._board: _Board | None = None
        self._stopped = False
        self._most_a: float | None = None
        """The most that the board may be set to: a lower current counts from when it is ordered, a higher one from when
        it is confirmed. None until something was ordered."""
        self._setting = asyncio.Lock()
        self._orders_under_way = 0
        self._stored_writes_left = _STORED_WRITES
        self._test: _SelfTest | None = None
        self._rcd_did_not_trip = False

    async def identify(self) -> None:
        """Learn firmware and configuration. DeviceFault for a board that must not be used, with the remedy."""
        status = await self._bus.read(self._address, SET_CURRENT, 7)
        settings = await self._bus.read(self._address, POWER_ON_CURRENT, 6)
        firmware, options = status[5], settings[5]
        if firmware in UNUSABLE:
            raise self._fault(UNUSABLE[firmware])
        if settings[3] == 0:
            raise self._fault("its analog input sets the current, not Modbus; write 1 to register 2003")
        generation = generation_of(firmware)
        self._board = _Board(
            generation=generation,
            amps_per_unit=0.01 if generation.hundredths and options & Option.HUNDREDTHS else 1.0,
            rcd_connected=generation.rcd and bool(options & Option.RCD_CONNECTED),
        )
        self._stopped = self._stopped or bool(status[4] & Command.STOP)
        self._warn_of(firmware, power_on_a=settings[0])

    def _warn_of(self, firmware: int, *, power_on_a: int) -> None:
        if not generation_of(firmware).rcd:
            _log.warning("%s: firmware %d tells nothing of relay, diode and RCD; 16 or later does", self, firmware)
        if power_on_a > SAFE_POWER_ON_A:
            _log.warning(
                "%s: offers %d A after a power cut; write %d to register %d",
                self,
                power_on_a,
                SAFE_POWER_ON_A,
                POWER_ON_CURRENT,
            )

    async def read(self) -> EvseReading:
        board = await self._known()
        registers = await self._status(board)
        if self._exceeds_orders(board, registers):
            await self._repeat_orders(board)
            registers = await self._status(board)
        reading = self._reading(board, registers)
        if self._test is not None and self._test.is_over(reading.self_test_running, self._clock.monotonic()):
            self._test = None
            await self._conclude_self_test(reading)
            reading = self._reading(board, await self._status(board))
        return reading

    async def _status(self, board: _Board) -> list[int]:
        try:
            return await self._bus.read(self._address, SET_CURRENT, board.generation.status_registers)
        except DeviceUnreachable:
            self._board = None  # what answers next may be another board, or one that counts in another unit
            raise

    def _exceeds_orders(self, board: _Board, registers: list[int]) -> bool:
        """Whether the board offers more than it was told, or a supply that was cut, as after a power cut of its own."""
        # While it tests itself it offers what it likes; while it is told something, what was read may be from before.
        if any(registers[9:]) or self._orders_under_way:
            return False
        too_much = self._most_a is not None and registers[0] > board.units(self._most_a)
        return too_much or (self._stopped and _supply_allowed(registers))

    async def _repeat_orders(self, board: _Board) -> None:
        _log.warning("%s: lost its supply, or others changed it; it is told again what to offer", self)
        if self._stopped:
            await self._bus.write(self._address, COMMAND, Command.STOP)
        async with self._setting:
            if self._most_a is not None:
                await self._write_confirmed(SET_CURRENT, board.units(self._most_a))

    async def set_current(self, current_a: float) -> None:
        """Offer ``current_a``, rounded down to the board's unit. ValueError unless it is 0 or 6 to 80 A."""
        if not (current_a == 0 or _LOWEST_A <= current_a <= _HIGHEST_A):
            raise ValueError(f"a control pilot signals 0 or {_LOWEST_A:g} to {_HIGHEST_A:g} A, not {current_a:g}")
        with self._ordering():
            await self._set(current_a)

    @contextmanager
    def _ordering(self) -> Iterator[None]:
        self._orders_under_way += 1
        try:
            yield
        finally:
            self._orders_under_way -= 1

    async def _set(self, current_a: float) -> None:
        if self._most_a is None or current_a < self._most_a:
            self._most_a = current_a
        # No current is 0 in every unit: that needs no board that is known.
        value = (await self._known()).units(current_a) if current_a else 0
        async with self._setting:
            await self._write_confirmed(SET_CURRENT, value)
            self._most_a = current_a

    async def open_contactor(self) -> None:
        """The stop bit first, then the current: whatever happens later, the old current does not come back."""
        self._stopped, self._most_a = True, 0.0
        with self._ordering():
            await self._bus.write(self._address, COMMAND, Command.STOP)
            await self._set(0)
            if _supply_allowed(await self._bus.read(self._address, SET_CURRENT, 7)):
                raise self._fault("did not take the stop command (register 1004); cut its supply")

    async def allow_supply(self) -> None:
        with self._ordering():
            await self._set(0)
            options = (await self._bus.read(self._address, OPTIONS, 1))[0]
            if options & _DISABLED:
                await self._store(OPTIONS, options & ~_DISABLED)
            await self._bus.write(self._address, COMMAND, 0)
            self._stopped = False

    async def start_self_test(self) -> None:
        """Takes 30 s. The contactor closes 15 s into it, unless the supply is not allowed."""
        board = await self._known()
        self._rcd_did_not_trip = False
        await self._command(Command.SELF_TEST)
        if board.rcd_connected:
            self._test = _SelfTest(self._clock.monotonic())

    async def _conclude_self_test(self, reading: EvseReading) -> None:
        """With an RCD connected a test that went well ends with the RCD tripped, which is then cleared."""
        if EvseFault.GROUND in reading.faults:
            await self._command(Command.CLEAR_RCD_ERROR)
        else:
            self._rcd_did_not_trip = True
            _log.error("%s: the RCD did not trip in the self-test; have it checked before charging", self)

    async def _command(self, command: int) -> None:
        await self._bus.write(self._address, COMMAND, command | (Command.STOP if self._stopped else 0))

    async def _store(self, register: int, value: int) -> None:
        """Write what the board keeps over a power cut, in memory that wears."""
        if self._stored_writes_left == 0:
            raise self._fault(f"does not keep {value} in register {register}, stored {_STORED_WRITES} times; replace it")
        self._stored_writes_left -= 1
        await self._write_confirmed(register, value)

    async def _write_confirmed(self, register: int, value: int) -> None:
        for _ in range(2):
            await self._bus.write(self._address, register, value)
            if (await self._bus.read(self._address, register, 1))[0] == value:
                return
        raise self._fault(f"does not keep {value} in register {register}; power it off and on, and look at register 2003")

    async def _known(self) -> _Board:
        if self._board is None:
            await self.identify()
            assert self._board is not None
        return self._board

    def _reading(self, board: _Board, registers: list[int]) -> EvseReading:
        set_raw, offered_raw, vehicle, cable_a, _, _, _, *newer = registers
        flags, _, self_test = newer if newer else (None, 0, 0)
        pilot = _PILOT_STATES.get(vehicle)
        if pilot is None:
            raise ReadingImplausible(f"{self}: vehicle state {vehicle} in register 1002; expected 1 to 5")
        drawing = pilot in (PilotState.C, PilotState.D) and offered_raw > 0
        return EvseReading(
            read_at=self._clock.now(),
            pilot=pilot,
            set_current_a=set_raw * board.amps_per_unit,
            # Boards with 0.01 A differ in whether this register follows; more than 80 A can only be hundredths.
            offered_current_a=offered_raw / 100 if offered_raw > _HIGHEST_A else float(offered_raw),
            cable_limit_a=float(cable_a),
            relay_closed=drawing if flags is None else bool(flags & Status.RELAY),
            supply_allowed=_supply_allowed(registers),
            self_test_running=self_test > 0,
            faults=self._faults(pilot, flags or 0, testing=self_test > 0),
        )

    def _faults(self, pilot: PilotState, flags: int, *, testing: bool) -> frozenset[EvseFault]:
        faults = set()
        if flags & Status.DIODE:
            faults.add(EvseFault.DIODE)
        if flags & Status.VENTILATION:
            faults.add(EvseFault.VENTILATION)
        if self._rcd_did_not_trip or (flags & Status.RCD and not testing):  # the test trips the RCD on purpose
            faults.add(EvseFault.GROUND)
        if pilot is PilotState.E and not faults and not testing:
            faults.add(EvseFault.PILOT)
        return frozenset(faults)

    def _fault(self, why: str) -> DeviceFault:
        return DeviceFault(f"{self}: {why}")

    def __str__(self) -> str:
        return f"EVSE board at {self._bus.device}, address {self._address}"


def _supply_allowed(registers: list[int]) -> bool:
    """What registers 1004 and 1006 say: a board may clear the stop bit itself once it is off."""
    return not registers[4] & Command.STOP and registers[6] != _BOARD_STATE_OFF


async def board_on(bus: Line, address: int, *, clock: Clock) -> EvseWb:
    """The board at ``address``. A silent one is returned all the same, with a warning; DeviceFault for an unusable one."""
    if not 1 <= address <= 247:
        raise ConfigError("evse.address", f"a Modbus address is 1 to 247, not {address}")
    evse = EvseWb(bus, address, clock)
    try:
        await evse.identify()
    except DeviceUnreachable as err:
        _log.warning("%s; going on, it is asked again with every poll", err)
    return evse


@asynccontextmanager
async def open_evse_wb(device: str, address: int, *, clock: Clock, spacing_s: float = 0.1) -> AsyncIterator[EvseWb]:
    """A board that has the serial line for itself; errors as of :func:`open_bus` and :func:`board_on`."""
    async with open_bus(device, spacing_s=spacing_s) as bus:
        yield await board_on(bus, address, clock=clock)


_: tuple[type[Evse], ...] = (EvseWb,)
