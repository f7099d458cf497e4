"""The station, composed: settings in, a running station out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ladewerk.clock import Clock
from ladewerk.station.config import StationConfig


class Station:
    """A running station; ``web_url`` is its page and API."""

    web_url: str


@asynccontextmanager
async def running_station(config: StationConfig, clock: Clock) -> AsyncIterator[Station]:
    """Open the devices, write the safe current, serve the page, talk to the CSMS; all of it ends with the context."""
    raise NotImplementedError
    yield Station()
