"""The page on OCPP prints the tables that the station goes by."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ladewerk.station.authorization import rules as authorization
from ladewerk.station.device_model import variables
from ladewerk.station.device_model.variable import why_not
from ladewerk.station.device_model.variables import SETTINGS
from ladewerk.station.handlers.table import RESPONDERS

PAGE = Path(__file__).parents[3] / "docs" / "station-ocpp.md"


@pytest.mark.parametrize(
    ("name", "table"), [("authorization", authorization.as_markdown), ("variables", variables.as_markdown)]
)
def test_the_page_prints_the_table(name: str, table: Callable[[], str]) -> None:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    assert found[1] == table() + "\n"


def test_every_default_is_a_value_that_could_be_set() -> None:
    assert [one.key for one in SETTINGS if one.default and why_not(one, one.default) is not None] == []
    assert len({one.key for one in SETTINGS}) == len(SETTINGS)


def test_every_action_that_is_answered_is_on_a_page() -> None:
    pages = "".join(page.read_text(encoding="utf-8") for page in PAGE.parent.glob("*.md"))
    actions = {kind.__name__.removesuffix("Request") for kind in RESPONDERS}
    assert {action for action in actions if action not in pages} == set()
