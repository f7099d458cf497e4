"""When the next look at the devices is due."""

import pytest

from ladewerk.station.control import next_tick


@pytest.mark.parametrize(
    ("now_s", "next_s"),
    [(10.0, 11.0), (10.4, 11.0), (11.0, 12.0), (13.7, 14.0), (10.0 - 4e-16, 11.0), (10.0 - 1e-9, 11.0)],
)
def test_a_round_has_one_tick_even_where_its_timer_fired_a_hair_early(now_s: float, next_s: float) -> None:
    assert next_tick(10.0, now_s, 1.0) == next_s
