"""Supervision of the current, reading by reading."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.station.drivers.ports import EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.safety import Finding, Thresholds, Watch, highest_current_a, is_stale, supervise

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
THRESHOLDS = Thresholds()


def at(second: float) -> Moment:
    return Moment(START + timedelta(seconds=second), second)


def meter(*current_a: float | None) -> MeterReading:
    one, two, three = current_a
    return MeterReading(
        read_at=START,
        voltage_v=(230.0,) * 3,
        current_a=(one, two, three),
        power_w=(0.0,) * 3,
        energy_register_wh=0.0,
    )


def evse(*, pilot: PilotState = PilotState.C, relay_closed: bool = True) -> EvseReading:
    return EvseReading(
        read_at=START,
        pilot=pilot,
        set_current_a=10,
        offered_current_a=10,
        cable_limit_a=20,
        relay_closed=relay_closed,
        supply_allowed=True,
        self_test_running=False,
        faults=frozenset(),
    )


def first_finding(
    drawn_a: Sequence[float], board: EvseReading | None, *, changed_s: float = -100.0
) -> tuple[int, Finding] | None:
    """At which second of a current per second what was found; 10 A are offered, 16 A were before ``changed_s``."""
    watch = Watch(offered_a=16.0).offering(10.0, at(changed_s), THRESHOLDS)
    for second, amps in enumerate(drawn_a):
        watch, finding = supervise(watch, meter(amps, 0.0, None), board, at(second), THRESHOLDS)
        if finding is not None:
            return second, finding
    return None


@pytest.mark.parametrize(
    ("drawn_a", "board", "found"),
    [
        ([10.4] * 60, evse(), None),
        ([11.5] * 60, evse(), None),
        ([11.6] * 60, evse(), (7, Finding.OVER_CURRENT)),
        ([11.6] * 7 + [10.0] + [11.6] * 7, evse(), None),
        ([13.2] * 60, evse(), (2, Finding.SURGE)),
        ([13.2, 13.2, 10.0, 13.2, 13.2], evse(), None),
        ([5.0] * 60, evse(relay_closed=False), (5, Finding.WELDED)),
        ([5.0] * 60, evse(pilot=PilotState.B), (5, Finding.WELDED)),
        ([0.9] * 60, evse(relay_closed=False), None),
        ([13.2] * 60, None, (2, Finding.SURGE)),
    ],
)
def test_what_lasts_long_enough_is_found(
    drawn_a: list[float], board: EvseReading | None, found: tuple[int, Finding] | None
) -> None:
    assert first_finding(drawn_a, board) == found


def test_a_vehicle_has_six_seconds_to_follow_a_lower_offer() -> None:
    assert first_finding([16.0] * 6 + [9.9] * 20, evse(), changed_s=0.0) is None
    assert first_finding([16.0] * 20, evse(), changed_s=0.0) == (8, Finding.SURGE)


def test_more_than_the_offer_before_is_too_much_even_while_settling() -> None:
    assert first_finding([21.0] * 20, evse(), changed_s=0.0) == (2, Finding.SURGE)


def test_offering_the_same_again_gives_no_new_grace() -> None:
    watch = Watch().offering(10.0, at(0), THRESHOLDS)
    assert watch.offering(10.0, at(50), THRESHOLDS) == watch


def test_the_most_loaded_phase_counts_and_silent_phases_do_not() -> None:
    assert highest_current_a(meter(1.0, None, 7.0)) == 7.0
    assert highest_current_a(meter(None, None, None)) == 0.0


def test_a_reading_is_stale_when_it_never_came_or_is_too_old() -> None:
    assert is_stale(None, 10, at(0))
    assert not is_stale(0.0, 10, at(10))
    assert is_stale(0.0, 10, at(10.1))
