"""Every code that the station says has a sentence."""

import ast
from collections.abc import Iterator
from pathlib import Path

import ladewerk.station
from ladewerk.station.wording import MESSAGES, REFUSALS, SENTENCES, TROUBLES

_PLACES = {"Say": 1, ".say": 1, "Refuse": 0, "refuse": 0, "Trouble": 0, "Sentence": 0}
"""Which argument of a call is a code."""


def _codes() -> Iterator[str]:
    for path in Path(ladewerk.station.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.id if isinstance(call.func, ast.Name) else f".{getattr(call.func, 'attr', '')}"
            place = _PLACES.get(name)
            if place is not None and len(call.args) > place:
                yield from (
                    one.value
                    for one in ast.walk(call.args[place])
                    if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )


def test_every_code_that_is_said_has_a_text() -> None:
    said = set(_codes())
    assert len(said) > 40
    assert sorted(said - {*MESSAGES, *REFUSALS, *SENTENCES, *TROUBLES}) == []
