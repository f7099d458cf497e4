"""Two cars at a time: what one of them takes first can be worth more to both than what each finds beside the other."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from ladewerk.optimizer.site_draws import Draws
from ladewerk.optimizer.site_model import Car
from ladewerk.optimizer.site_moves import better, share

MOST_PAIRS: Final = 120
"""Pairs tried in one go: all of them with up to 16 cars."""
MOST_ROUNDS: Final = 3


def improve_pairs(draws: Draws) -> bool:
    """Take up any two cars and put them back, the one first and then the other, wherever that is better."""
    changed = False
    for _ in range(MOST_ROUNDS):
        gained = False
        for one, other in _pairs(draws):
            gained |= _swap(draws, one, other) or _swap(draws, other, one)
        if not gained:
            break
        changed = True
    return changed


def _pairs(draws: Draws) -> Iterator[tuple[Car, Car]]:
    """Cars that are there together, those that miss most before the others."""
    ranked = sorted(draws.model.cars, key=lambda car: (-draws.missing_kwh(car) * car.need.priority, car.number))
    count = 0
    for one, other in combinations(ranked, 2):
        if max(one.first, other.first) < min(one.last, other.last):
            yield one, other
            count += 1
            if count == MOST_PAIRS:
                return


def _swap(draws: Draws, first: Car, second: Car) -> bool:
    """Let ``first`` choose as if ``second`` were not there; False, and nothing changed, where that is no better for both."""
    kept = draws.amps[first.number], draws.amps[second.number]
    before = share(draws, first, second)
    draws.put(second, [0.0] * draws.model.slots)
    better(draws, first)
    better(draws, second)
    if share(draws, first, second).is_below(before):
        return True
    for car in (first, second):
        draws.put(car, [0.0] * draws.model.slots)
    draws.put(first, kept[0])
    draws.put(second, kept[1])
    return False
