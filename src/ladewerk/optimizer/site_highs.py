"""The joint plan as a linear programme for HiGHS: the exact method behind the quick one, and the judge of missing energy.

Needs highspy and numpy, the extra ``site``; nothing else imports them. The model is built as arrays, is kept with its
basis, and is changed only in costs and bounds from one question to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from ladewerk.errors import PlanError
from ladewerk.optimizer.site_bound import Prices, most_kw, slot_pieces
from ladewerk.optimizer.site_model import SiteModel

Floats = NDArray[np.float64]

NOTHING_KWH = 1e-6
MOST_LEVELS = 200
"""Levels of missing energy that are told apart."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best plan for cars that take any current, and what the shared limits cost there."""

    kwh: tuple[tuple[float, ...], ...]
    """Per car, one per slot of its stay."""
    missing_kwh: tuple[float, ...]
    prices: Prices


class SiteProgramme:
    """The linear programme of one site, to be asked several times."""

    def __init__(self, model: SiteModel) -> None:
        self._model = model
        self._columns = _Columns(model)
        self._rows = _Rows(model, self._columns)
        self._levels = 0
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy says no types
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
            self._highs.setOptionValue(option, value)
        self._highs.passModel(_lp(self._columns, self._rows))

    def least_missing(self) -> tuple[float, ...]:
        """What each car misses at the least: weighted by priority least in all, then shared within each priority so that
        who misses most misses least, and so on down."""
        columns = self._columns
        cost = np.zeros(columns.count)
        cost[columns.missing] = columns.weight
        self._set(cost)
        self._run()
        missing = self._values()[columns.missing]
        if missing.sum() <= NOTHING_KWH:
            return (0.0,) * columns.cars
        total = float(missing @ columns.weight)
        total_row = self._highs.getNumRow()
        self._highs.addRow(-highspy.kHighsInf, total * (1 + 1e-10) + 1e-9, columns.cars, columns.missing, columns.weight)
        most = np.array([car.wanted_kwh for car in self._model.cars])
        for priority in sorted(set(columns.weight), reverse=True):
            self._level(most, np.flatnonzero(columns.weight == priority))
        self._highs.changeRowBounds(total_row, -highspy.kHighsInf, highspy.kHighsInf)
        return tuple(float(one) for one in most)

    def _level(self, most: Floats, cars: NDArray[np.intp]) -> None:
        """Lower ``most``, what each may miss, for equal ``cars``: the largest first."""
        highs, columns = self._highs, self._columns
        level = columns.count + self._levels
        self._levels += 1
        highs.addCol(0.0, 0.0, highspy.kHighsInf, 0, np.array([], np.int32), np.array([]))
        rows: dict[int, int] = {}
        for car in cars:
            rows[int(car)] = highs.getNumRow()
            index = np.array([columns.missing[car], level], np.int32)
            highs.addRow(-highspy.kHighsInf, 0.0, 2, index, np.array([1.0, -1.0]))
        open_cars = [int(car) for car in cars]
        reached = 0.0
        for _ in range(MOST_LEVELS):
            self._only(level)
            self._run()
            solution = highs.getSolution()
            reached = max(0.0, float(solution.col_value[level]))
            held = [car for car in open_cars if solution.row_dual[rows[car]] < -1e-9]
            if reached <= NOTHING_KWH or not held:
                held = open_cars
            for car in held:
                most[car] = min(most[car], reached + 1e-9)
                highs.changeColBounds(int(columns.missing[car]), 0.0, float(most[car]))
                highs.changeRowBounds(rows[car], -highspy.kHighsInf, highspy.kHighsInf)
            open_cars = [car for car in open_cars if car not in set(held)]
            if not open_cars:
                return
        for car in open_cars:
            most[car] = min(most[car], reached + 1e-9)

    def _only(self, column: int) -> None:
        """Minimise ``column`` and nothing else."""
        count = self._highs.getNumCol()
        cost = np.zeros(count)
        cost[column] = 1.0
        self._highs.changeColsCost(count, np.arange(count, dtype=np.int32), cost)

    def cheapest(self, missing_kwh: Sequence[float], last: Sequence[int] | None = None) -> Relaxed:
        """The least cost with no car missing more than ``missing_kwh``; ``last`` ends the stays earlier.

        Where ended stays leave too little, missing energy costs more than any other; see what comes back.
        """
        columns = self._columns
        cost = columns.cost.copy()
        upper = columns.upper.copy()
        if last is not None:
            late = columns.slot >= np.asarray(last)[columns.car]
            upper[: columns.pairs][late] = 0.0
        if not sum(missing_kwh):
            # What was best for missing energy is a bad place to begin where none is.
            self._highs.clearSolver()
        self._set(cost, upper, np.asarray(missing_kwh))
        if not self._run():
            # The stays were ended too early: whoever lacks energy pays dearly, and is told.
            dear = 10.0 * (1.0 + float(np.abs(columns.cost).max()) + self._model.peak_price)
            cost[columns.missing] = dear * columns.weight
            self._set(cost, upper)
            if not self._run():
                raise PlanError("$", "HiGHS found no joint plan")
        return self._relaxed()

    def _set(self, cost: Floats, upper: Floats | None = None, missing: Floats | None = None) -> None:
        highs, columns = self._highs, self._columns
        count = columns.count
        index = np.arange(count, dtype=np.int32)
        highs.changeColsCost(count, index, cost)
        lower = columns.lower
        most = (columns.upper if upper is None else upper).copy()
        if missing is not None:
            most[columns.missing] = np.maximum(missing, 0.0) + 1e-9
        highs.changeColsBounds(count, index, lower, most)
        for level in range(count, highs.getNumCol()):
            highs.changeColCost(level, 0.0)

    def _run(self) -> bool:
        self._highs.run()
        return bool(self._highs.getModelStatus() == highspy.HighsModelStatus.kOptimal)

    def _values(self) -> Floats:
        return np.array(self._highs.getSolution().col_value)

    def _relaxed(self) -> Relaxed:
        columns, rows = self._columns, self._rows
        solution = self._highs.getSolution()
        values = np.array(solution.col_value)
        dual = np.maximum(0.0, -np.array(solution.row_dual))
        energy = columns.base + sum(
            (_at(rows, kind, dual, columns.slots) for kind in ("site", "surplus", "peak")), np.zeros(columns.slots)
        )
        phase = tuple(tuple(_at(rows, f"phase {number}", dual, columns.slots).tolist()) for number in range(3))
        kwh, at = [], 0
        for car in self._model.cars:
            width = car.last - car.first
            kwh.append(tuple(np.maximum(0.0, values[at : at + width]).tolist()))
            at += width
        return Relaxed(
            kwh=tuple(kwh),
            missing_kwh=tuple(np.maximum(0.0, values[columns.missing]).tolist()),
            prices=Prices(tuple(energy.tolist()), phase),
        )


class _Columns:
    """Energy of each car in each slot of its stay, then missing energy, then energy beyond the surplus, then the peak."""

    def __init__(self, model: SiteModel) -> None:
        cars = model.cars
        self.slots, self.cars = model.slots, len(cars)
        self.hours = np.array(model.hours)
        stays = [range(car.first, car.last) for car in cars]
        self.car = np.repeat(np.arange(self.cars), [len(stay) for stay in stays])
        self.slot = np.concatenate([np.array(stay, dtype=np.intp) for stay in stays])
        self.pairs = len(self.car)
        most = np.concatenate([np.array(car.most_a[car.first : car.last]) * car.kw_per_a for car in cars])
        self.kw_per_a = np.array([car.kw_per_a for car in cars])
        self.weight = np.array([car.need.priority for car in cars])
        self.wanted = np.array([car.wanted_kwh for car in cars])
        tiers = [slot_pieces(model, slot, max(most, 1e-9)) for slot, most in enumerate(most_kw(model))]
        self.base = np.array([tier[0][1] for tier in tiers])
        self.tiered = np.flatnonzero([len(tier) > 1 and tier[1][0] > 0.0 for tier in tiers])
        self.covered = np.array([tiers[slot][0][0] for slot in self.tiered])
        beyond = np.array([tiers[slot][1][0] * model.hours[slot] for slot in self.tiered])
        surcharge = np.array([tiers[slot][1][1] - tiers[slot][0][1] for slot in self.tiered])
        self.missing = np.arange(self.pairs, self.pairs + self.cars, dtype=np.int32)
        self.beyond = self.pairs + self.cars + np.arange(len(self.tiered))
        self.peak = self.pairs + self.cars + len(self.tiered)
        self.count = self.peak + 1
        self.cost = np.concatenate([self.base[self.slot], np.zeros(self.cars), surcharge, [model.peak_price]])
        self.upper = np.concatenate([most * self.hours[self.slot], self.wanted, beyond, [highspy.kHighsInf]])
        self.lower = np.zeros(self.count)
        self.lower[self.peak] = model.idle_peak_kw


class _Rows:
    """Which energies each limit adds up; limits that cannot bind are left out."""

    def __init__(self, model: SiteModel, columns: _Columns) -> None:
        self.kinds: dict[str, tuple[NDArray[np.intp], int]] = {}
        self.upper: list[Floats] = [columns.wanted]
        self.lower: list[Floats] = [columns.wanted]
        self.count = columns.cars
        pairs = np.arange(columns.pairs)
        ones = np.ones(columns.pairs)
        missing = np.asarray(columns.missing, dtype=np.intp)
        self.entries = [(pairs, columns.car, ones), (missing, np.arange(columns.cars), np.ones(columns.cars))]
        self._reach = columns.upper[: columns.pairs]
        self._columns = columns
        self._limit("site", ones, np.array(model.room_kw) * columns.hours)
        for number in range(3):
            uses = np.array([number in car.phases for car in model.cars])[columns.car]
            share = np.where(uses, 1.0 / columns.kw_per_a[columns.car], 0.0)
            self._limit(f"phase {number}", share, np.array(model.phase_room_a[number]) * columns.hours)
        if len(columns.tiered):
            room = np.full(columns.slots, np.inf)
            room[columns.tiered] = columns.covered * columns.hours[columns.tiered]
            self._limit("surplus", ones, room)
            kept, first = self.kinds["surplus"]
            place = np.searchsorted(columns.tiered, kept)
            self.entries.append((columns.beyond[place], first + np.arange(len(kept)), -np.ones(len(kept))))
        if model.peak_price:
            self._limit("peak", ones, -np.array(model.idle_kw) * columns.hours, always=True)
            kept, first = self.kinds["peak"]
            peak = np.full(len(kept), columns.peak)
            self.entries.append((peak, first + np.arange(len(kept)), -columns.hours[kept]))

    def _limit(self, kind: str, share: Floats, room: Floats, *, always: bool = False) -> None:
        columns = self._columns
        reach = np.bincount(columns.slot, share * self._reach, columns.slots)
        binds = reach > (-np.inf if always else room)
        kept = np.flatnonzero(binds)
        place = np.full(columns.slots, -1)
        place[kept] = np.arange(len(kept))
        used = np.flatnonzero(binds[columns.slot] & (share > 0.0))
        self.entries.append((used, self.count + place[columns.slot[used]], share[used]))
        self.kinds[kind] = kept, self.count
        self.upper.append(room[kept])
        self.lower.append(np.full(len(kept), -highspy.kHighsInf))
        self.count += len(kept)


def _at(rows: _Rows, kind: str, dual: Floats, slots: int) -> Floats:
    """The prices of one kind of limit, one per slot."""
    out = np.zeros(slots)
    if kind in rows.kinds:
        kept, first = rows.kinds[kind]
        out[kept] = dual[first : first + len(kept)]
    return out


def _lp(columns: _Columns, rows: _Rows) -> highspy.HighsLp:
    column, row, value = (np.concatenate([entry[part] for entry in rows.entries]) for part in range(3))
    order = np.argsort(column, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=columns.count))])
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = columns.count, rows.count
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = columns.cost, columns.lower, columns.upper
    lp.row_lower_, lp.row_upper_ = np.concatenate(rows.lower), np.concatenate(rows.upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = starts.astype(np.int32)
    lp.a_matrix_.index_ = row[order].astype(np.int32)
    lp.a_matrix_.value_ = value[order]
    return lp


def site_lp(model: SiteModel, missing_cost: float) -> highspy.HighsLp:
    """The programme as it is, with a price on each kWh missing."""
    columns = _Columns(model)
    columns.cost[columns.missing] = missing_cost * columns.weight
    return _lp(columns, _Rows(model, columns))


def joint_lp(model: SiteModel) -> Relaxed:
    """Least missing energy, shared fairly, then least cost."""
    programme = SiteProgramme(model)
    return programme.cheapest(programme.least_missing())
