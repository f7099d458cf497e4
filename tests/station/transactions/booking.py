"""Books of one EVSE, entered one second after the other."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ladewerk.ocpp import v21
from ladewerk.station.drivers.ports import EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.transactions import books
from ladewerk.station.transactions.books import At, Books, Kept, Terms
from ladewerk.station.transactions.sampling import Sampling
from ladewerk.station.transactions.transaction import Grant
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.state import Phase, Rules, UnitState

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
CARD = Grant(id_token=v21.IdTokenType(id_token="04A1", type="ISO14443"))
REMOTE = Grant(id_token=v21.IdTokenType(id_token="app", type="Central"), remote_start_id=7)


def unit(phase: Phase, *, drawn_a: float = 0.0, pilot: PilotState = PilotState.C) -> UnitState:
    evse = EvseReading(
        read_at=START,
        pilot=pilot,
        set_current_a=10,
        offered_current_a=10,
        cable_limit_a=20,
        relay_closed=True,
        supply_allowed=True,
        self_test_running=False,
        faults=frozenset(),
    )
    meter = MeterReading(
        read_at=START,
        voltage_v=(230.0,) * 3,
        current_a=(drawn_a, drawn_a, 0.0),
        power_w=(drawn_a * 230, drawn_a * 230, 0.0),
        energy_register_wh=1000.0,
    )
    return UnitState(rules=Rules(), phase=phase, evse=evse, meter=meter, offer_a=10.0)


IDLE = unit(Phase.IDLE, pilot=PilotState.A)
PLUGGED, LOCKING, DIRECT = unit(Phase.PLUGGED, pilot=PilotState.B), unit(Phase.LOCKING), unit(Phase.DIRECT)
DRAWING, FAULT = unit(Phase.DIRECT, drawn_a=10), unit(Phase.FAULT)


@dataclass
class Desk:
    """Books and the events they have made, one second after the other."""

    terms: Terms
    books: Books = field(default_factory=Books)
    events: list[v21.TransactionEventRequest] = field(default_factory=list)
    second: int = 0

    def at(self, state: UnitState) -> At:
        moment = Moment(START + timedelta(seconds=self.second), float(self.second))
        return At(state, moment, self.terms, lambda: f"t-{len(self.events)}")

    def _keep(self, kept: Kept) -> None:
        self.books, events = kept
        self.events += events

    def plug(self) -> None:
        self._keep(books.plugged(self.books, self.at(PLUGGED)))
        self.see(PLUGGED)

    def grant(self, grant: Grant = CARD, state: UnitState = PLUGGED) -> None:
        self._keep(books.granted(self.books, grant, self.at(state)))

    def release(self, reason: EndReason, state: UnitState = PLUGGED) -> None:
        self._keep(books.released(self.books, reason, self.at(state)))
        self.see(state)

    def see(self, state: UnitState, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.second += 1
            self._keep(books.followed(self.books, self.at(state)))

    def said(self) -> list[tuple[str, str]]:
        return [(event.event_type.value, event.trigger_reason.value) for event in self.events]

    def session(self) -> None:
        """Plug, card, charge, stop by the driver, unplug."""
        self.plug()
        self.grant()
        for state in (LOCKING, DIRECT, DRAWING):
            self.see(state)
        self.release(EndReason.LOCAL)
        self.see(IDLE)


def desk(start: str = "EVConnected", stop: str = "EVConnected,Authorized", **sampling: Any) -> Desk:
    quiet = {"updated_s": 0, **sampling}
    return Desk(Terms(evse_id=1, start_points=start.split(","), stop_points=stop.split(","), sampling=Sampling(**quiet)))


def contexts(event: v21.TransactionEventRequest) -> set[str]:
    return {str(sample.context) for value in event.meter_value or () for sample in value.sampled_value}


def measurands(event: v21.TransactionEventRequest) -> list[str]:
    return list(dict.fromkeys(str(one.measurand) for value in event.meter_value or () for one in value.sampled_value))
