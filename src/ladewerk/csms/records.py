"""What the CSMS remembers about stations, needs and plans: plain values, written to the store and kept in the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


def station_key(identity: str) -> str:
    """The form under which a station is found: case makes no difference (OCPP identifierString)."""
    return identity.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class StationRecord:
    """A station that may connect.

    ``station_id`` is spelled as it was first given; ``password_hash`` None asks for no password.
    ``booted_at`` is when its BootNotification was accepted, None while it is not: a station that merely reconnects does not
    boot again. ``security_profile`` is the highest by which it has come and shown who it is.
    """

    station_id: str
    approved_at: datetime
    password_hash: str | None = None
    version: str | None = None
    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial_number: str | None = None
    booted_at: datetime | None = None
    last_seen: datetime | None = None
    security_profile: int = 0

    @property
    def key(self) -> str:
        """See :func:`station_key`."""
        return station_key(self.station_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorStatus:
    """What a connector last said about itself: Available, Occupied, Reserved, Unavailable or Faulted."""

    station_id: str
    evse_id: int
    connector_id: int
    status: str
    at: datetime


class Mode(StrEnum):
    """What a driver wants of a plan."""

    BALANCED = "balanced"
    SHORTEST = "shortest"
    CHEAPEST = "cheapest"


class NeedState(StrEnum):
    """How far a need has come."""

    PLANNING = "planning"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingNeed:
    """What the car at an EVSE needs, as last said by its station.

    ``energy_wh`` was missing when ``register_wh`` (None: unknown) stood on the transaction's meter; ``depart_at`` None is
    open. Currents are per phase. ``transaction_id`` None: the station has not begun the transaction yet. ``assumed``: nobody
    has said it.
    """

    station_id: str
    evse_id: int
    transaction_id: str | None
    mode: Mode
    energy_wh: float
    depart_at: datetime | None
    min_current_a: float
    max_current_a: float
    phases: int
    max_periods: int
    received_at: datetime
    register_wh: float | None
    state: NeedState = NeedState.PLANNING
    reason: str = ""
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSlot:
    """One slot of a plan and what held there; ``current_a`` per phase, ``base_load_w`` without any car."""

    start_at: datetime
    duration_s: float
    current_a: float
    power_w: float
    base_load_w: float
    limit_w: float
    price_per_kwh: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """A plan for one EVSE with its reasons, as it was made; ``number`` grows with every plan of the site."""

    number: int
    station_id: str
    evse_id: int
    transaction_id: str
    created_at: datetime
    mode: Mode
    phases: int
    voltage_v: float
    max_periods: int
    slots: tuple[PlanSlot, ...]
    energy_wh: float
    missing_wh: float
    complete_at: datetime | None
    cost: float
    cost_if_at_once: float
    currency: str
    peak_w: float
    limit_w: float
    gap: float
    solver: str
    summary: dict[str, str]
    """As it was when the plan was made; :mod:`ladewerk.csms.planning.plan_words` says it for later."""
    max_current_a: float | None = None
    """What the car could be given; None where that was not kept."""
    fuse: str | None = None
    """The fuse behind the site's that leaves the car no more; None where none does."""

    def ends_at(self) -> datetime:
        """The end of its last slot; without any, when it was made."""
        if not self.slots:
            return self.created_at
        last = self.slots[-1]
        return last.start_at + timedelta(seconds=last.duration_s)
