"""The reset of the station that a CSMS asks for: at once, or as soon as no transaction runs (B11, B12)."""

from collections.abc import Callable

from ladewerk.ocpp import v21
from ladewerk.station.control import UnitControl
from ladewerk.station.link.availability import Availability
from ladewerk.station.link.security_events import RESET, SecurityEvents
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.events import Origin, StopPressed
from ladewerk.station.units import Units

Reason = v21.BootReasonEnumType


class Resets:
    """``begin_anew`` ends the station in an orderly way; it begins again for the reason that it is given."""

    def __init__(
        self, units: Units, availability: Availability, security: SecurityEvents, begin_anew: Callable[[Reason], None]
    ) -> None:
        self._units = units
        self._availability = availability
        self._security = security
        self._begin_anew = begin_anew
        self._over = False
        units.each(lambda unit: unit.changed.connect(self._look))

    @property
    def in_use(self) -> bool:
        """Whether a transaction is open."""
        return any(unit.transaction is not None for unit in self._units)

    def at_once(self) -> None:
        """End every transaction with ImmediateReset and begin anew (B12.FR.04)."""
        self._availability.closing = True
        for unit in self._units:
            unit.handle(StopPressed(Origin.REMOTE, EndReason.IMMEDIATE_RESET))
            unit.close_books(EndReason.IMMEDIATE_RESET)
        self._begin(Reason.REMOTE_RESET)

    def when_idle(self) -> None:
        """Begin anew once no transaction is open; until then none begins."""
        self._availability.closing = True
        for unit in self._units:
            unit.changed.emit(unit)
        self._look(None)

    def _look(self, _unit: UnitControl | None) -> None:
        if self._availability.closing and not self.in_use and not self._over:
            self._begin(Reason.SCHEDULED_RESET)

    def _begin(self, reason: Reason) -> None:
        self._over = True
        self._security.tell(RESET, "asked for by the CSMS")
        self._begin_anew(reason)
