"""EVSE Wallbox, EVSE DIN and SimpleEVSE boards over Modbus RTU.

Registers and their meaning are the maker's (datasheet "EVSE Wallbox, DIN, W16", 2021-08-31, firmware up to 18). The board
knows function codes 3 and 16 alone. It misses a request now and then, says the maker, so one silence is no fault; it has no
watchdog, so it goes on at the last current when nobody talks to it.
"""

import asyncio
import logging
import math
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusException

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable, ReadingImplausible
from ladewerk.station.drivers.ports import Evse, EvseFault, EvseReading, PilotState

_log = logging.getLogger(__name__)
# What pymodbus would report is raised as an exception here, with the device and the remedy.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

_SET_CURRENT: Final = 1000
_COMMAND: Final = 1004
_POWER_ON_CURRENT: Final = 2000
_OPTIONS: Final = 2005

_STOP, _SELF_TEST, _CLEAR_RCD_ERROR = 1 << 0, 1 << 1, 1 << 2
"""Bits of register 1004. A command is written together with the stop bit as it stands: writing 2 alone starts the self-test
and lets the supply on."""

_RCD_CONNECTED, _HUNDREDTHS = 1 << 4, 1 << 7
_DISABLED = 1 << 13 | 1 << 14
"""Bits of register 2005: disabled after a charge, and disabled until enabled."""

_RELAY, _DIODE, _VENTILATION, _RCD = 1 << 0, 1 << 1, 1 << 2, 1 << 4 | 1 << 5
"""Bits of register 1007; bit 0 is a status, not a fault. The RCD is bit 4 in the datasheet, bit 5 on boards in the field."""

_BOARD_STATE_OFF: Final = 3
_PILOT_STATES: Final = {1: PilotState.A, 2: PilotState.B, 3: PilotState.C, 4: PilotState.D, 5: PilotState.E}

_SELF_TEST_S: Final = 35.0
"""The maker says 30; after this a test that nobody saw running is over."""

_SAFE_POWER_ON_A: Final = 6
_LOWEST_A, _HIGHEST_A = 6.0, 80.0

_BAUD: Final = 9600
_TIMEOUT_S: Final = 0.5
"""A whole exchange of ten registers takes 40 ms on the wire; waiting longer than this never helped anybody."""
_ATTEMPTS: Final = 3


class Bus:
    """The one owner of a serial line: one request at a time, ``spacing_s`` of silence after each, all boards together."""

    def __init__(self, device: str, *, spacing_s: float) -> None:
        self.device = device
        self._spacing_s = spacing_s
        self._one_at_a_time = asyncio.Lock()
        self._quiet_until_s = -math.inf
        # pymodbus neither retries (it leaves no silence before it does) nor reconnects (it would poll in the background).
        self._client = AsyncModbusSerialClient(device, baudrate=_BAUD, timeout=_TIMEOUT_S, retries=0, reconnect_delay=0)

    async def open(self) -> None:
        """ConfigError with the remedy when the device is not there, is no serial device, or is in use."""
        if not await self._client.connect():
            raise ConfigError("evse.device", _why_not(self.device))

    def close(self) -> None:
        self._client.close()

    async def read(self, address: int, first: int, count: int) -> list[int]:
        """``count`` holding registers from ``first`` of the board at ``address``."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._turn():
                    answer = await self._client.read_holding_registers(first, count=count, device_id=address)
            except ModbusException as err:
                if attempt == _ATTEMPTS:
                    raise self._silent(address) from err
                continue
            if answer.isError():
                raise self._refused(address, f"reading {count} registers from {first}", answer.exception_code)
            if len(answer.registers) == count:  # else it is a late answer to another question
                return list(answer.registers)
        raise self._silent(address)

    async def write(self, address: int, register: int, value: int) -> None:
        """Write one register, with function code 16: the board does not know 6."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self._turn():
                    answer = await self._client.write_registers(register, [value], device_id=address)
            except ModbusException as err:
                if attempt == _ATTEMPTS:
                    raise self._silent(address) from err
                continue
            if answer.isError():
                raise self._refused(address, f"writing {value} to register {register}", answer.exception_code)
            return

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """The line, open and quiet."""
        loop = asyncio.get_running_loop()
        async with self._one_at_a_time:
            wait_s = self._quiet_until_s - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            if not self._client.connected and not await self._client.connect():
                raise DeviceUnreachable(_why_not(self.device))
            try:
                yield
            finally:
                self._quiet_until_s = loop.time() + self._spacing_s
                _heed_cancellation()

    def _silent(self, address: int) -> DeviceUnreachable:
        return DeviceUnreachable(
            f"EVSE board at {self.device}, address {address}: no answer to {_ATTEMPTS} requests; look at its power, "
            "the common ground, TX and RX, and that Modbus is enabled on the board (register 2001)"
        )

    def _refused(self, address: int, what: str, code: int) -> DeviceFault:
        return DeviceFault(
            f"EVSE board at {self.device}, address {address}: refuses {what} (Modbus exception {code}); is it an EVSE-WB, "
            "EVSE DIN or SimpleEVSE?"
        )


def _heed_cancellation() -> None:
    """Raise the CancelledError that pymodbus loses when the answer comes at the same moment (``wait_for``, 3.11)."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Board:
    """What a board of one firmware and configuration can do."""

    firmware: int
    amps_per_unit: float
    status_registers: int
    """1000 onwards. Up to firmware 15 asking for more than seven is refused with exception 2."""
    rcd_connected: bool


class _SelfTest:
    """A self-test of a board with an RCD. The countdown may start a moment after the command, or end unseen."""

    def __init__(self, started_s: float) -> None:
        self._ended_s = started_s + _SELF_TEST_S
        self._seen = False

    def is_over(self, running: bool, now_s: float) -> bool:
        self._seen = self._seen or running
        return not running and (self._seen or now_s >= self._ended_s)


class EvseWb:
    """One board on a bus. It is identified by the first request that it answers, so a silent board delays nobody's start."""

    def __init__(self, bus: Bus, address: int, clock: Clock) -> None:
        self._bus = bus
        self._address = address
        self._clock = clock
        self._board: _Board | None = None
        self._stopped = False
        self._test: _SelfTest | None = None
        self._rcd_did_not_trip = False

    async def identify(self) -> None:
        """Learn firmware and configuration. DeviceFault for a board that must not be used, with the remedy."""
        status = await self._bus.read(self._address, _SET_CURRENT, 7)
        settings = await self._bus.read(self._address, _POWER_ON_CURRENT, 6)
        firmware, options = status[5], settings[5]
        if firmware == 9:
            raise self._fault("firmware 9 is defective; update the board to firmware 10 or later, best 18")
        if settings[3] == 0:
            raise self._fault("its analog input sets the current, not Modbus; write 1 to register 2003")
        hundredths = firmware >= 17 and bool(options & _HUNDREDTHS)
        self._board = _Board(
            firmware=firmware,
            amps_per_unit=0.01 if hundredths else 1.0,
            status_registers=10 if firmware >= 16 else 7,
            rcd_connected=firmware >= 16 and bool(options & _RCD_CONNECTED),
        )
        self._stopped = bool(status[4] & _STOP)
        self._warn_of(firmware, power_on_a=settings[0])

    def _warn_of(self, firmware: int, *, power_on_a: int) -> None:
        if firmware < 16:
            _log.warning("%s: firmware %d tells nothing of relay, diode and RCD; 16 or later does", self, firmware)
        if power_on_a > _SAFE_POWER_ON_A:
            _log.warning(
                "%s: offers %d A after a power cut; write %d to register %d",
                self,
                power_on_a,
                _SAFE_POWER_ON_A,
                _POWER_ON_CURRENT,
            )

    async def read(self) -> EvseReading:
        board = await self._known()
        registers = await self._bus.read(self._address, _SET_CURRENT, board.status_registers)
        reading = self._reading(board, registers)
        if self._test is not None and self._test.is_over(reading.self_test_running, self._clock.monotonic()):
            self._test = None
            await self._conclude_self_test(reading)
            reading = self._reading(board, await self._bus.read(self._address, _SET_CURRENT, board.status_registers))
        return reading

    async def set_current(self, current_a: float) -> None:
        """Offer ``current_a``, rounded down to the board's unit. ValueError unless it is 0 or 6 to 80 A."""
        if not (current_a == 0 or _LOWEST_A <= current_a <= _HIGHEST_A):
            raise ValueError(f"a control pilot signals 0 or {_LOWEST_A:g} to {_HIGHEST_A:g} A, not {current_a:g}")
        board = await self._known()
        # The tiny addition keeps 16.0 A that arithmetic made 15.999999999 from becoming 15 A.
        await self._write_confirmed(_SET_CURRENT, math.floor(current_a / board.amps_per_unit + 1e-6))

    async def open_contactor(self) -> None:
        """The stop bit first, then the current: whatever happens later, the old current does not come back."""
        self._stopped = True
        await self._bus.write(self._address, _COMMAND, _STOP)
        await self._write_confirmed(_SET_CURRENT, 0)
        _, _, _, _, command, _, state = await self._bus.read(self._address, _SET_CURRENT, 7)
        if not command & _STOP and state != _BOARD_STATE_OFF:
            raise self._fault("did not take the stop command (register 1004); cut its supply")

    async def allow_supply(self) -> None:
        await self._write_confirmed(_SET_CURRENT, 0)
        options = (await self._bus.read(self._address, _OPTIONS, 1))[0]
        if options & _DISABLED:  # stored in the board's EEPROM: written only when it must change
            await self._write_confirmed(_OPTIONS, options & ~_DISABLED)
        await self._bus.write(self._address, _COMMAND, 0)
        self._stopped = False

    async def start_self_test(self) -> None:
        """Takes 30 s. The contactor closes 15 s into it, unless the supply is not allowed."""
        board = await self._known()
        self._rcd_did_not_trip = False
        await self._command(_SELF_TEST)
        if board.rcd_connected:
            self._test = _SelfTest(self._clock.monotonic())

    async def _conclude_self_test(self, reading: EvseReading) -> None:
        """With an RCD connected a test that went well ends with the RCD tripped, which is then cleared."""
        if EvseFault.GROUND in reading.faults:
            await self._command(_CLEAR_RCD_ERROR)
        else:
            self._rcd_did_not_trip = True
            _log.error("%s: the RCD did not trip in the self-test; have it checked before charging", self)

    async def _command(self, command: int) -> None:
        await self._bus.write(self._address, _COMMAND, command | (_STOP if self._stopped else 0))

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
        set_raw, offered_raw, vehicle, cable_a, command, _, state, *newer = registers
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
            relay_closed=drawing if flags is None else bool(flags & _RELAY),
            supply_allowed=not command & _STOP and state != _BOARD_STATE_OFF,
            self_test_running=self_test > 0,
            faults=self._faults(pilot, flags or 0, testing=self_test > 0),
        )

    def _faults(self, pilot: PilotState, flags: int, *, testing: bool) -> frozenset[EvseFault]:
        faults = set()
        if flags & _DIODE:
            faults.add(EvseFault.DIODE)
        if flags & _VENTILATION:
            faults.add(EvseFault.VENTILATION)
        if self._rcd_did_not_trip or (flags & _RCD and not testing):  # the test trips the RCD on purpose
            faults.add(EvseFault.GROUND)
        if pilot is PilotState.E and not faults and not testing:
            faults.add(EvseFault.PILOT)
        return frozenset(faults)

    def _fault(self, why: str) -> DeviceFault:
        return DeviceFault(f"{self}: {why}")

    def __str__(self) -> str:
        return f"EVSE board at {self._bus.device}, address {self._address}"


def _why_not(device: str) -> str:
    """Why a serial device cannot be opened, and what to do."""
    path = Path(device)
    if not path.exists():
        return f"{device} is not there; look at the cable and at `ls /dev/serial* /dev/ttyUSB* /dev/ttyAMA*`"
    if not stat.S_ISCHR(path.stat().st_mode):
        return f"{device} is no serial device; expected one such as /dev/serial0"
    if not os.access(path, os.R_OK | os.W_OK):
        return f"{device} may not be used by this user; add it to group dialout and log in again"
    return f"{device} cannot be opened as a serial port; another program, or a console on it, may hold it"


@asynccontextmanager
async def open_bus(device: str, *, spacing_s: float = 0.1) -> AsyncIterator[Bus]:
    """The serial line at ``device``, for all boards on it. ConfigError when it cannot be opened."""
    bus = Bus(device, spacing_s=spacing_s)
    await bus.open()
    try:
        yield bus
    finally:
        bus.close()


async def board_on(bus: Bus, address: int, *, clock: Clock) -> EvseWb:
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
