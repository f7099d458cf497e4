"""What the API takes and answers, as types: its description is made of them, and a test holds real answers to it."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from ladewerk.station.unit.needs import LARGEST_BATTERY_WH, Mode
from ladewerk.station.unit.state import Phase
from ladewerk.station.web.station_api import StationChanges
from ladewerk.web.access_routes import BODIES as ACCESS_BODIES
from ladewerk.web.access_routes import Door, NewToken, TokenView
from ladewerk.web.bodies import Problems, Refusal

Positive = Annotated[float, msgspec.Meta(ge=0)]


class _Shape(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing that is not said."""


class NeedsWanted(_Shape):
    """Energy until a departure; the currents are A per phase."""

    mode: Mode
    energy_wh: Annotated[float, msgspec.Meta(ge=1, le=LARGEST_BATTERY_WH)]
    depart_at: Annotated[datetime, msgspec.Meta(tz=True)]
    min_current_a: Positive | None = None
    max_current_a: Annotated[float, msgspec.Meta(ge=6)] | None = None
    id_token: Annotated[str, msgspec.Meta(min_length=1, max_length=36)] | None = None
    token_type: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] | None = None


class TokenShown(_Shape):
    """Who presses, where a token is needed; else nothing is said."""

    id_token: Annotated[str, msgspec.Meta(min_length=1, max_length=36)] | None = None
    token_type: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] | None = None


class LimitWanted(_Shape):
    """A limit to the whole station; either ``limit_w`` or ``limit_a``, the latter per phase."""

    source: Literal["SO", "EMS", "Other"]
    limit_w: Positive | None = None
    limit_a: Positive | None = None


class Said(_Shape):
    """A code with parameters, for translation."""

    code: str
    params: dict[str, Any]


class Trouble(Said):
    """The same with its English text."""

    text: str


class Csms(_Shape):
    """The link to the CSMS; ``reason`` says why there is none."""

    url: str
    connected: bool
    since: datetime | None
    reason: str | None


class StationFacts(_Shape):
    """What does not change while the station runs, and the link."""

    identity: str
    version: str
    time_zone: str | None
    csms: Csms


class Period(_Shape):
    """A current per phase from ``start_at`` to ``end_at``; None is for ever."""

    start_at: datetime
    end_at: datetime | None
    limit_a: float


class Plan(_Shape):
    """What is carried out, or waits for Start."""

    received_at: datetime
    periods: list[Period]
    ends_at: datetime | None


class Actions(_Shape):
    """The periods of the plan, sorted."""

    waiting: list[Period]
    current: Period | None
    completed: list[Period]


class NeedsTaken(_Shape):
    """What was asked for."""

    mode: Mode
    energy_wh: float
    depart_at: datetime
    min_current_a: float
    max_current_a: float


class Allowed(_Shape):
    """Which orders would be taken now."""

    submit: bool
    start: bool
    stop: bool
    reset: bool
    direct: bool


class Unit(_Shape):
    """One charging unit; currents are A per phase, lists are L1 to L3."""

    id: str
    evse_id: int
    state: Phase
    sentence: Said
    pilot: str | None
    error: Trouble | None
    mode: str | None
    set_current_a: float
    offered_limit_a: float | None
    allowed_a: float | None
    cable_limit_a: float | None
    max_current_a: float
    phases: int
    power_w: float | None
    current_a: list[float | None]
    voltage_v: list[float | None]
    session_energy_wh: float
    needs: NeedsTaken | None
    plan: Plan | None
    actions: Actions
    transaction_id: str | None
    allowed: Allowed


class Message(Trouble):
    """One line of the messages; ``params.unit`` names the unit it is about."""

    at: datetime
    level: str


class State(_Shape):
    """Everything the page shows."""

    now: datetime
    station: StationFacts
    units: list[Unit]
    messages: list[Message]
    time_from: str | None = None
    """Who says what time it is."""


class StateEvent(_Shape):
    """A message of the WebSocket."""

    type: Literal["state"]
    state: State


class Samples(_Shape):
    """Rows of epoch seconds, power in W, set current in A, planned power in W."""

    samples: list[tuple[float, float, float, float | None]]


class Nothing(_Shape):
    """It was done."""


class UnitSettings(_Shape):
    """As in the configuration file; ``waits`` for the end of a session."""

    settings: dict[str, Any]
    waits: bool


class Settings(_Shape):
    """As in the configuration file; ``restart``: the next start will follow what this run does not."""

    settings: dict[str, Any]
    restart: bool


class Restart(_Shape):
    """Whether the next start will follow what this run does not."""

    restart: bool


class Waits(_Shape):
    """Whether a session has to end before the change counts."""

    waits: bool


class Reading(_Shape):
    """What flowed between two moments."""

    begin: datetime
    end: datetime
    measured_s: float
    energy_wh: float
    mean_w: float
    lowest_w: float
    highest_w: float
    offered_a: float
    planned_w: float | None


class Readings(_Shape):
    """The oldest first."""

    readings: list[Reading]


BODIES: dict[tuple[str, str], type] = {
    **ACCESS_BODIES,
    ("post", "/api/units/{unit_id}/needs"): NeedsWanted,
    ("post", "/api/units/{unit_id}/{button}"): TokenShown,
    ("put", "/api/limit"): LimitWanted,
    ("patch", "/api/settings"): StationChanges,
}

ANSWERS: dict[tuple[str, str], type] = {
    ("get", "/api/state"): State,
    ("get", "/api/units/{unit_id}/samples"): Samples,
    ("get", "/api/units/{unit_id}"): UnitSettings,
    ("put", "/api/units/{unit_id}"): Waits,
    ("delete", "/api/units/{unit_id}"): Waits,
    ("post", "/api/units/{unit_id}/needs"): Nothing,
    ("post", "/api/units/{unit_id}/schedule"): Nothing,
    ("post", "/api/units/{unit_id}/{button}"): Nothing,
    ("put", "/api/limit"): Nothing,
    ("delete", "/api/limit/{source}"): Nothing,
    ("get", "/api/history/readings"): Readings,
    ("get", "/api/settings"): Settings,
    ("patch", "/api/settings"): Restart,
    ("get", "/api/session"): Door,
    ("post", "/api/session"): Door,
    ("delete", "/api/session"): Door,
    ("post", "/api/setup"): Door,
    ("put", "/api/password"): Door,
    ("get", "/api/tokens"): list[TokenView],
    ("post", "/api/tokens"): NewToken,
    ("delete", "/api/tokens/{name}"): Nothing,
}

REFUSALS: tuple[type, ...] = (Problems, Refusal)
