"""Start, meter values and stop of 1.6 are one transaction of 2.1."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.transaction_numbers import StartedTransactions

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
START = {"connectorId": 2, "idTag": "04A1B2", "meterStart": 1000, "timestamp": "2026-01-05T17:40:00Z"}
POWER = {"value": "7360.0", "measurand": "Power.Active.Import", "unit": "W"}


def accepts(request: Any) -> Payload:
    """What a CSMS answers that accepts everything."""
    if isinstance(request, v21.TransactionEventRequest):
        info = v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.ACCEPTED)
        return v21.TransactionEventResponse(id_token_info=info)
    if isinstance(request, v21.MeterValuesRequest):
        return v21.MeterValuesResponse()
    assert isinstance(request, v21.StatusNotificationRequest)
    return v21.StatusNotificationResponse()


def stop(number: int, **more: Any) -> dict[str, Any]:
    return {"transactionId": number, "meterStop": 4680, "timestamp": "2026-01-05T18:10:00Z", **more}


def values(*samples: dict[str, str], at: str = "2026-01-05T17:45:00Z", **more: Any) -> dict[str, Any]:
    return {"connectorId": 2, "meterValue": [{"timestamp": at, "sampledValue": list(samples)}], **more}


def test_a_start_is_an_event_whose_answer_carries_the_number(wire: "Wire") -> None:
    (event,), answer = wire.hears("StartTransaction", START, accepts)
    assert answer == {"idTagInfo": {"status": "Accepted"}, "transactionId": int(event.transaction_info.transaction_id)}
    assert (event.event_type, event.seq_no, event.trigger_reason) == ("Started", 0, "Authorized")
    assert (event.evse.id, event.evse.connector_id) == (2, 1)
    assert (event.id_token.id_token, event.id_token.type) == ("04A1B2", "ISO14443")
    (sample,) = event.meter_value[0].sampled_value
    assert (sample.value, sample.context, sample.unit_of_measure.unit) == (1000.0, "Transaction.Begin", "Wh")


def test_a_repeated_start_has_the_same_number_over_another_connection_too(new_wire: "Callable[..., Wire]") -> None:
    started = StartedTransactions()
    first, second, other = new_wire(started), new_wire(started, "cp-1"), new_wire(started, "CP-2")
    _, answer = first.hears("StartTransaction", START, accepts)
    later = NOW + timedelta(hours=1)
    assert second.hears("StartTransaction", START, accepts, later)[1] == answer
    for wire, payload in ((second, {**START, "connectorId": 1}), (second, {**START, "meterStart": 1}), (other, START)):
        assert wire.hears("StartTransaction", payload, accepts)[1]["transactionId"] != answer["transactionId"]


def test_numbers_grow_whatever_the_clock_does_and_fit_31_bits() -> None:
    started = StartedTransactions()
    moments = [NOW, NOW, NOW - timedelta(days=1), NOW + timedelta(seconds=10)]
    numbers = [started.number(("x", 1, "tag", NOW, index), moment) for index, moment in enumerate(moments)]
    assert numbers == sorted(set(numbers))
    assert StartedTransactions().number(("x", 1, "tag", NOW, 0), datetime(2092, 1, 1, tzinfo=UTC)) < 2**31


def test_old_starts_are_forgotten() -> None:
    started = StartedTransactions()
    first = started.number(("x", 1, "tag", NOW, -1), NOW)
    for index in range(5000):
        started.number(("x", 1, "tag", NOW, index), NOW)
    assert started.number(("x", 1, "tag", NOW, -1), NOW) > first


def test_meter_values_of_a_transaction_are_its_events(wire: "Wire") -> None:
    _, answer = wire.hears("StartTransaction", START, accepts)
    number = answer["transactionId"]
    (event,), answer = wire.hears("MeterValues", values(POWER, transactionId=number), accepts)
    assert answer == {}
    assert (event.event_type, event.trigger_reason) == ("Updated", "MeterValuePeriodic")
    assert event.transaction_info.transaction_id == str(number)
    assert event.meter_value[0].sampled_value[0].value == 7360.0
    (clock,), _ = wire.hears("MeterValues", values({**POWER, "context": "Sample.Clock"}, transactionId=number), accepts)
    assert clock.trigger_reason == "MeterValueClock"


def test_sequence_numbers_grow_with_time_and_repeat_with_the_message(wire: "Wire") -> None:
    early, late = values(POWER, transactionId=7), values(POWER, at="2026-01-05T17:46:00Z", transactionId=7)
    other = values({**POWER, "value": "1"}, transactionId=7)
    numbers = [wire.hears("MeterValues", payload, accepts)[0][0].seq_no for payload in (early, early, other, late)]
    assert numbers[0] == numbers[1] != numbers[2]
    assert 0 < max(numbers[:3]) < numbers[3] < 2**53


def test_meter_values_without_a_transaction_are_those_of_the_evse(wire: "Wire") -> None:
    nones: tuple[dict[str, Any], ...] = ({}, {"transactionId": 0}, {"transactionId": -1})
    for none in nones:
        (request,), _ = wire.hears("MeterValues", values(POWER, **none), accepts)
        assert isinstance(request, v21.MeterValuesRequest)
        assert request.evse_id == 2


def test_what_is_no_number_is_left_out_and_nothing_else(wire: "Wire") -> None:
    junk = [{"value": text} for text in ("", "NaN", "inf", "1_0", "0x10", "1,5", "9" * 41, "1e999")]
    rpm = {"value": "900", "measurand": "RPM"}
    (request,), _ = wire.hears("MeterValues", values(*junk, rpm, POWER), accepts)
    assert [sample.value for sample in request.meter_value[0].sampled_value] == [7360.0]
    assert wire.hears("MeterValues", values(*junk), accepts) == ([], {})


def test_a_signed_value_goes_with_the_plain_one_of_its_measurand(wire: "Wire") -> None:
    plain = {"value": "12.5", "measurand": "Energy.Active.Import.Register", "unit": "kWh"}
    signed = {"value": "OCMF|{}", "format": "SignedData"}
    alone = {"value": "OCMF|{}", "format": "SignedData", "measurand": "Voltage"}
    (request,), _ = wire.hears("MeterValues", values(signed, plain, alone), accepts)
    (sample,) = request.meter_value[0].sampled_value
    assert (sample.value, sample.signed_meter_value.signed_meter_data) == (12.5, "OCMF|{}")


def test_misspelled_and_long_units_become_those_of_21(wire: "Wire") -> None:
    sample = {"value": "50.0", "measurand": "Frequency", "unit": "Hertz"}
    (request,), _ = wire.hears("MeterValues", values(sample), accepts)
    assert request.meter_value[0].sampled_value[0].unit_of_measure.unit == "Hz"


def test_a_stop_ends_it_with_its_data(wire: "Wire") -> None:
    number = wire.hears("StartTransaction", START, accepts)[1]["transactionId"]
    data = [{"timestamp": "2026-01-05T18:00:00Z", "sampledValue": [{"value": "4000"}]}, values(POWER)["meterValue"][0]]
    payload = stop(number, reason="EVDisconnected", idTag="04A1B2", transactionData=data)
    (event,), answer = wire.hears("StopTransaction", payload, accepts)
    assert answer == {"idTagInfo": {"status": "Accepted"}}
    assert (event.event_type, event.trigger_reason) == ("Ended", "EVCommunicationLost")
    assert (event.transaction_info.stopped_reason, event.evse.id) == ("EVDisconnected", 2)
    assert [value.sampled_value[0].value for value in event.meter_value] == [4000.0, 7360.0, 4680.0]
    assert event.meter_value[-1].sampled_value[0].context == "Transaction.End"


def test_a_stop_of_an_unknown_transaction_is_passed_on_and_answered(wire: "Wire") -> None:
    (event,), answer = wire.hears("StopTransaction", stop(-1), accepts)
    assert answer == {}
    assert (event.transaction_info.transaction_id, event.transaction_info.stopped_reason) == ("-1", "Local")
    assert not event.evse


def test_what_was_queued_behind_the_end_does_not_begin_it_again(wire: "Wire") -> None:
    number = wire.hears("StartTransaction", START, accepts)[1]["transactionId"]
    wire.hears("StopTransaction", stop(number), accepts)
    (event,), _ = wire.hears("MeterValues", values(POWER, transactionId=number), accepts)
    assert event.transaction_info.transaction_id == str(number)
    heard, _ = wire.hears("StatusNotification", {"connectorId": 2, "status": "Finishing", "errorCode": "NoError"}, accepts)
    assert len(heard) == 1


def test_a_reservation_below_zero_is_none(wire: "Wire") -> None:
    (event,), _ = wire.hears("StartTransaction", {**START, "reservationId": -1}, accepts)
    assert not event.reservation_id
    (event,), _ = wire.hears("StartTransaction", {**START, "reservationId": 3, "meterStart": 2}, accepts)
    assert event.reservation_id == 3


def test_a_token_that_may_not_be_used_here_is_invalid(wire: "Wire") -> None:
    def elsewhere(_request: Any) -> Payload:
        info = v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.ACCEPTED, evse_id=(1,))
        return v21.TransactionEventResponse(id_token_info=info)

    assert wire.hears("StartTransaction", START, elsewhere)[1]["idTagInfo"] == {"status": "Invalid"}
    assert wire.hears("StartTransaction", {**START, "connectorId": 1}, elsewhere)[1]["idTagInfo"] == {"status": "Accepted"}


def test_groups_and_expiry_are_told_and_prices_are_not(wire: "Wire") -> None:
    def member(group: str) -> Callable[[Any], Payload]:
        info = v21.IdTokenInfoType(
            status=v21.AuthorizationStatusEnumType.NO_CREDIT,
            group_id_token=v21.IdTokenType(id_token=group, type="Central"),
            cache_expiry_date_time=NOW,
            charging_priority=1,
        )
        return lambda _request: v21.AuthorizeResponse(id_token_info=info)

    _, answer = wire.hears("Authorize", {"idTag": "x"}, member("family"))
    told = {"status": "Blocked", "parentIdTag": "family", "expiryDate": "2026-01-05T17:40:00.000Z"}
    assert answer == {"idTagInfo": told}
    _, answer = wire.hears("Authorize", {"idTag": "x"}, member("f" * 21))
    assert "parentIdTag" not in answer["idTagInfo"]


def test_a_start_by_remote_says_which(wire: "Wire") -> None:
    def ask(remote_start_id: int, evse_id: Any, status: str) -> None:
        request = v21.RequestStartTransactionRequest(
            id_token=v21.IdTokenType(id_token="04A1B2", type="Central"), remote_start_id=remote_start_id, evse_id=evse_id
        )
        wire.says(request, {"status": status})

    ask(1, 1, "Accepted")
    ask(2, 2, "Rejected")
    ask(3, 2, "Accepted")
    (event,), _ = wire.hears("StartTransaction", START, accepts)
    assert (event.trigger_reason, event.transaction_info.remote_start_id) == ("RemoteStart", 3)
    (event,), _ = wire.hears("StartTransaction", {**START, "meterStart": 5}, accepts)
    assert event.trigger_reason == "Authorized"
