"""A transaction as its events tell it: each event turns one state into the next."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, cast

from msgspec import UNSET, Struct
from msgspec.structs import replace

from ladewerk.csms.records import StationRecord, station_key
from ladewerk.ocpp import Version, v21
from ladewerk.ocpp.transaction_numbers import Start

_TOLD_EVERY_S: Final = 60.0
"""Longer ago, it may as well be a clock that is wrong."""


class Transaction(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of a transaction after its newest event.

    Register readings in Wh, ``power_w`` over all phases, currents per phase; None was never said. ``authorized_by`` says by
    what right the id token was accepted.
    """

    station_id: str
    transaction_id: str
    evse_id: int | None = None
    connector_id: int | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime
    seq_no: int
    charging_state: str | None = None
    stopped_reason: str | None = None
    id_token: str | None = None
    id_token_type: str | None = None
    authorized_by: str | None = None
    first_register_wh: float | None = None
    register_wh: float | None = None
    power_w: float | None = None
    offered_a: float | None = None

    @property
    def energy_wh(self) -> float | None:
        """What has gone into the car since the transaction began."""
        if self.register_wh is None or self.first_register_wh is None:
            return None
        return _finite(self.register_wh - self.first_register_wh)

    @property
    def began_at(self) -> datetime:
        """When it began, as far as it is known: the end of a transaction may be the first that is heard of it."""
        return self.started_at or self.updated_at

    def register_by(self, now: datetime) -> float | None:
        """What the meter stands at ``now``, as far as the last reading and its power tell.

        Stations tell both each minute or so: the reading alone may be older than what is said at the same moment.
        """
        if self.register_wh is None or self.power_w is None:
            return self.register_wh
        since_s = (now - self.updated_at).total_seconds()
        return self.register_wh + max(0.0, self.power_w) * min(max(0.0, since_s), _TOLD_EVERY_S) / 3600

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.ended_at is None


def known_starts(stations: Iterable[StationRecord], transactions: Iterable[Transaction]) -> dict[Start, int]:
    """The numbers that 1.6 stations were given, by what their StartTransaction said: it is repeated after a restart too."""
    old = {station.key for station in stations if station.version == Version.V16}
    found = {}
    for known in transactions:
        key = station_key(known.station_id)
        said = (known.evse_id, known.id_token, known.started_at, known.first_register_wh)
        if key not in old or None in said or not known.transaction_id.isdecimal():
            continue
        connector, id_tag, at, meter_wh = cast("tuple[int, str, datetime, float]", said)
        found[key, connector, id_tag, at, round(meter_wh)] = int(known.transaction_id)
    return found


def after_event(
    before: Transaction | None, station_id: str, event: v21.TransactionEventRequest, *, authorized_by: str = ""
) -> Transaction:
    """The transaction after ``event``.

    An event older than the newest (a station may send what it had queued while newer ones passed) still tells when the
    transaction began and ended, but changes nothing that has been told since.
    """
    info = event.transaction_info
    state = before or Transaction(
        station_id=station_id, transaction_id=info.transaction_id, updated_at=event.timestamp, seq_no=event.seq_no
    )
    newest = before is None or event.seq_no >= before.seq_no
    told: dict[str, Any] = {}
    # EVSE 0 is the station, on which no transaction runs: which EVSE it is, is still to be said.
    if event.evse is not UNSET and event.evse.id > 0:
        told["evse_id"] = event.evse.id
        if event.evse.connector_id is not UNSET:
            told["connector_id"] = event.evse.connector_id
    if event.event_type == "Started":
        told["started_at"] = event.timestamp
    if event.event_type == "Ended":
        reason = None if info.stopped_reason is UNSET else str(info.stopped_reason)
        told |= {"ended_at": event.timestamp, "stopped_reason": reason, "power_w": 0.0}
    # Who ends it may be another of the group (C09).
    if event.id_token is not UNSET and (state.id_token is None or event.event_type != "Ended"):
        token = event.id_token
        told |= {"id_token": token.id_token, "id_token_type": token.type, "authorized_by": authorized_by}
    if newest:
        told |= {"seq_no": event.seq_no, "updated_at": event.timestamp}
        if info.charging_state is not UNSET:
            told["charging_state"] = str(info.charging_state)
    is_open = state.is_open and "ended_at" not in told
    if event.meter_value is not UNSET:
        told |= _told_by(state, event.meter_value, newest=newest, is_open=is_open)
    return replace(state, **told)


def after_readings(state: Transaction, readings: Iterable[v21.MeterValueType]) -> Transaction:
    """The transaction after meter values that belong to it."""
    return replace(state, **_told_by(state, readings, newest=True, is_open=state.is_open))


def _told_by(state: Transaction, readings: Iterable[v21.MeterValueType], *, newest: bool, is_open: bool) -> dict[str, Any]:
    """What changes by meter values; those of an older event only tell the first and the highest reading."""
    told: dict[str, Any] = {}
    first_wh, last_wh = state.first_register_wh, state.register_wh
    for reading in readings:
        told_here = _at_outlet(reading.sampled_value)
        register_wh = _total(told_here.get(_REGISTER, ()), "Wh")
        if register_wh is not None:
            first_wh = register_wh if first_wh is None else min(first_wh, register_wh)
            last_wh = max(register_wh, last_wh or 0.0)
            told |= {"first_register_wh": first_wh, "register_wh": last_wh}
        power_w = _total(told_here.get("Power.Active.Import", ()), "W")
        if newest and is_open and power_w is not None:
            told["power_w"] = power_w
        offered_a = _highest(told_here.get("Current.Offered", ()))
        if newest and offered_a is not None:
            told["offered_a"] = offered_a
    return told


_REGISTER: Final = "Energy.Active.Import.Register"


def measured(samples: Sequence[v21.SampledValueType], measurand: str, *, unit: str) -> float | None:
    """The total of ``measurand`` at the outlet in ``unit`` (Wh or W): the value for all phases, or their sum."""
    return _total(_at_outlet(samples).get(measurand, ()), unit)


def highest(samples: Sequence[v21.SampledValueType], measurand: str) -> float | None:
    """The highest of the phases, unscaled but for the multiplier."""
    return _highest(_at_outlet(samples).get(measurand, ()))


def _at_outlet(samples: Sequence[v21.SampledValueType]) -> dict[str, list[v21.SampledValueType]]:
    """The samples of each measurand."""
    found: dict[str, list[v21.SampledValueType]] = {}
    for sample in samples:
        # OCPP 2.0.1 part 2, SampledValueType: without a measurand it is the import register, without a location the outlet.
        if sample.location is UNSET or sample.location == "Outlet":
            found.setdefault(_REGISTER if sample.measurand is UNSET else sample.measurand, []).append(sample)
    return found


def _total(samples: Sequence[v21.SampledValueType], unit: str) -> float | None:
    overall = [sample for sample in samples if sample.phase is UNSET]
    if overall:
        return _finite(_scaled(overall[-1], unit))
    return _finite(sum(_scaled(sample, unit) for sample in samples)) if samples else None


def _highest(samples: Sequence[v21.SampledValueType]) -> float | None:
    return _finite(max((_scaled(sample, "") for sample in samples), default=math.inf))


def _finite(value: float) -> float | None:
    """What is no number says nothing: one that no double holds would spoil every sum it is in."""
    return value if math.isfinite(value) else None


def _scaled(sample: v21.SampledValueType, unit: str) -> float:
    said = sample.unit_of_measure
    if said is UNSET:
        return sample.value
    multiplier = 0 if said.multiplier is UNSET else said.multiplier
    kilo = 1000.0 if said.unit is not UNSET and unit and said.unit == f"k{unit}" else 1.0
    try:
        return float(sample.value * kilo * 10.0**multiplier)
    except OverflowError:
        return math.inf
