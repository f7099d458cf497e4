"""The least objective of one car by mixed-integer programming (scipy's HiGHS), on a model written from the rules alone.

HiGHS keeps to its tolerances, about 1e-7: what it says about on, off, steps and completion is taken, and the rest of the
plan, which is then nothing but filling the cheapest first, is worked out to the last digit.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.problem import Mode, Need

SCALE = 1e4
"""HiGHS stops at an absolute gap of 1e-6, whatever is asked: this makes that 1e-10 of the currency."""


def least_objective(need: Need, found: Sequence[Room]) -> float | None:
    """What the best plan costs by the mode; None where the energy cannot be had or HiGHS does not finish."""
    model = _Model(need, found)
    if model.most.sum() < need.energy_wh - 1e-6:
        return None
    if need.mode is Mode.SHORTEST:
        last = int(np.argmax(np.cumsum(model.most) >= need.energy_wh - 1e-6))
        model.most[last + 1 :] = 0.0
    return model.solved()


class _Model:
    """Energies in Wh, one entry per slot."""

    def __init__(self, need: Need, found: Sequence[Room]) -> None:
        self.need, self.found = need, found
        self.unit = np.array([need.power_w(1.0) * room.length_s / 3600 for room in found])
        self.step = need.current_step_a or 0.0
        least_a = max(need.min_current_a, self.step)
        most_a = np.array([room.most_a * (1 + 1e-12) for room in found])
        if self.step:
            least_a = np.ceil(least_a / self.step - 1e-9) * self.step
            most_a = np.floor(most_a / self.step + 1e-9) * self.step
        usable = most_a >= least_a - 1e-12
        self.most = np.where(usable, most_a * self.unit, 0.0)
        self.least = np.where(usable, least_a * self.unit, 0.0)
        self.running = need.last_current_a is not None and need.last_current_a[0] > 0.0
        self.end_h = np.array([room.end_s / 3600 for room in found])

    def solved(self) -> float | None:
        """Columns: drawn of PV, drawn of the grid, useful, on, start, completion, steps; energies in kWh."""
        n = len(self.found)
        one, none = sp.identity(n), sp.csr_matrix((n, n))
        most, least = self.most / 1000, self.least / 1000
        covered = np.array(
            [min(room.surplus_w * room.length_s / 3600e3, m) for room, m in zip(self.found, most, strict=True)]
        )
        price = np.array([room.price_per_kwh for room in self.found])
        export = np.array([room.export_price_per_kwh for room in self.found])
        balanced = self.need.mode is Mode.BALANCED and self.need.value_of_time_per_h > 0.0
        cost = np.concatenate([
            np.maximum(export, 0.0), np.maximum(price, 0.0), np.minimum(price, 0.0), np.zeros(n),
            np.full(n, self.need.start_cost), self.need.value_of_time_per_h * self.end_h if balanced else np.zeros(n),
            np.zeros(n),
        ])  # fmt: skip
        wanted = self.need.energy_wh / 1000
        before = sp.diags([np.ones(n), -np.ones(n - 1)], [0, -1]) if n > 1 else one
        lower = sp.csr_matrix(np.tril(np.ones((n, n))))
        step = sp.diags(self.unit * self.step / 1000)
        rows = [
            (sp.hstack([one, one, none, -sp.diags(most), none, none, none]), -np.inf, 0.0),
            (sp.hstack([one, one, none, -sp.diags(least), none, none, none]), 0.0, np.inf),
            (sp.hstack([-one, -one, one, none, none, none, none]), -np.inf, 0.0),
            (sp.hstack([none, none, none, before, -one, none, none]), -np.inf, np.r_[float(self.running), np.zeros(n - 1)]),
            (sp.csr_matrix(np.r_[np.zeros(2 * n), np.ones(n), np.zeros(4 * n)][None]), wanted, wanted),
        ]
        if self.step:
            rows.append((sp.hstack([one, one, none, none, none, none, -step]), 0.0, 0.0))
        if balanced:
            once = sp.csr_matrix(np.r_[np.zeros(5 * n), np.ones(n), np.zeros(n)][None])
            rows.append((once, 1.0, 1.0))
            # The energy is reached by the completion, and nothing is drawn behind it.
            rows.append((sp.hstack([lower, lower, none, none, none, -wanted * one, none]), 0.0, np.inf))
            rows.append((sp.hstack([none, none, none, one, none, -lower.T, none]), -np.inf, 0.0))
        top = np.concatenate([covered, most, most, most > 0, np.ones(n), np.full(n, float(balanced)), np.full(n, 1e6)])
        answer = milp(
            SCALE * cost,
            constraints=LinearConstraint(
                sp.vstack([row for row, _, _ in rows], format="csc"),
                np.concatenate([np.broadcast_to(low, row.shape[0]) for row, low, _ in rows]),
                np.concatenate([np.broadcast_to(high, row.shape[0]) for row, _, high in rows]),
            ),
            bounds=Bounds(np.zeros(7 * n), top),
            integrality=np.repeat([0, 0, 0, 1, 1, 1, int(self.step > 0.0)], n),
            options={"time_limit": 60, "mip_rel_gap": 0.0},
        )
        if answer.status != 0:
            return None
        parts = np.asarray(answer.x).reshape(7, n)
        return self._worked_out(parts[3] > 0.5, np.round(parts[6]), int(np.argmax(parts[5])) if balanced else None)

    def _worked_out(self, on: np.ndarray, steps: np.ndarray, completion: int | None) -> float:
        """The least objective with these slots on and these steps: the cheapest filled first."""
        fixed = self.unit * self.step * steps
        drawn = np.where(on, fixed if self.step else self.least, 0.0)
        most = np.where(on, fixed if self.step else self.most, 0.0)
        # What earns costs nothing to draw: only what is useful of it earns.
        earning = np.array([room.price_per_kwh < 0.0 for room in self.found])
        drawn = np.where(earning, most, drawn)
        rest = self.need.energy_wh - float(drawn.sum())
        for _, slot, width in sorted(self._bands(drawn, most)):
            if rest > 0.0:
                drawn[slot] += min(width, rest)
                rest -= min(width, rest)
        current_a = tuple(float(one) for one in drawn / self.unit)
        complete_h = 0.0 if completion is None else float(self.end_h[completion])
        # At no minimum current a car may be on and draw next to nothing.
        return objective_of(self.need, self.found, current_a, complete_h, on=[bool(one) for one in on])

    def _bands(self, drawn: np.ndarray, most: np.ndarray) -> list[tuple[float, int, float]]:
        """(price, slot, width) above what is drawn."""
        bands: list[tuple[float, int, float]] = []
        for slot, room in enumerate(self.found):
            covered = min(max(room.surplus_w * room.length_s / 3600 - drawn[slot], 0.0), most[slot] - drawn[slot])
            bands.append((room.export_price_per_kwh, slot, covered))
            bands.append((room.price_per_kwh, slot, most[slot] - drawn[slot] - covered))
        return [band for band in bands if band[2] > 0.0]


def objective_of(
    need: Need, found: Sequence[Room], current_a: Sequence[float], complete_h: float, *, on: Sequence[bool] | None = None
) -> float:
    """What ``current_a`` cost by the rules: money, where energy beyond the need earns nothing, starts and waiting."""
    parts: list[tuple[float, float]] = []
    for room, amps in zip(found, current_a, strict=True):
        drawn = need.power_w(amps) * room.length_s / 3600
        covered = min(drawn, room.surplus_w * room.length_s / 3600)
        parts += [(room.export_price_per_kwh, covered), (room.price_per_kwh, drawn - covered)]
    rest, money = need.energy_wh, 0.0
    for price, energy in sorted(parts):
        useful = min(rest, energy)
        rest -= useful
        money += (useful * price + (energy - useful) * max(price, 0.0)) / 1000
    running = need.last_current_a is not None and need.last_current_a[0] > 0.0
    states = [running, *(on or [amps > 0.0 for amps in current_a])]
    starts = sum(now and not was for was, now in pairwise(states))
    waiting = need.value_of_time_per_h * complete_h if need.mode is Mode.BALANCED else 0.0
    return money + need.start_cost * starts + waiting
