"""A mixed-integer linear programme: columns and rows put together one by one, solved by HiGHS in one goal after the other.

Needs highspy and numpy, the extra ``site``; both are imported when a programme is solved, and not before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any, Final

from ladewerk.errors import LadewerkError, PlanError

MOST_NODES: Final = 2_000
"""Branches after which the search for a better plan ends, and the bound says how much better one could be."""
FEW_NODES: Final = 1
NEARLY: Final = 0.2
"""The same, where only equals are told apart."""
CLOSE: Final = 1e-5
"""Relative distance of the best answer from its bound at which the search ends."""
KEPT: Final = 1e-9
"""Relative part of a goal that the goals behind it may give up: the noise of its sum."""

Goal = Mapping[int, float]
"""Cost of each column that has one."""


@dataclass(frozen=True, slots=True)
class Solution:
    """Values of the columns, and a bound on the goal that no solution is below."""

    values: tuple[float, ...]
    bound: float

    def worth(self, goal: Goal) -> float:
        """What the solution is worth by ``goal``; less is better."""
        return sum(cost * self.values[column] for column, cost in goal.items())


@dataclass(slots=True)
class Programme:
    """Columns between bounds, some of them whole numbers, and rows between bounds."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[float, float, Mapping[int, float]]] = field(default_factory=list)

    def column(self, lower: float, upper: float, *, whole: bool = False) -> int:
        """A new column; its number."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.lower) - 1

    def switch(self) -> int:
        """A new column that is 0 or 1."""
        return self.column(0.0, 1.0, whole=True)

    def row(self, lower: float, upper: float, terms: Mapping[int, float]) -> None:
        """``lower <= terms <= upper``."""
        self.rows.append((lower, upper, terms))


class Solver:
    """A programme handed to HiGHS, to be asked for one goal after the other."""

    def __init__(self, programme: Programme, most_nodes: int = MOST_NODES) -> None:
        highspy, numpy = _highspy()
        self._programme = programme
        self._is_hurried = False
        self._highspy, self._numpy = highspy, numpy
        self._highs = highspy.Highs()
        options: Mapping[str, Any] = {
            "output_flag": False,
            "threads": 1,
            "random_seed": 1,
            "mip_rel_gap": CLOSE,
            "mip_abs_gap": 1e-7,
            "mip_max_nodes": most_nodes,
            "primal_feasibility_tolerance": 1e-9,
            "mip_feasibility_tolerance": 1e-9,
        }
        for option, value in options.items():
            self._highs.setOptionValue(option, value)
        self._highs.passModel(self._model())

    def hurry(self) -> None:
        """From now on look for good answers only, not for proofs: what is asked decides between equals."""
        self._highs.setOptionValue("mip_max_nodes", FEW_NODES)
        self._highs.setOptionValue("mip_rel_gap", NEARLY)
        self._is_hurried = True

    def least(self, goal: Goal, near: Solution | None = None) -> Solution | None:
        """A solution of least ``goal``; None if none was found.

        ``near`` is one that is known: a hurried search begins there, and it is the answer where no other is found, with
        the bound that was reached.
        """
        count = len(self._programme.lower)
        cost = self._numpy.zeros(count)
        for column, one in goal.items():
            cost[column] = one
        self._highs.changeColsCost(count, self._numpy.arange(count, dtype=self._numpy.int32), cost)
        if near is not None and self._is_hurried and any(self._programme.whole):
            # Not in a search for proofs: HiGHS 1.15 was seen to call a known solution optimal that was not.
            known = self._highspy.HighsSolution()
            known.col_value = list(near.values)
            self._highs.setSolution(known)
        self._highs.run()
        if not self._is_feasible():
            # Numbers of very different size: what is exact to nine digits may not be found, to seven it may.
            for option in ("primal_feasibility_tolerance", "mip_feasibility_tolerance"):
                self._highs.setOptionValue(option, 1e-7)
            self._highs.run()
        info = self._highs.getInfo()
        if not self._is_feasible():
            return None if near is None else Solution(near.values, self._at_least(goal, info.mip_dual_bound))
        has_switches = any(self._programme.whole)
        bound = info.mip_dual_bound if has_switches else info.objective_function_value
        return Solution(tuple(self._highs.getSolution().col_value), self._at_least(goal, bound))

    def _at_least(self, goal: Goal, bound: float) -> float:
        """``bound``, or where it is none what the bounds of the columns say by themselves."""
        if isfinite(bound):
            return bound
        lower, upper = self._programme.lower, self._programme.upper
        return sum(cost * (lower[column] if cost > 0 else upper[column]) for column, cost in goal.items())

    def _is_feasible(self) -> bool:
        feasible: bool = self._highs.getInfo().primal_solution_status == self._highspy.SolutionStatus.kSolutionStatusFeasible
        return feasible and self._highs.getSolution().value_valid

    def keep(self, goal: Goal, worth: float) -> None:
        """From now on no worse than ``worth`` by ``goal``."""
        columns = [column for column, cost in goal.items() if cost != 0.0]
        index = self._numpy.array(columns, dtype=self._numpy.int32)
        values = self._numpy.array([goal[column] for column in columns])
        self._highs.addRow(-inf, worth + KEPT * (1.0 + abs(worth)), len(columns), index, values)

    def bind(self, column: int, value: float) -> None:
        """From now on ``column`` is ``value``."""
        self._highs.changeColBounds(column, value, value)

    def bind_switches(self, solution: Solution) -> None:
        """From now on every whole number is as in ``solution``, and the programme a linear one."""
        for column, whole in enumerate(self._programme.whole):
            if whole:
                self.bind(column, float(round(solution.values[column])))

    def _model(self) -> Any:
        highspy, numpy, programme = self._highspy, self._numpy, self._programme
        model: Any = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(programme.lower), len(programme.rows)
        model.col_cost_ = numpy.zeros(model.num_col_)
        model.col_lower_, model.col_upper_ = numpy.array(programme.lower), numpy.array(programme.upper)
        model.row_lower_ = numpy.array([row[0] for row in programme.rows])
        model.row_upper_ = numpy.array([row[1] for row in programme.rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = numpy.cumsum([0, *(len(row[2]) for row in programme.rows)], dtype=numpy.int32)
        model.a_matrix_.index_ = numpy.array([column for row in programme.rows for column in row[2]], dtype=numpy.int32)
        model.a_matrix_.value_ = numpy.array([one for row in programme.rows for one in row[2].values()], dtype=float)
        if any(programme.whole):
            kinds = highspy.HighsVarType
            model.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in programme.whole]
        return model


def _highspy() -> tuple[Any, Any]:
    try:
        import highspy
        import numpy
    except ImportError as err:
        raise LadewerkError(
            f"plans with v2g or a low rate need {err.name}, which is not installed: pip install 'ladewerk[site]'"
        ) from err
    return highspy, numpy


def unsolved() -> PlanError:
    """What to raise where a programme that always has a solution came back without one."""
    return PlanError("$", "numbers of a size that can be reckoned with are expected: HiGHS found no plan")


def weighted(terms: Sequence[tuple[int, float]]) -> dict[int, float]:
    """Terms of a row or a goal; what names a column twice is added up."""
    out: dict[int, float] = {}
    for column, one in terms:
        out[column] = out.get(column, 0.0) + one
    return out
