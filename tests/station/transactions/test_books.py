"""When a transaction begins and ends, and which events it has: every start and stop point (E01, E06), meter values (J)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import encode
from ladewerk.station.drivers.ports import EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.transactions import books
from ladewerk.station.transactions.books import At, Books, Kept, Terms
from ladewerk.station.transactions.sampling import Measurand, Sampling, aligned_now
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


CHANGED = ("Updated", "ChargingStateChanged")


@pytest.mark.parametrize(
    ("start", "first", "before"),
    [
        ("EVConnected", ("Started", "CablePluggedIn"), 0),
        ("Authorized", ("Started", "Authorized"), 0),
        ("EVConnected,Authorized", ("Started", "CablePluggedIn"), 0),
        ("PowerPathClosed", ("Started", "Authorized"), 0),
        ("EnergyTransfer", ("Started", "Authorized"), 0),
    ],
)
def test_e01_a_transaction_begins_with_the_first_of_its_start_points(start: str, first: Any, before: int) -> None:
    told = desk(start)
    told.session()
    assert told.said()[before] == first
    assert told.said()[-1] == ("Ended", "StopAuthorized")
    assert [event.seq_no for event in told.events] == list(range(len(told.events)))
    assert {event.transaction_info.transaction_id for event in told.events} == {"t-0"}
    named = [event.id_token for event in told.events if event.id_token]
    assert named == [CARD.id_token]
    for event in told.events:
        encode(event)


@pytest.mark.parametrize(
    ("start", "state"), [("EVConnected", "EVConnected"), ("PowerPathClosed", "SuspendedEV"), ("EnergyTransfer", "Charging")]
)
def test_e01_the_beginning_says_what_the_unit_does_then(start: str, state: str) -> None:
    told = desk(start)
    told.session()
    assert told.events[0].transaction_info.charging_state == state


@pytest.mark.parametrize("stop", ["Authorized", "PowerPathClosed", "EnergyTransfer", "EVConnected,Authorized"])
def test_e06_a_transaction_ends_with_the_authorization(stop: str) -> None:
    told = desk(stop=stop)
    told.session()
    assert told.said()[-1] == ("Ended", "StopAuthorized")
    assert told.events[-1].transaction_info.stopped_reason is v21.ReasonEnumType.LOCAL


def test_e06_one_that_ends_with_the_cable_says_before_that_it_was_stopped() -> None:
    told = desk(stop="EVConnected")
    told.session()
    assert told.said()[-2:] == [("Updated", "StopAuthorized"), ("Ended", "EVCommunicationLost")]
    assert told.events[-2].transaction_info.charging_state == "EVConnected"
    assert told.events[-1].transaction_info.stopped_reason is v21.ReasonEnumType.LOCAL


@pytest.mark.parametrize(
    ("pause", "reason", "state"),
    [
        (unit(Phase.DIRECT), "StoppedByEV", "SuspendedEV"),
        (replace(unit(Phase.WAITING), offer_a=0.0), "Other", "SuspendedEVSE"),
    ],
)
def test_e06_one_that_ends_with_the_energy_ends_at_the_first_pause(pause: UnitState, reason: str, state: str) -> None:
    told = desk(stop="EVConnected,EnergyTransfer")
    told.plug()
    told.grant()
    told.see(DIRECT, 3)
    assert told.said()[-1] == CHANGED, "a vehicle that has not begun yet does not pause"
    told.see(DRAWING, 3)
    told.see(pause)
    assert told.said()[-1] == ("Ended", "ChargingStateChanged")
    assert told.events[-1].transaction_info.stopped_reason == reason
    assert told.events[-1].transaction_info.charging_state == state
    assert contexts(told.events[-1]) == {"Transaction.End"}
    assert (told.books.grant, told.books.ceased) == (None, reason)
    told.release(EndReason.STOPPED_BY_EV)
    assert told.said()[-1] == ("Ended", "ChargingStateChanged")
    told.grant(REMOTE)
    assert told.said()[-1] == ("Started", "RemoteStart")
    assert told.books.ceased is None


POINTS = ("EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer")
COMBINED = [",".join(some) for count in range(1, 5) for some in combinations(POINTS, count)]


@pytest.mark.parametrize("start", COMBINED)
@pytest.mark.parametrize("stop", COMBINED)
def test_e01_e06_whatever_the_points_are_energy_has_a_transaction_and_each_transaction_an_end(start: str, stop: str) -> None:
    told = desk(start, stop)
    for driver in (CARD, REMOTE):
        told.plug()
        told.grant(driver)
        for state in (LOCKING, DIRECT, DRAWING):
            told.see(state)
        assert told.books.transaction is not None
        told.release(EndReason.LOCAL)
        told.see(IDLE)
        assert told.books.transaction is None
    by_id = {event.transaction_info.transaction_id for event in told.events}
    assert len(by_id) == 2
    for transaction_id in by_id:
        own = [event for event in told.events if event.transaction_info.transaction_id == transaction_id]
        assert [event.seq_no for event in own] == list(range(len(own)))
        kinds = [event.event_type.value for event in own]
        assert (kinds[0], kinds[-1]) == ("Started", "Ended")
        assert set(kinds[1:-1]) <= {"Updated"}
        assert own[-1].transaction_info.stopped_reason is v21.ReasonEnumType.LOCAL


def test_e06_a_second_driver_on_the_same_cable_is_authorized_in_the_same_transaction() -> None:
    told = desk(stop="EVConnected")
    told.plug()
    told.grant()
    told.see(DRAWING)
    told.release(EndReason.ENERGY_LIMIT_REACHED)
    told.grant(REMOTE)
    assert told.said()[-1] == ("Updated", "RemoteStart")
    assert told.events[-1].transaction_info.remote_start_id == 7


@pytest.mark.parametrize("stop", ["EVConnected", "Authorized", "PowerPathClosed", "EnergyTransfer"])
def test_e09_a_cable_that_is_pulled_ends_every_transaction(stop: str) -> None:
    told = desk(stop=stop)
    told.plug()
    told.grant()
    told.see(DRAWING)
    told.release(EndReason.UNPLUGGED, IDLE)
    assert told.said()[-1] == ("Ended", "EVCommunicationLost")
    assert told.events[-1].transaction_info.stopped_reason is v21.ReasonEnumType.EV_DISCONNECTED
    assert told.books.transaction is None


def test_a_fault_keeps_a_transaction_of_the_cable_open_until_it_is_pulled() -> None:
    told = desk(stop="EVConnected")
    told.plug()
    told.grant()
    told.see(DRAWING)
    told.release(EndReason.OVERCURRENT, FAULT)
    assert told.said()[-1] == ("Updated", "AbnormalCondition")
    told.see(replace(FAULT, evse=IDLE.evse))
    assert told.said()[-1] == ("Ended", "EVCommunicationLost")
    assert told.events[-1].transaction_info.stopped_reason is v21.ReasonEnumType.OVERCURRENT_FAULT


def test_e05_fr_09_a_refused_token_ends_the_energy_not_a_transaction_of_the_cable() -> None:
    told = desk(stop="EVConnected")
    told.plug()
    told.grant()
    told.see(DRAWING)
    told.release(EndReason.DEAUTHORIZED)
    assert told.said()[-1] == ("Updated", "Deauthorized")
    assert told.events[-1].transaction_info.charging_state == "EVConnected"


def test_e03_an_authorized_driver_who_brings_no_vehicle_loses_the_transaction() -> None:
    told = desk(start="Authorized", stop="EVConnected")
    told.grant(REMOTE, IDLE)
    told.see(IDLE, 3)
    assert told.said() == [("Started", "RemoteStart")]
    assert told.events[0].transaction_info.charging_state == "Idle"
    told.release(EndReason.TIMEOUT, IDLE)
    assert told.said()[-1] == ("Ended", "EVConnectTimeout")
    assert told.events[-1].transaction_info.stopped_reason is v21.ReasonEnumType.TIMEOUT


def test_f02_fr_21_a_vehicle_that_comes_for_a_remote_start_begins_with_it() -> None:
    told = desk()
    told.grant(REMOTE, IDLE)
    assert told.events == []
    told.plug()
    assert told.said() == [("Started", "RemoteStart")]
    assert (told.events[0].transaction_info.remote_start_id, told.events[0].id_token) == (7, REMOTE.id_token)


def test_e03_a_vehicle_that_comes_later_is_told_in_the_transaction_of_the_driver() -> None:
    told = desk(start="Authorized")
    told.grant(CARD, IDLE)
    told.plug()
    assert told.said() == [("Started", "Authorized"), ("Updated", "CablePluggedIn")]
    assert told.events[1].transaction_info.charging_state == "EVConnected"


def test_g03_what_is_out_of_service_begins_no_transaction() -> None:
    told = desk()
    told.terms = replace(told.terms, operative=False)
    told.plug()
    told.see(PLUGGED)
    assert told.events == []


def test_e07_the_end_names_the_token_that_was_shown_for_it() -> None:
    told = desk()
    told.plug()
    told.grant()
    told.books = replace(told.books, stopped_by=REMOTE.id_token)
    told.release(EndReason.MASTER_PASS)
    assert told.events[-1].id_token == REMOTE.id_token
    assert told.events[-1].transaction_info.stopped_reason is v21.ReasonEnumType.MASTER_PASS


def test_e02_fr_18_how_many_phases_are_used_is_said_once_energy_flows() -> None:
    told = desk()
    told.session()
    phases = [event.number_of_phases_used for event in told.events]
    charging = next(n for n, event in enumerate(told.events) if event.transaction_info.charging_state == "Charging")
    assert phases[charging] == 2
    assert not any(phases[:charging])


# Meter values ---------------------------------------------------------------------------------------------------------


def contexts(event: v21.TransactionEventRequest) -> set[str]:
    return {str(sample.context) for value in event.meter_value or () for sample in value.sampled_value}


def measurands(event: v21.TransactionEventRequest) -> list[str]:
    return list(dict.fromkeys(str(one.measurand) for value in event.meter_value or () for one in value.sampled_value))


def test_j02_values_come_each_interval_while_a_current_may_flow() -> None:
    told = desk(updated_s=60)
    told.plug()
    told.see(PLUGGED, 100)
    told.grant()
    told.see(DRAWING, 200)
    periodic = [event for event in told.events if event.trigger_reason is v21.TriggerReasonEnumType.METER_VALUE_PERIODIC]
    assert [(event.timestamp - START).total_seconds() for event in periodic] == [162, 222, 282]
    assert [contexts(event) for event in periodic] == [{"Sample.Periodic"}] * 3


def test_j02_an_interval_that_is_changed_counts_at_once_and_0_is_never() -> None:
    told = desk(updated_s=60)
    told.plug()
    told.grant()
    told.see(DRAWING, 10)
    told.terms = replace(told.terms, sampling=Sampling(updated_s=5))
    told.see(DRAWING, 10)
    assert told.said().count(("Updated", "MeterValuePeriodic")) == 2
    told.terms = replace(told.terms, sampling=Sampling(updated_s=0))
    told.see(DRAWING, 500)
    assert told.said().count(("Updated", "MeterValuePeriodic")) == 2


def test_e01_fr_09_each_part_of_a_transaction_has_measurands_of_its_own() -> None:
    told = desk(started=[], ended=[Measurand.VOLTAGE, Measurand.POWER_OFFERED], updated=[])
    told.session()
    assert (measurands(told.events[0]), contexts(told.events[0])) == (
        ["Energy.Active.Import.Register"],
        {"Transaction.Begin"},
    )
    assert (measurands(told.events[-1]), contexts(told.events[-1])) == (
        ["Energy.Active.Import.Register", "Voltage", "Power.Offered"],
        {"Transaction.End"},
    )
    assert not any(event.meter_value for event in told.events[1:-1])
    phases = [sample.phase for sample in told.events[-1].meter_value[0].sampled_value]  # type: ignore[index]
    assert [str(phase) for phase in phases[1:4]] == ["L1-N", "L2-N", "L3-N"]


def test_j01_fr_22_values_on_the_clock_are_events_of_the_transaction() -> None:
    told = desk(aligned_s=900, aligned=[Measurand.CURRENT_IMPORT])
    told.plug()
    told.see(PLUGGED, 2000)
    aligned = [event for event in told.events if event.trigger_reason is v21.TriggerReasonEnumType.METER_VALUE_CLOCK]
    assert [event.timestamp.minute for event in aligned] == [15, 30]
    assert [(contexts(event), measurands(event)) for event in aligned] == [({"Sample.Clock"}, ["Current.Import"])] * 2


@pytest.mark.parametrize(
    ("before", "now", "step_s", "due"),
    [
        ((16, 59, 59), (17, 0, 0), 900, True),
        ((17, 0, 0), (17, 0, 1), 900, False),
        ((23, 59, 59), (0, 0, 0), 7000, True),
        ((16, 0, 0), (18, 0, 0), 0, False),
    ],
)
def test_steps_are_counted_from_midnight(before: Any, now: Any, step_s: float, due: bool) -> None:
    day = START.replace(hour=0)
    first, second = (day + timedelta(hours=h, minutes=m, seconds=s) for h, m, s in (before, now))
    assert aligned_now(first, second if second > first else second + timedelta(days=1), step_s) is due


def test_k11_fr_04_an_offer_that_changes_by_more_than_is_significant_is_told() -> None:
    told = desk()
    told.plug()
    told.grant()
    told.see(DRAWING)
    for offer_a in (10.5, 9.5, 16.0, 15.0):
        told.see(replace(DRAWING, offer_a=offer_a))
    assert [event for event in told.said() if event[1] == "ChargingRateChanged"] == [("Updated", "ChargingRateChanged")]
    assert told.books.transaction is not None
    assert told.books.transaction.offered_a == 16.0


def test_a_unit_that_is_removed_leaves_no_transaction_open() -> None:
    told = desk(stop="EVConnected")
    told.plug()
    told.grant()
    told.see(DRAWING)
    told._keep(books.released(told.books, EndReason.OTHER, told.at(PLUGGED), final=True))
    assert told.said()[-1] == ("Ended", "AbnormalCondition")
