"""What a plan with a battery must keep and what it costs, said a second time; and the optimum by scipy."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from ladewerk.optimizer import Mode, Need, Problem
from ladewerk.optimizer.battery import Battery, V2g


def battery_of(need: Need) -> tuple[Battery, V2g]:
    assert need.battery is not None
    assert need.battery.v2g is not None
    return need.battery, need.battery.v2g


def stored_wh(problem: Problem, current_a: Sequence[float]) -> list[float]:
    """Energy above that of the arrival at the end of each slot."""
    need = problem.evs[0]
    _, v2g = battery_of(need)
    out, stored = [], 0.0
    for amps, length_s in zip(current_a, problem.slot_s, strict=True):
        moved_wh = need.power_w(amps) * length_s / 3600
        stored += moved_wh if moved_wh > 0 else moved_wh / v2g.round_trip_efficiency
        out.append(stored)
    return out


def violations(problem: Problem, current_a: Sequence[float]) -> list[str]:
    """Every bound of the car, its battery and the site that ``current_a`` passes."""
    need = problem.evs[0]
    battery, v2g = battery_of(need)
    assert battery.capacity_wh is not None
    assert battery.soc is not None
    found = []
    for slot, (amps, stored) in enumerate(zip(current_a, stored_wh(problem, current_a), strict=True)):
        soc = battery.soc + stored / battery.capacity_wh
        if amps > 0 and not need.min_current_a - 1e-7 <= amps <= need.max_current_a + 1e-7:
            found.append(f"slot {slot}: draws {amps!r} A")
        if amps < 0 and not v2g.min_current_a - 1e-7 <= -amps <= v2g.max_current_a + 1e-7:
            found.append(f"slot {slot}: gives {-amps!r} A")
        if soc > v2g.max_soc + 1e-7:
            found.append(f"slot {slot}: full beyond {soc!r}")
        if amps < 0 and soc < v2g.min_soc - 1e-7:
            found.append(f"slot {slot}: given down to {soc!r}")
        idle_w = idle_of(problem, slot)
        power_w = idle_w + need.power_w(amps)
        limit_w = problem.site.limit_w[slot] if problem.site.limit_w else 1e9
        if (amps > 0 and power_w > limit_w) or (amps < 0 and power_w < min(-limit_w, idle_w) - 1e-6):
            found.append(f"slot {slot}: site at {power_w!r} W")
    return found


def idle_of(problem: Problem, slot: int) -> float:
    site = problem.site
    return (site.base_load_w[slot] if site.base_load_w else 0.0) - (site.pv_w[slot] if site.pv_w else 0.0)


def cost(problem: Problem, current_a: Sequence[float]) -> float:
    """Money, wear and rest of ``current_a``; for a car in cheapest mode without a start cost that needs no excess."""
    need = problem.evs[0]
    battery, v2g = battery_of(need)
    ends_h = np.cumsum(problem.slot_s) / 3600
    total = 0.0
    for slot, amps in enumerate(current_a):
        hours = problem.slot_s[slot] / 3600
        idle_w, moved_kwh = idle_of(problem, slot), need.power_w(amps) * hours / 1000
        total += trade(problem, slot, idle_w + need.power_w(amps)) - trade(problem, slot, idle_w)
        total += v2g.wear_cost_per_kwh * max(0.0, -moved_kwh)
        gained_kwh = moved_kwh if moved_kwh > 0 else moved_kwh / v2g.round_trip_efficiency
        total += battery.rest_cost_per_kwh_h * (ends_h[-1] - ends_h[slot] + hours / 2) * gained_kwh
    return float(total)


def trade(problem: Problem, slot: int, power_w: float) -> float:
    price = problem.price_per_kwh[slot] if power_w > 0 else problem.site.export_price_per_kwh
    return power_w / 1000 * price * problem.slot_s[slot] / 3600


def least_cost(problem: Problem) -> float | None:
    """The optimum of one car in cheapest mode that gets exactly its energy, by scipy; None where it cannot have it.

    Columns per slot: drawn, given, stored, imported, exported, and a switch each for drawing, giving, importing.
    """
    need = problem.evs[0]
    assert need.mode is Mode.CHEAPEST
    battery, v2g = battery_of(need)
    assert battery.capacity_wh is not None
    assert battery.soc is not None
    count = len(problem.slot_s)
    hours = np.array(problem.slot_s) / 3600
    kw_per_a = need.power_w(1.0) / 1000
    drawn, given, stored, imported, exported, draws, gives, imports = (np.arange(count) + count * kind for kind in range(8))
    idle_kw = np.array([idle_of(problem, slot) / 1000 for slot in range(count)])
    limit_kw = np.array(problem.site.limit_w) / 1000 if problem.site.limit_w else np.full(count, 1e3)
    most = 2e3
    rows: list[tuple[dict[int, float], float, float]] = []
    for t in range(count):
        before = {int(stored[t - 1]): -1.0} if t else {}
        kwh = kw_per_a * hours[t]
        rows.append(
            ({int(stored[t]): 1.0, int(drawn[t]): -kwh, int(given[t]): kwh / v2g.round_trip_efficiency, **before}, 0.0, 0.0)
        )
        power = {int(drawn[t]): -kw_per_a, int(given[t]): kw_per_a}
        rows.append(({int(imported[t]): 1.0, int(exported[t]): -1.0, **power}, idle_kw[t], idle_kw[t]))
        rows.append(({int(drawn[t]): 1.0, int(draws[t]): -need.max_current_a}, -np.inf, 0.0))
        rows.append(({int(drawn[t]): 1.0, int(draws[t]): -need.min_current_a}, 0.0, np.inf))
        rows.append(({int(given[t]): 1.0, int(gives[t]): -v2g.max_current_a}, -np.inf, 0.0))
        rows.append(({int(given[t]): 1.0, int(gives[t]): -v2g.min_current_a}, 0.0, np.inf))
        rows.append(({int(draws[t]): 1.0, int(gives[t]): 1.0}, -np.inf, 1.0))
        rows.append(({int(imported[t]): 1.0, int(imports[t]): -most}, -np.inf, 0.0))
        rows.append(({int(exported[t]): 1.0, int(imports[t]): most}, -np.inf, most))
        least_kw, most_kw = min(-limit_kw[t], idle_kw[t]), max(limit_kw[t], idle_kw[t])
        rows.append(({int(drawn[t]): kw_per_a, int(given[t]): -kw_per_a}, least_kw - idle_kw[t], most_kw - idle_kw[t]))
        floor_kwh = (v2g.min_soc - battery.soc) * battery.capacity_wh / 1000
        deep = max(0.0, floor_kwh) + 100.0
        rows.append(({int(stored[t]): 1.0, int(gives[t]): -deep}, floor_kwh - deep, np.inf))
    matrix = np.zeros((len(rows), 8 * count))
    for number, (terms, _, _) in enumerate(rows):
        for column, one in terms.items():
            matrix[number, column] += one
    price = np.zeros(8 * count)
    ends_h = np.cumsum(hours)
    rest = battery.rest_cost_per_kwh_h * (ends_h[-1] - ends_h + hours / 2) * kw_per_a * hours
    price[imported] = np.array(problem.price_per_kwh) * hours
    price[exported] = -problem.site.export_price_per_kwh * hours
    price[drawn] = rest
    price[given] = v2g.wear_cost_per_kwh * kw_per_a * hours - rest / v2g.round_trip_efficiency
    lower, upper = np.zeros(8 * count), np.full(8 * count, np.inf)
    lower[stored], upper[stored] = -1e3, (v2g.max_soc - battery.soc) * battery.capacity_wh / 1000
    lower[stored[-1]] = upper[stored[-1]] = need.energy_wh / 1000
    upper[drawn], upper[given] = need.max_current_a, v2g.max_current_a
    for switches in (draws, gives, imports):
        upper[switches] = 1.0
    whole = np.zeros(8 * count)
    whole[draws[0] :] = 1
    limits = LinearConstraint(matrix, [row[1] for row in rows], [row[2] for row in rows])
    found: Any = milp(
        price, constraints=limits, bounds=Bounds(lower, upper), integrality=whole, options={"mip_rel_gap": 1e-9}
    )
    if found.x is None:
        return None
    idle = sum(trade(problem, slot, idle_of(problem, slot)) for slot in range(count))
    return float(found.fun) - idle
