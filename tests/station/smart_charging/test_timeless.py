"""What charging profiles allow while nobody knows the time."""

from datetime import UTC, datetime, timedelta

from msgspec import UNSET

from ladewerk.charging.composite import Situation, Station, own_limit, station_limit
from ladewerk.charging.installation import Installation
from ladewerk.charging.occurrences import Kind, Window
from ladewerk.charging.rates import Circuit, Unit
from ladewerk.charging.schedule import currents
from ladewerk.ocpp import v21
from ladewerk.station.smart_charging.timeless import timeless
from ladewerk.station.wall_clock import BEGINNING

PURPOSES = v21.ChargingProfilePurposeEnumType
CIRCUIT = Circuit(3, 230.0)
WINDOW = Window(BEGINNING + timedelta(seconds=40), BEGINNING + timedelta(hours=48))


def profile(number: int, kind: Kind, *limits: float, evse_id: int = 0, level: int = 0, unit: Unit = Unit.A) -> Installation:
    purpose = PURPOSES.TX_DEFAULT_PROFILE if evse_id else PURPOSES.CHARGING_STATION_MAX_PROFILE
    begins = UNSET if kind is Kind.RELATIVE else datetime(2026, 7, 1, tzinfo=UTC)
    periods = tuple(
        v21.ChargingSchedulePeriodType(start_period=index * 3600, limit=limit, number_phases=3)
        for index, limit in enumerate(limits)
    )
    return Installation(
        evse_id,
        v21.ChargingProfileType(
            id=number,
            stack_level=level,
            charging_profile_purpose=purpose,
            charging_profile_kind=kind,
            recurrency_kind=v21.RecurrencyKindEnumType.DAILY if kind is Kind.RECURRING else UNSET,
            valid_from=begins,
            charging_schedule=(
                v21.ChargingScheduleType(
                    id=1, start_schedule=begins, charging_rate_unit=unit, charging_schedule_period=periods, duration=86_400
                ),
            ),
        ),
    )


def limits(*installed: Installation) -> tuple[set[float], set[float]]:
    """The values that occur for EVSE 1, and for the station."""
    situation = Situation(
        station=Station(ratings_a={1: 32.0}, phases=3, zone=UTC, switches_phases=False),
        installed=timeless(installed, CIRCUIT),
        transactions={},
        offline_s=None,
    )
    own, together = currents(own_limit(situation, 1, WINDOW)), currents(station_limit(situation, WINDOW))
    return {one for one in own.values if one is not None}, {one for one in together.values if one is not None}


def test_of_what_depends_on_the_time_the_least_holds() -> None:
    day_and_night = profile(1, Kind.RECURRING, 16.0, 8.0, 32.0)
    assert limits(day_and_night) == ({32.0}, {8.0})


def test_the_level_that_leads_is_not_known_either() -> None:
    own, _ = limits(
        profile(1, Kind.ABSOLUTE, 10.0, 32.0, evse_id=1), profile(2, Kind.RECURRING, 20.0, 13.0, evse_id=1, level=5)
    )
    assert own == {10.0}


def test_watts_and_amps_are_compared_as_amps() -> None:
    own, _ = limits(
        profile(1, Kind.ABSOLUTE, 4140.0, 11_000.0, evse_id=1, unit=Unit.W),
        profile(2, Kind.ABSOLUTE, 8.0, evse_id=1, level=1),
    )
    assert own == {6.0}


def test_a_limit_of_nothing_at_some_time_is_a_limit_of_nothing() -> None:
    assert limits(profile(1, Kind.RECURRING, 16.0, 0.0, evse_id=1))[0] == {0.0}


def test_what_does_not_depend_on_the_time_stays() -> None:
    relative = profile(1, Kind.RELATIVE, 9.0, 12.0, evse_id=1)
    assert timeless((relative,), CIRCUIT) == (relative,)
