"""Simulator, CSMS and station as three processes: the whole path, and what is left of it when one of them is killed."""

import signal
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import House

pytestmark = pytest.mark.timeout(1200)

ENERGY_WH = 1000.0
"""So much that there is time left, on a busy machine too, for a last calibration behind the outage."""


def events(house: "House", transaction_id: str) -> list[tuple[Any, ...]]:
    """(sequence number, type, offline) as the CSMS's database has them."""
    with sqlite3.connect(f"file:{house.database}?mode=ro", uri=True) as database:
        return database.execute(
            "select seq_no, event_type, offline from transaction_events where transaction_id = ? order by seq_no",
            (transaction_id,),
        ).fetchall()


def ended(house: "House") -> dict[str, Any] | None:
    """The oldest transaction, once it has ended."""
    known = house.transactions()
    return known[-1] if known and known[-1]["ended_at"] is not None else None


def test_killing_the_csms_in_mid_charge_loses_no_event_and_disturbs_no_ampere(house: "House", until: Any) -> None:
    house.charge(ENERGY_WH)
    began_wh = house.hardware()["drawn_wh"]
    house.csms.kill()
    while house.hardware()["drawn_wh"] < began_wh + 400:
        assert house.hardware()["set_current_a"] == 16
    assert not house.http.get(f"{house.page}/api/state").json()["station"]["csms"]["connected"]
    house.csms.start()
    house.csms.says(r"API are at +(\S+)")
    transaction = until(lambda: ended(house), "the transaction has ended")
    # By its plan, with or without a last calibration: on a busy machine the link may be back too late for one.
    assert transaction["stopped_reason"] in ("EnergyLimitReached", "TimeLimitReached")
    assert transaction["energy_wh"] >= 0.6 * ENERGY_WH
    kept = events(house, transaction["transaction_id"])
    assert [number for number, _, _ in kept] == list(range(len(kept)))
    assert (kept[0][1], kept[-1][1]) == ("Started", "Ended")
    assert any(offline for _, _, offline in kept)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_S03_a_station_that_is_gone_leaves_no_current_and_its_next_start_ends_what_was_open(
    house: "House", until: Any, number: signal.Signals
) -> None:
    house.charge(ENERGY_WH)
    until(lambda: len(house.transactions()) == 1 and house.transactions()[0]["energy_wh"], "energy was reported")
    assert house.hardware()["set_current_a"] == 16
    # The board has no watchdog and would go on with its last current.
    house.station.fail(number)
    until(lambda: house.hardware()["set_current_a"] == 0, "the supervisor has taken the current off")
    assert house.station.ended() == -signal.SIGKILL
    house.start_station()
    transaction = until(lambda: ended(house), "the open transaction has ended")
    assert transaction["stopped_reason"] == "PowerLoss"
    kept = events(house, transaction["transaction_id"])
    assert [number for number, _, _ in kept] == list(range(len(kept)))
    assert kept[-1][1] == "Ended"
    until(lambda: house.unit()["state"] == "plugged", "the unit is ready for a new request")
    # A car takes seconds to follow the pilot, longer than the station takes to be ready.
    until(lambda: house.hardware()["ev_power_w"] == 0, "the car has stopped drawing")
