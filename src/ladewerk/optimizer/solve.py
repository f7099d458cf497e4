"""One problem in, one plan out."""

from collections.abc import Sequence

from ladewerk.optimizer import kernel, v2g
from ladewerk.optimizer.account import OnDemand, ev_plan, moment
from ladewerk.optimizer.battery_care import holding, resting
from ladewerk.optimizer.bounds import Room, Taken, draw_w, rooms
from ladewerk.optimizer.problem import EvPlan, Plan, Problem, SitePlan, check
from ladewerk.optimizer.single import optimum_of, plan_single
from ladewerk.optimizer.site import plan_site
from ladewerk.optimizer.site_account import told, told_figures


def solve(problem: Problem) -> Plan:
    """The best plan for ``problem``; pure, no clock: ``solve_s`` stays 0.

    Never infeasible: what cannot be had is ``missing_wh``. Raises PlanError where the problem contradicts itself, and
    LadewerkError where a battery's wishes need highspy and it is not installed.
    """
    plan = _solve_alone(problem)
    if plan is not None:
        return plan
    check(problem)
    if v2g.is_for(problem):
        return _solve_batteries(problem)
    if len(problem.evs) > 1 or problem.site.peak_price_per_kw:
        return _solve_several(problem)
    need = problem.evs[0]
    found = _rooms_alone(problem)
    optimum = plan_single(need, resting(need, found))
    solver = _solver(optimum.objective, optimum.bound)
    return _plan(problem, [ev_plan(problem, need, found, optimum)], optimum.objective, optimum.bound, solver)


def _solve_alone(problem: Problem) -> Plan | None:
    """One car by the compiled kernel alone; None where that is not all there is to do."""
    if len(problem.evs) != 1 or problem.evs[0].battery is not None or problem.site.peak_price_per_kw:
        return None
    numbers = kernel.plan_alone(problem)
    if numbers is None:
        return None
    objective, bound = numbers.objective, numbers.bound
    ev = EvPlan(
        id=problem.evs[0].id,
        current_a=numbers.current_a,
        power_w=numbers.power_w,
        energy_wh=numbers.energy_wh,
        missing_wh=numbers.missing_wh,
        complete_at=moment(problem, numbers.complete_s),
        cost=numbers.cost,
        account=OnDemand(problem, problem.evs[0], lambda: _rooms_alone(problem), optimum_of(numbers)),
    )
    return Plan(
        evs=(ev,),
        site=SitePlan(power_w=numbers.site_w, peak_w=numbers.peak_w),
        objective=objective,
        bound=bound,
        gap=0.0 if bound == objective else (objective - bound) / max(abs(objective), 1e-9),
        solver=_solver(objective, bound),
    )


def _rooms_alone(problem: Problem) -> Sequence[Room]:
    return rooms(problem, problem.evs[0], Taken.nothing(len(problem.slot_s)))


def _solver(objective: float, bound: float) -> str:
    how = "single, exact" if bound == objective else "single, stopped before the proof"
    return how if kernel.IS_THERE else f"{how}, not compiled"


def _solve_several(problem: Problem) -> Plan:
    """All cars together."""
    joint = plan_site(problem)
    evs = told(problem, joint.draws) if joint.figures is None else told_figures(problem, joint.draws, joint.figures)
    return _plan(problem, evs, joint.worth.objective, joint.bound, joint.solver, gap=joint.gap)


def _solve_batteries(problem: Problem) -> Plan:
    """All cars together, where a battery gives back or wants a low rate."""
    answer = v2g.plan_batteries(problem)
    return _plan(problem, answer.evs, answer.objective, answer.bound, answer.solver, gap=answer.gap)


def _plan(
    problem: Problem, evs: Sequence[EvPlan], objective: float, bound: float, solver: str, *, gap: float | None = None
) -> Plan:
    evs = holding(problem, evs)
    cars_w = map(sum, zip(*(ev.power_w for ev in evs), strict=True))
    power_w = tuple(draw_w(problem, slot) + watts for slot, watts in enumerate(cars_w))
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
