"""Random problems of one car: unequal slots, limits, PV, minimum currents, steps, start costs, tight energy."""

import random
from dataclasses import replace
from datetime import UTC, datetime

from ladewerk.optimizer.bounds import Room, Taken, rooms
from ladewerk.optimizer.problem import Mode, Need, Problem, Site

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def rooms_alone(problem: Problem) -> tuple[Room, ...]:
    return rooms(problem, problem.evs[0], Taken.nothing(len(problem.slot_s)))


def random_problem(seed: int, *, slots: tuple[int, ...] = (3, 6, 12, 24), smooth: bool = False) -> Problem:
    """The problem of that number.

    ``smooth`` ones have PV that is never dearer than the grid and no price below 0 beside it, and no start cost for a car
    that may draw next to nothing: what a programme with tolerances cannot tell apart is left out.
    """
    dice = random.Random(seed)
    count = dice.choice(slots)
    site, has_pv = _site(dice, count, plain_pv=smooth)
    most_a = dice.choice([16.0, 16.0, 32.0, 10.0])
    need = Need(
        id="ev",
        energy_wh=1.0,
        max_current_a=most_a,
        mode=dice.choice(list(Mode)),
        phases=dice.choice([(1,), (1, 2, 3), (1, 2, 3)]),
        min_current_a=dice.choice([6.0, 6.0, 6.0, 0.0, 8.0]),
        start_cost=dice.choice([0.0, 0.0, 0.05, 0.3]),
        current_step_a=dice.choice([None, None, None, 1.0, 0.1, 2.0]),
        value_of_time_per_h=dice.choice([0.0, 0.1, 0.5]),
    )
    if smooth and need.min_current_a == 0.0 and need.current_step_a is None:
        need = replace(need, start_cost=0.0)
    if dice.random() < 0.3:
        need = replace(need, last_current_a=tuple(dice.choice([0.0, most_a, 8.0]) for _ in range(count)))
    problem = Problem(
        start=START,
        slot_s=_slot_s(dice, count),
        price_per_kwh=_prices(dice, count, least=0.1 if has_pv and smooth else None),
        site=site,
        evs=(need,),
    )
    usable = [room for room in rooms_alone(problem) if room.most_a >= need.min_current_a]
    possible_wh = sum(need.power_w(room.most_a) * room.length_s / 3600 for room in usable)
    share = dice.uniform(0.01, 1.0) if dice.random() < 0.9 else dice.uniform(0.95, 1.02)
    energy_wh = round(share * possible_wh, dice.choice([-2, 6]))
    return replace(problem, evs=(replace(need, energy_wh=energy_wh),))


def _slot_s(dice: random.Random, count: int) -> tuple[float, ...]:
    kind = dice.randrange(3)
    lengths = [900.0] * count if kind == 0 else [float(dice.choice([300, 420, 900, 1800])) for _ in range(count)]
    if kind == 2:
        lengths[0] = float(dice.randrange(30, 900, 30))
    return tuple(lengths)


def _prices(dice: random.Random, count: int, *, least: float | None) -> tuple[float, ...]:
    kind = dice.randrange(5)
    if kind == 0:
        return tuple(dice.choice([0.2, 0.3]) for _ in range(count))
    if kind == 1:
        return tuple(0.3 if slot < count // 3 else 0.2 if slot < 2 * count // 3 else 0.25 for slot in range(count))
    if kind == 2:
        return (0.3,) * count
    low, high = (0.05, 0.4) if kind == 3 else (-0.2, 0.3)
    prices = [round(dice.uniform(low, high), dice.choice([2, 4, 12])) for _ in range(count)]
    return tuple(max(price, least) if least is not None else price for price in prices)


def _site(dice: random.Random, count: int, *, plain_pv: bool) -> tuple[Site, bool]:
    site = Site()
    if dice.random() < 0.6:
        limit_w = dice.choice([9200.0, 11_000.0, 13_800.0, 17_300.0])
        base_load_w = tuple(min(9000.0, dice.gammavariate(1.5, 800)) for _ in range(count))
        site = replace(site, limit_w=(limit_w,) * count, base_load_w=base_load_w)
    if dice.random() < 0.2:
        site = replace(site, phase_limit_a=(25.0, 20.0, 16.0))
    has_pv = dice.random() < 0.25
    if has_pv:
        pv_w = tuple(dice.choice([0.0, dice.uniform(0, 9000)]) for _ in range(count))
        export = 0.08 if plain_pv else dice.choice([0.08, -0.02, 0.4])
        site = replace(site, pv_w=pv_w, export_price_per_kwh=export)
    return site, has_pv
