"""Every action of both versions in both directions is translated, dropped or refused by a rule that has a name."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v16, v21
from ladewerk.ocpp.messages import Payload, decode, encode
from ladewerk.ocpp.v16 import translate
from ladewerk.ocpp.v16.station.translate import DROPPED, HEARD, REFUSED, SAID

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

BOTH_WAYS = {"DataTransfer"}
SAYABLE: dict[str, dict[str, Any]] = {
    "StatusNotification": {"connectorId": 1},
    "TransactionEvent": {"eventType": "Started"},
}


def test_every_action_of_16_is_one_of_a_station_or_of_a_csms() -> None:
    assert set(translate.UP) | set(HEARD) == set(v16.ACTIONS)
    assert set(translate.UP) & set(HEARD) == BOTH_WAYS


def test_every_action_of_21_has_one_rule() -> None:
    rules = [set(translate.DOWN), set(translate.REFUSED), set(SAID), set(DROPPED), set(REFUSED)]
    for action in v21.ACTIONS:
        assert sum(action in rule for rule in rules) == 1 + (action in BOTH_WAYS), action
    assert set().union(*rules) == set(v21.ACTIONS)


def test_every_action_that_goes_up_is_served_as_one_of_21(wire: "Wire") -> None:
    for action, (new, _) in (*translate.UP.items(), *HEARD.items()):
        assert wire.codec.served_as(action) == new
        assert new in v21.ACTIONS


def payloads(schemas: list[Any], ending: str, *, full: bool) -> dict[str, dict[str, Any]]:
    found = [message for message in schemas if message.stem.endswith(ending)]
    return {message.stem.removesuffix(ending): message.full() if full else message.minimal() for message in found}


def new_answers(message_schemas: dict[str, Any], *, full: bool) -> dict[str, Payload]:
    """A valid answer to every action of 2.1."""
    made = payloads(message_schemas["v21"], "Response", full=full)
    # UpdateFirmware of 1.6 has no other answer.
    made["UpdateFirmware"]["status"] = "Accepted"
    return {action: decode(getattr(v21, f"{action}Response"), json.dumps(payload)) for action, payload in made.items()}


def old_requests(message_schemas: dict[str, Any]) -> list[Any]:
    """Of the messages of a CSMS."""
    found = [
        message
        for message in message_schemas["v16"]
        if not message.stem.endswith("Response") and message.stem.removesuffix("Request") in HEARD
    ]
    assert len(found) == len(HEARD)
    return found


@pytest.mark.parametrize("full", [False, True])
def test_everything_a_csms_tells_goes_up_and_its_answer_comes_down(
    wire: "Wire", message_schemas: dict[str, Any], full: bool
) -> None:
    known = new_answers(message_schemas, full=full)
    for message in old_requests(message_schemas):
        action = message.stem.removesuffix("Request")
        payload = message.full() if full else message.minimal()
        heard, answer = wire.hears(action, payload, lambda request: known[type(request).__name__.removesuffix("Request")])
        # A transaction that the station does not have is not stopped.
        served = {type(request).__name__.removesuffix("Request") for request in heard}
        assert served == ({HEARD[action][0]} if action != "RemoteStopTransaction" else set()), action
        response = v16.ACTIONS[action].response
        assert response is not None
        decode(response, json.dumps(answer))


def test_what_a_csms_may_send_is_taken_or_refused_for_what_21_forbids(wire: "Wire", message_schemas: dict[str, Any]) -> None:
    known = new_answers(message_schemas, full=False)
    taken, refused = 0, set()
    for message in old_requests(message_schemas):
        action = message.stem.removesuffix("Request")
        for mutant in message.mutants(60):
            try:
                decode(v16.ACTIONS[action].request, mutant.text)
            except RemoteProtocolError:
                continue
            try:
                wire.hears(action, mutant.payload, lambda request: known[type(request).__name__.removesuffix("Request")])
            except RemoteProtocolError as err:
                refused.add((err.code, mutant.change))
            else:
                taken += 1
    # 2.1 has no number below 0 for EVSEs, stack levels, retries and versions, and no schedule without a period.
    assert refused <= {
        ("OccurrenceConstraintViolation", "no items"),
        ("PropertyConstraintViolation", "minus zero"),
        ("PropertyConstraintViolation", "negative number"),
    }
    assert taken > 150


@pytest.mark.parametrize("full", [False, True])
def test_everything_a_station_says_comes_down_and_its_answer_goes_up(
    new_wire: Any, message_schemas: dict[str, Any], full: bool
) -> None:
    results = payloads(message_schemas["v16"], "Response", full=full)
    said_by = {}
    for action, payload in payloads(message_schemas["v21"], "Request", full=full).items():
        if action not in SAID:
            continue
        # A full one asks for what is refused elsewhere; here it is what may be said.
        payload |= SAYABLE.get(action, {})
        for unsaid in ("certificate", "iso15118CertificateHashData"):
            payload.pop(unsaid, None)
        if action == "SignCertificate":
            payload.pop("certificateType", None)
        wire = new_wire()
        request = decode(v21.ACTIONS[action].request, json.dumps(payload))
        said, answer, _ = wire.converses(request, lambda name, _: results[name])
        for name, old in said:
            decode(v16.ACTIONS[name].request, json.dumps(old))
        response = v21.ACTIONS[action].response
        assert response is not None
        assert isinstance(decode(response, encode(answer)), response)
        said_by[action] = [name for name, _ in said]
    assert set(said_by) == set(SAID)
    # A transaction without a tag and a thing that nobody knows are not said; everything else is one message or more.
    assert {action for action, names in said_by.items() if not names} <= {"TransactionEvent", "NotifyEvent", "MeterValues"}


def test_what_only_informs_is_dropped(wire: "Wire", message_schemas: dict[str, Any]) -> None:
    requests = payloads(message_schemas["v21"], "Request", full=False)
    for action, answer in DROPPED.items():
        request = decode(v21.ACTIONS[action].request, json.dumps(requests[action]))
        assert wire.says(request) == ([], answer)
        # It says nothing, so nobody waits for it in vain.
        assert encode(answer) == b"{}"
        assert type(answer) is v21.ACTIONS[action].response


def test_what_something_hangs_on_is_refused(wire: "Wire", message_schemas: dict[str, Any]) -> None:
    requests = payloads(message_schemas["v21"], "Request", full=False)
    for who, actions in (("station", REFUSED), ("CSMS", translate.REFUSED)):
        for action in actions - {"NotifyPeriodicEventStream"}:
            request = decode(v21.ACTIONS[action].request, json.dumps(requests[action]))
            with pytest.raises(LocalProtocolError, match=f"OCPP 1.6 has no way for a {who} to say {action}$"):
                wire.says(request)


def test_a_connector_below_0_is_no_evse(wire: "Wire") -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        wire.hears("UnlockConnector", {"connectorId": -1}, lambda request: request)
    assert refused.value.code == "PropertyConstraintViolation"
