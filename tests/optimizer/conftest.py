"""Problems to plan, small and real."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from ladewerk.optimizer import Mode, Need, Problem, Site

CET = timezone(timedelta(hours=1))


@pytest.fixture
def evening() -> Callable[[Mode], Problem]:
    """Plugged in at 17:40 into the household's peak, 20 kWh by 06:30, three prices."""

    def build(mode: Mode) -> Problem:
        start = datetime(2026, 1, 5, 17, 40, tzinfo=CET)
        slot_s = (1200.0, *(900.0,) * 16, *(900.0,) * 12, *(900.0,) * 16, *(900.0,) * 6)
        prices = (0.34,) * 17 + (0.24,) * 12 + (0.21,) * 16 + (0.28,) * 6
        base_load_w = (6500.0,) * 7 + (3000.0,) * 10 + (600.0,) * 34
        need = Need(
            id="ev-1",
            mode=mode,
            energy_wh=20_000,
            max_current_a=16,
            departure=datetime(2026, 1, 6, 6, 30, tzinfo=CET),
            value_of_time_per_h=0.25,
        )
        site = Site(limit_w=(14_500.0,) * 51, base_load_w=base_load_w)
        return Problem(start=start, slot_s=slot_s, price_per_kwh=prices, site=site, evs=(need,))

    return build
