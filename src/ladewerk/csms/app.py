"""The CSMS put together: plain constructor calls, and the order in which the parts start and stop."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.api.app import csms_api
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.charging_loop import ChargingLoop
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.connections import Connections
from ladewerk.csms.delivery import Deliveries
from ladewerk.csms.frame_log import FrameLog
from ladewerk.csms.handlers.table import station_router
from ladewerk.csms.ledger import Ledger, starting_site
from ladewerk.csms.store.database import open_store
from ladewerk.csms.supervision import Tasks
from ladewerk.csms.transactions import known_starts
from ladewerk.ocpp import Listener, StartedTransactions, Version, WebSocketChannel, serve
from ladewerk.settings import split_address
from ladewerk.web.server import serving
from ladewerk.web.static import page_routes

_PAGE = Path(__file__).parent / "web" / "page"

_RECENT: Final = 4096
"""Transactions that a starting CSMS looks at for the numbers it gave: no repetition comes later than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Csms:
    """A running CSMS: where stations connect, where page and API are; what is known, who is here and what was said."""

    ocpp_port: int
    web_url: str
    ledger: Ledger
    connections: Connections
    frame_log: FrameLog


@asynccontextmanager
async def running_csms(config: CsmsConfig, clock: Clock) -> AsyncIterator[Csms]:
    """Serve stations, page and API until the context ends.

    Raises ConfigError where a setting, an address or the database cannot be used; nothing keeps running then.
    """
    web_host, web_port = split_address("csms.web", config.web)
    page = page_routes(_PAGE)
    async with open_store(config.database_url()) as store, Tasks().running() as tasks:
        remembered = await store.remember()
        ledger = Ledger(store, remembered, starting_site(remembered, config.site), config.site)
        frame_log = FrameLog()
        recent = await store.transactions(_RECENT)
        connections = Connections(
            ledger,
            frame_log,
            clock,
            tasks,
            rules=config.rules,
            started=StartedTransactions(known_starts(remembered.stations, (*recent, *remembered.transactions))),
            accept_unknown=config.accept_unknown,
        )
        deliveries = Deliveries(ledger, connections, clock, tasks)
        charging_loop = ChargingLoop(ledger, deliveries, clock, tasks)
        desk = Desk(ledger=ledger, connections=connections, frame_log=frame_log, store=store, clock=clock)
        async with (
            deliveries.running(remembered),
            charging_loop.running(remembered),
            serving(csms_api(desk, page), web_host, web_port) as web_url,
            _listening(config, connections) as listener,
        ):
            yield Csms(ocpp_port=listener.port, web_url=web_url, ledger=ledger, connections=connections, frame_log=frame_log)


def _listening(config: CsmsConfig, connections: Connections) -> AbstractAsyncContextManager[Listener]:
    """Let stations in, as the settings say."""
    host, port = split_address("csms.listen", config.listen)
    router = station_router()

    async def serve_station(channel: WebSocketChannel) -> None:
        await connections.serve(channel, channel.version, router, generation=channel.generation)

    return serve(
        host,
        port,
        versions=tuple(Version),
        admit=connections.admit,
        serve_channel=serve_station,
        tls=config.tls,
        compression=config.compression,
        ping_s=lambda handshake: config.rules.of(handshake.identity).ping_s,
    )
