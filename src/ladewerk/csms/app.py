"""The CSMS put together: plain constructor calls, and the order in which the parts start and stop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ladewerk.clock import Clock
from ladewerk.csms.config import CsmsConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Csms:
    """A running CSMS: the port stations connect to, and the address of page and API."""

    ocpp_port: int
    web_url: str


@asynccontextmanager
async def running_csms(config: CsmsConfig, clock: Clock) -> AsyncIterator[Csms]:
    """Serve stations, page and API until the context ends. Raises ConfigError before anything has started."""
    yield Csms(ocpp_port=0, web_url="")
