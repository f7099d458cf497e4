"""T6: a reason is true because of what would happen without it: each is tried out on random problems.

The judge plans again with the thing named taken away in that one slot, or moves energy by hand; it knows nothing of how a
reason was found.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest

from ladewerk.optimizer import EvPlan, Mode, Need, Plan, Problem, Reason, Site, solve

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
CAR = Need(id="ev", energy_wh=2760, max_current_a=16, mode=Mode.CHEAPEST)
MORE_A = 1e-4
LIFTED = 1e8


def problem(*prices: float, need: Need = CAR, **site: object) -> Problem:
    return Problem(
        start=START,
        slot_s=(900.0,) * len(prices),
        price_per_kwh=prices,
        site=Site(**site),  # type: ignore[arg-type]
        evs=(need,),
    )


def reasons(asked: Problem) -> list[Reason]:
    return list(solve(asked).evs[0].reasons)


# --- each reason once, where it can be seen


def test_waiting_is_for_the_price_and_rest_is_complete() -> None:
    assert reasons(problem(0.3, 0.2, 0.3)) == [Reason.PRICE, Reason.CAR_LIMIT, Reason.COMPLETE]


def test_the_last_slot_takes_what_is_left() -> None:
    asked = problem(0.3, 0.2, 0.1, need=replace(CAR, energy_wh=2760 + 1500))
    assert reasons(asked) == [Reason.PRICE, Reason.PRICE, Reason.CAR_LIMIT]
    shortest = problem(0.3, 0.3, 0.3, need=replace(CAR, energy_wh=2760 + 1500, mode=Mode.SHORTEST))
    assert reasons(shortest) == [Reason.CAR_LIMIT, Reason.COMPLETE, Reason.COMPLETE]


def test_limits_are_named_where_more_would_be_drawn_without_them() -> None:
    asked = problem(0.2, 0.2, need=replace(CAR, energy_wh=4000), limit_w=(8280.0, 20_000.0), base_load_w=(0.0, 0.0))
    assert reasons(asked) == [Reason.SITE_LIMIT, Reason.COMPLETE]
    assert reasons(problem(0.2, phase_limit_a=(25.0, 8.0, 25.0)))[0] is Reason.PHASE_LIMIT
    # At the limit, but nothing more is needed.
    assert reasons(problem(0.2, need=replace(CAR, energy_wh=1500), limit_w=(6000.0,))) == [Reason.COMPLETE]
    # No room, and no wish for it either.
    assert reasons(problem(0.9, 0.2, limit_w=(0.0, 20_000.0))) == [Reason.PRICE, Reason.CAR_LIMIT]


def test_room_below_the_minimum_current_is_the_minimum_current() -> None:
    asked = problem(0.1, 0.2, limit_w=(2000.0, 20_000.0))
    assert reasons(asked) == [Reason.MINIMUM_CURRENT, Reason.CAR_LIMIT]
    assert reasons(problem(0.1, 0.2, limit_w=(0.0, 20_000.0))) == [Reason.SITE_LIMIT, Reason.CAR_LIMIT]
    assert reasons(problem(0.1, need=replace(CAR, energy_wh=100))) == [Reason.MINIMUM_CURRENT]


def test_absence_is_named() -> None:
    late = replace(CAR, arrival=START + timedelta(minutes=1))
    assert reasons(problem(0.1, 0.2, need=late)) == [Reason.ABSENT, Reason.CAR_LIMIT]


def test_a_pause_for_want_of_a_start_is_the_start_cost() -> None:
    whole = replace(CAR, energy_wh=2 * 2760, start_cost=0.2, current_step_a=16.0)
    assert reasons(problem(0.15, 0.3, 0.2, 0.16, need=whole)) == [
        Reason.START_COST,
        Reason.PRICE,
        Reason.CAR_LIMIT,
        Reason.CAR_LIMIT,
    ]


def test_a_cheap_slot_too_small_for_the_minimum_current_is_left_out() -> None:
    # Less than the first slot's minimum is needed; the shorter slot gives it with less excess.
    asked = replace(problem(0.20, 0.25, need=replace(CAR, energy_wh=300)), slot_s=(900.0, 300.0))
    assert reasons(asked) == [Reason.MINIMUM_CURRENT, Reason.MINIMUM_CURRENT]


def test_current_that_follows_the_sun_says_so() -> None:
    need = replace(CAR, energy_wh=2760 + 1725)
    asked = problem(0.3, 0.3, need=need, pv_w=(6900.0, 20_000.0), export_price_per_kwh=0.08)
    assert reasons(asked) == [Reason.PV_SURPLUS, Reason.CAR_LIMIT]
    later = problem(0.3, 0.3, pv_w=(0.0, 12_000.0), export_price_per_kwh=0.08)
    assert reasons(later) == [Reason.PRICE, Reason.CAR_LIMIT]


def test_the_price_of_the_peak_is_a_price() -> None:
    asked = problem(0.2, 0.25, base_load_w=(500.0, 500.0), peak_price_per_kw=1.0)
    plan = solve(asked)
    assert plan.evs[0].current_a == pytest.approx((8.0, 8.0))
    assert set(plan.evs[0].reasons) <= {Reason.PRICE, Reason.COMPLETE}


# --- every reason, on random problems


def random_problem(seed: int) -> Problem:
    """One car, unequal slots, prices that all differ; with and without what makes it hard."""
    dice = random.Random(seed)
    slots = dice.randint(4, 12)
    prices = tuple(one / 1000 for one in dice.sample(range(-30 if dice.random() < 0.2 else 60, 400), slots))
    slot_s = tuple(float(dice.choice([420, 900, 900, 1800])) for _ in range(slots))
    hours = sum(slot_s) / 3600
    need = Need(
        id="ev",
        energy_wh=dice.uniform(0.1, 1.2) * 11_040 * hours * dice.choice([0.3, 0.6, 1.0]),
        max_current_a=16,
        mode=dice.choice(list(Mode)),
        min_current_a=dice.choice([0.0, 0.0, 6.0]),
        start_cost=dice.choice([0.0, 0.0, 0.05, 0.3]),
        current_step_a=dice.choice([None, None, None, 2.0]),
        value_of_time_per_h=dice.choice([0.02, 0.1, 0.5]),
        departure=START + timedelta(hours=hours * dice.uniform(0.6, 1.0)) if dice.random() < 0.4 else None,
    )
    site = Site(
        limit_w=tuple(dice.uniform(3000, 16_000) for _ in range(slots)) if dice.random() < 0.7 else None,
        base_load_w=tuple(dice.uniform(0, 4000) for _ in range(slots)),
        phase_limit_a=(dice.uniform(19, 25), 25.0, 25.0) if dice.random() < 0.3 else None,
        pv_w=tuple(dice.choice([0.0, dice.uniform(2000, 9000)]) for _ in range(slots)) if dice.random() < 0.3 else None,
        export_price_per_kwh=min(*prices, 0.05),
    )
    return Problem(start=START, slot_s=slot_s, price_per_kwh=prices, site=site, evs=(need,))


@pytest.mark.parametrize("first", range(0, 160, 20))
def test_t6_every_reason_is_true(first: int) -> None:
    untrue = []
    for seed in range(first, first + 20):
        asked = random_problem(seed)
        plan = solve(asked)
        if plan.gap == 0.0:
            untrue += [(seed, *one) for one in not_true(asked, plan)]
    assert untrue == []


def not_true(asked: Problem, plan: Plan) -> Iterator[tuple[int, Reason]]:
    """The slots whose reason does not hold."""
    [need], [ev] = asked.evs, plan.evs
    for slot, reason in enumerate(ev.reasons):
        if not is_true(asked, need, ev, slot, reason):
            yield slot, reason


def is_true(asked: Problem, need: Need, ev: EvPlan, slot: int, reason: Reason) -> bool:
    amps = ev.current_a[slot]
    others = [other for other in range(len(ev.current_a)) if other != slot]
    match reason:
        case Reason.ABSENT:
            return need.departure is not None and asked.slot_starts()[slot + 1] > need.departure
        case Reason.COMPLETE:
            return reached_wh(asked, ev, slot + 1) >= need.energy_wh - 1e-3
        case Reason.CAR_LIMIT:
            return amps > need.max_current_a - (need.current_step_a or 1e-6)
        case Reason.SITE_LIMIT | Reason.PHASE_LIMIT:
            one_limit = asked if reason is Reason.SITE_LIMIT else with_one_limit(asked)
            if current(lifted(one_limit, slot), slot) > amps + MORE_A:
                return True
            # Steps, minimum currents and start costs may stand in the way too.
            free = lifted(one_limit, slot)
            return not is_simple(need) and any(pays(replace(free, evs=(bare(need),)), ev, slot, other) for other in others)
        case Reason.MINIMUM_CURRENT:
            # What is forbidden is a little more here for a little less elsewhere, or the other way round.
            free = replace(asked, evs=(bare(need),))
            if ev.missing_wh > 0:
                return is_allowed(free, [*ev.current_a[:slot], amps + 0.01, *ev.current_a[slot + 1 :]])
            less = reached_wh(asked, ev, len(asked.slot_s)) > need.energy_wh + 1e-3
            return less or any(pays(free, ev, slot, other) or pays(free, ev, other, slot) for other in others)
        case Reason.START_COST:
            free = replace(asked, evs=(replace(need, start_cost=0.0),))
            without = cost(free, solve(free).evs[0].current_a)
            return without < cost(free, ev.current_a) - 1e-9
        case Reason.PV_SURPLUS:
            idle_w = asked.site.base_load_w[slot] - asked.site.pv_w[slot]  # type: ignore[index]
            return abs(need.power_w(amps) + idle_w) < 0.1
        case Reason.PRICE:
            return not any(pays(asked, ev, slot, other) for other in others)
        case _:
            return False


def reached_wh(asked: Problem, ev: EvPlan, slots: int) -> float:
    return sum(watts * length_s / 3600 for watts, length_s in zip(ev.power_w[:slots], asked.slot_s, strict=False))


def lifted(asked: Problem, slot: int) -> Problem:
    """Without the site limit in ``slot``."""
    assert asked.site.limit_w is not None
    limit_w = (*asked.site.limit_w[:slot], LIFTED, *asked.site.limit_w[slot + 1 :])
    return replace(asked, site=replace(asked.site, limit_w=limit_w))


def with_one_limit(asked: Problem) -> Problem:
    """The same for a car on three phases, with the phases' limits said as a limit of the site in every slot."""
    site = asked.site
    assert site.phase_limit_a is not None
    pv_w = site.pv_w or (0.0,) * len(asked.slot_s)
    base_w = site.base_load_w or (0.0,) * len(asked.slot_s)
    limit_w = site.limit_w or (LIFTED,) * len(asked.slot_s)
    rooms_w = [690 * min(site.phase_limit_a) - base - pv + base for base, pv in zip(base_w, pv_w, strict=True)]
    least_w = tuple(min(one, room) for one, room in zip(limit_w, rooms_w, strict=True))
    assert min(least_w) >= 0
    return replace(asked, site=replace(site, phase_limit_a=None, limit_w=least_w))


def current(asked: Problem, slot: int) -> float:
    return solve(asked).evs[0].current_a[slot]


def is_simple(need: Need) -> bool:
    return need.min_current_a == 0.0 and need.current_step_a is None and need.start_cost == 0.0


def bare(need: Need) -> Need:
    """Without what makes a plan more than a linear programme."""
    return replace(need, min_current_a=0.0, current_step_a=None, start_cost=0.0)


def pays(asked: Problem, ev: EvPlan, slot: int, other: int) -> bool:
    """Whether moving energy from ``other`` into ``slot`` by hand is allowed and lowers what the mode minimises."""
    need, before = asked.evs[0], ev.current_a
    found = False
    for moved_a in (0.001, 0.01, 1.0, before[other] - need.min_current_a, before[other]):
        after = list(before)
        after[other] -= moved_a
        after[slot] += moved_a * asked.slot_s[other] / asked.slot_s[slot]
        if moved_a > 0 and is_allowed(asked, after):
            found |= cost(asked, after) < cost(asked, before) - 1e-9
    return found


def is_allowed(asked: Problem, current_a: list[float]) -> bool:
    need, site = asked.evs[0], asked.site
    for slot, amps in enumerate(current_a):
        if amps < -1e-9 or (1e-9 < amps < need.min_current_a - 1e-9) or amps > need.max_current_a + 1e-9:
            return False
        step = need.current_step_a
        if step is not None and abs(amps / step - round(amps / step)) > 1e-9:
            return False
        base_w = site.base_load_w[slot] if site.base_load_w else 0.0
        pv_w = site.pv_w[slot] if site.pv_w else 0.0
        if amps > 0 and site.limit_w is not None and base_w - pv_w + need.power_w(amps) > site.limit_w[slot] + 1e-6:
            return False
        if amps > 0 and site.phase_limit_a is not None and amps > min(site.phase_limit_a) - base_w / 690 + 1e-9:
            return False
        if amps > 1e-9 and need.departure is not None and asked.slot_starts()[slot + 1] > need.departure:
            return False
    return True


def cost(asked: Problem, current_a: list[float] | tuple[float, ...]) -> float:
    need, site = asked.evs[0], asked.site
    total, reached, complete_h = 0.0, 0.0, 0.0
    ends_h = list(accumulate(length_s / 3600 for length_s in asked.slot_s))
    was_on = False
    for slot, amps in enumerate(current_a):
        on = amps > 1e-9
        total += need.start_cost * (on and not was_on)
        was_on = on
        idle_w = (site.base_load_w[slot] if site.base_load_w else 0.0) - (site.pv_w[slot] if site.pv_w else 0.0)
        covered_w = min(need.power_w(amps), max(0.0, -idle_w))
        hours = asked.slot_s[slot] / 3600
        paid_w = need.power_w(amps) - covered_w
        total += (covered_w * site.export_price_per_kwh + paid_w * asked.price_per_kwh[slot]) / 1000 * hours
        before, reached = reached, reached + need.power_w(amps) * hours
        if before < need.energy_wh - 1e-3 <= reached:
            complete_h = ends_h[slot]
    if reached < need.energy_wh - 1e-3 or need.mode is Mode.SHORTEST:
        # Less energy is worse than anything; the shortest compares plans that complete alike.
        complete_h = complete_h if complete_h else 1e6
        return total + (1e3 * complete_h if need.mode is Mode.SHORTEST else 1e9)
    return total + (need.value_of_time_per_h * complete_h if need.mode is Mode.BALANCED else 0.0)


# --- several cars


def random_site(seed: int) -> Problem:
    dice = random.Random(seed)
    slots = 8
    prices = tuple(one / 1000 for one in dice.sample(range(60, 400), slots))
    needs = tuple(
        Need(
            id=f"ev-{number}",
            energy_wh=dice.uniform(2000, 16_000),
            max_current_a=16,
            mode=Mode.CHEAPEST,
            min_current_a=0.0,
            priority=dice.choice([1.0, 1.0, 2.0]),
        )
        for number in range(3)
    )
    site = Site(
        limit_w=(dice.uniform(9000, 20_000),) * slots, base_load_w=tuple(dice.uniform(0, 3000) for _ in range(slots))
    )
    return Problem(start=START, slot_s=(1800.0,) * slots, price_per_kwh=prices, site=site, evs=needs)


@pytest.mark.parametrize("seed", range(16))
def test_t6_every_reason_at_a_shared_site_is_true_with_the_others_as_they_are(seed: int) -> None:
    asked = random_site(seed)
    plan = solve(asked)
    for need, ev in zip(asked.evs, plan.evs, strict=True):
        alone = beside(asked, plan, need)
        for slot, reason in enumerate(ev.reasons):
            ahead = [
                other.id for other in asked.evs if other.priority > need.priority and plan.ev(other.id).current_a[slot] > 0
            ]
            full = plan.site.power_w[slot] > asked.site.limit_w[slot] - 1  # type: ignore[index]
            if reason is Reason.PRIORITY:
                assert ahead
                assert full
                assert ev.missing_wh > 0
            elif reason is Reason.SITE_LIMIT:
                assert full
                assert not (ahead and ev.missing_wh > 0)
                assert current(lifted(alone, slot), slot) > ev.current_a[slot] + MORE_A
            else:
                # The joint plan may be off by the noise of its programme.
                assert is_true(alone, need, ev, slot, reason), (need.id, slot, reason)


def beside(asked: Problem, plan: Plan, need: Need) -> Problem:
    """The problem of one car, the others being base load."""
    others = [
        base + sum(ev.power_w[slot] for ev in plan.evs if ev.id != need.id)
        for slot, base in enumerate(asked.site.base_load_w or ())
    ]
    return replace(asked, site=replace(asked.site, base_load_w=tuple(others)), evs=(need,))
