"""What a unit finds wrong, reported to the CSMS as events of the device model (NotifyEvent, OCPP 2.0.1 part 2, N07).

An event is kept while there is no link, the newest of too many; one that the CSMS refuses is not repeated.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from itertools import count
from typing import Final

import msgspec

from ladewerk.errors import CallFailed, CallRefused, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import CustomData
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.messages import Message, Messages
from ladewerk.station.units import Units
from ladewerk.station.wall_clock import WallClock
from ladewerk.station.wording import TROUBLES

_log = logging.getLogger(__name__)

_KEPT: Final = 100
_REPORTED: Final = frozenset({*TROUBLES, "current_fluctuates", "over_current_reduced", "phases_unbalanced"})
_CLEARED: Final = "fault_reset"

ERROR_CODES: Final[Mapping[str, str]] = {
    "contactor_welded": "PowerSwitchFailure",
    "evse_disobeys": "InternalError",
    "evse_pilot": "EVCommunicationError",
    "evse_silent": "InternalError",
    "ground_fault": "GroundFailure",
    "impossible": "InternalError",
    "lock_failed": "ConnectorLockFailure",
    "lock_open": "ConnectorLockFailure",
    "meter_silent": "PowerMeterFailure",
    "over_current": "OverCurrentFailure",
    "over_current_reduced": "OverCurrentFailure",
    "surge": "OverCurrentFailure",
    "unlock_failed": "ConnectorLockFailure",
}
"""What a CSMS of OCPP 1.6 knows them as; all others are OtherError."""


class Alerts:
    """Listens to the messages and sends those of :data:`_REPORTED`; Problem is a standard variable of an EVSE."""

    def __init__(self, messages: Messages, units: Units, link: CsmsLink, clock: WallClock) -> None:
        self._units = units
        self._link = link
        self._clock = clock
        self._event_ids = count(1)
        self._waiting: deque[v21.EventDataType] = deque(maxlen=_KEPT)
        self._due = asyncio.Event()
        messages.said.connect(self._said)
        link.changed.connect(lambda _up: self._due.set())

    def _said(self, message: Message) -> None:
        unit = None if message.unit_id is None else self._units.named(message.unit_id)
        if unit is None or message.code not in _REPORTED | {_CLEARED}:
            return
        cleared = message.code == _CLEARED
        event = v21.EventDataType(
            event_id=next(self._event_ids),
            timestamp=message.at,
            trigger=v21.EventTriggerEnumType.ALERTING,
            actual_value="false" if cleared else "true",
            tech_code=message.code[:50],
            tech_info=message.text[:500],
            cleared=cleared,
            event_notification_type=v21.EventNotificationEnumType.HARD_WIRED_NOTIFICATION,
            component=v21.ComponentType(name="EVSE", evse=v21.EVSEType(id=unit.evse_id)),
            variable=v21.VariableType(name="Problem"),
            custom_data=CustomData(vendorId="Ladewerk", errorCode=ERROR_CODES.get(message.code, "OtherError")),
        )
        self._waiting.append(event)
        self._due.set()

    async def send(self) -> None:
        """Send what waits whenever there is a link, for ever."""
        while True:
            await self._due.wait()
            self._due.clear()
            while self._waiting and self._link.is_up:
                event = self._waiting.popleft()
                dated = msgspec.structs.replace(event, timestamp=self._clock.date(event.timestamp))
                request = v21.NotifyEventRequest(generated_at=self._clock.now(), seq_no=0, event_data=(dated,))
                try:
                    await self._link.call(request)
                except (CallRefused, LocalProtocolError) as err:
                    _log.info("the CSMS does not take the event %s: %s", event.tech_code, err)
                except CallFailed:
                    self._waiting.appendleft(event)
                    break
