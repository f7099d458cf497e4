"""Random sites, the same again from the same seed: phases, overload, peak price, PV, unequal slots."""

import random
from datetime import UTC, datetime, timedelta

from ladewerk.optimizer import Mode, Need, Problem, Site

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
PHASES = ((1, 2, 3), (1,), (2,), (3,), (1, 2), (2, 3))


def random_site(
    seed: int,
    *,
    cars: int,
    slots: int = 48,
    min_current_a: float = 0.0,
    mode: Mode | None = Mode.CHEAPEST,
    tight: float | None = None,
    flat: bool = False,
) -> Problem:
    """A site with ``cars``; ``tight`` is the energy wanted as a part of what the connection has, above 1 too little."""
    dice = random.Random(seed)
    slot_s = tuple(float(dice.choice([900, 900, 900, 420, 1800])) for _ in range(slots))
    total_h = sum(slot_s) / 3600
    ends = [sum(slot_s[: slot + 1]) for slot in range(slots)]
    needs = tuple(_need(dice, number, ends, min_current_a, mode) for number in range(cars))
    wanted_w = sum(need.energy_wh for need in needs) / total_h
    base_w = tuple(cars * dice.uniform(100, 600) for _ in range(slots))
    tightness = tight if tight is not None else dice.choice([0.4, 0.8, 1.3])
    limit_w = max(sum(base_w) / slots + wanted_w / tightness, 4500.0)
    phased = dice.random() < 0.6
    sunny = dice.random() < 0.5
    negative = dice.random() < 0.2
    price = tuple(0.3 if flat else round(dice.uniform(-0.05 if negative else 0.12, 0.42), 3) for _ in range(slots))
    site = Site(
        limit_w=(limit_w,) * slots if dice.random() < 0.8 else tuple(limit_w * dice.uniform(0.5, 1.3) for _ in range(slots)),
        base_load_w=base_w,
        phase_limit_a=(limit_w / 690 * dice.uniform(0.8, 1.3),) * 3 if phased else None,
        export_price_per_kwh=min(price) - 0.01 if negative else 0.08,
        pv_w=tuple(max(0.0, dice.gauss(0.3, 0.6)) * limit_w for _ in range(slots)) if sunny else None,
        peak_price_per_kw=dice.choice([0.0, 0.05, 0.5]),
    )
    return Problem(start=START, slot_s=slot_s, price_per_kwh=price, site=site, evs=needs)


def _need(dice: random.Random, number: int, ends: list[float], min_current_a: float, mode: Mode | None) -> Need:
    phases = dice.choice(PHASES)
    most_a = dice.choice([10.0, 16.0, 20.0, 32.0])
    arrive_s = dice.choice([0.0, dice.uniform(0, ends[-1] * 0.5)])
    depart_s = min(ends[-1], arrive_s + dice.uniform(0.2, 0.9) * ends[-1])
    kwh = min(dice.gammavariate(3, 7), 0.9 * most_a * 0.23 * len(phases) * (depart_s - arrive_s) / 3600)
    return Need(
        id=f"ev-{number}",
        mode=dice.choice(list(Mode)) if mode is None else mode,
        energy_wh=1000 * max(kwh, 1.0),
        max_current_a=most_a,
        min_current_a=min_current_a,
        phases=phases,
        arrival=START + timedelta(seconds=arrive_s) if arrive_s else None,
        departure=START + timedelta(seconds=depart_s),
        priority=dice.choice([1.0, 1.0, 1.0, 2.0]),
    )
