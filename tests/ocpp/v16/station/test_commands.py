"""What a 1.6 CSMS tells a station, as its handlers of 2.1 see it, and their answers in 1.6."""

import json
from typing import TYPE_CHECKING

import pytest
from msgspec import UNSET

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.v16.codec import V16Codec
from tests.ocpp.v16.station.scene import NOW, PROFILE, answering, run_transaction

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire


def unsupported(codec: V16Codec, action: str, payload: bytes) -> bytes:
    """The answer of a station that serves nothing."""
    exchange = codec.hear(action, payload, NOW)
    try:
        next(exchange)
        while True:
            exchange.throw(RemoteProtocolError("NotSupported", "known but not served here"))
    except StopIteration as done:
        answer: bytes = done.value
        return answer


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("UnlockConnector", b'{"connectorId": 1}', b'{"status":"NotSupported"}'),
        ("ChangeConfiguration", b'{"key": "a", "value": "b"}', b'{"status":"NotSupported"}'),
        ("GetLocalListVersion", b"{}", b'{"listVersion":-1}'),
        ("SendLocalList", b'{"listVersion": 1, "updateType": "Full"}', b'{"status":"NotSupported"}'),
        ("TriggerMessage", b'{"requestedMessage": "Heartbeat"}', b'{"status":"NotImplemented"}'),
        ("ExtendedTriggerMessage", b'{"requestedMessage": "Heartbeat"}', b'{"status":"NotImplemented"}'),
        (
            "SetChargingProfile",
            b'{"connectorId": 0, "csChargingProfiles": %s}' % json.dumps(PROFILE).encode(),
            b'{"status":"NotSupported"}',
        ),
    ],
)
def test_what_is_not_served_is_said_in_the_words_16_has_for_it(
    wire: "Wire", action: str, payload: bytes, answer: bytes
) -> None:
    assert unsupported(wire.codec, action, payload) == answer


def test_what_16_has_no_word_for_is_refused(wire: "Wire") -> None:
    with pytest.raises(RemoteProtocolError, match="NotSupported"):
        unsupported(wire.codec, "ClearCache", b"{}")


def test_a_remote_start_with_its_profile(wire: "Wire") -> None:
    accepted = v21.RequestStartTransactionResponse(status=v21.RequestStartStopStatusEnumType.ACCEPTED)
    payload = {"idTag": "04A1", "connectorId": 2, "chargingProfile": PROFILE}
    (heard,), answer = wire.hears("RemoteStartTransaction", payload, answering(accepted))
    assert answer == {"status": "Accepted"}
    assert (heard.evse_id, heard.id_token) == (2, v21.IdTokenType(id_token="04A1", type="ISO14443"))
    assert heard.charging_profile.transaction_id is UNSET
    (again,), _ = wire.hears("RemoteStartTransaction", payload, answering(accepted))
    assert heard.remote_start_id != again.remote_start_id


def test_a_remote_stop_names_the_transaction_as_the_station_does(wire: "Wire") -> None:
    run_transaction(wire)
    accepted = v21.RequestStopTransactionResponse(status=v21.RequestStartStopStatusEnumType.ACCEPTED)
    (heard,), answer = wire.hears("RemoteStopTransaction", {"transactionId": 7}, answering(accepted))
    assert (heard.transaction_id, answer) == ("t-1", {"status": "Accepted"})
    assert wire.hears("RemoteStopTransaction", {"transactionId": 8}, answering()) == ([], {"status": "Rejected"})


@pytest.mark.parametrize("kind", ["Hard", "Soft"])
def test_a_reset_ends_transactions(wire: "Wire", kind: str) -> None:
    scheduled = v21.ResetResponse(status=v21.ResetStatusEnumType.SCHEDULED)
    (heard,), answer = wire.hears("Reset", {"type": kind}, answering(scheduled))
    assert (heard.type, heard.evse_id, answer) == ("Immediate", UNSET, {"status": "Accepted"})


def unlocked(word: str) -> v21.UnlockConnectorResponse:
    return v21.UnlockConnectorResponse(status=v21.UnlockStatusEnumType(word))


def test_an_unlock_ends_the_transaction_first(wire: "Wire") -> None:
    run_transaction(wire)
    stopped = v21.RequestStopTransactionResponse(status=v21.RequestStartStopStatusEnumType.ACCEPTED)
    answers = answering(unlocked("OngoingAuthorizedTransaction"), stopped, unlocked("Unlocked"))
    heard, answer = wire.hears("UnlockConnector", {"connectorId": 1}, answers)
    assert [type(request).__name__ for request in heard] == [
        "UnlockConnectorRequest",
        "RequestStopTransactionRequest",
        "UnlockConnectorRequest",
    ]
    assert (heard[1].transaction_id, answer) == ("t-1", {"status": "Unlocked"})


@pytest.mark.parametrize(
    ("word", "old"), [("OngoingAuthorizedTransaction", "UnlockFailed"), ("UnknownConnector", "NotSupported")]
)
def test_an_unlock_that_did_not_work(wire: "Wire", word: str, old: str) -> None:
    assert wire.hears("UnlockConnector", {"connectorId": 1}, answering(unlocked(word)))[1] == {"status": old}


def test_connector_0_is_the_station(wire: "Wire") -> None:
    done = v21.ChangeAvailabilityResponse(status=v21.ChangeAvailabilityStatusEnumType.SCHEDULED)
    for connector, place in ((0, UNSET), (2, v21.EVSEType(id=2))):
        payload = {"connectorId": connector, "type": "Inoperative"}
        (heard,), answer = wire.hears("ChangeAvailability", payload, answering(done))
        assert (heard.evse, answer) == (place, {"status": "Scheduled"})
