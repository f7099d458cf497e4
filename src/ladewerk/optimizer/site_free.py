"""The joint plan of cars that take any current, start for nothing and complete whenever: the kernel's answer, judged.

What is missing comes first: least in all, weighted by priority, then shared so that the sum of squares is least, which
among equals is equally. Then cost. Each is a question of its own to the kernel, no weight stands for an order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ladewerk.optimizer.site_kernel import Figures, SiteKernel
from ladewerk.optimizer.site_model import SiteModel

GAP: Final = 3e-5
"""Where the interior point method may stop: well within what counts as proven."""
ENOUGH_KWH: Final = 1e-6
SLACK_KWH: Final = 2e-5
"""Room that the interior point method is left around energies that are decided."""


@dataclass(frozen=True, slots=True)
class Free:
    """What was found, and what is proven."""

    kernel: SiteKernel
    figures: Figures
    missing_kwh: tuple[float, ...]
    """Per car, as shared."""
    least_missing: float
    """No plan misses less, in kWh weighted by priority."""
    bound: float
    objective: float


def plan_free(asked: SiteKernel, *, warm: bool = False) -> Free | None:
    """The joint plan of ``asked``'s cars; None where the kernel did not come near enough to the best."""
    cars = asked.model.cars
    dear = [asked.dear * car.need.priority for car in cars]
    if not asked.solve(may_miss=asked.wanted, missing_cost=dear, warm=warm, gap=GAP):
        return None
    # The method leaves a trace of missing energy everywhere, worth no more than its distance from the best.
    if sum(asked.missing) <= GAP * sum(asked.wanted):
        asked.forgive()
        figures = asked.figures()
        if all(wanted - got <= ENOUGH_KWH for got, wanted in zip(figures.energy_kwh, asked.wanted, strict=True)):
            return _judged(asked, figures, (0.0,) * len(cars), 0.0)
    return _short(asked, dear)


def _short(asked: SiteKernel, dear: Sequence[float]) -> Free | None:
    """The same where there is not enough for all."""
    priority = [car.need.priority for car in asked.model.cars]
    if not asked.solve(may_miss=asked.wanted, missing_cost=priority, free=True):
        return None
    least = max(0.0, asked.least)
    # Missing energy as a whole must outweigh how it is shared: a kWh more for any is never worth it.
    outweigh = [10.0 * max(asked.wanted) * one for one in priority]
    if not asked.solve(may_miss=asked.wanted, missing_cost=outweigh, square=1.0, free=True):
        return None
    missing_kwh = tuple(lost if lost > SLACK_KWH else 0.0 for lost in asked.missing)
    if not asked.solve(may_miss=[lost + SLACK_KWH for lost in missing_kwh], missing_cost=[0.1 * one for one in dear]):
        return None
    return _judged(asked, asked.figures(), missing_kwh, least)


def _judged(asked: SiteKernel, figures: Figures, missing_kwh: tuple[float, ...], least: float) -> Free:
    model = asked.model
    served = [max(0.0, min(got, wanted) - 2e-6) for got, wanted in zip(figures.energy_kwh, asked.wanted, strict=True)]
    bound = asked.bound(served) + model.peak_price * model.idle_peak_kw
    return Free(asked, figures, missing_kwh, least, bound, _objective(model, figures.kw))


def _objective(model: SiteModel, kw: Sequence[float]) -> float:
    peak = max(0.0, *(idle + one for idle, one in zip(model.idle_kw, kw, strict=True)))
    return sum(model.money(slot, one) for slot, one in enumerate(kw)) + model.peak_price * peak
