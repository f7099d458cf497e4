"""The CSMS put together: plain constructor calls, and the order in which the parts start and stop."""

import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.api.app import csms_api
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.live_feed import LiveFeed
from ladewerk.csms.api.views import overview
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.follow_ups.limits import of_limits
from ladewerk.csms.functional_blocks import functional_blocks
from ladewerk.csms.handlers.table import station_router
from ladewerk.csms.ledger import Ledger, starting_site
from ladewerk.csms.limit.fallbacks import Fallbacks
from ladewerk.csms.limit.outlets import Outlets
from ladewerk.csms.planning.charging_loop import ChargingLoop
from ladewerk.csms.retention import forget_what_is_old
from ladewerk.csms.security.accounts import Accounts
from ladewerk.csms.smart_charging.delivery import Deliveries
from ladewerk.csms.smart_charging.quirks_asking import QuirksAsking
from ladewerk.csms.stations.admission import Admissions
from ladewerk.csms.stations.connections import Connections
from ladewerk.csms.store.database import open_store
from ladewerk.csms.store.ports import Remembered, Store
from ladewerk.csms.supervision import Tasks
from ladewerk.csms.transactions import Transaction, known_starts
from ladewerk.csms.watching.frame_log import FrameLog
from ladewerk.csms.watching.health import Health
from ladewerk.csms.watching.measures import Measures
from ladewerk.csms.watching.message_log import MessageLog
from ladewerk.ocpp import StartedTransactions, Version, serve
from ladewerk.ocpp.opening import OpenChannel, OpenListener, Serve
from ladewerk.ocpp.peer import random_id
from ladewerk.refusals import Refusals
from ladewerk.settings import data_folder, split_address
from ladewerk.web.https import https_for
from ladewerk.web.server import serving
from ladewerk.web.static import page_routes
from ladewerk.web.tries import Tries

_PAGE = Path(__file__).parent / "web" / "page"

_RECENT: Final = 4096
"""Transactions that a starting CSMS looks at for the numbers it gave: no repetition comes later than that."""


@asynccontextmanager
async def _serving_page(config: CsmsConfig, desk: Desk) -> AsyncIterator[str]:
    host, port = split_address("csms.web", config.web)
    app = csms_api(desk, page_routes(_PAGE))
    folder = Path(config.folder)
    async with (
        https_for("csms.https", config.https, folder=folder, kept_in=data_folder(), host=host, clock=desk.clock) as tls,
        serving(app, host, port, tls, door=config.crowd.door, house=config.crowd.house, refusals=desk.refusals) as url,
    ):
        yield url


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """By what a CSMS reaches the world; the defaults are the real one, ``rehearsal`` has one in memory."""

    serve: Serve = serve
    serve_page: Callable[[CsmsConfig, Desk], AbstractAsyncContextManager[str]] = _serving_page
    new_id: Callable[[], str] = random_id
    """Of messages: none that was there before."""


SURROUNDINGS: Final = Surroundings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Csms:
    """A running CSMS: where stations connect, where page and API are; what is known, who is here and what was said.

    ``setup_url`` is the page on which the first administrator is made, None where there is one or none is needed.
    """

    ocpp_port: int
    web_url: str
    setup_url: str | None
    ledger: Ledger
    connections: Connections
    frame_log: FrameLog
    outlets: Outlets
    refusals: Refusals


@asynccontextmanager
async def running_csms(
    config: CsmsConfig, clock: Clock, *, surroundings: Surroundings = SURROUNDINGS
) -> AsyncIterator[Csms]:
    """Serve stations, page and API until the context ends.

    Raises ConfigError where a setting, an address or the database cannot be used; nothing keeps running then.
    """
    config.check()
    async with open_store(config.database_url()) as store, Tasks().running() as tasks:
        remembered = await store.remember()
        recent = await store.transactions(_RECENT)
        parts = _made(config, clock, store, tasks, remembered, recent, surroundings.new_id)
        desk = parts.desk
        code = None if desk.accounts is None else await desk.accounts.begin()
        tasks.start(forget_what_is_old(store, config.keep, clock), name="forget what is old")
        async with (
            desk.message_log.running(desk.frame_log, tasks),
            desk.outlets.running(),
            desk.blocks.running(),
            parts.asking.running(),
            parts.fallbacks.running(),
            parts.deliveries.running(remembered),
            parts.charging_loop.running(remembered),
            surroundings.serve_page(config, desk) as web_url,
            _listening(config, desk, parts.admissions, surroundings.serve) as listener,
            desk.connections.settling(),
        ):
            yield Csms(
                ocpp_port=listener.port,
                web_url=web_url,
                setup_url=None if code is None else f"{web_url}/#setup={code}",
                ledger=desk.ledger,
                connections=desk.connections,
                frame_log=desk.frame_log,
                outlets=desk.outlets,
                refusals=desk.refusals,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What runs, and the desk at which the rest of it is at hand."""

    desk: Desk
    admissions: Admissions
    asking: QuirksAsking
    fallbacks: Fallbacks
    deliveries: Deliveries
    charging_loop: ChargingLoop


def _made(
    config: CsmsConfig,
    clock: Clock,
    store: Store,
    tasks: Tasks,
    remembered: Remembered,
    recent: Iterable[Transaction],
    new_id: Callable[[], str],
) -> _Parts:
    """Everything made, nothing running."""
    ledger = Ledger(store, remembered, starting_site(remembered, config.site), config.site)
    frame_log, refusals = FrameLog(), Refusals(clock)
    connections = Connections(
        ledger,
        store,
        frame_log,
        clock,
        tasks,
        rules=config.rules,
        started=StartedTransactions(known_starts(remembered.stations, (*recent, *remembered.transactions))),
        unknown_tokens=config.unknown_tokens,
        new_id=new_id,
        refusals=refusals,
    )
    outlets = Outlets(ledger, tasks, remembered)
    asking = QuirksAsking(ledger, connections, tasks)
    fallbacks = Fallbacks(ledger, connections, outlets, asking, clock, tasks)
    deliveries = Deliveries(ledger, connections, outlets, clock, tasks)
    charging_loop = ChargingLoop(ledger, outlets, fallbacks, deliveries, clock, tasks)
    limits = of_limits(outlets, ledger, clock)
    desk = Desk(
        ledger=ledger,
        connections=connections,
        frame_log=frame_log,
        store=store,
        blocks=functional_blocks(config, ledger, connections, store, clock, tasks, limits=limits, refusals=refusals),
        clock=clock,
        accounts=None if config.open else Accounts(store.accounts, clock),
        tries=Tries(clock),
        refusals=refusals,
        outlets=outlets,
        measures=_measured(connections, store, charging_loop),
        health=Health(store, charging_loop, clock),
        metrics_from=config.metrics_networks(),
        message_log=MessageLog(config.messages_file(), config.messages, clock),
        live=LiveFeed(
            ledger, frame_log, lambda: overview(ledger, connections, clock.now()), clock, run=secrets.token_hex(8)
        ),
    )
    return _Parts(
        desk=desk,
        admissions=Admissions(ledger, clock, rules=config.rules, accept_unknown=config.accept_unknown, refusals=refusals),
        asking=asking,
        fallbacks=fallbacks,
        deliveries=deliveries,
        charging_loop=charging_loop,
    )


def _measured(connections: Connections, store: Store, charging_loop: ChargingLoop) -> Measures:
    measures = Measures()
    connections.entered.connect(measures.follow)
    store.writing.committed.connect(measures.committed)
    store.event_stored.connect(measures.event_stored)
    charging_loop.planned.connect(measures.planned)
    return measures


def _listening(
    config: CsmsConfig, desk: Desk, admissions: Admissions, serve: Serve
) -> AbstractAsyncContextManager[OpenListener]:
    """Let stations in, as the settings say."""
    host, port = split_address("csms.listen", config.listen)
    router = station_router(desk.blocks)

    async def serve_station(channel: OpenChannel) -> None:
        await desk.connections.serve(channel, channel.version, router, generation=channel.generation)

    return serve(
        host,
        port,
        versions=tuple(Version),
        admit=admissions.admit,
        serve_channel=serve_station,
        tls=config.tls,
        compression=config.compression,
        ping_s=lambda handshake: config.rules.of(handshake.identity).ping_s,
        door=config.crowd.door,
        refusals=desk.refusals,
    )
