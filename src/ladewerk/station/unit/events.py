"""What can happen to a charging unit: the columns of its table of states."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from ladewerk.station.drivers.ports import EvseReading, MeterReading
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.needs import Needs
from ladewerk.timeline import Timeline


class Device(StrEnum):
    """A piece of the unit's hardware."""

    EVSE = "evse"
    METER = "meter"
    LOCK = "lock"


class Origin(StrEnum):
    """Who gave an order."""

    LOCAL = "local"
    REMOTE = "remote"


class EvseSeen(Struct, frozen=True):
    """The board answered."""

    reading: EvseReading


class MeterSeen(Struct, frozen=True):
    """The meter answered."""

    reading: MeterReading


@dataclass(frozen=True, slots=True)
class DeviceMissed:
    """A device did not answer, or did not do as told; one miss alone is no fault."""

    device: Device
    why: str


class Tick(Struct, frozen=True):
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The CSMS can be talked to, or no longer."""

    up: bool


@dataclass(frozen=True, slots=True)
class NeedsGiven:
    """Somebody asks for energy; the fields are already checked."""

    needs: Needs


@dataclass(frozen=True, slots=True)
class NeedsAnswered:
    """The CSMS answered NotifyEVChargingNeeds; ``retry`` where it never got it, ``reason`` is its own where it refused."""

    accepted: bool
    retry: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleGiven:
    """Somebody at the station wants this schedule, which has an end; A per phase, already checked."""

    line: Timeline[float]


@dataclass(frozen=True, slots=True)
class PlanReceived:
    """The CSMS set a charging profile for the unit's transaction; A per phase."""

    line: Timeline[float]


@dataclass(frozen=True, slots=True)
class PlanCleared:
    """The CSMS took its charging profile back."""


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """The CSMS does not accept the id token of the unit's transaction; ``status`` is its AuthorizationStatusEnumType."""

    status: str


@dataclass(frozen=True, slots=True)
class LimitsChanged:
    """What all charging profiles together allow the unit, whatever it charges by; A per phase."""

    line: Timeline[float]


@dataclass(frozen=True, slots=True)
class StartPressed:
    """Carry out the plan that was prepared."""

    origin: Origin = Origin.LOCAL


@dataclass(frozen=True, slots=True)
class DirectPressed:
    """Charge at once, at the configured current, without a plan."""

    origin: Origin = Origin.LOCAL


@dataclass(frozen=True, slots=True)
class StopPressed:
    """End what is going on; ``reason`` where it is not simply who gave the order."""

    origin: Origin = Origin.LOCAL
    reason: EndReason | None = None


@dataclass(frozen=True, slots=True)
class ResetPressed:
    """An operator has looked at the fault and clears it."""


@dataclass(frozen=True, slots=True)
class LockMoved:
    """The plug lock has arrived."""

    locked: bool


@dataclass(frozen=True, slots=True)
class LockFailed:
    """The plug lock did not arrive where it was sent, or does not stay there."""

    locking: bool
    why: str


Event: TypeAlias = (
    EvseSeen
    | MeterSeen
    | DeviceMissed
    | Tick
    | LinkChanged
    | NeedsGiven
    | NeedsAnswered
    | ScheduleGiven
    | PlanReceived
    | PlanCleared
    | TokenRefused
    | LimitsChanged
    | StartPressed
    | DirectPressed
    | StopPressed
    | ResetPressed
    | LockMoved
    | LockFailed
)

EVENTS: tuple[type[Event], ...] = (
    EvseSeen,
    MeterSeen,
    DeviceMissed,
    Tick,
    LinkChanged,
    NeedsGiven,
    NeedsAnswered,
    ScheduleGiven,
    PlanReceived,
    PlanCleared,
    TokenRefused,
    LimitsChanged,
    StartPressed,
    DirectPressed,
    StopPressed,
    ResetPressed,
    LockMoved,
    LockFailed,
)
