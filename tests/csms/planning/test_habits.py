"""Drivers who do not say when they leave."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from msgspec import structs

from ladewerk.clock import LoopClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.planning.habits import expected_departure, known_token, past_stays
from ladewerk.csms.planning.problem import OPEN_STAY, Waiting
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import ChargingNeed, Mode, NeedState, StationRecord
from ladewerk.csms.store.database import open_store
from ladewerk.csms.transactions import Transaction
from ladewerk.ocpp import v21
from ladewerk.paced_loop import PacedLoop
from tests.csms.conftest import transaction_event

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 2, 2, 18, tzinfo=BERLIN)
SEVEN = datetime(2026, 2, 3, 7, tzinfo=BERLIN)
SITE = Site(time_zone="Europe/Berlin")


def visit(days_ago: int, token: str = "abc", **changes: Any) -> Transaction:
    """An evening at this time until seven in the morning."""
    day = NOW.date() - timedelta(days=days_ago)
    visited = Transaction(
        station_id="S-1",
        transaction_id=f"past-{days_ago}",
        updated_at=NOW.astimezone(UTC) - timedelta(days=days_ago),
        seq_no=0,
        started_at=datetime.combine(day, time(18), BERLIN),
        ended_at=datetime.combine(day + timedelta(days=1), time(7), BERLIN),
        id_token=token,
        id_token_type="Local",
        first_register_wh=0.0,
        register_wh=8000.0,
    )
    return structs.replace(visited, **changes)


VISITS = [visit(days) for days in range(1, 29)]
TRANSACTION = Transaction(
    station_id="S-1",
    transaction_id="tx",
    updated_at=NOW,
    seq_no=0,
    started_at=NOW,
    id_token="ABC",
    id_token_type="Local",
)
NEED = ChargingNeed(
    station_id="S-1",
    evse_id=1,
    transaction_id="tx",
    mode=Mode.CHEAPEST,
    energy_wh=8000.0,
    depart_at=None,
    min_current_a=6.0,
    max_current_a=16.0,
    phases=3,
    max_periods=100,
    received_at=NOW,
    register_wh=None,
)
CAR = Waiting(NEED, TRANSACTION)


def test_a_driver_who_always_leaves_at_seven_is_expected_to() -> None:
    assert expected_departure(CAR, past_stays(VISITS), SITE, NOW) == SEVEN
    assert replace(CAR, expected_at=SEVEN).leaves_at(NOW) == SEVEN


def test_what_a_driver_says_wins_over_what_is_expected() -> None:
    said = replace(CAR, need=replace(NEED, depart_at=NOW + timedelta(hours=3)), expected_at=SEVEN)
    assert said.leaves_at(NOW) == NOW + timedelta(hours=3)


def test_a_driver_of_whom_little_is_known_stays_open() -> None:
    assert expected_departure(CAR, past_stays(VISITS[:3]), SITE, NOW) is None
    assert expected_departure(CAR, [], SITE, NOW) is None
    assert (
        expected_departure(
            replace(CAR, transaction=structs.replace(TRANSACTION, started_at=None)), past_stays(VISITS), SITE, NOW
        )
        is None
    )
    assert CAR.leaves_at(NOW) == NOW + OPEN_STAY


def test_an_expectation_must_not_cost_energy() -> None:
    hungry = replace(CAR, need=replace(NEED, energy_wh=130_000.0))
    assert expected_departure(hungry, past_stays(VISITS), SITE, NOW) is None
    assert expected_departure(CAR, past_stays(VISITS), SITE, SEVEN - timedelta(minutes=40)) is None


def test_nobody_has_no_habits() -> None:
    assert known_token(TRANSACTION) == "ABC"
    assert known_token(structs.replace(TRANSACTION, id_token="", id_token_type="NoAuthorization")) is None
    assert known_token(structs.replace(TRANSACTION, id_token=None)) is None


def test_mistakes_and_transactions_without_times_are_no_stays() -> None:
    begun = VISITS[0].started_at
    assert begun is not None
    assert (
        past_stays(
            [structs.replace(VISITS[0], ended_at=begun + timedelta(minutes=5)), structs.replace(VISITS[0], started_at=None)]
        )
        == []
    )
    (stay,) = past_stays([structs.replace(VISITS[0], register_wh=None)])
    assert stay.energy_wh == 0.0


def paced(go: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(go)


@pytest.mark.parametrize(("token", "ends_at"), [("abc", SEVEN), ("stranger", NOW + OPEN_STAY)])
def test_a_plan_of_a_known_driver_ends_when_that_driver_usually_leaves(
    database: str, tiny_station: Any, until: Any, token: str, ends_at: datetime
) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(StationRecord(station_id="S-1", approved_at=NOW))
            for past in VISITS:
                await store.put_transaction(past)
        config = CsmsConfig(open=True, listen="127.0.0.1:0", web="127.0.0.1:0", database=database, site=SITE)
        clock = LoopClock(asyncio.get_running_loop(), NOW)
        async with running_csms(config, clock) as running, tiny_station(running.ocpp_port) as station:
            await station.boot()
            started = transaction_event("Started", 0, register_wh=0.0, token=True)
            id_token = v21.IdTokenType(id_token=token, type="Local")
            await station.call(msgspec.structs.replace(started, timestamp=clock.now(), id_token=id_token))
            await station.needs()
            await until(running, lambda: running.ledger.needs["s-1", 1].state is NeedState.ACCEPTED)
            last = running.ledger.plans["s-1", 1].slots[-1]
            end = last.start_at + timedelta(seconds=last.duration_s)
            assert abs(end - ends_at) < timedelta(minutes=5)

    paced(go())
