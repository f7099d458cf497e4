"""When a transaction begins and ends, and which events it has: every start and stop point (E01, E06)."""

from itertools import combinations
from typing import Any

import pytest
from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import encode
from ladewerk.station.transactions import books
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.state import Phase, UnitState
from tests.station.transactions.booking import (
    CARD,
    DIRECT,
    DRAWING,
    FAULT,
    IDLE,
    LOCKING,
    PLUGGED,
    REMOTE,
    contexts,
    desk,
    unit,
)

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
