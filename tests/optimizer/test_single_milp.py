"""One car against mixed-integer programming: the same objective to a billionth, on random problems.

A few hundred in ``make check``; ``LADEWERK_MILP_PROBLEMS=2000 pytest tests/optimizer/test_single_milp.py`` takes more.
"""

import os

import pytest

from ladewerk.optimizer import solve
from tests.optimizer.milp_oracle import least_objective, objective_of
from tests.optimizer.random_problems import random_problem, rooms_alone

PROBLEMS = int(os.environ.get("LADEWERK_MILP_PROBLEMS", "200"))
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_t1_the_objective_is_that_of_a_mixed_integer_programme(part: int) -> None:
    compared = 0
    for seed in range(part, PROBLEMS, PARTS):
        problem = random_problem(seed, slots=(3, 6, 9, 12, 16, 24), smooth=True)
        need, found = problem.evs[0], rooms_alone(problem)
        plan = solve(problem)
        assert plan.gap == 0.0, seed
        least = least_objective(need, found)
        if least is None or need.energy_wh == 0.0:
            continue
        [ev] = plan.evs
        assert ev.complete_at is not None
        complete_h = (ev.complete_at - problem.start).total_seconds() / 3600
        assert ev.missing_wh == 0.0, seed
        got = objective_of(need, found, ev.current_a, complete_h)
        assert got == pytest.approx(least, rel=1e-9, abs=1e-9), seed
        compared += 1
    assert compared > PROBLEMS // PARTS // 2
