"""A car's plan from its optimum, and what is told about it only when somebody asks: reasons, comparison, sentence.

Finding a plan takes microseconds, explaining it many times that; who plans a thousand variants explains one.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property

from ladewerk.optimizer.battery_care import resting
from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.explain import AtOnce, summarize_ev, without_plan
from ladewerk.optimizer.problem import EvPlan, Need, Problem, Reason
from ladewerk.optimizer.reasons import reasons_for
from ladewerk.optimizer.single import Optimum


class OnDemand:
    """The :class:`ladewerk.optimizer.problem.Account` of a plan, worked out on first access and kept."""

    def __init__(self, problem: Problem, need: Need, found: Callable[[], Sequence[Room]], optimum: Optimum) -> None:
        self._problem = problem
        self._need = need
        self._find = found
        self._optimum = optimum

    @cached_property
    def _rooms(self) -> Sequence[Room]:
        return self._find()

    @cached_property
    def _hurried(self) -> AtOnce:
        return without_plan(self._need, self._rooms)

    @property
    def cost_if_at_once(self) -> float:
        return self._hurried.cost

    @cached_property
    def complete_if_at_once(self) -> datetime | None:
        return moment(self._problem, self._hurried.complete_s)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        return reasons_for(self._need, resting(self._need, self._rooms), self._optimum)

    def sentence(self, ev: EvPlan) -> str:
        """The summary of ``ev``, the plan that this is the account of."""
        return summarize_ev(self._problem, self._need, ev, "en")


def ev_plan(problem: Problem, need: Need, found: Sequence[Room], optimum: Optimum) -> EvPlan:
    """The plan of ``need`` that ``optimum`` stands for in its rooms ``found`` (:func:`ladewerk.optimizer.bounds.rooms`)."""
    power_w = tuple(need.power_w(amps) for amps in optimum.current_a)
    return EvPlan(
        id=need.id,
        current_a=optimum.current_a,
        power_w=power_w,
        energy_wh=optimum.energy_wh,
        missing_wh=optimum.missing_wh,
        complete_at=moment(problem, optimum.complete_s),
        cost=sum(room.money(watts) for room, watts in zip(found, power_w, strict=True)),
        account=OnDemand(problem, need, lambda: found, optimum),
    )


def moment(problem: Problem, after_s: float | None) -> datetime | None:
    """``after_s`` from the start of ``problem``, in its zone; None for None."""
    if after_s is None:
        return None
    # In UTC: adding to a local time would stumble over the clock change.
    return (problem.start.astimezone(UTC) + timedelta(seconds=after_s)).astimezone(problem.start.tzinfo)
