"""Schemas become the model; what the generator has no rule for is refused by its place."""

from typing import Any

import pytest

from ladewerk.ocpp.codegen.model import Field, Items, Kind, Named, SchemaError, Simple
from ladewerk.ocpp.codegen.parse import vocabulary


def message(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties, **more}


def exchange(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"PingRequest": message(properties, **more), "PingResponse": message({})}


def test_fields_keep_their_limits_and_the_required_ones_come_first() -> None:
    schemas = exchange(
        {
            "customData": {"$ref": "#/definitions/CustomDataType"},
            "note": {"type": "string", "maxLength": 8},
            "level": {"type": "integer", "minimum": 0.0, "maximum": 9.0},
            "ids": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        },
        required=["level"],
        definitions={"CustomDataType": {}},
    )
    assert vocabulary(schemas).exchanges[0].request.fields == (
        Field("level", "level", Simple(Kind.WHOLE, 0.0, 9.0), True),
        Field("note", "note", Simple(Kind.TEXT, high=8), False),
        Field("ids", "ids", Items(Simple(Kind.WHOLE), 1, None), False),
        Field("customData", "custom_data", Simple(Kind.CUSTOM), False),
    )


def test_a_file_with_neither_ending_nor_response_is_a_send() -> None:
    assert vocabulary({"NotifyPeriodicEventStream": message({})}).exchanges[0].response is None


def test_types_written_in_place_get_the_names_of_ocpp_16() -> None:
    status = {"type": "string", "enum": ["Accepted", "Blocked"]}
    schemas = {"Authorize": message({}), "AuthorizeResponse": message({"idTagInfo": message({"status": status})})}
    found = vocabulary(schemas)
    assert list(found.structs) == ["IdTagInfo"]
    assert list(found.choices) == ["AuthorizationStatus"]


def test_a_type_written_in_place_without_a_known_name_is_named_after_its_field() -> None:
    schemas = exchange({"colour": {"type": "string", "enum": ["Red", "Green"]}})
    assert vocabulary(schemas).exchanges[0].request.fields[0].type == Named("PingRequestColour")


def test_the_later_of_two_types_of_one_name_gets_its_action_before_it() -> None:
    def one(values: list[str]) -> dict[str, Any]:
        ref = {"kind": {"$ref": "#/definitions/KindEnumType"}}
        return message(ref, definitions={"KindEnumType": {"type": "string", "enum": values}})

    schemas = {"ARequest": one(["x"]), "AResponse": one(["x"]), "BRequest": one(["y"]), "BResponse": one(["x"])}
    assert list(vocabulary(schemas).choices) == ["KindEnumType", "BKindEnumType"]


def test_three_meanings_of_one_name_within_an_action_are_refused() -> None:
    def one(values: list[str]) -> dict[str, Any]:
        ref = {"kind": {"$ref": "#/definitions/KindEnumType"}}
        return message(ref, definitions={"KindEnumType": {"type": "string", "enum": values}})

    schemas = {"ARequest": one(["x"]), "AResponse": one(["x"]), "BRequest": one(["y"]), "BResponse": one(["z"])}
    with pytest.raises(SchemaError, match="B: two different types are called KindEnumType"):
        vocabulary(schemas)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"a": {"type": "string", "pattern": "x"}}, r"PingRequest\.a: no rule for pattern"),
        ({"a": {"type": "string", "format": "ipv4"}}, r"PingRequest\.a: no rule for format 'ipv4'"),
        ({"a": {"type": "null"}}, r"PingRequest\.a: no rule for type 'null'"),
        ({"a": {"$ref": "#/definitions/Gone"}}, "refers to Gone, which is not defined"),
        ({"a": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}}, "array of arrays"),
        ({"a": {"type": "object", "properties": {}}}, "without additional properties"),
        ({"a": {"type": "string", "enum": ["L1-N", "L1_N"]}}, "two values get the same Python name"),
        ({"soC": {"type": "integer"}, "SoC": {"type": "integer"}}, "two fields get the same Python name"),
        ({"field": {"type": "integer"}}, "makes no Python name"),
        ({"1": {"type": "integer"}}, "makes no Python name"),
    ],
)
def test_what_has_no_rule_is_refused(properties: dict[str, Any], said: str) -> None:
    with pytest.raises(SchemaError, match=said):
        vocabulary(exchange(properties))


def test_a_type_that_contains_itself_is_refused() -> None:
    ref = {"inner": {"$ref": "#/definitions/LoopType"}}
    with pytest.raises(SchemaError, match="LoopType contains itself"):
        vocabulary(exchange(ref, definitions={"LoopType": message(ref)}))


def test_a_required_field_that_is_not_described_is_refused() -> None:
    with pytest.raises(SchemaError, match="requires"):
        vocabulary(exchange({}, required=["a"]))


def test_requests_and_responses_without_each_other_are_refused() -> None:
    with pytest.raises(SchemaError, match="no PingResponse"):
        vocabulary({"PingRequest": message({})})
    with pytest.raises(SchemaError, match="answers a request that has no schema"):
        vocabulary({"PongResponse": message({})})
