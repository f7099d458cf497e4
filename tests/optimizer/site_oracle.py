"""What is best for a site, said a second time and by other means: scipy's interface to HiGHS."""

from collections.abc import Sequence
from datetime import UTC

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_matrix

from ladewerk.optimizer import Problem
from tests.optimizer.site_oracle_free import idle_kw


class Oracle:
    """The joint problem with HiGHS: power of each car in each slot (kW), missing energy (kWh), grid power (kW), peak.

    With ``whole``, each car is off or on with at least its minimum in each slot, and surplus energy is allowed for that.
    """

    def __init__(self, problem: Problem, *, whole: bool = False) -> None:
        self.problem, self.whole = problem, whole
        self.cars, self.slots = len(problem.evs), len(problem.slot_s)
        self.hours = np.array(problem.slot_s) / 3600
        self.count = self.cars * self.slots * (2 if whole else 1) + self.cars + self.slots + 1
        self.missing = self.cars * self.slots * (2 if whole else 1)
        self.grid = self.missing + self.cars
        self.peak = self.count - 1
        self._rows: list[tuple[list[int], list[float], float, float]] = []
        self._lower, self._upper = np.zeros(self.count), np.full(self.count, np.inf)
        self._build()

    def least_missing(self) -> float:
        """Weighted by priority, in kWh."""
        cost = np.zeros(self.count)
        for car, need in enumerate(self.problem.evs):
            cost[self.missing + car] = need.priority
        return self._solve(cost)

    def least_worst(self, total: float, cars: Sequence[int]) -> float:
        """The least that the one of ``cars`` who misses most can miss, where all miss ``total`` in all."""
        rows = [(self._missing_of(), [need.priority for need in self.problem.evs], -np.inf, total + 1e-7)]
        rows += [([self.missing + car, self.count], [1.0, -1.0], -np.inf, 0.0) for car in cars]
        cost = np.zeros(self.count + 1)
        cost[-1] = 1.0
        return self._solve(cost, rows)

    def least_cost(self, missing_kwh: Sequence[float]) -> float:
        """With no car missing more than ``missing_kwh``."""
        cost = np.zeros(self.count)
        for slot in range(self.slots):
            export = self.problem.site.export_price_per_kwh
            for car in range(self.cars):
                cost[car * self.slots + slot] = export * self.hours[slot]
            cost[self.grid + slot] = (self.problem.price_per_kwh[slot] - export) * self.hours[slot]
        cost[self.peak] = self.problem.site.peak_price_per_kw
        upper = self._upper.copy()
        upper[self.missing : self.grid] = np.asarray(missing_kwh) + 1e-9
        return self._solve(cost, upper=upper)

    def _missing_of(self) -> list[int]:
        return list(range(self.missing, self.grid))

    def _build(self) -> None:
        problem, site = self.problem, self.problem.site
        moments = [moment.astimezone(UTC) for moment in problem.slot_starts()]
        for car, need in enumerate(problem.evs):
            kw_per_a = need.power_w(1.0) / 1000
            first, pairs = car * self.slots, []
            for slot in range(self.slots):
                present = (need.arrival is None or moments[slot] >= need.arrival) and (
                    need.departure is None or moments[slot + 1] <= need.departure
                )
                most = need.max_current_a * kw_per_a if present else 0.0
                self._upper[first + slot] = most
                pairs.append(first + slot)
                if self.whole:
                    on = self.cars * self.slots + first + slot
                    self._upper[on] = 1.0
                    self._rows.append(([first + slot, on], [1.0, -most], -np.inf, 0.0))
                    self._rows.append(([first + slot, on], [1.0, -need.min_current_a * kw_per_a], 0.0, np.inf))
            # Beyond the need no more is drawn than a minimum in one slot can make necessary.
            beyond = need.min_current_a * kw_per_a * max(self.hours) if self.whole else 0.0
            most_kwh = need.energy_wh / 1000 + beyond
            hours = [*self.hours.tolist(), 1.0]
            self._rows.append(([*pairs, self.missing + car], hours, need.energy_wh / 1000, most_kwh))
            self._upper[self.missing + car] = need.energy_wh / 1000
        for slot in range(self.slots):
            all_cars = [car * self.slots + slot for car in range(self.cars)]
            ones = [1.0] * self.cars
            idle = idle_kw(problem, slot)
            if site.limit_w is not None:
                self._rows.append((all_cars, ones, -np.inf, max(0.0, site.limit_w[slot] / 1000 - idle)))
            self._rows.append(([*all_cars, self.grid + slot], [*ones, -1.0], -np.inf, max(0.0, -idle)))
            self._rows.append(([*all_cars, self.peak], [*ones, -1.0], -np.inf, -idle))
            if site.phase_limit_a is not None:
                for phase, limit_a in enumerate(site.phase_limit_a, start=1):
                    base_w = site.base_load_w[slot] if site.base_load_w else 0.0
                    users = [car for car, need in enumerate(problem.evs) if phase in need.phases]
                    amps = [1000 / problem.evs[car].power_w(1.0) for car in users]
                    room_a = max(0.0, limit_a - base_w / (3 * problem.evs[0].voltage_v))
                    self._rows.append(([car * self.slots + slot for car in users], amps, -np.inf, room_a))

    def _solve(
        self,
        cost: "np.ndarray[tuple[int], np.dtype[np.float64]]",
        more: Sequence[tuple[list[int], list[float], float, float]] = (),
        upper: "np.ndarray[tuple[int], np.dtype[np.float64]] | None" = None,
    ) -> float:
        rows = [*self._rows, *more]
        row = np.concatenate([np.full(len(columns), index) for index, (columns, _, _, _) in enumerate(rows)])
        column = np.concatenate([np.array(columns, dtype=int) for columns, _, _, _ in rows])
        value = np.concatenate([np.array(values) for _, values, _, _ in rows])
        matrix = coo_matrix((value, (row, column)), shape=(len(rows), len(cost))).tocsr()
        extra = len(cost) - self.count
        integer = np.zeros(len(cost))
        if self.whole:
            integer[self.cars * self.slots : self.missing] = 1
        most = self._upper if upper is None else upper
        answer = milp(
            cost,
            constraints=LinearConstraint(matrix, [low for _, _, low, _ in rows], [high for _, _, _, high in rows]),
            bounds=Bounds(np.append(self._lower, np.zeros(extra)), np.append(most, np.full(extra, np.inf))),
            integrality=integer,
            options={"mip_rel_gap": 1e-6, "time_limit": 60.0},
        )
        assert answer.status in (0, 1), answer.message
        assert answer.fun is not None
        return float(answer.fun)
