"""The person of the demonstration: plugs in, says what the car needs, presses Start, sleeps, and leaves in the morning."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from ladewerk.clock import Clock
from ladewerk.demo.scenario import UNIT, Scenario
from ladewerk.demo.wiring import Programs
from ladewerk.errors import LadewerkError

_PATIENCE_S: Final = 180.0
_LOOKS_EVERY_S: Final = 120.0
_DRAIN_S: Final = 60.0


class EveningFailed(LadewerkError):
    """Something did not go as it has to; the reason is what the person saw."""


class Person:
    """Uses the programs as a person does: by the pages' own API, and by the plug in the hand."""

    def __init__(self, scenario: Scenario, programs: Programs, clock: Clock, http: httpx.AsyncClient) -> None:
        self._scenario = scenario
        self._programs = programs
        self._clock = clock
        self._http = http

    async def live(self, seen: Callable[[datetime, str], None]) -> None:
        """The whole evening and night; ``seen`` hears from time to time what the station says."""
        scenario = self._scenario
        await self.describe_the_site()
        await self._sleep_until(scenario.plug_in_at)
        if not self._programs.simulator.world.plug_in():
            raise EveningFailed("the car was plugged in before it came")
        await self._sleep_until(scenario.ask_at)
        await self._when("submit the needs", lambda unit: unit["allowed"]["submit"])
        await self._order("needs", scenario.needs())
        await self._when("start", lambda unit: unit["allowed"]["start"])
        await self._order("start")
        await self._sleep_through(seen)
        if not self._programs.simulator.world.unplug():
            raise EveningFailed("the plug could not be pulled in the morning")
        await asyncio.sleep(_DRAIN_S)

    async def describe_the_site(self) -> None:
        """Tell the CSMS the grid limit, the prices and the expected load of the house."""
        scenario = self._scenario
        household = self._programs.simulator.world.household
        forecast = household.forecast(self._clock.now(), scenario.depart_at + timedelta(hours=2))
        base_load = [
            {"start_at": segment.start.isoformat(), "power_w": round(segment.value)} for segment in forecast.segments()
        ]
        answer = await self._http.put(
            f"{self._programs.csms.web_url}/api/site", json={**scenario.site(), "base_load": base_load}
        )
        if answer.status_code != 200:
            raise EveningFailed(f"the CSMS refuses the site: {answer.text}")

    async def unit(self) -> dict[str, Any]:
        """The unit as the station's page shows it."""
        answer = await self._http.get(f"{self._programs.station.web_url}/api/state")
        unit: dict[str, Any] = answer.json()["units"][0]
        return unit

    async def _sleep_through(self, seen: Callable[[datetime, str], None]) -> None:
        while self._clock.now() < self._scenario.depart_at:
            unit = await self.unit()
            if unit["error"] is not None:
                raise EveningFailed(f"the station stopped: {unit['error']['text']}")
            seen(self._clock.now(), f"{unit['state']}, {unit['power_w'] / 1000:.1f} kW")
            await self._sleep_until(min(self._scenario.depart_at, self._clock.now() + timedelta(seconds=_LOOKS_EVERY_S)))

    async def _when(self, what: str, possible: Callable[[dict[str, Any]], bool]) -> None:
        until = self._clock.now() + timedelta(seconds=_PATIENCE_S)
        unit = await self.unit()
        while not possible(unit):
            if self._clock.now() > until:
                raise EveningFailed(f"could not {what} within {_PATIENCE_S:g} s: the station is {unit['state']}")
            await asyncio.sleep(1)
            unit = await self.unit()

    async def _order(self, order: str, body: dict[str, object] | None = None) -> None:
        answer = await self._http.post(f"{self._programs.station.web_url}/api/units/{UNIT}/{order}", json=body or {})
        if answer.status_code >= 400:
            raise EveningFailed(f"the station refuses {order}: {answer.text}")

    async def _sleep_until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self._clock.now()).total_seconds()))
