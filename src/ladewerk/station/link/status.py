"""StatusNotification: each connector's status when it changes, and all of them when the link comes up."""

from ladewerk.clock import Clock
from ladewerk.ocpp import v21
from ladewerk.station.control import UnitControl
from ladewerk.station.link.availability import Availability
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.moment import Moment
from ladewerk.station.transactions.transaction import CONNECTOR_ID
from ladewerk.station.unit.safety import is_stale
from ladewerk.station.unit.state import Phase, evse_trouble
from ladewerk.station.units import Units


class StatusReport:
    """Compares what each unit is with what the CSMS was last told."""

    def __init__(self, units: Units, link: CsmsLink, clock: Clock, availability: Availability) -> None:
        self._units = units
        self._link = link
        self._clock = clock
        self._availability = availability
        units.added.connect(lambda _unit: link.status_due.set())
        units.removed.connect(lambda _unit: link.status_due.set())

    def look(self, unit: UnitControl) -> None:
        """Note that ``unit`` may have another status now."""
        if self._link.is_up and self._link.reported.get(unit.evse_id) is not self.of(unit):
            self._link.status_due.set()

    async def send(self) -> None:
        """Tell the CSMS every status that it does not know yet. Raises CallFailed.

        EVSEs are numbered without a gap (OCPP 2.0.1 part 1, 7.2), so one that was removed is Unavailable.
        """
        highest = max((*self._units.evse_ids, *self._link.reported), default=0)
        for evse_id in range(1, highest + 1):
            unit = self._units.of_evse(evse_id)
            status = v21.ConnectorStatusEnumType.UNAVAILABLE if unit is None else self.of(unit)
            if self._link.reported.get(evse_id) is status:
                continue
            await self._link.call(
                v21.StatusNotificationRequest(
                    timestamp=self._clock.now(), connector_status=status, evse_id=evse_id, connector_id=CONNECTOR_ID
                )
            )
            self._link.reported[evse_id] = status

    def request(self, unit: UnitControl) -> v21.StatusNotificationRequest:
        """How the connector of ``unit`` is now."""
        return v21.StatusNotificationRequest(
            timestamp=self._clock.now(),
            connector_status=self.of(unit),
            evse_id=unit.evse_id,
            connector_id=CONNECTOR_ID,
        )

    def of(self, unit: UnitControl) -> v21.ConnectorStatusEnumType:
        """The status of a unit's only connector; out of service is one that has no transaction any more (G03.FR.05)."""
        state = unit.state
        now = Moment.of(self._clock)
        not_asked_yet = state.evse is None and not is_stale(state.evse_seen_s, state.rules.thresholds.evse_silent_s, now)
        in_error = not not_asked_yet and state.phase is not Phase.TESTING and evse_trouble(state, now) is not None
        if in_error or state.phase is Phase.FAULT:
            return v21.ConnectorStatusEnumType.FAULTED
        if unit.transaction is None and not self._availability.operative(unit.evse_id):
            return v21.ConnectorStatusEnumType.UNAVAILABLE
        if state.phase is Phase.IDLE:
            return v21.ConnectorStatusEnumType.AVAILABLE
        return v21.ConnectorStatusEnumType.OCCUPIED
