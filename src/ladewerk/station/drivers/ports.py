"""What the station needs of its hardware, by capability: a driver is what it implements.

Every method may raise :class:`~ladewerk.errors.DeviceUnreachable` (no answer after the driver's own retries),
:class:`~ladewerk.errors.ReadingImplausible` (an answer that cannot be true) or :class:`~ladewerk.errors.DeviceFault` (the
device says that it is broken, or does not do as told), and nothing of the device's library. Readings are values of one
moment; what they mean is decided in ``unit`` and ``safety``.
"""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct


class PilotState(StrEnum):
    """Control pilot of IEC 61851-1, table A.6."""

    A = "A"  # no vehicle
    B = "B"  # vehicle connected
    C = "C"  # vehicle asks for power
    D = "D"  # as C, with ventilation
    E = "E"  # pilot or earth fault
    F = "F"  # the EVSE is not available


class EvseFault(StrEnum):
    """A fault the board itself reports; names after the ChargeX MREC and EVerest vocabularies."""

    DIODE = "DiodeFault"
    VENTILATION = "VentilationNotAvailable"
    GROUND = "GroundFailure"
    PILOT = "PilotFault"


class EvseReading(Struct, frozen=True, kw_only=True):
    """The board at one moment."""

    read_at: datetime
    pilot: PilotState
    set_current_a: float
    """What the board was last told to offer; 0 is a pause."""
    offered_current_a: float
    """What the pilot signals now; advisory."""
    cable_limit_a: float
    relay_closed: bool
    supply_allowed: bool
    """False once :meth:`Evse.open_contactor` was called, until :meth:`Evse.allow_supply`."""
    self_test_running: bool
    faults: frozenset[EvseFault]


class Evse(Protocol):
    """The board that talks to the vehicle and switches the contactor."""

    async def read(self) -> EvseReading: ...

    async def set_current(self, current_a: float) -> None:
        """Offer ``current_a`` from now on, 0 to pause; returns when the board has confirmed it by read-back.

        Rounded down to what the board can say. ValueError for a current that no control pilot can signal.
        """
        ...

    async def open_contactor(self) -> None:
        """Cut the supply now, whatever the vehicle does."""
        ...

    async def allow_supply(self) -> None:
        """Take :meth:`open_contactor` back; the current set before does not come back with it."""
        ...

    async def start_self_test(self) -> None:
        """Begin the board's own test; :attr:`EvseReading.self_test_running` says when it is over."""
        ...


class MeterReading(Struct, frozen=True, kw_only=True):
    """The meter at one moment, per phase L1, L2, L3; None is a phase it does not tell about."""

    read_at: datetime
    voltage_v: tuple[float | None, float | None, float | None]
    current_a: tuple[float | None, float | None, float | None]
    power_w: tuple[float | None, float | None, float | None]
    energy_register_wh: float
    """Total imported energy as billed; never reset by us, and it may advance in steps of a minute."""

    @property
    def total_power_w(self) -> float:
        return sum(value for value in self.power_w if value is not None)


class Meter(Protocol):
    """The energy meter of one unit."""

    async def read(self) -> MeterReading: ...


class Lock(Protocol):
    """The plug lock. A move is finished, or has failed with DeviceFault, when the call returns."""

    async def lock(self) -> None: ...

    async def unlock(self) -> None: ...

    async def is_open(self) -> bool:
        """Whether it is seen to be open; False where nothing tells, or while it moves. Raises DeviceError."""
        ...


class Button(StrEnum):
    """A push-button beside the socket."""

    START = "start"
    STOP = "stop"


class Buttons(Protocol):
    """The push-buttons of one unit."""

    async def pressed(self) -> frozenset[Button]:
        """What has been pressed since the last call; to be called every :data:`BUTTON_POLL_S`."""
        ...


BUTTON_POLL_S = 0.05
"""Longer than a contact bounces, shorter than a press."""


class Lamp(StrEnum):
    """What a lamp beside the socket says."""

    READY = "ready"
    CHARGING = "charging"
    FAULT = "fault"


class Lamps(Protocol):
    """The indicator lamps of one unit."""

    async def show(self, lit: frozenset[Lamp]) -> None:
        """Light these lamps and no other."""
        ...
