"""StatusNotification: each connector's status when it changes, and all of them when the link comes up."""

from ladewerk.clock import Clock
from ladewerk.ocpp import v21
from ladewerk.station.control import UnitControl
from ladewerk.station.csms_link import CsmsLink
from ladewerk.station.moment import Moment
from ladewerk.station.safety import is_stale
from ladewerk.station.transaction import CONNECTOR_ID, connector_status
from ladewerk.station.unit_state import Phase, evse_trouble
from ladewerk.station.units import Units


class StatusReport:
    """Compares what each unit is with what the CSMS was last told."""

    def __init__(self, units: Units, link: CsmsLink, clock: Clock) -> None:
        self._units = units
        self._link = link
        self._clock = clock

    def look(self, unit: UnitControl) -> None:
        """Note that ``unit`` may have another status now."""
        if self._link.is_up and self._link.reported.get(unit.evse_id) is not self._status(unit):
            self._link.status_due.set()

    async def send(self) -> None:
        """Tell the CSMS every status that it does not know yet. Raises CallFailed."""
        for unit in self._units:
            status = self._status(unit)
            if self._link.reported.get(unit.evse_id) is status:
                continue
            await self._link.call(
                v21.StatusNotificationRequest(
                    timestamp=self._clock.now(), connector_status=status, evse_id=unit.evse_id, connector_id=CONNECTOR_ID
                )
            )
            self._link.reported[unit.evse_id] = status

    def _status(self, unit: UnitControl) -> v21.ConnectorStatusEnumType:
        state = unit.state
        now = Moment.of(self._clock)
        not_asked_yet = state.evse is None and not is_stale(state.evse_seen_s, state.rules.thresholds.evse_silent_s, now)
        in_error = not not_asked_yet and state.phase is not Phase.TESTING and evse_trouble(state, now) is not None
        return connector_status(state, in_error=in_error)
