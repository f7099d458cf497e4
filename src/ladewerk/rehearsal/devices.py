"""Serial lines, meters and pins in memory, between the drivers of a station and the simulated world.

What stands here is the way to a device and what the device itself would say on it; boards and locks are driven by the same
drivers as real ones. Each fault of :class:`~ladewerk.simulator.faults.Faults` on that way shows as it would at the station.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from ladewerk.clock import Clock
from ladewerk.errors import DeviceFault, DeviceUnreachable, ReadingImplausible
from ladewerk.signals import Signal
from ladewerk.simulator.evse_board import RegisterRefused
from ladewerk.simulator.meter import PhaseReading
from ladewerk.simulator.pins import Pins as Wiring
from ladewerk.simulator.world import World
from ladewerk.station.drivers.live_register import LiveRegister
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Meter, MeterReading

_ANSWER_WITHIN_S: Final = 0.5
_ATTEMPTS: Final = 3
_SPACING_S: Final = 0.1
"""As the driver's bus does it over a real line."""
_METER_TIMEOUT_S: Final = 3.0
_COUNTER_EVERY_S: Final = 60.0
_SET_MODE, _PULL, _READ, _WRITE = 0, 2, 3, 4
_INPUT, _OUTPUT = 0, 1
_UNTOLD: Final = (None, None, None)
_PULL_DOWN, _PULL_UP = 1, 2

Present = Callable[[], World]
"""A unit's world, brought up to now."""


class Plug:
    """What connects a program with the outside world; a program that was killed has none any more."""

    def __init__(self) -> None:
        self.pulled = False

    def check(self) -> None:
        """Raises DeviceUnreachable once it is pulled."""
        if self.pulled:
            raise DeviceUnreachable("the program was killed")


class SerialLine:
    """A Modbus line with its boards by their addresses, in the place of a driver's ``Bus``.

    ``written`` announces each write that reached a board: address, register, value.
    """

    def __init__(self, device: str, plug: Plug) -> None:
        self.device = device
        self.written: Signal[tuple[int, int, int]] = Signal()
        self._boards: dict[int, Present] = {}
        self._plug = plug
        self._one_at_a_time = asyncio.Lock()
        self._quiet_until_s = -math.inf
        self._answers = 0

    def connect(self, address: int, board: Present) -> None:
        """Wire a board to it."""
        self._boards[address] = board

    async def read(self, address: int, first: int, count: int) -> list[int]:
        """As of the driver's bus."""
        return await self._ask(address, lambda world: world.board.read(first, count))

    async def write(self, address: int, register: int, value: int) -> None:
        """As of the driver's bus."""

        def carry_out(world: World) -> list[int]:
            world.board.write(register, [value])
            world.settle()
            self.written.emit((address, register, value))
            return []

        await self._ask(address, carry_out)

    async def _ask(self, address: int, carry_out: Callable[[World], list[int]]) -> list[int]:
        loop = asyncio.get_running_loop()
        for _ in range(_ATTEMPTS):
            async with self._one_at_a_time:
                if self._quiet_until_s > loop.time():
                    await asyncio.sleep(self._quiet_until_s - loop.time())
                self._plug.check()
                try:
                    answer = await self._exchange(self._boards[address](), carry_out)
                finally:
                    self._quiet_until_s = loop.time() + _SPACING_S
            if answer is not None:
                return answer
        raise DeviceUnreachable(f"EVSE board at {self.device}, address {address}: no answer to {_ATTEMPTS} requests")

    async def _exchange(self, world: World, carry_out: Callable[[World], list[int]]) -> list[int] | None:
        """The answer, None where none came in time; the board may have done as told all the same."""
        faults = world.faults
        if faults.board_silent or faults.board_unpowered:
            await asyncio.sleep(_ANSWER_WITHIN_S)
            return None
        try:
            answer = carry_out(world)
        except RegisterRefused as err:
            raise DeviceFault(f"EVSE board at {self.device}: refuses (Modbus exception {err.code})") from err
        delay_s = faults.board_delay_s or 0.0
        self._answers += 1
        lost = any(every and self._answers % every == 0 for every in (faults.board_loses_every, faults.board_garbles_every))
        if lost or delay_s >= _ANSWER_WITHIN_S:
            await asyncio.sleep(_ANSWER_WITHIN_S)
            return None
        if delay_s:
            await asyncio.sleep(delay_s)
        return answer


class MemoryMeter:
    """A unit's meter, asked without a network between."""

    def __init__(self, name: str, present: Present, clock: Clock, plug: Plug) -> None:
        self._name = name
        self._present = present
        self._clock = clock
        self._plug = plug
        self._register = LiveRegister()
        self._counter_due_s = -math.inf
        self._frozen: tuple[MeterReading, float] | None = None

    async def read(self) -> MeterReading:
        self._plug.check()
        await asyncio.sleep(0)  # an answer is never there at once
        world = self._present()
        faults = world.faults
        if faults.meter_silent:
            await asyncio.sleep(_METER_TIMEOUT_S)
            raise DeviceUnreachable(f"meter {self._name}: no answer within {_METER_TIMEOUT_S:g} s")
        if faults.meter_refuses:
            raise DeviceUnreachable(f"meter {self._name}: connection refused")
        reading, counter_wh = self._shown(world)
        if reading.power_w == (None, None, None):
            raise ReadingImplausible(f"meter {self._name}: no phase has a power")
        now_s = self._clock.monotonic()
        self._register.measure(sum(value for value in reading.power_w if value is not None and value > 0), now_s)
        if now_s >= self._counter_due_s:
            self._register.count(counter_wh, now_s)
            self._counter_due_s = now_s + _COUNTER_EVERY_S
        return replace(reading, read_at=self._clock.now(), energy_register_wh=self._register.value_wh)

    def _shown(self, world: World) -> tuple[MeterReading, float]:
        """What it shows now, and its counter; nothing new while it is frozen."""
        if not world.faults.meter_frozen:
            self._frozen = None
        elif self._frozen is not None:
            return self._frozen
        phases = zip("abc", world.meter_phases(), strict=True)
        silent = world.faults.meter_null_phases
        first, second, third = (_UNTOLD if name in silent else _rounded(phase) for name, phase in phases)
        reading = MeterReading(
            read_at=self._clock.now(),
            voltage_v=(first[0], second[0], third[0]),
            current_a=(first[1], second[1], third[1]),
            power_w=(first[2], second[2], third[2]),
            energy_register_wh=0.0,
        )
        shown = reading, round(sum(world.meter.registers_wh), 2)
        if world.faults.meter_frozen:
            self._frozen = shown
        return shown


def _rounded(phase: PhaseReading) -> tuple[float, float, float]:
    """Volts, amps and watts, to as many digits as the meter tells."""
    return round(phase.voltage_v, 1), round(phase.current_a, 3), round(phase.power_w, 1)


class MemoryPins:
    """A board with pins, wired as the simulator's are."""

    def __init__(self, wiring: Wiring, plug: Plug) -> None:
        self._wiring = wiring
        self._plug = plug
        self._inverted: dict[int, bool] = {}

    async def claim_output(self, pin: int, *, active_low: bool = False) -> None:
        self._inverted[pin] = active_low
        await self.write(pin, False)
        self._perform(_SET_MODE, pin, _OUTPUT)

    async def claim_input(self, pin: int, *, active_low: bool = False) -> None:
        self._inverted[pin] = active_low
        self._perform(_SET_MODE, pin, _INPUT)
        self._perform(_PULL, pin, _PULL_UP if active_low else _PULL_DOWN)

    async def write(self, pin: int, on: bool) -> None:
        self._perform(_WRITE, pin, int(on != self._inverted[pin]))

    async def read(self, pin: int) -> bool:
        return bool(self._perform(_READ, pin, 0)) != self._inverted[pin]

    def _perform(self, command: int, pin: int, value: int) -> int:
        self._plug.check()
        result = self._wiring.perform(command, pin, value)
        if result < 0:
            raise DeviceFault(f"pin {pin}: refused with {result}")
        return result


_meters: tuple[type[Meter], ...] = (MemoryMeter,)
_pins: tuple[type[Pins], ...] = (MemoryPins,)
