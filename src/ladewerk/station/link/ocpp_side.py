"""The OCPP side of the station, composed: what it remembers, the link to the CSMS, and who answers it."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any
from zlib import crc32

from ladewerk.ocpp import connect, v21
from ladewerk.ocpp.opening import Connect
from ladewerk.ocpp.peer import random_id
from ladewerk.station.authorization.authorizer import Authorizer
from ladewerk.station.authorization.desk import Desk
from ladewerk.station.authorization.token_memory import open_token_memory
from ladewerk.station.authorization.tokens_told import TokensTold
from ladewerk.station.config import StationConfig
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.facts import DeviceFacts
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.device_model.settings_memory import open_settings_memory
from ladewerk.station.device_model.variable import Variable
from ladewerk.station.handlers.reach import Reach
from ladewerk.station.handlers.table import station_router
from ladewerk.station.link.availability import Availability
from ladewerk.station.link.connection_profiles import ConnectionProfiles
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.link.resets import Resets
from ladewerk.station.link.security_events import STARTUP, SecurityEvents, open_security_events
from ladewerk.station.link.security_watch import TIME_SET, SecurityWatch
from ladewerk.station.link.status import StatusReport
from ladewerk.station.messages import Messages
from ladewerk.station.smart_charging.charging_profiles import ChargingProfiles
from ladewerk.station.smart_charging.outside_limit import LimitNotices
from ladewerk.station.transactions.aligned_values import send_aligned
from ladewerk.station.transactions.bookkeeper import Bookkeeper
from ladewerk.station.transactions.books import Terms
from ladewerk.station.transactions.journal import Journal
from ladewerk.station.transactions.terms import terms_of
from ladewerk.station.transactions.transaction import Grant
from ladewerk.station.units import Units
from ladewerk.station.wall_clock import WallClock

Job = Coroutine[Any, Any, None]


class OcppSide:
    """``link``, ``model``, ``authorizer`` and ``desk`` for the rest of the station. Open it with :func:`open_ocpp_side`."""

    def __init__(
        self,
        config: StationConfig,
        clock: WallClock,
        *,
        units: Units,
        journal: Journal,
        model: DeviceModel,
        link: CsmsLink,
        ways: ConnectionProfiles,
        authorizer: Authorizer,
        availability: Availability,
        security: SecurityEvents,
        new_id: Callable[[], str],
    ) -> None:
        self.model = model
        self.link = link
        self.authorizer = authorizer
        self.desk = Desk(authorizer, model)
        self.status = StatusReport(units, link, clock, availability)
        self._config = config
        self._clock = clock
        self._units = units
        self._journal = journal
        self._ways = ways
        self._availability = availability
        self._security = security
        self.security_watch = SecurityWatch(security, clock)
        self._new_id = new_id
        self._terms: dict[tuple[int, bool], Terms] = {}
        model.changed.connect(lambda _variable: self._terms.clear())

    def books_of(self, evse_id: int) -> Bookkeeper:
        """New books for a unit."""
        return Bookkeeper(
            partial(self._terms_of, evse_id),
            self._free,
            self._journal.append,
            self._new_id,
            unwritten=lambda: self._journal.trouble,
        )

    def _terms_of(self, evse_id: int) -> Terms:
        """The same until a setting changes: the books of each unit ask three times a second."""
        operative = self._availability.operative(evse_id)
        if (evse_id, operative) not in self._terms:
            self._terms[evse_id, operative] = terms_of(self.model, evse_id, operative=operative)
        return self._terms[evse_id, operative]

    def _significance(self) -> float:
        return float(self.model.text(settings.LIMIT_SIGNIFICANCE)) / 100

    def _free(self) -> Grant | None:
        if self.model.true(settings.AUTH_ENABLED):
            return None
        who = self._config.station.authorization
        return Grant(id_token=v21.IdTokenType(id_token=who.token, type=who.token_type))

    def jobs(
        self, profiles: ChargingProfiles, messages: Messages, begin_anew: Callable[[v21.BootReasonEnumType], None]
    ) -> list[Job]:
        """Connect it all; what then has to run."""
        units, link, model = self._units, self.link, self.model
        model.facts = DeviceFacts(
            self._config,
            units,
            profiles,
            status=lambda unit: self.status.of(unit).value,
            listed=lambda: len(self.authorizer.listed.entries),
            now=lambda: self._clock.now().isoformat(),
            linked_by=lambda: (str(link.way.slot), link.way.security_profile),
        )
        tokens = TokensTold(units, self.authorizer, model, profiles, messages)
        link.token_told.connect(tokens.told)
        units.each(lambda unit: unit.changed.connect(tokens.look))
        units.each(lambda unit: unit.changed.connect(self.status.look))
        self._watch_security()
        notices = LimitNotices(link, self._significance)
        profiles.outside_changed.connect(lambda told: notices.tell(*told))
        reach = Reach(
            config=self._config,
            clock=self._clock,
            units=units,
            link=link,
            profiles=profiles,
            model=model,
            authorizer=self.authorizer,
            desk=self.desk,
            availability=self._availability,
            ways=self._ways,
            status=self.status,
            resets=Resets(units, self._availability, self._security, begin_anew),
            journal=self._journal,
        )
        return [
            link.run(station_router(), reach, self.status.send),
            tokens.learn(),
            notices.run(),
            self._security.keep(),
            self._security.send(link),
            send_aligned(units, link, model, self._clock),
        ]

    def _watch_security(self) -> None:
        """Let the watch hear of all that may concern the security of the station."""
        watch = self.security_watch
        self.link.failed.connect(watch.connection_failed)
        self.link.answered.connect(watch.answered)
        self.link.was_answered.connect(watch.was_answered)
        self.model.changed.connect(watch.setting_changed)
        self._journal.troubled.connect(watch.journal_troubled)
        self._journal.damaged.connect(watch.damaged)
        self._clock.found.connect(lambda by: self._security.tell(TIME_SET, f"by {by.total_seconds():.0f} s"))
        self._security.tell(STARTUP)


@asynccontextmanager
async def open_ocpp_side(
    config: StationConfig,
    clock: WallClock,
    *,
    units: Units,
    journal: Journal,
    messages: Messages,
    boot_reason: v21.BootReasonEnumType,
    open_channel: Connect = connect,
    new_id: Callable[[], str] = random_id,
) -> AsyncIterator[OcppSide]:
    """Take over what survived a restart. ``new_id`` makes ids of transactions and messages, never the same twice.

    Raises StoreError where the memories cannot be read.
    """
    async with AsyncExitStack() as stack:
        memory = await stack.enter_async_context(open_settings_memory(config.data_path))
        tokens = await stack.enter_async_context(open_token_memory(config.data_path))
        security = await stack.enter_async_context(open_security_events(config.data_path, clock))
        model = DeviceModel(memory, _given(config))
        await model.load()
        availability = Availability(memory)
        await availability.load()
        ways = ConnectionProfiles(config.station, model, memory)
        await ways.load()
        link = CsmsLink(
            config.station,
            model=model,
            ways=ways,
            journal=journal,
            messages=messages,
            clock=clock,
            seed=crc32(config.station.identity.encode()),
            boot_reason=boot_reason,
            tls=config.client_tls(),
            open_channel=open_channel,
            new_id=new_id,
        )
        authorizer = Authorizer(model, link, tokens, clock)
        await authorizer.load()
        yield OcppSide(
            config,
            clock,
            units=units,
            journal=journal,
            model=model,
            link=link,
            ways=ways,
            authorizer=authorizer,
            availability=availability,
            security=security,
            new_id=new_id,
        )


def _given(config: StationConfig) -> dict[Variable, str]:
    """What the station's file says of the settings."""
    table = config.station
    return {
        settings.TX_UPDATED_INTERVAL: str(max(1, round(table.meter_values_s))),
        settings.PING_INTERVAL: str(round(table.ping_s)),
        settings.AUTH_ENABLED: "true" if table.authorization.required else "false",
    }
