"""Every message of a 1.6 station goes up, every command comes down: for the payloads that the official schemas allow."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v16, v21
from ladewerk.ocpp.messages import Payload, decode, encode
from ladewerk.ocpp.v16.translate import DOWN, UP

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

AT = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)


def answers(message_schemas: dict[str, Any], *, full: bool) -> dict[str, Payload]:
    """A valid answer to every action of 2.1."""
    made = {}
    for message in message_schemas["v21"]:
        if message.stem.endswith("Response"):
            kind = getattr(v21, message.stem)
            payload = message.full() if full else message.minimal()
            made[message.stem.removesuffix("Response")] = decode(kind, json.dumps(payload))
    return made


def requests_of_stations(message_schemas: dict[str, Any]) -> list[Any]:
    found = [
        message for message in message_schemas["v16"] if message.stem in UP or message.stem.removesuffix("Request") in UP
    ]
    assert len(found) == len(UP)
    return found


@pytest.mark.parametrize("full", [False, True])
def test_every_request_of_a_station_goes_up_and_its_answer_comes_down(
    wire: "Wire", message_schemas: dict[str, Any], full: bool
) -> None:
    known = answers(message_schemas, full=full)
    for message in requests_of_stations(message_schemas):
        action = message.stem.removesuffix("Request")
        payload = message.full() if full else message.minimal()
        if action == "MeterValues":
            payload["meterValue"][0]["sampledValue"][0] |= {"value": "1.5", "format": "Raw", "measurand": "Voltage"}
        heard, answer = wire.hears(action, payload, lambda request: known[type(request).__name__.removesuffix("Request")])
        assert heard, action
        assert UP[action][0] in {type(request).__name__.removesuffix("Request") for request in heard} | {"MeterValues"}
        response = v16.ACTIONS[action].response
        assert response is not None
        decode(response, json.dumps(answer))


def test_what_is_valid_in_16_is_taken_or_refused_for_what_21_forbids(wire: "Wire", message_schemas: dict[str, Any]) -> None:
    known = answers(message_schemas, full=False)
    taken, refused = 0, set()
    for message in requests_of_stations(message_schemas):
        action = message.stem.removesuffix("Request")
        for mutant in message.mutants(60):
            try:
                decode(v16.ACTIONS[action].request, mutant.text)
            except RemoteProtocolError:
                continue
            try:
                wire.hears(action, mutant.payload, lambda request: known[type(request).__name__.removesuffix("Request")])
            except RemoteProtocolError:
                refused.add((action, mutant.change, mutant.path))
            else:
                taken += 1
    # An EVSE has no number below 0.
    assert {change for _, change, _ in refused} <= {"negative number"}
    assert {path for _, _, path in refused} <= {("connectorId",)}
    assert taken > 100


@pytest.mark.parametrize("full", [False, True])
def test_every_command_comes_down_valid_or_is_refused_and_its_answer_goes_up(
    wire: "Wire", message_schemas: dict[str, Any], full: bool
) -> None:
    results = {}
    for message in message_schemas["v16"]:
        if message.stem.endswith("Response"):
            results[message.stem.removesuffix("Response")] = message.full() if full else message.minimal()
    said_at_all = set()
    refusals: list[str] = []
    for message in message_schemas["v21"]:
        action = message.stem.removesuffix("Request")
        if not message.stem.endswith("Request") or action not in DOWN:
            continue
        request = decode(v21.ACTIONS[action].request, json.dumps(message.full() if full else message.minimal()))
        try:
            said, answer, learned = wire.converses(request, lambda name, _: results[name])
        except LocalProtocolError as err:
            refusals.append(str(err))
            continue
        said_at_all.add(action)
        for name, payload in said:
            decode(v16.ACTIONS[name].request, json.dumps(payload))
        for message in (answer, *learned):
            encode(message)
    assert all("OCPP 1.6" in refusal for refusal in refusals), refusals
    assert len(said_at_all) > (5 if full else 12), said_at_all


def test_an_action_of_no_version_and_one_of_another_are_not_implemented(wire: "Wire") -> None:
    for action in ("MakeCoffee", "TransactionEvent"):
        with pytest.raises(RemoteProtocolError) as refused:
            wire.hears(action, {"type": "Hard"}, lambda request: request)
        assert refused.value.code == "NotImplemented"


def test_what_16_has_no_way_to_say_is_refused(wire: "Wire") -> None:
    for request in (
        v21.GetReportRequest(request_id=1),
        v21.GetTransactionStatusRequest(),
    ):
        with pytest.raises(LocalProtocolError, match=r"OCPP 1\.6 has no way for a CSMS to say"):
            wire.says(request)


def test_a_send_does_not_exist(wire: "Wire") -> None:
    message = v21.NotifyPeriodicEventStream(data=(v21.StreamDataElementType(t=0.5, v="7"),), id=1, pending=0, basetime=AT)
    with pytest.raises(LocalProtocolError, match=r"has no SEND, so no NotifyPeriodicEventStream"):
        wire.codec.encode_send(message)
    with pytest.raises(RemoteProtocolError, match="NotImplemented"):
        wire.codec.decode_send("NotifyPeriodicEventStream", b"{}")
