"""What a car needs, out of the words of its station."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET, UnsetType, structs

from ladewerk.csms.planning.needs import ASSUMED_WH, MOST_WH, NeedRefused, read_need, remaining_wh
from ladewerk.csms.records import ChargingNeed, Mode
from ladewerk.csms.transactions import Transaction
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import CustomData

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
TRANSACTION = Transaction(station_id="S", transaction_id="tx", updated_at=NOW, seq_no=0, register_wh=1000.0)


def request(
    *,
    transfer: str = "AC_three_phase",
    departure: datetime | UnsetType = UNSET,
    outer: CustomData | UnsetType = UNSET,
    inner: CustomData | UnsetType = UNSET,
    energy_wh: float = 8000,
    low_a: float = 6,
    high_a: float = 16,
) -> v21.NotifyEVChargingNeedsRequest:
    return v21.NotifyEVChargingNeedsRequest(
        evse_id=1,
        custom_data=outer,
        charging_needs=v21.ChargingNeedsType(
            requested_energy_transfer=v21.EnergyTransferModeEnumType(transfer),
            departure_time=departure,
            custom_data=inner,
            ac_charging_parameters=v21.ACChargingParametersType(
                energy_amount=energy_wh, ev_min_current=low_a, ev_max_current=high_a, ev_max_voltage=400
            ),
        ),
    )


def read(asked: v21.NotifyEVChargingNeedsRequest, transaction: Transaction | None = TRANSACTION) -> ChargingNeed:
    need = read_need(asked, station_id="S", transaction=transaction, now=NOW)
    assert isinstance(need, ChargingNeed)
    return need


def test_a_station_that_knows_no_modes_gets_a_balanced_plan() -> None:
    assert read(request()).mode is Mode.BALANCED


@pytest.mark.parametrize(("said", "mode"), [(0, Mode.BALANCED), (1, Mode.SHORTEST), (2, Mode.CHEAPEST)])
def test_the_mode_may_stand_beside_the_needs_or_in_them(said: int, mode: Mode) -> None:
    custom = CustomData(vendorId="Ladewerk", mode=said)
    assert read(request(outer=custom)).mode is mode
    assert read(request(inner=custom)).mode is mode


@pytest.mark.parametrize("said", [3, "1", True, None, 1.0])
def test_an_unknown_mode_is_refused(said: object) -> None:
    asked = request(outer=CustomData(vendorId="Ladewerk", mode=said))
    assert isinstance(read_need(asked, station_id="S", transaction=None, now=NOW), NeedRefused)


@pytest.mark.parametrize(
    "asked",
    [
        request(transfer="DC"),
        request(high_a=5),
        request(low_a=20),
        request(energy_wh=1e8),
        request(low_a=1e9, high_a=1e308),
        request(energy_wh=-1),
    ],
)
def test_k15_fr04_what_cannot_be_planned_is_refused_with_a_reason(asked: v21.NotifyEVChargingNeedsRequest) -> None:
    refused = read_need(asked, station_id="S", transaction=TRANSACTION, now=NOW)
    assert isinstance(refused, NeedRefused)
    assert len(refused.reason_code) <= 20


def test_k15_fr03_a_car_that_does_not_say_how_much_is_planned_for_some_energy() -> None:
    transfer = v21.EnergyTransferModeEnumType.AC_SINGLE_PHASE
    needs = v21.ChargingNeedsType(requested_energy_transfer=transfer)
    need = read(v21.NotifyEVChargingNeedsRequest(evse_id=1, charging_needs=needs))
    assert (need.assumed, need.energy_wh, need.phases) == (True, ASSUMED_WH, 1)
    assert (need.min_current_a, need.max_current_a) == (6.0, 32.0)
    assert not read(request()).assumed


def test_phases_follow_the_energy_transfer() -> None:
    assert (read(request(transfer="AC_single_phase")).phases, read(request()).phases) == (1, 3)


def test_a_current_below_6_a_cannot_be_offered() -> None:
    assert read(request(low_a=0)).min_current_a == 6


def test_a_car_that_is_still_here_after_its_departure_has_none() -> None:
    assert read(request(departure=NOW - timedelta(hours=1))).depart_at is None
    assert read(request(departure=NOW + timedelta(hours=1))).depart_at == NOW + timedelta(hours=1)


def test_the_need_shrinks_by_what_the_meter_counts() -> None:
    need = read(request())
    assert remaining_wh(need, TRANSACTION) == 8000
    assert remaining_wh(need, structs.replace(TRANSACTION, register_wh=4000.0)) == 5000
    assert remaining_wh(need, structs.replace(TRANSACTION, register_wh=99000.0)) == 0


def test_a_need_counts_from_where_the_meter_stands_by_now_not_from_its_last_reading() -> None:
    """What a car draws between the last reading and its need is not taken for what it got since."""
    charging = structs.replace(TRANSACTION, updated_at=NOW - timedelta(seconds=60), power_w=12_000.0)
    need = read(request(), transaction=charging)
    assert need.register_wh == 1200
    assert remaining_wh(need, structs.replace(charging, updated_at=NOW, register_wh=1200.0)) == 8000
    assert remaining_wh(need, structs.replace(charging, register_wh=9000.0)) == 200
    # A clock that is wrong by an hour makes no difference of an hour.
    assert read(request(), transaction=structs.replace(charging, updated_at=NOW - timedelta(hours=1))).register_wh == 1200
    assert read(request(), transaction=structs.replace(charging, updated_at=NOW + timedelta(hours=1))).register_wh == 1000


def test_a_need_said_before_the_first_reading_counts_from_that_reading() -> None:
    need = read(request(), transaction=None)
    later = structs.replace(TRANSACTION, first_register_wh=700.0, register_wh=1700.0)
    assert remaining_wh(need, later) == 7000
    assert remaining_wh(need, None) == 8000


def test_no_need_is_more_than_the_optimizer_reckons_with() -> None:
    """What a station, an operator or a habit says goes one way, and one car must not spoil the plan of all."""
    need = replace(read(request()), energy_wh=1e300)
    assert remaining_wh(need, None) == remaining_wh(need, TRANSACTION) == MOST_WH
    assert read(request(high_a=1e308)).max_current_a == 1000
