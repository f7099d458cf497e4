"""When a known driver will leave and how much energy the car will take, from the stays before; or that nobody can know yet.

Only comparable stays count: those of the last half year that began at about the same time of day, before a day of the same
kind (working day or weekend). What matters is the day on which the driver leaves, so an arrival belongs to the day twelve
hours later: Friday evening to the weekend, Sunday evening to Monday. Departures are compared on the local clock, so somebody
who leaves at seven leaves at seven also when the clocks were turned in the night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from math import isfinite
from typing import Final

from ladewerk.optimizer.similar_days import Distribution

LEAST_STAYS: Final = 5
"""Comparable stays without which a habit is not claimed."""

EARLY: Final = 0.1
USUAL: Final = 0.5
MUCH: Final = 0.9

_LOOKED_AT: Final = timedelta(days=180)
_HALF_LIFE_DAYS: Final = 45.0
_SAME_TIME: Final = timedelta(hours=4)
_HALF_A_DAY: Final = timedelta(hours=12)
_DAY: Final = timedelta(days=1)
_LEAST_STILL_HERE: Final = 3
_TRIED: Final = 30
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A car that came, took ``energy_wh`` and left.

    Times are aware. ValueError where it left before it came, or took less than 0.
    """

    arrived_at: datetime
    departed_at: datetime
    energy_wh: float

    def __post_init__(self) -> None:
        if self.arrived_at.utcoffset() is None or self.departed_at.utcoffset() is None:
            raise ValueError("the times of a stay carry an offset")
        if self.departed_at.astimezone(UTC) <= self.arrived_at.astimezone(UTC):
            raise ValueError(
                f"a departure after {self.arrived_at.isoformat()} is expected, not {self.departed_at.isoformat()}"
            )
        if not (isfinite(self.energy_wh) and self.energy_wh >= 0):
            raise ValueError(f"energy of at least 0 Wh is expected, not {self.energy_wh}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What a driver usually does after an arrival like this one.

    One in ten leaves before ``leaves_early_at``, every second before ``leaves_usually_at``; both are after the moment asked
    for. Every second car takes at most ``usual_energy_wh``, nine in ten at most ``much_energy_wh``. The rest is what these
    claims were worth on the last comparable stays, each judged by those before it: mean errors of the usual departure and
    energy, and the share of drivers who were gone before ``leaves_early_at``. They are None with too few stays to try.
    """

    leaves_early_at: datetime
    leaves_usually_at: datetime
    usual_energy_wh: float
    much_energy_wh: float
    stays: int
    departure_mae_s: float | None
    energy_mae_wh: float | None
    gone_early_share: float | None


def driver_habit(stays: Sequence[Stay], arrived_at: datetime, now: datetime, zone: tzinfo) -> Habit | None:
    """What to expect of a car that arrived at ``arrived_at`` and is still here at ``now``; times on the clock of ``zone``.

    Stays that had not ended by ``arrived_at`` are not looked at. None where fewer than LEAST_STAYS are comparable, or nearly
    all of those had ended by this time of day: then nothing is known.
    """
    comparable = _comparable(stays, arrived_at, zone)
    if len(comparable) < LEAST_STAYS:
        return None
    here = [(at, weight) for at, weight in _departures(comparable, arrived_at, zone) if at > now.astimezone(UTC)]
    if len(here) < _LEAST_STILL_HERE:
        return None
    leaves, energy = _departure_times(here), _energies(comparable, arrived_at)
    tried = _tried(stays, comparable, zone)
    return Habit(
        leaves_early_at=datetime.fromtimestamp(leaves.quantile(EARLY), UTC),
        leaves_usually_at=datetime.fromtimestamp(leaves.quantile(USUAL), UTC),
        usual_energy_wh=energy.quantile(USUAL),
        much_energy_wh=energy.quantile(MUCH),
        stays=len(comparable),
        departure_mae_s=_mean([trial.departure_error_s for trial in tried]),
        energy_mae_wh=_mean([trial.energy_error_wh for trial in tried]),
        gone_early_share=_mean([float(trial.gone_early) for trial in tried]),
    )


def _comparable(stays: Sequence[Stay], arrived_at: datetime, zone: tzinfo) -> list[Stay]:
    """In order of time."""
    arrival = arrived_at.astimezone(UTC)
    return sorted(
        (
            stay
            for stay in stays
            if stay.departed_at.astimezone(UTC) <= arrival
            and arrival - stay.arrived_at.astimezone(UTC) <= _LOOKED_AT
            and _leaves_on_weekend(stay.arrived_at, zone) == _leaves_on_weekend(arrived_at, zone)
            and _apart(stay.arrived_at, arrived_at, zone) <= _SAME_TIME
        ),
        key=lambda stay: stay.arrived_at,
    )


def _leaves_on_weekend(arrived_at: datetime, zone: tzinfo) -> bool:
    return (arrived_at.astimezone(zone).replace(tzinfo=None) + _HALF_A_DAY).weekday() >= _SATURDAY


def _apart(one: datetime, other: datetime, zone: tzinfo) -> timedelta:
    """How far two times of day are apart on the clock."""
    difference = abs(_since_midnight(one.astimezone(zone)) - _since_midnight(other.astimezone(zone)))
    return min(difference, _DAY - difference)


def _since_midnight(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)


def _departures(stays: Sequence[Stay], arrived_at: datetime, zone: tzinfo) -> list[tuple[datetime, float]]:
    """When the driver would leave this time, did he do as each time before; with the weight of that time."""
    midnight = datetime.combine(arrived_at.astimezone(zone).date(), time())
    departures = []
    for stay in stays:
        day = datetime.combine(stay.arrived_at.astimezone(zone).date(), time())
        clock = midnight + (stay.departed_at.astimezone(zone).replace(tzinfo=None) - day)
        departures.append((clock.replace(tzinfo=zone).astimezone(UTC), _weight(stay, arrived_at)))
    return departures


def _weight(stay: Stay, arrived_at: datetime) -> float:
    return float(0.5 ** ((arrived_at - stay.arrived_at) / _DAY / _HALF_LIFE_DAYS))


def _departure_times(departures: Sequence[tuple[datetime, float]]) -> Distribution:
    return Distribution.of((at.timestamp(), weight) for at, weight in departures)


def _energies(stays: Sequence[Stay], arrived_at: datetime) -> Distribution:
    return Distribution.of((stay.energy_wh, _weight(stay, arrived_at)) for stay in stays)


@dataclass(frozen=True, slots=True)
class _Trial:
    departure_error_s: float
    energy_error_wh: float
    gone_early: bool


def _tried(stays: Sequence[Stay], comparable: Sequence[Stay], zone: tzinfo) -> list[_Trial]:
    """What would have been said of the last comparable stays at their arrival, against what came."""
    trials = []
    for stay in comparable[-_TRIED:]:
        known = _comparable(stays, stay.arrived_at, zone)
        if len(known) < LEAST_STAYS:
            continue
        leaves = _departure_times(_departures(known, stay.arrived_at, zone))
        left_s = stay.departed_at.timestamp()
        trials.append(
            _Trial(
                abs(left_s - leaves.quantile(USUAL)),
                abs(stay.energy_wh - _energies(known, stay.arrived_at).quantile(USUAL)),
                left_s < leaves.quantile(EARLY),
            )
        )
    return trials


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
