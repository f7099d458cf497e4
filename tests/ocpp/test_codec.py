"""Each version's codec: v21 objects outside, its own payloads on the wire."""

import json
from datetime import UTC, datetime
from typing import Literal

import pytest

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v21, v201
from ladewerk.ocpp.codec import PayloadCodec
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.version_codecs import codec_for

SERVED = [Version.V21, Version.V201]


@pytest.fixture(params=SERVED)
def codec(request: pytest.FixtureRequest) -> PayloadCodec:
    version: Literal[Version.V201, Version.V21] = request.param
    return codec_for(version)


def test_a_codec_knows_its_version() -> None:
    assert [codec_for(version).version for version in SERVED] == SERVED


def test_16_has_a_codec_for_each_connection() -> None:
    first, second = codec_for(Version.V16, "CP-1"), codec_for(Version.V16, "CP-1")
    assert first.version is Version.V16
    assert first is not second


def test_requests_and_responses_travel_as_21_objects(codec: PayloadCodec) -> None:
    request = v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE, evse_id=1)
    assert codec.decode_request(*codec.encode_request(request)) == request
    response = v21.ResetResponse(status=v21.ResetStatusEnumType.ACCEPTED)
    assert codec.decode_response("Reset", codec.encode_response("Reset", response)) == response


def test_an_unknown_action_of_the_peer_is_not_implemented(codec: PayloadCodec) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        codec.decode_request("MakeCoffee" * 100, b"{}")
    assert refused.value.code == "NotImplemented"
    assert len(refused.value.description) == 255


def test_an_action_of_21_is_unknown_to_201() -> None:
    old = codec_for(Version.V201)
    with pytest.raises(RemoteProtocolError, match=r"NotImplemented: OCPP 2\.0\.1 has no action BatterySwap"):
        old.decode_request("BatterySwap", b"{}")
    with pytest.raises(LocalProtocolError, match=r"OCPP 2\.0\.1 has no action ClearTariffs"):
        old.encode_request(v21.ClearTariffsRequest())
    with pytest.raises(LocalProtocolError, match="NotifyPeriodicEventStream"):
        old.decode_response("NotifyPeriodicEventStream", b"{}")


def test_a_send_has_a_request_and_no_response() -> None:
    codec = codec_for(Version.V21)
    element = v21.StreamDataElementType(t=0.5, v="7")
    message = v21.NotifyPeriodicEventStream(data=(element,), id=1, pending=0, basetime=datetime(2024, 1, 17, tzinfo=UTC))
    assert codec.decode_request(*codec.encode_request(message)) == message
    with pytest.raises(LocalProtocolError, match="nothing answers NotifyPeriodicEventStream"):
        codec.decode_response("NotifyPeriodicEventStream", b"{}")


def test_a_response_to_another_action_is_not_written(codec: PayloadCodec) -> None:
    with pytest.raises(LocalProtocolError, match="Reset is answered by ResetResponse, not by HeartbeatRequest"):
        codec.encode_response("Reset", v21.HeartbeatRequest())


def test_what_is_no_21_request_is_not_written(codec: PayloadCodec) -> None:
    for stranger in (v201.HeartbeatRequest(), v21.ResetResponse(status=v21.ResetStatusEnumType.ACCEPTED)):
        with pytest.raises(LocalProtocolError, match=r"is no request of OCPP 2\.1"):
            codec.encode_request(stranger)


def test_an_invalid_payload_is_refused_with_its_place(codec: PayloadCodec) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        codec.decode_request("Reset", json.dumps({"type": "Immediate", "evseId": "1"}).encode())
    assert (refused.value.code, refused.value.path) == ("TypeConstraintViolation", "$.evseId")
