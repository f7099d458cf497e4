"""The last plan as a candidate: who has one that still fits keeps it, only the others are planned beside them."""

from ladewerk.optimizer.site_draws import Draws
from ladewerk.optimizer.site_model import ENOUGH_WH, Car, SiteModel
from ladewerk.optimizer.site_moves import better
from ladewerk.optimizer.site_trim import trim


def kept(model: SiteModel) -> Draws | None:
    """The cars' last plans, completed where they no longer fit; None where no car has one."""
    if not any(car.need.last_current_a for car in model.cars):
        return None
    draws = Draws(model)
    for car in model.cars:
        draws.put(car, _last(draws, car))
    trim(draws)
    astray = [car for car in model.cars if not _fits(draws, car)]
    for car in astray:
        draws.put(car, [0.0] * model.slots)
    # Whoever leaves first has the least choice.
    for car in sorted(astray, key=lambda one: (-one.need.priority, one.last, one.number)):
        better(draws, car)
    trim(draws)
    return draws


def _last(draws: Draws, car: Car) -> list[float]:
    """What the last plan says, where the car is there and can."""
    amps = [0.0] * draws.model.slots
    for slot in range(car.first, car.last):
        wish = min(car.need.last_current_a[slot], car.most_a[slot]) if car.need.last_current_a else 0.0
        amps[slot] = wish if wish >= car.least_a and wish > 0.0 else 0.0
    return amps


def _fits(draws: Draws, car: Car) -> bool:
    """Whether the car gets what it wants, and no more than a least current has to."""
    over_kwh = draws.energy_kwh(car) - car.wanted_kwh
    amps, hours = draws.amps[car.number], draws.model.hours
    least = min((one * h for one, h in zip(amps, hours, strict=True) if one > 0.0), default=0.0) * car.kw_per_a
    coarse = least if car.need.min_current_a or car.need.current_step_a else 0.0
    return -ENOUGH_WH / 1000 <= over_kwh <= max(ENOUGH_WH / 1000, coarse * 0.999)
