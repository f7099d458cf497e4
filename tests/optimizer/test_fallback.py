"""Several cars: who comes first, what is left, what is proven."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.optimizer.fallback import one_after_the_other
from ladewerk.optimizer.problem import Mode, Need, Problem, Site

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
CAR = Need(id="a", energy_wh=2760, max_current_a=16, mode=Mode.CHEAPEST)


def problem(*evs: Need, **site: object) -> Problem:
    limits: dict[str, object] = {"limit_w": (11_040.0,) * 4, **site}
    return Problem(
        start=START,
        slot_s=(900.0,) * 4,
        price_per_kwh=(0.1, 0.2, 0.3, 0.4),
        site=Site(**limits),  # type: ignore[arg-type]
        evs=evs,
    )


def test_who_leaves_first_chooses_first() -> None:
    leaves = replace(CAR, id="b", departure=START + timedelta(hours=1))
    queue = one_after_the_other(problem(CAR, leaves))
    assert [car.need.id for car in queue.cars] == ["a", "b"]
    assert queue.cars[1].optimum.current_a == (16.0, 0.0, 0.0, 0.0)
    assert queue.cars[0].optimum.current_a == (0.0, 16.0, 0.0, 0.0)
    assert queue.objective == pytest.approx(2.76 * 0.3)
    assert queue.bound == pytest.approx(2.76 * 0.2)
    assert queue.least_missing


def test_at_one_departure_the_higher_priority_chooses_first() -> None:
    queue = one_after_the_other(problem(CAR, replace(CAR, id="b", priority=2.0)))
    assert queue.cars[1].optimum.current_a[0] == 16.0


def test_missing_more_than_alone_proves_nothing() -> None:
    greedy = replace(CAR, energy_wh=4 * 2760)
    assert not one_after_the_other(problem(greedy, replace(greedy, id="b"))).least_missing


def test_dear_surplus_does_not_spoil_the_bound() -> None:
    # Exporting pays more than the grid costs, so the surplus is what a car pays dearly for; two cars pay it once.
    queue = one_after_the_other(
        problem(CAR, replace(CAR, id="b"), limit_w=(30_000.0,) * 4, pv_w=(11_040.0, 0.0, 0.0, 0.0), export_price_per_kwh=0.5)
    )
    assert queue.bound <= queue.objective
