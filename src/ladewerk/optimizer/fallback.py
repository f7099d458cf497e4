"""Several cars one after the other, the earliest departure first, each best by itself on what is left: always answers.

The sum of what each would cost alone on the site bounds every joint plan from below, so the distance from the joint
optimum is known though the optimum is not.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ladewerk.optimizer.bounds import Room, Taken, rooms
from ladewerk.optimizer.problem import Need, Problem
from ladewerk.optimizer.single import Optimum, plan_single

MISSING_TOLERANCE_WH = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """One car, the room that was left for it, and its best plan there."""

    need: Need
    rooms: tuple[Room, ...]
    optimum: Optimum


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The cars in the problem's order, and what is proven about all of them together."""

    cars: tuple[Car, ...]
    objective: float
    bound: float
    least_missing: bool
    """Whether no car misses energy that it would have alone; if not, nothing is proven."""


def one_after_the_other(problem: Problem) -> Queue:
    """Plan every car, those that leave first (then those of higher priority) before the others."""
    taken = nothing = Taken.nothing(len(problem.slot_s))
    cars: dict[str, Car] = {}
    bound, missing_alone_wh = 0.0, 0.0
    lenient = _with_cheap_surplus(problem)
    for need in sorted(problem.evs, key=_deadline):
        room = rooms(problem, need, taken)
        optimum = plan_single(need, room)
        cars[need.id] = Car(need=need, rooms=room, optimum=optimum)
        alone = plan_single(need, rooms(lenient, need, nothing))
        bound += alone.bound
        missing_alone_wh += alone.missing_wh
        taken = taken.plus(need, optimum.current_a)
    missing_wh = sum(car.optimum.missing_wh for car in cars.values())
    return Queue(
        cars=tuple(cars[need.id] for need in problem.evs),
        objective=sum(car.optimum.objective for car in cars.values()),
        bound=bound,
        least_missing=missing_wh <= missing_alone_wh + MISSING_TOLERANCE_WH,
    )


def _with_cheap_surplus(problem: Problem) -> Problem:
    """The problem with PV surplus at no more than the least price: surplus that is dearer than the grid is what every car
    alone would have to take first, though together only one of them does."""
    export = min(problem.site.export_price_per_kwh, *problem.price_per_kwh)
    return replace(problem, site=replace(problem.site, export_price_per_kwh=export))


def _deadline(need: Need) -> tuple[datetime, float]:
    departure = need.departure.astimezone(UTC) if need.departure is not None else datetime.max.replace(tzinfo=UTC)
    return departure, -need.priority
