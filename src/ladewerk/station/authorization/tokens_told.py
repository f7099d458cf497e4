"""What follows from what the CSMS says of a token that charges: the cache learns it, and one that is not accepted ends or
suspends the charging (E05, C15)."""

import asyncio

from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.station.authorization.authorizer import Authorizer
from ladewerk.station.control import UnitControl
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.link.csms_link import Told
from ladewerk.station.messages import Messages
from ladewerk.station.smart_charging.charging_profiles import ChargingProfiles
from ladewerk.station.unit.actions import Level
from ladewerk.station.unit.events import TokenRefused
from ladewerk.station.units import Units

_ACCEPTED = v21.AuthorizationStatusEnumType.ACCEPTED


class TokensTold:
    """Listens to the link by :meth:`told`, and to the units by :meth:`look`."""

    def __init__(
        self, units: Units, authorizer: Authorizer, model: DeviceModel, profiles: ChargingProfiles, messages: Messages
    ) -> None:
        self._units = units
        self._authorizer = authorizer
        self._model = model
        self._profiles = profiles
        self._messages = messages
        self._learning: asyncio.Queue[tuple[v21.IdTokenType, v21.IdTokenInfoType]] = asyncio.Queue()
        self._allowed_wh: dict[str, float] = {}
        """What transactions whose token is not accepted may have charged in all."""

    def told(self, told: Told) -> None:
        """The CSMS has answered an event that names a token."""
        token, transaction_id = told.event.id_token, told.event.transaction_info.transaction_id
        if token is not UNSET:
            self._learning.put_nowait((token, told.info))
        unit = self._units.of_transaction(transaction_id)
        if unit is None:
            return
        if told.info.group_id_token is not UNSET:
            unit.books.learn_group(told.info.group_id_token)
        if told.info.status is _ACCEPTED:
            return
        if self._model.true(settings.STOP_ON_INVALID):
            unit.handle(TokenRefused(told.info.status.value))
            return
        self._allowed_wh[transaction_id] = float(self._model.whole(settings.MAX_ENERGY_ON_INVALID))
        self.look(unit)

    def look(self, unit: UnitControl) -> None:
        """Suspend a charging that has had what it may (E05.FR.02, FR.03)."""
        transaction = unit.transaction
        if transaction is None or not self._allowed_wh:
            return
        allowed_wh = self._allowed_wh.get(transaction.transaction_id)
        if allowed_wh is None or unit.state.session_energy_wh < allowed_wh:
            return
        del self._allowed_wh[transaction.transaction_id]
        self._messages.say(Level.WARNING, "token_suspended", {"energy_wh": round(allowed_wh)}, unit_id=unit.unit_id)
        self._profiles.bar(unit.evse_id, transaction.transaction_id)

    async def learn(self) -> None:
        """Keep what was said of tokens, for ever."""
        while True:
            await self._authorizer.learn(*await self._learning.get())
