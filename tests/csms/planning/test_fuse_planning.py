"""Cars behind a fuse that cannot bear them at once: the plans keep to it, and say which it is."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

from ladewerk.clock import LoopClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.limit.allocation import Fuse, Outlet
from ladewerk.csms.limit.loads import Load, Rate
from ladewerk.csms.planning.fuse_planning import crowded, idle_load, left_w, turns
from ladewerk.csms.planning.problem import current_line
from ladewerk.csms.planning.site import Site, SubFuse, Tariff, TariffStep
from ladewerk.csms.records import NeedState
from ladewerk.paced_loop import PacedLoop
from ladewerk.timeline import Timeline
from tests.csms.smart_charging.test_delivery import ORIGIN as NOW

HOUR = timedelta(hours=1)
KEYS = [("a", 1), ("b", 1), ("c", 1)]
OUTLET = Outlet(rating=Rate(32.0, 3), fallback=Rate(6.0, 3))
GARAGE = Fuse(name="garage", behind=KEYS[:2], phase_a=Timeline.of([(NOW, 20.0)]))
SITE = Fuse(name="site", behind=KEYS, power_w=Timeline.of([(NOW, 20_000.0), (NOW + HOUR, 12_000.0)]))


def drawing(current_a: float) -> Timeline[Load]:
    return Timeline.of([(NOW, OUTLET.load(Rate(current_a, 3)))])


def test_of_the_crowded_fuses_those_behind_take_turns() -> None:
    lines = {KEYS[0]: drawing(11.0), KEYS[1]: drawing(10.0), KEYS[2]: idle_load(OUTLET, NOW)}
    assert crowded({**lines, KEYS[0]: drawing(10.0)}, [GARAGE], NOW) == []
    found = crowded(lines, [GARAGE, SITE], NOW)
    assert [fuse.name for fuse in found] == ["garage", "site"]
    assert turns(KEYS, found) == {KEYS[0]: "garage", KEYS[1]: "garage", KEYS[2]: "site"}


def test_the_fuse_that_leaves_least_counts_at_each_moment() -> None:
    lines = {KEYS[0]: drawing(16.0), KEYS[1]: drawing(10.0), KEYS[2]: drawing(0.0)}
    left = left_w(KEYS[0], OUTLET, lines, [GARAGE, SITE], NOW, phases=3)
    assert (left.at(NOW), left.at(NOW + HOUR)) == (6900.0, 5100.0)
    assert left_w(KEYS[0], OUTLET, {**lines, KEYS[1]: drawing(21.0)}, [GARAGE], NOW, phases=3).at(NOW) == 0.0


def test_three_cars_behind_a_fuse_for_two_take_turns_and_are_told_why(database: str, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        clock = LoopClock(asyncio.get_running_loop(), NOW)
        fuse = SubFuse(name="garage", behind=("S-0", "S-1", "S-2"), limit_a=13.0)
        flat = Tariff(steps=(TariffStep(from_="00:00", price_per_kwh=0.3),))
        site = Site(limit_w=100_000.0, fallback_a=0.0, fuses=(fuse,), tariff=flat)
        config = CsmsConfig(
            listen="127.0.0.1:0", web="127.0.0.1:0", database=database, accept_unknown=True, open=True, site=site
        )
        async with running_csms(config, clock) as running, AsyncExitStack() as stack:
            stations = [await stack.enter_async_context(tiny_station(running.ocpp_port, f"S-{place}")) for place in range(3)]
            for place, station in enumerate(stations):
                await station.boot()
                await station.event("Started", 0, transaction_id=f"tx-{place}", register_wh=0.0)
                await station.fallbacks.get()
            for place, station in enumerate(stations):
                await station.needs(energy_wh=2000, departure=NOW + (1 + place) * HOUR)
            needs = running.ledger.needs
            await until(running, lambda: len(needs) == 3 and all(n.state is NeedState.ACCEPTED for n in needs.values()))
            plans = [plan for _, plan in sorted(running.ledger.plans.items())]
            lines = [current_line(plan) for plan in plans]
            for minute in range(0, 180, 5):
                at = plans[0].created_at + timedelta(minutes=minute)
                assert sum(line.at(at) or 0.0 for line in lines) <= 13.01, at
            assert [round(plan.missing_wh) for plan in plans] == [0, 0, 0]
            assert plans[2].fuse == "garage"
            assert "site limit" in {slot.reason for slot in plans[2].slots}
            assert "“garage”" in plans[2].summary["en"]
            assert "„garage“" in plans[2].summary["de"]

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(go())
