"""Handing over: a shortfall that has come out unequal among equals is evened out, slot by slot, without losing energy."""

from typing import Final

from ladewerk.optimizer.site_draws import Draws
from ladewerk.optimizer.site_model import Car
from ladewerk.optimizer.site_moves import Beside

SMALL_KWH: Final = 1e-3
"""A difference that nobody would speak of."""


def even_out(draws: Draws) -> bool:
    """Let cars that miss more than others of their priority take slots from those; whether any did."""
    changed = False
    for priority in {car.need.priority for car in draws.model.cars}:
        cars = [car for car in draws.model.cars if car.need.priority == priority]
        changed |= _even_out(draws, cars)
    return changed


def _even_out(draws: Draws, cars: list[Car]) -> bool:
    changed = False
    lost = {car.number: draws.missing_kwh(car) for car in cars}
    for _ in range(4 * len(cars) * draws.model.slots):
        poor_first = sorted(cars, key=lambda car: -lost[car.number])
        pair = next(
            (
                (poor, rich, slot)
                for poor in poor_first
                if lost[poor.number] > SMALL_KWH
                for rich in reversed(poor_first)
                if lost[rich.number] < lost[poor.number] - SMALL_KWH
                for slot in _slots(draws, poor, rich, lost[poor.number] - lost[rich.number])
            ),
            None,
        )
        if pair is None:
            break
        poor, rich, slot = pair
        _hand_over(draws, poor, rich, slot)
        lost[poor.number], lost[rich.number] = draws.missing_kwh(poor), draws.missing_kwh(rich)
        changed = True
    return changed


def _slots(draws: Draws, poor: Car, rich: Car, apart_kwh: float) -> list[int]:
    """Slots that ``poor`` can have from ``rich`` whole, so that they are nearer afterwards; the largest first."""
    hours = draws.model.hours
    fit: list[tuple[float, int]] = []
    for slot in range(max(poor.first, rich.first), min(poor.last, rich.last)):
        amps = draws.amps[rich.number][slot]
        kwh = amps * rich.kw_per_a * hours[slot]
        if SMALL_KWH < kwh < apart_kwh - SMALL_KWH and not draws.amps[poor.number][slot]:
            taken = _amps_instead(draws, poor, rich, slot)
            if taken * poor.kw_per_a * hours[slot] >= kwh - 1e-9:
                fit.append((-kwh, slot))
    return [slot for _, slot in sorted(fit)]


def _amps_instead(draws: Draws, poor: Car, rich: Car, slot: int) -> float:
    """What ``poor`` could draw in ``slot`` if ``rich`` drew nothing, as much energy as that was; 0 if it cannot."""
    kept = draws.amps[rich.number]
    draws.put(rich, [*kept[:slot], 0.0, *kept[slot + 1 :]])
    room = Beside(draws, poor).amps(slot)
    draws.put(rich, kept)
    step = poor.need.current_step_a
    wish = kept[slot] * rich.kw_per_a / poor.kw_per_a
    if step is not None:
        wish = round(wish / step) * step
    amps = min(wish, poor.most_a[slot])
    return amps if amps <= room * (1 + 1e-12) and amps >= poor.least_a else 0.0


def _hand_over(draws: Draws, poor: Car, rich: Car, slot: int) -> None:
    amps = _amps_instead(draws, poor, rich, slot)
    given, taken = list(draws.amps[rich.number]), list(draws.amps[poor.number])
    given[slot], taken[slot] = 0.0, amps
    draws.put(rich, given)
    draws.put(poor, taken)
