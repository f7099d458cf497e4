"""The joint plan of cars that take any current, start for nothing and complete whenever: the kernel's answer, judged.

What is missing comes first: least in all, weighted by priority, then shared so that the sum of squares is least, which
among equals is equally. Then cost. Each is a question of its own to the kernel, no weight stands for an order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ladewerk.optimizer.site_kernel import Figures, SiteKernel
from ladewerk.optimizer.site_model import SiteModel

NOTHING_KWH: Final = 1e-4
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
    model = asked.model
    priority = [car.need.priority for car in model.cars]
    dear = [asked.dear * one for one in priority]
    if not asked.solve(may_miss=asked.wanted, missing_cost=dear, warm=warm):
        return None
    missing_kwh: Sequence[float] = (0.0,) * len(priority)
    least = 0.0
    if sum(asked.missing) > NOTHING_KWH:
        if not asked.solve(may_miss=asked.wanted, missing_cost=priority, free=True):
            return None
        least = max(0.0, asked.least)
        # Missing energy as a whole must outweigh how it is shared: a kWh more for any is never worth it.
        outweigh = 10.0 * max(asked.wanted)
        if not asked.solve(may_miss=asked.wanted, missing_cost=[outweigh * one for one in priority], square=1.0, free=True):
            return None
        missing_kwh = tuple(lost if lost > SLACK_KWH else 0.0 for lost in asked.missing)
        if not asked.solve(may_miss=[lost + SLACK_KWH for lost in missing_kwh], missing_cost=[0.1 * one for one in dear]):
            return None
    figures = asked.figures()
    served = [max(0.0, min(got, car.wanted_kwh) - 2e-6) for got, car in zip(figures.energy_kwh, model.cars, strict=True)]
    bound = asked.bound(served) + model.peak_price * model.idle_peak_kw
    return Free(asked, figures, tuple(missing_kwh), least, bound, _objective(model, figures.kw))


def _objective(model: SiteModel, kw: Sequence[float]) -> float:
    peak = max(0.0, *(idle + one for idle, one in zip(model.idle_kw, kw, strict=True)))
    return sum(model.money(slot, one) for slot, one in enumerate(kw)) + model.peak_price * peak
