"""Joint plans of the same worth: which one a driver gets."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from ladewerk.optimizer import Mode, Need, Problem, Site, solve

SLOTS = 54


def starts(current_a: tuple[float, ...]) -> int:
    return sum(1 for before, after in pairwise((0.0, *current_a)) if before == 0.0 < after)


@pytest.mark.parametrize(("peak_price_per_kw", "min_current_a"), [(0.0, 0.0), (0.0, 6.0), (0.5, 0.0)])
def test_at_one_price_each_car_charges_in_one_go_and_as_early_as_the_others_let_it(
    peak_price_per_kw: float, min_current_a: float
) -> None:
    def need(ev_id: str, energy_wh: float, max_current_a: float, phases: tuple[int, ...] = (1, 2, 3)) -> Need:
        return Need(
            id=ev_id,
            energy_wh=energy_wh,
            max_current_a=max_current_a,
            min_current_a=min_current_a,
            phases=phases,
            mode=Mode.CHEAPEST,
        )

    problem = Problem(
        start=datetime(2026, 1, 5, 16, tzinfo=UTC),
        slot_s=(900.0,) * SLOTS,
        price_per_kwh=(0.31,) * SLOTS,
        site=Site(
            limit_w=(17250.0,) * SLOTS,
            base_load_w=(800.0,) * SLOTS,
            phase_limit_a=(25.0, 25.0, 25.0),
            peak_price_per_kw=peak_price_per_kw,
        ),
        evs=(need("a", 20000, 16), need("b", 9000, 16, (2,)), need("c", 40000, 32)),
    )
    plan = solve(problem)
    assert plan.gap < 1e-4
    for car in plan.evs:
        assert car.missing_wh == pytest.approx(0, abs=0.1)
        assert starts(car.current_a) == 1, car.id
    assert any(car.current_a[0] > 0 for car in plan.evs)
