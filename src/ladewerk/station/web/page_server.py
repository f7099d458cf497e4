"""The page on its address: HTTPS by the rule, behind the gate."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ladewerk.clock import Clock
from ladewerk.refusals import Refusals
from ladewerk.settings import split_address
from ladewerk.station.config import StationConfig
from ladewerk.station.web.app import web_app
from ladewerk.station.web.live import Live
from ladewerk.station.web.seen import Seen
from ladewerk.web.access import Access
from ladewerk.web.gate import Gate, cookie_name
from ladewerk.web.https import https_for
from ladewerk.web.own_certificate import outer_names
from ladewerk.web.server import serving

ACCESS_FILE: Final = "access.json"
"""In the data folder: password, sessions and tokens, as hashes."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where the page is; ``code`` is asked for on the first visit, None where a password is chosen or none is needed."""

    url: str
    code: str | None
    elsewhere: tuple[str, ...] = ()
    """Where other machines find it."""


@asynccontextmanager
async def serving_page(config: StationConfig, clock: Clock, seen: Seen, live: Live) -> AsyncIterator[Served]:
    """Serve page and API until the context ends. Raises ConfigError, or StoreError where the data folder cannot be used."""
    table = config.station
    host, port = split_address("station.web", table.web)
    access = None if table.open else Access(config.data_path / ACCESS_FILE, clock)
    if access is not None:
        access.tried.connect(seen.login_tried)
    code = None if access is None else await access.begin()
    cookie = cookie_name(table.identity)
    app = Gate(web_app(seen, live, access, clock, cookie), access, cookie)
    folder = Path(config.folder)
    async with (
        https_for("station.https", table.https, folder=folder, kept_in=config.data_path, host=host, clock=clock) as tls,
        serving(app, host, port, tls, refusals=Refusals(clock)) as url,
    ):
        there = [f"[{name}]" if ":" in name else name for name in outer_names(host)]
        at = url.rpartition(":")[2]
        yield Served(url, code, tuple(f"https://{name}:{at}" for name in there))
