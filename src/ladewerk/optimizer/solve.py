"""One problem in, one plan out."""

from collections.abc import Sequence

from ladewerk.optimizer import v2g
from ladewerk.optimizer.account import ev_plan
from ladewerk.optimizer.battery_care import holding, resting
from ladewerk.optimizer.bounds import Taken, draw_w, rooms
from ladewerk.optimizer.problem import EvPlan, Plan, Problem, SitePlan, check
from ladewerk.optimizer.single import plan_single
from ladewerk.optimizer.site import plan_site
from ladewerk.optimizer.site_account import told


def solve(problem: Problem) -> Plan:
    """The best plan for ``problem``; pure, no clock: ``solve_s`` stays 0.

    Never infeasible: what cannot be had is ``missing_wh``. Raises PlanError where the problem contradicts itself, and
    LadewerkError where a battery's wishes need highspy and it is not installed.
    """
    check(problem)
    if v2g.is_for(problem):
        return _solve_batteries(problem)
    if len(problem.evs) > 1 or problem.site.peak_price_per_kw:
        return _solve_several(problem)
    need = problem.evs[0]
    found = rooms(problem, need, Taken.nothing(len(problem.slot_s)))
    optimum = plan_single(need, resting(need, found))
    solver = "single, exact" if optimum.bound == optimum.objective else "single, stopped before the proof"
    return _plan(problem, [ev_plan(problem, need, found, optimum)], optimum.objective, optimum.bound, solver)


def _solve_several(problem: Problem) -> Plan:
    """All cars together."""
    joint = plan_site(problem)
    return _plan(problem, told(problem, joint.draws), joint.worth.objective, joint.bound, joint.solver, gap=joint.gap)


def _solve_batteries(problem: Problem) -> Plan:
    """All cars together, where a battery gives back or wants a low rate."""
    answer = v2g.plan_batteries(problem)
    return _plan(problem, answer.evs, answer.objective, answer.bound, answer.solver)


def _plan(
    problem: Problem, evs: Sequence[EvPlan], objective: float, bound: float, solver: str, *, gap: float | None = None
) -> Plan:
    evs = holding(problem, evs)
    power_w = tuple(draw_w(problem, slot) + sum(ev.power_w[slot] for ev in evs) for slot in range(len(problem.slot_s)))
    # Sums of what is equal differ in the last digits.
    bound = min(bound, objective)
    return Plan(
        evs=evs,
        site=SitePlan(power_w=power_w, peak_w=max(power_w)),
        objective=objective,
        bound=bound,
        gap=(objective - bound) / max(abs(objective), 1e-9) if gap is None else gap,
        solver=solver,
    )
