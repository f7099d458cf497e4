"""What an afternoon at the car park leaves behind, each thing as it was seen, and what follows from it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from ladewerk.demo.car_park import Guest


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What the simulated car at a station draws from this moment on, and the house beside it."""

    at: datetime
    station: str
    car_w: float
    household_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What flows from this moment on: the house, and the car at each station, in watts."""

    at: datetime
    household_w: float
    cars_w: Mapping[str, float]

    @property
    def grid_w(self) -> float:
        """All of it."""
        return self.household_w + sum(self.cars_w.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A guest who was here; ``drawn_wh`` is what its car has counted itself."""

    guest: Guest
    came_at: datetime
    left_at: datetime
    drawn_wh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something to be told of a station."""

    at: datetime
    station: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A while at a station."""

    station: str
    start: datetime
    end: datetime

    @property
    def minutes(self) -> float:
        """How long."""
        return (self.end - self.start).total_seconds() / 60


@dataclass(slots=True, kw_only=True)
class Afternoon:
    """``allowed`` is what house and cars could draw at most as the CSMS counts, ``connected`` whether it could reach the
    station that is cut off for a while, ``plans`` are as its API gives them; everything by time."""

    draws: list[Draw] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    happened: list[Happening] = field(default_factory=list)
    plans: list[dict[str, Any]] = field(default_factory=list)
    allowed: list[tuple[datetime, float]] = field(default_factory=list)
    connected: list[tuple[datetime, bool]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def flows(self) -> Iterator[Flow]:
        """What flowed, after each change: the sum of what the cars themselves drew, whatever anybody planned or counted."""
        cars_w: dict[str, float] = dict.fromkeys(sorted({draw.station for draw in self.draws}), 0.0)
        for at, draws in groupby(sorted(self.draws, key=lambda draw: draw.at), key=lambda draw: draw.at):
            household_w = 0.0
            for draw in draws:
                cars_w[draw.station], household_w = draw.car_w, draw.household_w
            yield Flow(at=at, household_w=household_w, cars_w=dict(cars_w))

    def away(self) -> tuple[datetime, datetime] | None:
        """From when to when the CSMS could not reach the station that was cut off; None: never, or to the end."""
        for (_, here), (gone_at, still) in pairwise(self.connected):
            if here and not still:
                return next(((gone_at, at) for at, back in self.connected if at > gone_at and back), None)
        return None


def held_back(afternoon: Afternoon) -> list[Spell]:
    """When the plan in force at a station named the site's limit as what kept its car from drawing more."""
    found = []
    for visit in afternoon.visits:
        plans = [plan for plan in afternoon.plans if _is_of(plan, visit)]
        ends = [*map(made_at, plans[1:]), visit.left_at]
        for plan, replaced_at in zip(plans, ends, strict=False):  # no plan is replaced by none
            for slot in plan["slots"]:
                start = datetime.fromisoformat(slot["start_at"])
                end = min(start + timedelta(seconds=slot["duration_s"]), replaced_at)
                if slot["reason"] == "site limit" and start < end:
                    found.append(Spell(station=visit.guest.station, start=start, end=end))
    return found


def together(spells: Sequence[Spell]) -> float:
    """The minutes at which at least one of them lasts."""
    minutes, until = 0.0, None
    for spell in sorted(spells, key=lambda spell: spell.start):
        start = spell.start if until is None else max(until, spell.start)
        minutes += max(0.0, (spell.end - start).total_seconds() / 60)
        until = spell.end if until is None else max(until, spell.end)
    return minutes


def made_at(plan: Mapping[str, Any]) -> datetime:
    """The moment a plan was made."""
    return datetime.fromisoformat(plan["created_at"])


def _is_of(plan: Mapping[str, Any], visit: Visit) -> bool:
    return plan["station_id"] == visit.guest.station and visit.came_at <= made_at(plan) < visit.left_at
