"""What NotifyEVChargingNeeds says of a need."""

from datetime import UTC, datetime

import pytest

from ladewerk.ocpp import v21
from ladewerk.station.smart_charging.needs_delivery import needs_request
from ladewerk.station.unit.needs import Mode, Needs


@pytest.mark.parametrize(
    ("wanted_a", "cable_a", "told_a"),
    [((6.0, 32.0), 20.0, (6, 20)), ((6.5, 15.9), 20.0, (7, 15)), ((16.0, 32.0), 13.0, (13, 13))],
)
def test_a_cable_bounds_the_current_that_the_csms_plans_with(
    wanted_a: tuple[float, float], cable_a: float, told_a: tuple[int, int]
) -> None:
    depart_at = datetime(2026, 1, 6, 5, 30, tzinfo=UTC)
    least_a, most_a = wanted_a
    needs = Needs(mode=Mode.CHEAPEST, energy_wh=5000, depart_at=depart_at, min_current_a=least_a, max_current_a=most_a)
    told = needs_request(1, 3, needs, cable_a).charging_needs.ac_charging_parameters
    assert isinstance(told, v21.ACChargingParametersType)
    assert (told.ev_min_current, told.ev_max_current) == told_a
