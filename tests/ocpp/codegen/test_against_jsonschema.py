"""The generated types accept exactly what the official schemas accept, but for the rules listed here and in the docs."""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import jsonschema  # type: ignore[import-untyped]
import pytest

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.messages import Payload, decode, encode
from tests.ocpp.payloads import MessageSchema, Mutant, message_schemas

COUNTS = {"v16": 78, "v201": 128, "v21": 181}
VALID_EACH = 20
MUTANTS_EACH = 105
DOCS = Path(__file__).parents[3] / "docs" / "ocpp-types.md"


class Rule(NamedTuple):
    """Payloads with one of these changes are judged otherwise by us than by jsonschema."""

    accepted: bool
    changes: tuple[str, ...]
    versions: tuple[str, ...] = ("v16", "v201", "v21")


RULES = {
    "an integer written `1.0` or `1e0`": Rule(False, ("whole float",)),
    "a number that no double holds, `1e400`": Rule(False, ("Infinity",), ("v201", "v21")),
    "an integer that needs more than 64 bits": Rule(False, ("beyond 64 bits",)),
    "a time that UTC has only before the year 1 or after 9999": Rule(
        False, ("time '0001-01-01T00:00:00+14:00'", "time '9999-12-31T23:59:59-14:00'")
    ),
    "half of a surrogate pair in a text": Rule(False, ("half a pair",)),
    "a field twice, the first time with a wrong value": Rule(False, ("field twice",)),
    "a line feed behind a time or a URI": Rule(False, ("time '2024-01-17T18:00:00Z\\n'", "uri 'http://a/\\n'")),
    "a payload that may be empty as `null`": Rule(True, ("null for a payload",)),
    "a time with a space for its `T`": Rule(True, ("time '2024-01-17 18:00:00Z'",)),
    "a time with an offset without a colon": Rule(True, ("time '2024-01-17T18:00:00+0200'",)),
    "a limit with one decimal that a binary fraction cannot say": Rule(True, ("one decimal",), ("v16",)),
}


def message_class(message: MessageSchema) -> type[Payload]:
    types = import_module(f"ladewerk.ocpp.{message.version}.types")
    action = types.ACTIONS[re.sub("(Request|Response)$", "", message.stem)]
    kind: type[Payload] = action.response if message.stem.endswith("Response") else action.request
    return kind


def accepts(kind: type[Payload], text: str) -> bool:
    try:
        decode(kind, text)
    except RemoteProtocolError:
        return False
    return True


class Judge:
    """The official schema of a message, by its own draft and with formats."""

    def __init__(self, schema: dict[str, Any]) -> None:
        draft = jsonschema.validators.validator_for(schema)
        self._validator = draft(schema, format_checker=draft.FORMAT_CHECKER)

    def accepts(self, text: str) -> bool:
        try:
            return bool(self._validator.is_valid(json.loads(text, parse_constant=_refused)))
        except (ValueError, OverflowError):  # no JSON, or a number that jsonschema cannot divide
            return False


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def explained(mutant: Mutant, version: str, ours: bool) -> Iterator[str]:
    changes = mutant.change.split(" + ")
    for name, rule in RULES.items():
        if ours == rule.accepted and version in rule.versions and any(change in rule.changes for change in changes):
            yield name


@pytest.mark.parametrize("version", COUNTS)
def test_every_schema_has_its_class_and_no_class_is_left_over(version: str) -> None:
    messages = message_schemas()[version]
    assert len(messages) == COUNTS[version]
    actions = import_module(f"ladewerk.ocpp.{version}.types").ACTIONS.values()
    known = {kind for action in actions for kind in (action.request, action.response) if kind}
    assert {message_class(message) for message in messages} == known


@pytest.mark.parametrize("version", COUNTS)
def test_every_field_of_every_message_survives_reading_and_writing(version: str) -> None:
    for message in message_schemas()[version]:
        for payload in (message.minimal(), message.full()):
            read = decode(message_class(message), json.dumps(payload))
            assert json.loads(encode(read)) == payload, message.stem


@pytest.mark.parametrize("version", COUNTS)
def test_valid_and_mutated_payloads_are_judged_as_by_jsonschema(version: str, capsys: pytest.CaptureFixture[str]) -> None:
    wrong: list[str] = []
    used: Counter[str] = Counter()
    total = 0
    for message in message_schemas()[version]:
        kind, judge = message_class(message), Judge(message.schema)
        checked = 0
        for mutant in (*message.valid(VALID_EACH), *message.mutants(MUTANTS_EACH)):
            checked += 1
            ours, theirs = accepts(kind, mutant.text), judge.accepts(mutant.text)
            if mutant.change == "valid" and not (ours and theirs):
                wrong.append(f"{message.stem}: valid, but we say {ours}, jsonschema {theirs}: {mutant.text}")
            elif ours != theirs:
                rules = list(explained(mutant, version, ours))
                used.update(rules)
                if not rules:
                    wrong.append(f"{message.stem}: {mutant.change} at {mutant.path}: we {ours}, jsonschema {theirs}")
        assert checked >= 120, message.stem
        total += checked
    assert not wrong
    # A rule that no longer makes a difference has to leave the list.
    assert set(used) == {name for name, rule in RULES.items() if version in rule.versions}
    with capsys.disabled():
        sys.stdout.write(
            f"\n{version}: {total} payloads judged as by jsonschema, {used.total()} otherwise by {len(used)} rules\n"
        )


def test_the_rules_are_those_of_the_documentation() -> None:
    rows = re.findall(r"^\| (.*?) \| (accepted|refused) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(name, "accepted" if rule.accepted else "refused") for name, rule in RULES.items()]
