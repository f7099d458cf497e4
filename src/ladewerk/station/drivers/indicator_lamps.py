"""Indicator lamps at pins, one for each thing they can say; a thing without a lamp is not shown."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ladewerk.errors import ConfigError
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Lamp, Lamps


class IndicatorLamps:
    """``wired`` says which lamp is at which pin; a pin is written only when its lamp changes."""

    def __init__(self, pins: Pins, wired: Mapping[Lamp, int]) -> None:
        if len(set(wired.values())) < len(wired):
            raise ConfigError("lamps", f"pins {', '.join(map(str, wired.values()))} must differ from each other")
        self._pins = pins
        self._wired = wired
        self._lit: frozenset[Lamp] = frozenset()

    async def open(self, *, active_low: bool) -> None:
        """Claim the pins, all lamps dark."""
        for pin in self._wired.values():
            await self._pins.claim_output(pin, active_low=active_low)

    async def show(self, lit: frozenset[Lamp]) -> None:
        for lamp in self._wired.keys() & (lit ^ self._lit):
            await self._pins.write(self._wired[lamp], lamp in lit)
        self._lit = lit


@asynccontextmanager
async def open_indicator_lamps(pins: Pins, wired: Mapping[Lamp, int], *, active_low: bool) -> AsyncIterator[IndicatorLamps]:
    """The lamps; dark at the beginning and at the end. ConfigError for pins that cannot work."""
    lamps = IndicatorLamps(pins, wired)
    await lamps.open(active_low=active_low)
    try:
        yield lamps
    finally:
        await lamps.show(frozenset())


_: tuple[type[Lamps], ...] = (IndicatorLamps,)
