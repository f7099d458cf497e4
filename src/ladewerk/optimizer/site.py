"""The joint plan of all cars of one site: as little missing as can be, shared fairly, then least cost; with a proof.

The cars are coupled by few things only: the connection, its phases, the sun, the peak. So the search is for the prices of
those. A linear programme in which every car takes any current finds them and bounds every plan from below; minimum
currents, steps, starts and completions are then repaired car by car, exactly, and the prices tell how much the result can
be off at most. Where the programme cannot be had, the rule that takes one car after the other answers alone.
"""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ladewerk.optimizer.fallback import one_after_the_other
from ladewerk.optimizer.problem import Mode, Problem
from ladewerk.optimizer.site_bound import Prices, Served, lower_bound
from ladewerk.optimizer.site_draws import Draws, Worth
from ladewerk.optimizer.site_free import Free, plan_free
from ladewerk.optimizer.site_kept import kept
from ladewerk.optimizer.site_kernel import Figures, SiteKernel, library
from ladewerk.optimizer.site_model import ENOUGH_WH, SiteModel
from ladewerk.optimizer.site_moves import improve, put_relaxed, tidy
from ladewerk.optimizer.site_pairs import improve_pairs
from ladewerk.optimizer.site_share import even_out
from ladewerk.optimizer.site_trim import trim
from ladewerk.optimizer.site_whole import is_small, whole

ROUNDS_OF_COMPLETIONS = 3
MOST_LEVELLED = 100
"""Cars whose shortfall is levelled by linear programmes, one after the other."""
STAY = 2e-5
"""A plan that is dearer than another by no more than this part is as good: nobody is told a new one for it."""
WORTH_CLOSING = 1e-3
"""Distance from the bound that a small site is searched whole for."""
MOST_TIDIED = 100
"""Cars whose ties are broken one by one; of more, nobody looks at each."""
GOOD_ENOUGH = 1e-4
"""Distance from the bound at which a plan counts as proven."""


@dataclass(frozen=True, slots=True)
class Joint:
    """A joint plan and what is proven about it."""

    draws: Draws
    worth: Worth
    bound: float
    least_missing: float
    """No plan misses less than this in all, in kWh weighted by priority."""
    solver: str
    figures: Figures | None = None
    """What the draws come to, where that is known already."""

    @property
    def gap(self) -> float:
        """The larger distance of cost and of missing energy from what is proven."""
        objective = self.worth.objective
        cost = max(0.0, objective - self.bound) / max(abs(objective), 1e-9)
        wanted = sum(car.wanted_kwh * car.need.priority for car in self.draws.model.cars)
        missing = max(0.0, self.worth.missing - self.least_missing) / max(wanted, 1e-9)
        return min(1.0, max(cost, missing if missing > 1e-7 else 0.0))


def plan_site(problem: Problem) -> Joint:
    """The joint plan of ``problem``, which has been checked."""
    model = SiteModel.of(problem)
    last = kept(model)
    found = None
    if all(car.is_free for car in model.cars):
        found = _by_kernel(model) or _programme(model)
    if found is None:
        by_rule = _by_rule(model, last)
        found = _repaired(model, by_rule) or by_rule
    if len(model.cars) <= MOST_TIDIED:
        found = _tidied(found)
    return found if last is None else _stayed(found, last)


def _tidied(found: Joint) -> Joint:
    """What was found, with ties between plans of one worth broken by the rule of each car."""
    draws = found.draws.copy()
    tidy(draws)
    trim(draws)
    worth = draws.worth()
    if found.worth.is_below(worth):
        return found
    return replace(found, draws=draws, worth=worth, bound=min(found.bound, worth.objective), figures=None)


def _stayed(found: Joint, last: Draws) -> Joint:
    """``last`` in place of what was found, where it is as good as that within what counts as proven."""
    old, new = last.worth(), found.worth
    same_energy = old.missing <= new.missing + 1e-6 * (1.0 + new.missing)
    same_energy &= old.unfairness <= new.unfairness + 1e-6 * (1.0 + new.unfairness)
    same_hurry = old.hurry_h <= new.hurry_h + 1e-9
    same_cost = old.objective <= new.objective + STAY * abs(new.objective)
    if not (same_energy and same_hurry and same_cost):
        return found
    return replace(found, draws=last, worth=old, bound=min(found.bound, old.objective), figures=None)


def _by_kernel(model: SiteModel) -> Joint | None:
    """The joint plan of cars that take any current by the compiled kernel; None unless it is proven."""
    kernel = library()
    if kernel is None:
        return None
    free = plan_free(SiteKernel(model, kernel))
    if free is None or (sum(free.missing_kwh) > 0.0 and len(model.cars) <= MOST_LEVELLED and highs_is_there()):
        # Sharing a shortfall to the last is worth a slower method, as long as it is not too slow.
        return None
    joint = joint_of(free)
    return joint if joint.gap <= GOOD_ENOUGH else None


def joint_of(free: Free) -> Joint:
    """The plan of the kernel with what is proven about it."""
    model, figures = free.kernel.model, free.figures
    missing = unfair = 0.0
    for car, energy in zip(model.cars, figures.energy_kwh, strict=True):
        lost = max(0.0, car.wanted_kwh - energy)
        lost = lost if lost * 1000 > ENOUGH_WH else 0.0
        missing += lost * car.need.priority
        unfair += lost * lost
    draws = Draws.of(model, figures.amps, figures.kw, figures.phase_a)
    worth = Worth(missing, unfair, 0.0, free.objective)
    bound = min(free.bound, free.objective)
    return Joint(draws, worth, bound, min(missing, free.least_missing), "site, interior point", figures)


def highs_is_there() -> bool:
    """Whether highspy and numpy are installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("highspy", "numpy"))


def _programme(model: SiteModel) -> Joint | None:
    """The joint plan of cars that take any current: the linear programme itself."""
    if not highs_is_there():
        return None
    # numpy and highspy are big: whoever plans one car, or has the kernel, need not load them.
    from ladewerk.optimizer.site_highs import joint_lp

    relaxed = joint_lp(model)
    draws = put_relaxed(model, relaxed.kwh, relaxed.prices)
    missing = sum(lost * car.need.priority for lost, car in zip(relaxed.missing_kwh, model.cars, strict=True))
    return _proven(draws, [relaxed.prices], missing, "site, linear programme (HiGHS)")


def _by_rule(model: SiteModel, last: Draws | None) -> Joint:
    """One after the other by departure, then each once more in what the others leave; or so from the last plan on."""
    queue = one_after_the_other(model.problem)
    draws = Draws(model)
    for car, planned in zip(model.cars, queue.cars, strict=True):
        draws.put(car, planned.optimum.current_a)
    starts = [draws] if last is None else [last.copy(), draws]
    for one in starts:
        _settle(one)
        trim(one)
    draws = starts[-1] if last is None or starts[1].worth().is_below(starts[0].worth()) else starts[0]
    worth = draws.worth()
    least = worth.missing if queue.least_missing else 0.0
    bound = min(worth.objective, queue.bound)
    return Joint(draws, worth, bound, least, "one after the other by earliest departure")


def _repaired(model: SiteModel, start: Joint) -> Joint | None:
    """The linear programme repaired car by car, or ``start`` where that is better; proven by its prices."""
    if not highs_is_there():
        return None
    from ladewerk.optimizer.site_highs import SiteProgramme

    programme = SiteProgramme(model)
    missing_kwh = programme.least_missing()
    least = sum(lost * car.need.priority for lost, car in zip(missing_kwh, model.cars, strict=True))
    best, prices = start, list[Prices]()
    if any(car.hurry_per_h for car in model.cars):
        # Prices for cars that have time prove more of those whose hurry is worth little.
        prices.append(programme.cheapest(missing_kwh).prices)
    for _ in range(ROUNDS_OF_COMPLETIONS):
        relaxed = programme.cheapest(missing_kwh, _ends(best.draws))
        prices.append(relaxed.prices)
        draws = put_relaxed(model, relaxed.kwh, relaxed.prices)
        _settle(draws)
        found = _proven(draws, prices, least, "site, linear programme (HiGHS) and exact cars")
        is_better = found.worth.is_below(best.worth)
        best = found if is_better else _proven(best.draws, prices, least, found.solver)
        if best.gap <= GOOD_ENOUGH or not is_better:
            break
    return _closed(best) if best.gap > WORTH_CLOSING and is_small(model) else best


def _closed(best: Joint) -> Joint:
    """``best`` with the gap closed by a search over everything."""
    found, bound, least_missing = whole(best.draws.model)
    if even_out(found):
        improve(found, rounds=2)
        trim(found)
    worth = found.worth()
    draws = best.draws
    if worth.is_below(best.worth):
        draws = found
    else:
        worth = best.worth
    if worth.missing > least_missing + 1e-6 * (1.0 + least_missing):
        # The bound is on the cost of plans that miss as little as can be; this one misses more.
        bound = -math.inf
    proven = min(max(best.bound if draws is best.draws else -math.inf, bound), worth.objective)
    least = max(best.least_missing, min(least_missing, worth.missing))
    if proven == -math.inf:
        return best
    return replace(best, draws=draws, worth=worth, bound=proven, least_missing=least, solver="site, exact (HiGHS)")


def _settle(draws: Draws) -> None:
    """Each car at its best beside the others, and what is missing shared among equals."""
    improve(draws)
    if improve_pairs(draws):
        improve(draws)
    if even_out(draws):
        improve(draws, rounds=2)
    draws.settle()


def _ends(draws: Draws) -> Sequence[int]:
    """Where each stay may end for the programme: hurried cars complete where they do now."""
    ends = []
    for car in draws.model.cars:
        slot = draws.complete_slot(car) if car.hurry_per_h else None
        ends.append(car.last if slot is None else slot + 1)
    return ends


def _proven(draws: Draws, prices: Sequence[Prices], least_missing: float, solver: str) -> Joint:
    """``draws`` with the best bound of ``prices``."""
    model = draws.model
    trim(draws)
    worth = draws.worth()
    served = Served(tuple(max(0.0, min(car.wanted_kwh, draws.energy_kwh(car)) - 2e-6) for car in model.cars), worth.hurry_h)
    hurries = [0.0, *((1.0, 100.0) if any(car.need.mode is Mode.SHORTEST for car in model.cars) else ())]
    bound = max(lower_bound(model, one, served, hurry) for one in prices for hurry in hurries)
    return Joint(draws, worth, min(bound, worth.objective), least_missing, solver)
