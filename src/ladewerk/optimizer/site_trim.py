"""The last step of every joint plan: summed up anew, from nothing but the problem, and trimmed where a limit is passed.

Whoever made the plan is not trusted. Sums of floats are taken as :class:`ladewerk.optimizer.problem.Plan` tells them, so
what is told is within the limits to the last digit.
"""

from collections.abc import Callable, Sequence
from typing import Final

from ladewerk.optimizer.bounds import draw_w
from ladewerk.optimizer.problem import Problem
from ladewerk.optimizer.site_draws import Draws
from ladewerk.optimizer.site_model import Car

NOISE_W: Final = 1e-6
"""A sum of currents in steps passes a limit by less than this only because floats have ends."""

MOST_TRIMS: Final = 60


def trim(draws: Draws) -> bool:
    """Bring ``draws`` within every limit; whether anything worth speaking of had to be changed."""
    model = draws.model
    problem = model.problem
    changed = False
    for car in model.cars:
        changed |= _own_limits(draws, car)
    for slot in range(model.slots):
        here = [car for car in model.cars if draws.amps[car.number][slot] > 0.0]
        if not here:
            continue
        if problem.site.limit_w is not None:
            changed |= _lower(draws, slot, here, _over_site(problem, draws, slot, problem.site.limit_w), in_watts=True)
        if problem.site.phase_limit_a is not None:
            for phase in range(3):
                users = [car for car in here if phase in car.phases]
                changed |= _lower(draws, slot, users, _over_phase(draws, slot, phase, users), in_watts=False)
    draws.settle()
    return changed


def _own_limits(draws: Draws, car: Car) -> bool:
    """Keep ``car`` to its stay, its most, and nothing below its least."""
    amps = draws.amps[car.number]
    kept = [
        min(one, car.need.max_current_a) if one * (1 + 1e-9) >= car.need.min_current_a and one > 0.0 else 0.0 for one in amps
    ]
    kept[: car.first] = [0.0] * car.first
    kept[car.last :] = [0.0] * (len(kept) - car.last)
    step = car.need.current_step_a
    if step is not None:
        kept = [round(round(one / step) * step, 9) for one in kept]
    # A hair below the minimum is the minimum.
    kept = [max(one, car.need.min_current_a) if one else 0.0 for one in kept]
    draws.amps[car.number] = kept
    return any(abs(before - after) > 1e-6 for before, after in zip(amps, kept, strict=True))


def _over_site(problem: Problem, draws: Draws, slot: int, limit_w: Sequence[float]) -> Callable[[], float]:
    def over_w() -> float:
        cars = zip(problem.evs, draws.amps, strict=True)
        return draw_w(problem, slot) + sum(need.power_w(amps[slot]) for need, amps in cars) - limit_w[slot]

    return over_w


def _over_phase(draws: Draws, slot: int, phase: int, users: Sequence[Car]) -> Callable[[], float]:
    def over_a() -> float:
        return sum(draws.amps[car.number][slot] for car in users) - draws.model.phase_room_a[phase][slot]

    return over_a


def _lower(draws: Draws, slot: int, cars: Sequence[Car], over: Callable[[], float], *, in_watts: bool) -> bool:
    """Lower the currents of ``cars`` until nothing is ``over``: first those that have room above their least, then whole."""
    first = over()
    for _ in range(MOST_TRIMS):
        excess = over()
        drawing = [car for car in cars if draws.amps[car.number][slot] > 0.0]
        if excess <= 0.0 or not drawing:
            break
        car = max(drawing, key=lambda one: _spare(draws, one, slot))
        amps = draws.amps[car.number][slot]
        per_a = car.kw_per_a * 1000 if in_watts else 1.0
        lower = excess / per_a * (1 + 1e-9) + 1e-12
        if _spare(draws, car, slot) >= lower:
            _set(draws, car, slot, amps - lower)
        elif excess <= NOISE_W:
            break
        else:
            _set(draws, car, slot, 0.0)
    return first > 1e-3


def _set(draws: Draws, car: Car, slot: int, amps: float) -> None:
    changed = list(draws.amps[car.number])
    changed[slot] = amps
    draws.amps[car.number] = changed


def _spare(draws: Draws, car: Car, slot: int) -> float:
    """How much ``car`` can be lowered by without falling below its least or off its steps."""
    if car.need.current_step_a is not None:
        return 0.0
    return draws.amps[car.number][slot] - car.need.min_current_a
