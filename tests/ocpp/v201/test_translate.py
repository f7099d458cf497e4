"""OCPP 2.0.1 goes up to 2.1 and comes down unchanged; on the way down only the tables leave anything out."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from msgspec import inspect

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v21, v201
from ladewerk.ocpp.messages import Payload, decode
from ladewerk.ocpp.v201 import translate
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.version_codecs import codec_for

AT = datetime(2024, 1, 17, 18, tzinfo=UTC)


def classes(stem: str) -> tuple[type[Payload], type[Payload]]:
    """The 2.0.1 and the 2.1 class of a message."""
    action = re.sub("(Request|Response)$", "", stem)
    old, new = v201.ACTIONS[action], v21.ACTIONS[action]
    if stem.endswith("Request"):
        return old.request, new.request
    assert old.response is not None
    assert new.response is not None
    return old.response, new.response


def test_every_201_message_goes_up_and_comes_down_unchanged(message_schemas: dict[str, Any]) -> None:
    assert len(message_schemas["v201"]) == 2 * 64
    for message in message_schemas["v201"]:
        old, new = classes(message.stem)
        for payload in (message.minimal(), message.full()):
            raised = translate.up(json.dumps(payload).encode(), old, new)
            assert type(raised) is new
            assert json.loads(translate.down(raised, old)) == payload, message.stem


def described(kind: type[Payload]) -> Iterator[inspect.StructType]:
    """``kind`` and every struct in it."""
    info = inspect.type_info(kind)
    waiting = [info]
    while waiting:
        info = waiting.pop()
        if isinstance(info, inspect.StructType):
            yield info
            waiting += [field.type for field in info.fields]
        elif isinstance(info, inspect.VarTupleType):
            waiting.append(info.item_type)


def fields_of(version: str) -> dict[str, dict[str, inspect.Field]]:
    """Every struct of the 64 common actions in ``version``, with its fields by wire name."""
    actions = import_module(f"ladewerk.ocpp.{version}.types").ACTIONS
    found = {}
    for name in v201.ACTIONS:
        for kind in (actions[name].request, actions[name].response):
            for info in described(kind):
                found[info.cls.__name__] = {field.encode_name: field for field in info.fields}
    return found


def test_the_tables_name_exactly_what_the_versions_differ_in() -> None:
    old, new = fields_of("v201"), fields_of("v21")
    added, newly_required, no_longer_required, widened = set(), set(), set(), set()
    for name, fields in old.items():
        assert set(fields) <= set(new[name]), f"2.1 lost a field of {name}"
        for wire, field in new[name].items():
            was = fields.get(wire)
            if was is None:
                added.add((name, wire))
            elif isinstance(field.type, inspect.FloatType) and isinstance(was.type, inspect.IntType):
                widened.add((name, wire))
            if field.required and not (was and was.required):
                newly_required.add((name, wire))
            if was and was.required and not field.required:
                no_longer_required.add((name, wire))
    assert set(translate.FILLED_UP) == newly_required
    assert set(translate.ROUNDED) == widened
    assert set(translate.DROPPED) | set(translate.DROPPED_AT) <= added
    assert not set(translate.DROPPED) & set(translate.DROPPED_AT)
    assert set(translate.FILLED_DOWN) <= no_longer_required


def needs(**more: Any) -> v21.NotifyEVChargingNeedsRequest:
    parameters = v21.ACChargingParametersType(
        energy_amount=12345.2, ev_min_current=6.2, ev_max_current=15.9, ev_max_voltage=231.7
    )
    charging_needs = v21.ChargingNeedsType(
        requested_energy_transfer=v21.EnergyTransferModeEnumType.AC_THREE_PHASE,
        control_mode=v21.ControlModeEnumType.SCHEDULED_CONTROL,
        ac_charging_parameters=parameters,
    )
    return v21.NotifyEVChargingNeedsRequest(evse_id=1, charging_needs=charging_needs, **more)


def test_numbers_become_whole_on_the_safe_side() -> None:
    written = json.loads(translate.down(needs(), v201.NotifyEVChargingNeedsRequest))
    assert written["chargingNeeds"]["acChargingParameters"] == {
        "energyAmount": 12346,
        "evMinCurrent": 7,
        "evMaxCurrent": 15,
        "evMaxVoltage": 231,
    }


def test_what_only_informs_is_left_out() -> None:
    written = json.loads(translate.down(needs(timestamp=AT), v201.NotifyEVChargingNeedsRequest))
    assert set(written) == {"evseId", "chargingNeeds"}
    assert set(written["chargingNeeds"]) == {"requestedEnergyTransfer", "acChargingParameters"}


def profile(**period: Any) -> v21.SetChargingProfileRequest:
    schedule = v21.ChargingScheduleType(
        id=1,
        charging_rate_unit=v21.ChargingRateUnitEnumType.A,
        charging_schedule_period=(v21.ChargingSchedulePeriodType(start_period=0, **period),),
    )
    return v21.SetChargingProfileRequest(
        evse_id=1,
        charging_profile=v21.ChargingProfileType(
            id=1,
            stack_level=0,
            charging_profile_purpose=v21.ChargingProfilePurposeEnumType.TX_PROFILE,
            charging_profile_kind=v21.ChargingProfileKindEnumType.ABSOLUTE,
            charging_schedule=(schedule,),
        ),
    )


PERIOD = r"\$\.chargingProfile\.chargingSchedule\[0\]\.chargingSchedulePeriod\[0\]"


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (profile(limit=16.0, setpoint=7.0), rf"{PERIOD}\.setpoint: "),
        (profile(limit=16.0, discharge_limit=-7.0), rf"{PERIOD}\.dischargeLimit: "),
        (profile(limit=16.0, limit_l2=10.0), rf"{PERIOD}\.limit_L2: "),
        (profile(limit=16.0, operation_mode=v21.OperationModeEnumType.CENTRAL_SETPOINT), rf"{PERIOD}\.operationMode: "),
        (profile(), rf"{PERIOD}\.limit: "),
        (v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE_AND_RESUME), r"\$\.type: .*ImmediateAndResume"),
    ],
)
def test_what_would_change_the_meaning_is_refused_by_its_place(message: Payload, said: str) -> None:
    old, _ = classes(type(message).__name__)
    with pytest.raises(LocalProtocolError, match=said):
        translate.down(message, old)


def test_fields_at_the_value_201_means_anyway_are_left_out() -> None:
    request = profile(limit=16.0, operation_mode=v21.OperationModeEnumType.CHARGING_ONLY, evse_sleep=False)
    old = v201.SetChargingProfileRequest
    assert translate.down(request, old) == translate.down(profile(limit=16.0), old)


def test_a_signed_value_without_a_key_gets_the_empty_key_of_201() -> None:
    signed = v21.SignedMeterValueType(signed_meter_data="data", signing_method="ECDSA", encoding_method="OCMF")
    sample = v21.SampledValueType(value=1.0, signed_meter_value=signed)
    request = v21.MeterValuesRequest(evse_id=1, meter_value=(v21.MeterValueType(timestamp=AT, sampled_value=(sample,)),))
    written = json.loads(translate.down(request, v201.MeterValuesRequest))
    assert written["meterValue"][0]["sampledValue"][0]["signedMeterValue"]["publicKey"] == ""


def test_a_negative_number_that_21_forbids_is_refused_on_the_way_up() -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        translate.up(b'{"evseId": -1, "type": "Immediate"}', v201.ResetRequest, v21.ResetRequest)
    assert (refused.value.code, refused.value.path) == ("PropertyConstraintViolation", "$.evseId")


def test_words_of_21_are_refused_from_a_201_peer() -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        translate.up(b'{"type": "ImmediateAndResume"}', v201.ResetRequest, v21.ResetRequest)
    assert refused.value.code == "PropertyConstraintViolation"


def test_monitors_say_who_set_them_on_the_way_up(message_schemas: dict[str, Any]) -> None:
    message = next(message for message in message_schemas["v201"] if message.stem == "NotifyMonitoringReportRequest")
    old, new = classes(message.stem)
    raised = translate.up(json.dumps(message.full()).encode(), old, new)
    assert isinstance(raised, v21.NotifyMonitoringReportRequest)
    assert isinstance(raised.monitor, tuple)
    assert raised.monitor[0].variable_monitoring[0].event_notification_type is v21.EventNotificationEnumType.CUSTOM_MONITOR


def test_a_deep_payload_is_refused_where_the_tables_have_to_look_into_it() -> None:
    deep = "[" * 5000 + "]" * 5000
    text = (
        '{"requestId": 1, "seqNo": 0, "generatedAt": "2024-01-17T18:00:00Z", "customData": {"vendorId": "x", "y": '
        + deep
        + "}}"
    )
    with pytest.raises(RemoteProtocolError, match="FormatViolation"):
        translate.up(text.encode(), v201.NotifyMonitoringReportRequest, v21.NotifyMonitoringReportRequest)


def test_the_tables_are_in_the_documentation() -> None:
    page = (Path(__file__).parents[3] / "docs" / "ocpp-types.md").read_text(encoding="utf-8")
    rows = [
        f"| `{name}.{wire}` | filled in on the way up: `{json.dumps(value)}` |"
        for (name, wire), value in translate.FILLED_UP.items()
    ]
    rows += [
        f"| `{name}.{wire}` | filled in on the way down: `{json.dumps(value)}` |"
        for (name, wire), value in translate.FILLED_DOWN.items()
    ]
    rows += [f"| `{name}.{wire}` | left out |" for name, wire in sorted(translate.DROPPED)]
    rows += [
        f"| `{name}.{wire}` | left out while it is `{json.dumps(value)}` |"
        for (name, wire), value in translate.DROPPED_AT.items()
    ]
    rows += [f"| `{name}.{wire}` | rounded {direction} |" for (name, wire), direction in translate.ROUNDED.items()]
    missing = [row for row in rows if row not in page]
    assert not missing, "docs/ocpp-types.md lacks:\n" + "\n".join(missing)
    assert page.count("\n| `") == len(rows)


def test_every_action_of_21_is_said_or_refused_by_its_name(message_schemas: dict[str, Any]) -> None:
    codec = codec_for(Version.V201)
    said, refused = set(), set()
    for message in message_schemas["v21"]:
        action = re.sub("Request$", "", message.stem)
        if action not in v21.ACTIONS:
            continue
        request = decode(v21.ACTIONS[action].request, json.dumps(message.minimal()))
        try:
            name, _ = codec.encode_request(request)
        except LocalProtocolError as err:
            refused.add((action, str(err)))
        else:
            assert name == action
            said.add(action)
    newer = {(action, f"OCPP 2.0.1 has no action {action}") for action in set(v21.ACTIONS) - set(v201.ACTIONS)}
    assert refused >= newer
    # The minimal ones of some say an enum's newest word, which 2.0.1 does not have.
    assert all(text.startswith("OCPP 2.0.1 cannot say this") for _, text in refused - newer)
    assert said | {action for action, _ in refused} == set(v21.ACTIONS)
    assert len(said) > 40
