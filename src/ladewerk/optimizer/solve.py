"""One problem in, one plan out."""

from ladewerk.optimizer.problem import Plan, Problem, check


def solve(problem: Problem) -> Plan:
    """The best plan for ``problem``; pure, no clock: ``solve_s`` stays 0.

    Never infeasible: what cannot be had is ``missing_wh``. Raises PlanError where the problem contradicts itself.
    """
    check(problem)
    raise NotImplementedError
