"""A few cars exactly: where repair leaves a gap and the site is small, the mixed-integer programme closes it.

It is the programme for batteries (:mod:`ladewerk.optimizer.v2g`), which plans cars without any just as well.
"""

from typing import Final

from ladewerk.optimizer.site_draws import Draws
from ladewerk.optimizer.site_model import SiteModel
from ladewerk.optimizer.site_trim import trim
from ladewerk.optimizer.v2g import plan_batteries
from ladewerk.optimizer.v2g_model import Model
from ladewerk.optimizer.v2g_programme import Solver

MOST_CARS: Final = 3
MOST_PAIRS: Final = 100
"""Cars times slots up to which the search ends within some seconds at worst."""
MOST_NODES: Final = 200


def is_small(model: SiteModel) -> bool:
    """Whether the programme for ``model`` is worth its time."""
    return len(model.cars) <= MOST_CARS and len(model.cars) * model.slots <= MOST_PAIRS


def whole(model: SiteModel) -> tuple[Draws, float, float]:
    """The best plan, a bound on its cost, and the least energy that can be missing, in kWh weighted by priority.

    How missing energy is shared among equals it does not look at. Needs highspy.
    """
    stated = Model(model.problem)
    missing = {car.missing: car.need.priority for car in stated.cars}
    least = Solver(stated.programme, MOST_NODES).least(missing)
    answer = plan_batteries(model.problem, MOST_NODES)
    draws = Draws(model)
    for car, ev in zip(model.cars, answer.evs, strict=True):
        draws.put(car, ev.current_a)
    trim(draws)
    return draws, answer.bound, 0.0 if least is None else max(0.0, least.bound)
