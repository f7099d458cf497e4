"""What units may draw of a limit that they have together."""

import pytest

from ladewerk.station.smart_charging.shares import shares


@pytest.mark.parametrize(
    ("limit_a", "wanted_a", "expected"),
    [
        (32, [16, 16], [16, 16]),
        (24, [16, 16], [12, 12]),
        (24, [8, 32], [8, 16]),
        (24, [0, 32], [0, 24]),
        (13, [16, 16, 16], [6.5, 6.5, 0]),
        (5, [16, 16], [0, 0]),
        (20, [5, 16], [0, 16]),
        (0, [], []),
    ],
)
def test_k04_fr05_a_station_is_shared_alike_and_nobody_gets_what_no_pilot_can_offer(
    limit_a: float, wanted_a: list[float], expected: list[float]
) -> None:
    assert shares(limit_a, wanted_a) == expected
