"""Payloads are checked both ways, refusals carry code and path, and times go out as OCPP wants them."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v16, v21, v201
from ladewerk.ocpp.messages import CustomData, Payload, check_multiple, decode, encode, read_tree, wire_time, write

AT = datetime(2024, 1, 17, 18, 0, 0, 123456, tzinfo=UTC)


def boot(**more: Any) -> v21.BootNotificationRequest:
    station = v21.ChargingStationType(model="Wallbox", vendor_name="Ladewerk")
    return v21.BootNotificationRequest(charging_station=station, reason=v21.BootReasonEnumType.POWER_UP, **more)


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        ("{", "FormatViolation", "$"),
        ("[]", "FormatViolation", "$"),
        (b'{"reason": "\xff"}', "FormatViolation", "$"),
        ('{"reason": "PowerUp"}', "OccurrenceConstraintViolation", "$.chargingStation"),
        (
            '{"reason": "PowerUp", "chargingStation": {"model": "a"}}',
            "OccurrenceConstraintViolation",
            "$.chargingStation.vendorName",
        ),
        ('{"reason": "PowerUp", "color": 1}', "FormatViolation", "$.color"),
        ('{"reason": "Tired"}', "PropertyConstraintViolation", "$.reason"),
        ('{"reason": 7}', "TypeConstraintViolation", "$.reason"),
        ('{"reason": null}', "TypeConstraintViolation", "$.reason"),
        (
            '{"chargingStation": {"model": "123456789012345678901"}}',
            "PropertyConstraintViolation",
            "$.chargingStation.model",
        ),
        ('{"customData": 7}', "TypeConstraintViolation", "$.customData"),
        ('{"customData": {}}', "OccurrenceConstraintViolation", "$.customData.vendorId"),
        ('{"customData": {"vendorId": 7}}', "TypeConstraintViolation", "$.customData"),
        ('{"customData": {"vendorId": "%s"}}' % ("x" * 256), "PropertyConstraintViolation", "$.customData"),
    ],
)
def test_a_refused_payload_names_the_rule_and_the_place(payload: str | bytes, code: str, path: str) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        decode(v21.BootNotificationRequest, payload)
    assert (refused.value.code, refused.value.path) == (code, path)
    assert refused.value.description.startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("payload", "code", "path"),
    [
        ('{"evseId": -1}', "PropertyConstraintViolation", "$.evseId"),
        ('{"evseId": 1.0}', "TypeConstraintViolation", "$.evseId"),
        ('{"meterValue": []}', "OccurrenceConstraintViolation", "$.meterValue"),
        (
            '{"meterValue": [{"timestamp": "2024-01-17T18:00:00"}]}',
            "PropertyConstraintViolation",
            "$.meterValue[0].timestamp",
        ),
        ('{"meterValue": [{"timestamp": "now"}]}', "PropertyConstraintViolation", "$.meterValue[0].timestamp"),
        (
            '{"meterValue": [{"sampledValue": [{"value": "7"}]}]}',
            "TypeConstraintViolation",
            "$.meterValue[0].sampledValue[0].value",
        ),
        (
            '{"meterValue": [{"sampledValue": [{"value": 1e400}]}]}',
            "PropertyConstraintViolation",
            "$.meterValue[0].sampledValue[0].value",
        ),
    ],
)
def test_places_inside_arrays_are_named(payload: str, code: str, path: str) -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        decode(v21.MeterValuesRequest, payload)
    assert (refused.value.code, refused.value.path) == (code, path)


OUT_OF_ALL_YEARS = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "\\u0030001-01-01T00:00:00.5+00:01")


@pytest.mark.parametrize("time", OUT_OF_ALL_YEARS)
@pytest.mark.parametrize(
    ("kind", "payload", "path"),
    [
        (v21.MeterValuesRequest, '{"evseId": 1, "meterValue": [%s, %s]}', "$.meterValue[1].timestamp"),
        (v201.MeterValuesRequest, '{"evseId": 1, "meterValue": [%s, %s]}', "$.meterValue[1].timestamp"),
        (v16.MeterValuesRequest, '{"connectorId": 1, "meterValue": [%s, %s]}', "$.meterValue[1].timestamp"),
    ],
)
def test_a_time_that_cannot_be_said_in_utc_is_refused_where_it_stands(
    kind: type[Payload], payload: str, path: str, time: str
) -> None:
    value = '{"timestamp": "%s", "sampledValue": [{"value": ' + ('"1"' if kind is v16.MeterValuesRequest else "1") + "}]}"
    text = payload % (value % "2024-01-17T18:00:00Z", value % time)
    for wire in (text, text.encode()):
        with pytest.raises(RemoteProtocolError) as refused:
            decode(kind, wire)
        assert (refused.value.code, refused.value.path) == ("PropertyConstraintViolation", path)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "0001-01-01T14:00:00+14:00"])
def test_the_first_and_the_last_moment_of_all_years_come_through(time: str) -> None:
    read = decode(v21.HeartbeatResponse, f'{{"currentTime": "{time}"}}')
    assert decode(v21.HeartbeatResponse, encode(read)) == read


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**400])
def test_a_whole_number_beyond_64_bits_is_refused_where_it_stands(number: int) -> None:
    for kind, field in (
        (v21.MeterValuesRequest, "evseId"),
        (v201.SetChargingProfileRequest, "evseId"),
        (v16.StatusNotificationRequest, "connectorId"),
        (v16.RemoteStartTransactionRequest, "connectorId"),
    ):
        with pytest.raises(RemoteProtocolError) as refused:
            decode(kind, f'{{"{field}": {number}}}')
        assert (refused.value.code, refused.value.path) == ("PropertyConstraintViolation", f"$.{field}")


def test_a_description_fits_into_a_callerror_whatever_the_peer_writes() -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        decode(v21.HeartbeatRequest, '{"%s": 1}' % ("x" * 5000))
    assert len(refused.value.description) == 255


@pytest.mark.parametrize("depth", [5_000, 200_000])
def test_json_nested_too_deeply_is_refused(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    for read in (lambda text: decode(v21.DataTransferRequest, text), read_tree):
        with pytest.raises(RemoteProtocolError, match="FormatViolation"):
            read('{"vendorId": "x", "data": ' + deep + "}")


@pytest.mark.parametrize("payload", ["null", b"null"])
def test_null_stands_for_an_empty_payload(payload: str | bytes) -> None:
    assert decode(v21.HeartbeatRequest, payload) == v21.HeartbeatRequest()


def test_custom_data_keeps_what_the_vendor_put_there() -> None:
    sent = boot(custom_data=CustomData(vendorId="Ladewerk", mode=2, nested={"a": [1, None]}))
    read = decode(v21.BootNotificationRequest, encode(sent))
    assert read == sent
    assert isinstance(read.custom_data, CustomData)


def test_optional_fields_that_are_not_said_are_not_written() -> None:
    assert encode(boot()) == b'{"chargingStation":{"model":"Wallbox","vendorName":"Ladewerk"},"reason":"PowerUp"}'
    assert decode(v21.BootNotificationRequest, encode(boot())).custom_data is UNSET


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (v21.HeartbeatResponse(current_time=AT.replace(tzinfo=None)), r"\$\.currentTime: .*timezone"),
        (v21.HeartbeatResponse(current_time=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))), "out of range"),
        (v21.CostUpdatedRequest(total_cost=float("nan"), transaction_id="t"), r"\$\.totalCost: .*NaN"),
        (v21.CostUpdatedRequest(total_cost=1.0, transaction_id="t" * 37), r"\$\.transactionId: .*36"),
        (v21.DataTransferRequest(vendor_id="x", data={"a": [float("inf")]}), r"\$\.data\.a\[0\]: inf"),
        (v21.DataTransferRequest(vendor_id="x", data=object()), "object"),
        (boot(custom_data=CustomData(mode=1)), "vendorId"),
        (boot(custom_data=CustomData(vendorId="x", power=float("nan"))), r"\$\.customData\.power: nan"),
    ],
)
def test_nothing_invalid_is_written(message: Any, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said):
        encode(message)


def test_what_types_do_not_allow_is_not_written_either() -> None:
    wrong: Any = "x"
    nothing: Any = None
    with pytest.raises(LocalProtocolError, match=r"\$\.customData: "):
        encode(boot(custom_data=nothing))
    with pytest.raises(LocalProtocolError, match=r"EVSEType \$\.id"):
        encode(v21.EVSEType(id=wrong))
    with pytest.raises(LocalProtocolError, match=r"\$\.evse: "):
        encode(v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.HEARTBEAT, evse=wrong))
    with pytest.raises(LocalProtocolError, match=r"\$\.currentTime"):
        encode(v21.HeartbeatResponse(current_time=wrong))


def test_times_are_written_in_utc_with_milliseconds() -> None:
    value = v21.MeterValueType(timestamp=AT, sampled_value=(v21.SampledValueType(value=1.5),))
    assert b'"timestamp":"2024-01-17T18:00:00.123Z"' in encode(v21.MeterValuesRequest(evse_id=1, meter_value=(value,)))
    assert wire_time(AT.astimezone(timezone(timedelta(hours=1)))) == "2024-01-17T18:00:00.123Z"
    assert wire_time(datetime(2024, 1, 17, 18, tzinfo=UTC)) == "2024-01-17T18:00:00.000Z"
    # Without an offset it stays recognisably wrong, so that the check refuses it.
    assert wire_time(AT.replace(tzinfo=None)) == "2024-01-17T18:00:00.123"


def test_text_that_looks_like_a_time_is_left_alone() -> None:
    text = "2024-01-17T18:00:00.123456+01:00"
    assert text.encode() in write(v21.DataTransferRequest(vendor_id="x", data=text))


def test_a_16_limit_has_one_decimal() -> None:
    period = v16.ChargingSchedulePeriod(start_period=0, limit=21.4)
    assert decode(v16.ChargingSchedulePeriod, encode(period)) == period
    with pytest.raises(RemoteProtocolError) as refused:
        decode(v16.ChargingSchedulePeriod, '{"startPeriod": 0, "limit": 21.45}')
    assert refused.value.code == "PropertyConstraintViolation"
    assert "limit 21.45 is not a multiple of 0.1" in refused.value.description


@pytest.mark.parametrize("value", [0, 0.1, 32.0, 21.4, -3.3, 1e6, UNSET])
def test_multiples_are_told_in_spite_of_binary_fractions(value: Any) -> None:
    check_multiple("limit", value, 0.1)


@pytest.mark.parametrize("value", [0.05, 21.45, 1e-300, 0.1000001, -0.01])
def test_what_only_comes_close_to_a_multiple_is_none(value: float) -> None:
    with pytest.raises(ValueError, match="is not a multiple"):
        check_multiple("limit", value, 0.1)


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), "32"])
def test_a_limit_that_is_no_number_is_refused_when_it_is_written(value: Any) -> None:
    period = v16.ChargingSchedulePeriod(start_period=0, limit=value)
    with pytest.raises(LocalProtocolError, match=r"\$\.limit: Expected `float`"):
        encode(period)


def variable(name: str) -> v21.SetVariableDataType:
    return v21.SetVariableDataType(
        attribute_value="s3cret", component=v21.ComponentType(name="SecurityCtrlr"), variable=v21.VariableType(name=name)
    )


@pytest.mark.parametrize(
    "secret",
    [
        v21.SetNetworkProfileRequest(
            configuration_slot=1,
            connection_data=v21.NetworkConnectionProfileType(
                ocpp_interface=v21.OCPPInterfaceEnumType.WIRED0,
                ocpp_transport=v21.OCPPTransportEnumType.JSON,
                message_timeout=30,
                ocpp_csms_url="wss://example.org",
                security_profile=2,
                basic_auth_password="s3cret",
            ),
        ),
        v21.APNType(apn="a", apn_authentication=v21.APNAuthenticationEnumType.PAP, apn_password="s3cret"),
        v21.VPNType(server="s", user="u", password="p", key="s3cret", type=v21.VPNEnumType.IKEV2),
        v21.SetVariablesRequest(set_variable_data=(variable("BasicAuthPassword"),)),
        v21.SetVariablesRequest(set_variable_data=(variable("VpnKey"),)),
        v16.ChangeConfigurationRequest(key="authorizationKey", value="s3cret"),
    ],
)
def test_a_repr_shows_no_password(secret: Any) -> None:
    assert "s3cret" not in repr(secret)
    assert "=***" in repr(secret)
    assert b"s3cret" in encode(secret)


def test_a_repr_shows_everything_else() -> None:
    assert repr(variable("HeartbeatInterval")).startswith(
        "SetVariableDataType(attribute_value='s3cret', component=Component"
    )
    assert "key='x', value='s3cret'" in repr(v16.ChangeConfigurationRequest(key="x", value="s3cret"))
    assert "apn_password=UNSET" in repr(v21.APNType(apn="a", apn_authentication=v21.APNAuthenticationEnumType.PAP))


def test_a_payload_is_a_value() -> None:
    assert boot() == boot()
    assert hash(boot()) == hash(boot())
    with pytest.raises(AttributeError):
        boot().reason = v21.BootReasonEnumType.UNKNOWN  # type: ignore[misc]


def test_only_times_are_cut_to_milliseconds() -> None:
    said = 'a "timestamp":"2026-01-05T17:40:00.123456Z" in a text'
    free = CustomData(vendorId="V", timestamp="2026-01-05T17:40:00.123456Z")
    at = datetime(2026, 1, 5, 17, 40, 0, 987_654, tzinfo=UTC)
    log = v21.NotifyEventRequest(
        generated_at=at,
        seq_no=0,
        event_data=(
            v21.EventDataType(
                event_id=1,
                timestamp=at.astimezone(timezone(timedelta(hours=1))),
                trigger=v21.EventTriggerEnumType.ALERTING,
                actual_value=said,
                event_notification_type=v21.EventNotificationEnumType.CUSTOM_MONITOR,
                component=v21.ComponentType(name="C"),
                variable=v21.VariableType(name="V"),
            ),
        ),
    )
    for message in (log, replace(log, custom_data=free)):
        tree = json.loads(encode(message))
        assert tree["generatedAt"] == tree["eventData"][0]["timestamp"] == "2026-01-05T17:40:00.987Z"
        assert tree["eventData"][0]["actualValue"] == said
        assert tree.get("customData", free) == free
    whole = replace(log, generated_at=at.replace(microsecond=0), event_data=(replace(log.event_data[0], timestamp=at),))
    tree = json.loads(encode(whole))
    assert tree["generatedAt"] == "2026-01-05T17:40:00.000Z"
    assert tree["eventData"][0]["timestamp"] == "2026-01-05T17:40:00.987Z"
    assert tree["eventData"][0]["actualValue"] == said


@pytest.mark.parametrize("wrong", ["Z", "2026-01-05T17:40Z", "", "2026-01-05T17:40:00.123456", 'x"Z'])
def test_what_is_no_time_is_refused_where_one_belongs(wrong: str) -> None:
    event: Any = v21.HeartbeatResponse(current_time=cast("datetime", wrong))
    with pytest.raises(LocalProtocolError, match="current"):
        encode(event)
