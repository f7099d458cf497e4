"""One car: against trying out everything, by rule on ties, and unchanged by being asked again."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from ladewerk.optimizer.bounds import Room, Taken, rooms
from ladewerk.optimizer.problem import Mode, Need, Problem, Reason, Site
from ladewerk.optimizer.single import Optimum, at_once, levels_a, plan_single, starts

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def slot(index: int, price: float, *, most_a: float = 16.0, length_s: float = 900.0, surplus_w: float = 0.0) -> Room:
    return Room(
        start_s=900.0 * index,
        length_s=length_s,
        most_a=most_a,
        limit=Reason.CAR_LIMIT,
        surplus_w=surplus_w,
        price_per_kwh=price,
        export_price_per_kwh=0.08,
    )


def flat(*prices: float) -> list[Room]:
    return [slot(index, price) for index, price in enumerate(prices)]


def car(energy_wh: float, mode: Mode = Mode.CHEAPEST, **more: object) -> Need:
    return replace(Need(id="ev", energy_wh=energy_wh, max_current_a=16, mode=mode), **more)  # type: ignore[arg-type]


# --- trying out everything


def not_earning(found: Sequence[Room], need: Need, drawn: Sequence[float]) -> float:
    """Money for ``drawn`` in watt-hours where what is beyond the need never earns."""
    parts: list[tuple[float, float]] = []
    for room, energy in zip(found, drawn, strict=True):
        covered = min(energy, room.surplus_w * room.length_s / 3600)
        parts += [(room.export_price_per_kwh, covered), (room.price_per_kwh, energy - covered)]
    rest, total = need.energy_wh, 0.0
    for price, energy in sorted(parts, key=lambda part: min(part[0], 0.0)):
        useful = min(rest, energy)
        rest -= useful
        total += useful * price + (energy - useful) * max(price, 0.0)
    return total / 1000


def energies(found: Sequence[Room], need: Need) -> list[tuple[float, ...]]:
    """Where the optimum can lie: every slot off or at a bend, but one that takes the rest."""
    bends: list[list[float]] = []
    for room in found:
        watt_hours = need.power_w(1.0) * room.length_s / 3600
        least, most = need.min_current_a * watt_hours, room.most_a * watt_hours
        if need.current_step_a is not None:
            count = int(room.most_a / need.current_step_a + 1e-9)
            levels = [step * need.current_step_a for step in range(1, count + 1)]
            bends.append([0.0, *(level * watt_hours for level in levels if level >= need.min_current_a)])
        elif least > most:
            bends.append([0.0])
        else:
            surplus = room.surplus_w * room.length_s / 3600
            bends.append([0.0, least, most, *([surplus] if least < surplus < most else [])])
    plans = list(product(*bends))
    if need.current_step_a is None:
        for free, room in enumerate(found):
            watt_hours = need.power_w(1.0) * room.length_s / 3600
            for fixed in product(*(bend for index, bend in enumerate(bends) if index != free)):
                rest = need.energy_wh - sum(fixed)
                if need.min_current_a * watt_hours <= rest <= room.most_a * watt_hours:
                    plans.append((*fixed[:free], rest, *fixed[free:]))
    return [plan for plan in plans if sum(plan) >= need.energy_wh - 1e-6 and not can_be_lowered(found, need, plan)]


def can_be_lowered(found: Sequence[Room], need: Need, drawn: Sequence[float]) -> bool:
    """Whether less current in one slot would still reach the energy: then more is not for want of another way."""
    excess = sum(drawn) - need.energy_wh
    for room, energy in zip(found, drawn, strict=True):
        watt_hours = need.power_w(1.0) * room.length_s / 3600
        least = max(need.min_current_a, need.current_step_a or 0.0) * watt_hours
        step = (need.current_step_a or 1e-6) * watt_hours
        if energy - step >= least - 1e-6 and excess >= step - 1e-9:
            return True
    return False


def cost(found: Sequence[Room], need: Need, drawn: Sequence[float]) -> tuple[float, float]:
    """What the mode minimises: completion first for shortest."""
    done = next(room.end_s for index, room in enumerate(found) if sum(drawn[: index + 1]) >= need.energy_wh - 1e-6)
    value = not_earning(found, need, drawn) + need.start_cost * starts(drawn, running=False)
    if need.mode is Mode.BALANCED:
        return 0.0, value + need.value_of_time_per_h * done / 3600
    return (done if need.mode is Mode.SHORTEST else 0.0), value


def of_plan(found: Sequence[Room], need: Need, optimum: Optimum) -> tuple[float, float]:
    drawn = [need.power_w(a) * room.length_s / 3600 for room, a in zip(found, optimum.current_a, strict=True)]
    return cost(found, need, drawn)


def random_rooms(dice: random.Random, *, slots: int, surplus: bool) -> list[Room]:
    found: list[Room] = []
    at_s = 0.0
    prices = dice.choice([[0.2, 0.3], [0.1, 0.2, 0.21, 0.35], [-0.1, 0.0, 0.05, 0.3], [0.3], [0.05, 0.4]])
    for _ in range(slots):
        length_s = dice.choice([300.0, 420.0, 900.0, 900.0, 1800.0])
        room = slot(
            0, dice.choice(prices), most_a=dice.choice([3.0, 6.0, 9.5, 16.0, 16.0]), length_s=length_s,
            surplus_w=dice.choice([0.0, 2000.0, 5500.0, 20_000.0]) if surplus else 0.0,
        )  # fmt: skip
        found.append(replace(room, start_s=at_s))
        at_s += length_s
    return found


def possible_wh(found: Sequence[Room], need: Need) -> float:
    usable = [room for room in found if room.most_a >= need.min_current_a]
    return sum(need.power_w(room.most_a) * room.length_s / 3600 for room in usable)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(
    ("start_cost", "step_a", "surplus", "least_a"),
    [
        (0.0, None, False, 6.0),
        (0.12, None, False, 6.0),
        (0.0, None, True, 6.0),
        (0.07, None, True, 6.0),
        (0.0, None, False, 0.0),
        (0.0, 4.0, False, 6.0),
        (0.05, 5.0, True, 6.0),
    ],
)
def test_nothing_that_can_be_tried_out_is_better(
    mode: Mode, start_cost: float, step_a: float | None, surplus: bool, least_a: float
) -> None:
    for seed in range(40):
        dice = random.Random(seed)
        found = random_rooms(dice, slots=5, surplus=surplus)
        value_of_time = dice.choice([0.0, 0.1, 1.0])
        need = car(1.0, mode, start_cost=start_cost, current_step_a=step_a, value_of_time_per_h=value_of_time)
        need = replace(need, min_current_a=least_a)
        need = replace(need, energy_wh=dice.uniform(0.01, 0.95) * possible_wh(found, need))
        candidates = energies(found, need)
        if not candidates:
            continue
        optimum = plan_single(need, found)
        if need.energy_wh == 0.0:
            continue
        best = min(cost(found, need, drawn) for drawn in candidates)
        got = of_plan(found, need, optimum)
        assert got[0] <= best[0] + 1e-6, seed
        assert got[1] == pytest.approx(best[1], abs=1e-7), seed
        assert optimum.bound == optimum.objective
        assert optimum.missing_wh == 0.0


def test_currents_keep_every_limit() -> None:
    for seed in range(60):
        dice = random.Random(seed)
        found = random_rooms(dice, slots=20, surplus=True)
        need = car(dice.uniform(0.0, 1.2) * possible_wh(found, car(0.0)), dice.choice(list(Mode)))
        optimum = plan_single(need, found)
        for room, current_a in zip(found, optimum.current_a, strict=True):
            assert current_a == 0.0 or 6.0 <= current_a <= room.most_a
        assert optimum.energy_wh + optimum.missing_wh >= need.energy_wh - 1e-6


# --- excess, negative prices


def test_a_negative_price_does_not_make_a_car_take_more_than_it_needs() -> None:
    optimum = plan_single(car(2000.0), flat(-0.1, -0.1, -0.1, 0.2))
    assert optimum.energy_wh == pytest.approx(2000.0, abs=1e-6)


def test_the_lowest_negative_price_is_taken_first() -> None:
    optimum = plan_single(car(2760.0), flat(-0.1, 0.2, -0.3, -0.2))
    assert optimum.current_a == (0.0, 0.0, 16.0, 0.0)


def test_less_than_the_minimum_current_gives_is_drawn_as_that() -> None:
    optimum = plan_single(car(500.0), flat(0.3, 0.2))
    assert optimum.current_a == (0.0, 6.0)
    assert optimum.energy_wh == pytest.approx(1035.0)
    assert optimum.missing_wh == 0.0


def test_steps_are_kept_and_the_last_one_is_rounded_up() -> None:
    optimum = plan_single(car(3000.0, current_step_a=1.0), flat(0.2, 0.1, 0.1))
    assert sorted(optimum.current_a) == [0.0, 6.0, 12.0]
    assert optimum.energy_wh == pytest.approx(3105.0)


# --- ties


def test_at_one_price_there_is_one_start() -> None:
    found = flat(0.34, 0.24, 0.24, 0.24, 0.21, 0.21, 0.3)
    # 0.21 alone is not enough: the missing slot is the one next to it, not the earliest of its price.
    assert plan_single(car(3 * 2760.0, current_step_a=16.0), found).current_a == (0.0, 0.0, 0.0, 16.0, 16.0, 16.0, 0.0)


def test_at_one_price_and_as_many_starts_the_last_plan_stays() -> None:
    last = (0.0, 0.0, 0.0, 16.0, 16.0, 0.0)
    need = car(2 * 2760.0, last_current_a=last)
    assert plan_single(need, flat(*(0.3,) * 6)).current_a == last


def test_fewer_starts_come_before_the_last_plan() -> None:
    need = car(2 * 2760.0, last_current_a=(0.0, 16.0, 0.0, 0.0, 16.0, 0.0))
    assert starts(plan_single(need, flat(*(0.3,) * 6)).current_a, running=False) == 1


def test_money_comes_before_starts() -> None:
    assert plan_single(car(2 * 2760.0), flat(0.2, 0.3, 0.2)).current_a == (16.0, 0.0, 16.0)


def test_otherwise_it_is_earlier() -> None:
    assert plan_single(car(2 * 2760.0), flat(*(0.3,) * 6)).current_a == (16.0, 16.0, 0.0, 0.0, 0.0, 0.0)


def test_ties_are_decided_in_order_whatever_the_numbers() -> None:
    """Every plan of whole steps, compared by the rule itself."""
    for seed in range(25):
        dice = random.Random(seed)
        found = [slot(index, dice.choice([0.2, 0.25]), most_a=dice.choice([0.0, 8.0, 16.0])) for index in range(6)]
        last = tuple(dice.choice([0.0, 8.0, 16.0]) for _ in found)
        count = sum(int(room.most_a / 8) for room in found)
        if count == 0:
            continue
        quantum = 8 * 690 * 0.25
        need = car(quantum * dice.randint(1, count), current_step_a=8.0, last_current_a=dice.choice([None, last]))

        def rule(plan: Sequence[float], need: Need = need, found: Sequence[Room] = found) -> tuple[float, ...]:
            drawn = [need.power_w(a) * 0.25 for a in plan]
            before = need.last_current_a or (0.0,) * len(plan)
            return (
                round(sum(room.price_per_kwh * energy for room, energy in zip(found, drawn, strict=True)), 6),
                starts(plan, running=before[0] > 0.0),
                sum(abs(now - then) for now, then in zip(plan, before, strict=True)) if need.last_current_a else 0.0,
                sum(index * a for index, a in enumerate(plan)),
            )

        levels = [[level for level in (0.0, 8.0, 16.0) if level <= room.most_a] for room in found]
        enough = [plan for plan in product(*levels) if sum(plan) * 690 * 0.25 >= need.energy_wh - 1e-6]
        assert rule(plan_single(need, found).current_a) == min(map(rule, enough)), seed


# --- modes


def test_balanced_pays_for_an_hour_what_it_is_worth() -> None:
    found = flat(0.30, 0.30, 0.30, 0.30, 0.20)
    # A slot at 0.30 instead of 0.20 costs 0.276 more and is done an hour earlier.
    assert plan_single(car(2760.0, Mode.BALANCED, value_of_time_per_h=0.27), found).complete_s == 4500.0
    assert plan_single(car(2760.0, Mode.BALANCED, value_of_time_per_h=0.28), found).complete_s == 900.0


def test_shortest_is_cheapest_among_the_earliest() -> None:
    optimum = plan_single(car(2760.0 + 1100.0, Mode.SHORTEST), flat(0.3, 0.2, 0.1))
    assert optimum.complete_s == 1800.0
    assert optimum.current_a[1] == 16.0
    assert optimum.objective == pytest.approx(1.1 * 0.3 + 2.76 * 0.2)


def test_a_start_that_costs_more_than_it_saves_is_not_made() -> None:
    found = flat(0.2, 0.25, 0.2)
    assert plan_single(car(2 * 2760.0, start_cost=0.2, current_step_a=16.0), found).current_a == (16.0, 16.0, 0.0)
    assert plan_single(car(2 * 2760.0, start_cost=0.1, current_step_a=16.0), found).current_a == (16.0, 0.0, 16.0)


def test_a_car_that_charges_already_pays_no_start_to_go_on() -> None:
    running = car(2760.0, start_cost=0.5, current_step_a=16.0, last_current_a=(16.0, 0.0))
    assert plan_single(running, flat(0.3, 0.2)).current_a == (16.0, 0.0)
    assert plan_single(car(2760.0, start_cost=0.5), flat(0.3, 0.2)).current_a == (0.0, 16.0)


# --- what cannot be had


def test_energy_that_cannot_be_had_is_missing_and_all_there_is_is_drawn() -> None:
    optimum = plan_single(car(10_000.0, Mode.BALANCED, value_of_time_per_h=1.0), [*flat(0.3, 0.2), slot(2, 0.1, most_a=5.0)])
    assert optimum.current_a == (16.0, 16.0, 0.0)
    assert optimum.missing_wh == pytest.approx(10_000 - 5520)
    assert optimum.complete_s is None
    assert optimum.objective == optimum.bound == pytest.approx(2.76 * 0.5 + 0.75)


def test_a_car_that_is_never_there_gets_nothing() -> None:
    absent = [replace(room, most_a=0.0, limit=Reason.ABSENT) for room in flat(0.3, 0.2)]
    optimum = plan_single(car(1000.0, Mode.BALANCED), absent)
    assert optimum.missing_wh == pytest.approx(1000.0)
    assert optimum.objective == 0.0


def test_a_car_that_needs_nothing_is_done_before_it_begins() -> None:
    optimum = plan_single(car(0.0, Mode.BALANCED), flat(-0.3, 0.2))
    assert optimum.current_a == (0.0, 0.0)
    assert optimum.complete_s == 0.0
    assert optimum.objective == optimum.bound == 0.0


def test_the_last_watt_hour_is_found() -> None:
    found = [slot(index, 0.2 + index / 100, most_a=6.1 + index) for index in range(9)]
    need = car(possible_wh(found, car(0.0)))
    optimum = plan_single(need, found)
    assert optimum.missing_wh == 0.0
    assert optimum.current_a == pytest.approx([room.most_a for room in found])


def test_what_fits_to_the_last_watt_hour_needs_no_slot_more() -> None:
    # 10 kW is 14.49275... A: however that is rounded, two half hours are 10 kWh.
    found = [slot(2 * index, 0.2, most_a=10_000 / 690, length_s=1800.0) for index in range(4)]
    optimum = plan_single(car(10_000.0, Mode.SHORTEST), found)
    assert optimum.complete_s == 5400.0 - 1800.0
    assert optimum.current_a[2:] == (0.0, 0.0)
    assert at_once(car(10_000.0), found) == optimum.current_a
    assert optimum.energy_wh == pytest.approx(10_000.0, abs=1e-6)


# --- asked again


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("start_cost", [0.0, 0.05])
def test_asked_again_after_a_slot_nothing_changes(mode: Mode, start_cost: float) -> None:
    for seed in range(12):
        dice = random.Random(seed)
        prices = tuple(dice.choice([0.2, 0.2, 0.3]) for _ in range(24))
        base_load_w = tuple(dice.gammavariate(1.5, 1500) for _ in range(24))
        slot_s = tuple(dice.choice([900.0, 900.0, 437.0]) for _ in range(24))
        need = car(dice.uniform(1000, 25_000), mode, start_cost=start_cost)
        site = Site(limit_w=(11_000.0,) * 24, base_load_w=base_load_w)
        problem = Problem(start=START, slot_s=slot_s, price_per_kwh=prices, site=site, evs=(need,))
        first = plan_single(need, rooms(problem, need, Taken.nothing(24)))
        drawn_wh = need.power_w(first.current_a[0]) * slot_s[0] / 3600
        rest = replace(need, energy_wh=max(0.0, need.energy_wh - drawn_wh), last_current_a=first.current_a[1:])
        later = Problem(
            start=START + timedelta(seconds=slot_s[0]),
            slot_s=slot_s[1:],
            price_per_kwh=prices[1:],
            site=Site(limit_w=(11_000.0,) * 23, base_load_w=base_load_w[1:]),
            evs=(rest,),
        )
        second = plan_single(rest, rooms(later, rest, Taken.nothing(23)))
        assert second.current_a == pytest.approx(first.current_a[1:], abs=1e-4), seed


# --- at once


def test_at_once_takes_all_there_is_from_the_beginning() -> None:
    found = [slot(0, 0.3, most_a=5.0), slot(1, 0.3), slot(2, 0.1, most_a=10.0), slot(3, 0.1)]
    assert at_once(car(2760.0 + 1200.0), found) == pytest.approx((0.0, 16.0, 1200 / 172.5, 0.0))
    assert at_once(car(2760.0 + 1.0), found) == pytest.approx((0.0, 16.0, 6.0, 0.0))
    assert at_once(car(2760.0 + 1.0, current_step_a=4.0), found) == pytest.approx((0.0, 16.0, 8.0, 0.0))


def test_the_levels_of_a_slot_are_its_least_and_most() -> None:
    assert levels_a(car(1.0), slot(0, 0.3, most_a=10.5)) == (6.0, 10.5)
    assert levels_a(car(1.0, current_step_a=4.0), slot(0, 0.3)) == (8.0, 16.0)
    assert levels_a(car(1.0), slot(0, 0.3, most_a=5.9)) is None


def test_starts_are_counted_from_off_or_on() -> None:
    assert starts((6.0, 0.0, 6.0, 6.0), running=False) == 2
    assert starts((6.0, 0.0, 6.0, 6.0), running=True) == 1


def test_the_oracle_itself_knows_a_plain_case() -> None:
    need = car(2760.0)
    found = flat(0.3, 0.1)
    assert min(cost(found, need, drawn) for drawn in energies(found, need))[1] == pytest.approx(0.276)
