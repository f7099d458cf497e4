"""What the car at an EVSE needs, stated by a person: stations of OCPP 1.6 have no way to say it."""

import dataclasses
import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, put
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import who_asks
from ladewerk.csms.api.own_routes import not_yours
from ladewerk.csms.api.refusals import faulty, refused
from ladewerk.csms.api.views import NeedView, need_view
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.records import ChargingNeed, Mode, NeedState, StationRecord, station_key
from ladewerk.csms.security.roles import Right
from ladewerk.csms.smart_charging.quirks import MOST_PERIODS
from ladewerk.electrical import MINIMUM_OFFER_A

_HIGHEST_CURRENT_A: Final = 80.0
_MOST_WH: Final = 1_000_000.0
"""More than any battery: whoever claims it would take what is short from all others."""
_USUAL_CURRENT_A: Final = 16.0
_SOONEST: Final = timedelta(minutes=1)
_STATION_PERIODS: Final = {"ocpp1.6": 24}
"""What the smallest stations of 1.6 are known to take; NotifyEVChargingNeeds would say how many."""

StationId = Annotated[str, PathParameter(description="identity of the station", max_length=48)]
EvseId = Annotated[int, PathParameter(description="number of the EVSE; connector of a 1.6 station", ge=1)]


class StatedNeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``energy_wh`` from now on; ``depart_at`` None is open; currents per phase.

    What is left out of currents and phases is as it was last said in this transaction, else from 6 to 16 A on 3 phases.
    """

    energy_wh: float
    mode: Mode = Mode.BALANCED
    depart_at: datetime | None = None
    min_current_a: float | None = None
    max_current_a: float | None = None
    phases: int | None = None


@put("/api/stations/{station_id:str}/evses/{evse_id:int}/needs", right=Right.OWN)
async def put_need(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station_id: StationId,
    evse_id: EvseId,
    data: JSONBody[StatedNeed],
) -> NeedView:
    """State what the car at an EVSE needs; it is planned as if the station had said it, once a transaction runs there."""
    key = (station_key(station_id), evse_id)
    station = desk.ledger.stations.get(key[0])
    transaction = desk.ledger.open_transaction(key)
    who = who_asks(request)
    if not who.may(Right.OPERATE) and (transaction is None or not who.owns(transaction.id_token)):
        raise not_yours(who)
    if station is None:
        raise refused(404, "unknown-station", f"no station {station_id!r} is known", station=station_id)
    before = desk.ledger.needs.get(key)
    transaction_id = None if transaction is None else transaction.transaction_id
    if before is None or before.transaction_id != transaction_id:
        before = _usual(station, evse_id, desk.clock.now())
    now = desk.clock.now()
    need = dataclasses.replace(
        before,
        transaction_id=transaction_id,
        mode=data.mode,
        energy_wh=data.energy_wh,
        depart_at=data.depart_at,
        min_current_a=before.min_current_a if data.min_current_a is None else data.min_current_a,
        max_current_a=before.max_current_a if data.max_current_a is None else data.max_current_a,
        phases=before.phases if data.phases is None else data.phases,
        received_at=now,
        register_wh=None if transaction is None else transaction.register_by(now),
        state=NeedState.PLANNING,
        reason="",
        assumed=False,
    )
    faults = list(_faults(need))
    if faults:
        raise faulty(*faults)
    await desk.ledger.take_need(need)
    return need_view(need)


def _usual(station: StationRecord, evse_id: int, now: datetime) -> ChargingNeed:
    """That of a car of which nothing is known."""
    return ChargingNeed(
        station_id=station.station_id,
        evse_id=evse_id,
        transaction_id=None,
        mode=Mode.BALANCED,
        energy_wh=0.0,
        depart_at=None,
        min_current_a=MINIMUM_OFFER_A,
        max_current_a=_USUAL_CURRENT_A,
        phases=3,
        max_periods=_STATION_PERIODS.get(station.version or "", MOST_PERIODS),
        received_at=now,
        register_wh=None,
    )


def _faults(need: ChargingNeed) -> Iterator[Fault]:
    if not math.isfinite(need.energy_wh) or need.energy_wh <= 0:
        yield Fault(field="energy_wh", code="not-positive", text="the energy is more than 0 Wh")
    elif need.energy_wh > _MOST_WH:
        most: dict[str, str | float] = {"min": 0, "max": _MOST_WH, "unit": "Wh"}
        yield Fault(field="energy_wh", code="out-of-range", params=most, text=f"the energy is at most {_MOST_WH:g} Wh")
    if need.depart_at is not None and (need.depart_at.tzinfo is None or need.depart_at < need.received_at + _SOONEST):
        yield Fault(field="depart_at", code="not-in-future", text="the departure is a time with an offset, in the future")
    for field, value_a in (("min_current_a", need.min_current_a), ("max_current_a", need.max_current_a)):
        if not MINIMUM_OFFER_A <= value_a <= _HIGHEST_CURRENT_A:
            text = f"a current is from {MINIMUM_OFFER_A:g} to {_HIGHEST_CURRENT_A:g} A"
            bounds: dict[str, str | float] = {"min": MINIMUM_OFFER_A, "max": _HIGHEST_CURRENT_A, "unit": "A"}
            yield Fault(field=field, code="out-of-range", params=bounds, text=text)
    if need.min_current_a > need.max_current_a:
        yield Fault(field="min_current_a", code="above-maximum", text="the least current is above the highest")
    if need.phases not in (1, 2, 3):
        params: dict[str, str | float] = {"min": 1, "max": 3, "unit": ""}
        yield Fault(field="phases", code="out-of-range", params=params, text="a car charges on 1, 2 or 3 phases")


ROUTES: Final = (put_need,)
