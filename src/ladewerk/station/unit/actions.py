"""What a charging unit wants done: the answers of its table of states, carried out by ``control``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from ladewerk.station.unit.needs import Needs


class EndReason(StrEnum):
    """Why a transaction ended, in OCPP's words (ReasonEnumType)."""

    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    SCHEDULE_OVER = "TimeLimitReached"
    LOCAL = "Local"
    REMOTE = "Remote"
    MASTER_PASS = "MasterPass"
    DEAUTHORIZED = "DeAuthorized"
    IMMEDIATE_RESET = "ImmediateReset"
    TIMEOUT = "Timeout"
    UNPLUGGED = "EVDisconnected"
    STOPPED_BY_EV = "StoppedByEV"
    OVERCURRENT = "OvercurrentFault"
    GROUND_FAULT = "GroundFault"
    OTHER = "Other"


class Level(StrEnum):
    """How much a message matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class SetCurrent:
    """Offer this current per phase; 0 is a pause."""

    current_a: float


@dataclass(frozen=True, slots=True)
class OpenContactor:
    """Cut the supply now."""


@dataclass(frozen=True, slots=True)
class AllowSupply:
    """Let the board close the contactor again when the vehicle asks."""


@dataclass(frozen=True, slots=True)
class StartSelfTest:
    """Begin the board's self-test."""


@dataclass(frozen=True, slots=True)
class MoveLock:
    """Drive the plug lock; the result comes back as LockMoved or LockFailed."""

    locked: bool


@dataclass(frozen=True, slots=True)
class BeginTransaction:
    """TransactionEvent Started; ``plugged_now`` where the plug-in itself is the trigger."""

    plugged_now: bool


@dataclass(frozen=True, slots=True)
class AuthorizeTransaction:
    """TransactionEvent Updated with the local id token."""


@dataclass(frozen=True, slots=True)
class EndTransaction:
    """TransactionEvent Ended."""

    reason: EndReason


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """Tell the CSMS what is still needed."""

    needs: Needs


@dataclass(frozen=True, slots=True)
class Say:
    """Put a message on the page and in the log."""

    level: Level
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refuse:
    """The order that came with the event is refused; the unit goes on as if it had not come."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


Action: TypeAlias = (
    SetCurrent
    | OpenContactor
    | AllowSupply
    | StartSelfTest
    | MoveLock
    | BeginTransaction
    | AuthorizeTransaction
    | EndTransaction
    | RequestPlan
    | Say
    | Refuse
)
