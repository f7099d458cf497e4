"""The fuses of a site over time, and what each EVSE is left without the CSMS."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ladewerk.csms.limit.allocation import Outlet
from ladewerk.csms.limit.fuses import fallback, fuses_of, wired
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.planning.site import LoadStep, Site, SubFuse, Wiring
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
KEYS = [("lw-1", 1), ("lw-1", 2), ("lw-2", 1)]


def outlets(site: Site, count: int) -> dict[tuple[str, int], Outlet]:
    keys = [(f"s-{number}", 1) for number in range(count)]
    return {key: wired(None, site, key, NO_QUIRKS) for key in keys}


def left_a(count: int, **settings: Any) -> float | None:
    site = Site(**settings)
    known = outlets(site, count)
    rate = fallback(site, known, fuses_of(site, known, NOW), NOW)
    return None if rate is None else rate.current_a


def test_the_base_load_is_taken_from_the_limit_and_a_third_of_it_from_each_phase() -> None:
    load = (LoadStep(start_at=NOW, power_w=690.0), LoadStep(start_at=LATER, power_w=1380.0))
    (whole,) = fuses_of(Site(limit_w=10_000, limit_a=16, base_load=load), KEYS, NOW)
    assert whole.power_w is not None
    assert whole.phase_a is not None
    assert [(whole.power_w.at(at), whole.phase_a.at(at)) for at in (NOW, LATER)] == [(9310.0, 15.0), (8620.0, 14.0)]


def test_a_fuse_holds_for_stations_for_single_evses_and_for_those_of_the_fuses_within_it() -> None:
    tree = (
        SubFuse(name="yard", behind=("LW-2",), limit_w=20_000),
        SubFuse(name="garage", within="yard", behind=("LW-1/2",), limit_a=16),
    )
    whole, yard, garage = fuses_of(Site(fuses=tree), KEYS, NOW)
    assert set(whole.behind) == set(KEYS)
    assert set(yard.behind) == {("lw-1", 2), ("lw-2", 1)}
    assert set(garage.behind) == {("lw-1", 2)}
    assert garage.power_w is None


def test_wiring_of_an_evse_wins_over_that_of_its_station() -> None:
    site = Site(
        wiring={"LW-1": Wiring(phases=(2,)), "lw-1/2": Wiring(max_current_a=16)}, evse_max_current_a=20, voltage_v=240
    )
    first, second = (wired(None, site, key, NO_QUIRKS) for key in KEYS[:2])
    assert (first.rating, first.wired, first.voltage_v) == (Rate(20, 1), (2,), 240)
    assert (second.rating, second.wired) == (Rate(16, 3), (1, 2, 3))


@pytest.mark.parametrize(
    ("count", "settings", "expected_a"),
    [
        (1, {"limit_w": 30_000}, None),
        (1, {"limit_w": 17_250}, 25),
        (1, {"limit_w": 17_250, "base_load_constant_w": 3000.0}, 20),
        (1, {"limit_w": 17_250, "limit_a": 16}, 16),
        (1, {"limit_w": 2000, "base_load_constant_w": 3000.0}, 0),
        (2, {"limit_w": 17_250}, 6),
        (3, {"limit_w": 17_250}, 0),
        (10, {"limit_w": 100_000}, 6),
        (3, {"limit_w": 17_250, "fallback_a": 8.0}, 8),
        (3, {"limit_w": 34_000, "evse_max_current_a": 16}, None),
        (2, {"limit_w": 100_000, "fuses": (SubFuse(name="f", behind=("S-0", "S-1"), limit_a=20),)}, 0),
        (2, {"limit_w": 100_000, "fuses": (SubFuse(name="f", behind=("S-0", "S-1"), limit_a=24),)}, 6),
    ],
)
def test_each_evse_is_left_as_much_as_hinders_nobody(count: int, settings: Any, expected_a: float | None) -> None:
    assert left_a(count, **settings) == expected_a


def test_what_is_left_fits_at_every_moment_that_is_foreseen() -> None:
    load = (LoadStep(start_at=NOW, power_w=250.0), LoadStep(start_at=LATER, power_w=10_350.0))
    assert left_a(1, base_load=load) == 10
