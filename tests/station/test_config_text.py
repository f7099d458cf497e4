"""One unit changed in the text of a configuration file: what a person wrote around it stays."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.station.config_text import with_unit

TEXT = """\
# The station of the court.
[station]
identity = "x"   # as on its plate

# The first one.
[units.a]
evse_id = 1  # on the left
evse = { device = "/dev/a" }

[units.a.safety]
band_a = 2.0   # it swings

# The second one.
[units.b]
evse_id = 2
"""


def test_a_unit_is_replaced_in_its_place() -> None:
    changed = with_unit(TEXT, "a", {"evse_id": 3, "evse": {"device": "/dev/x"}, "autostart": True})
    assert changed is not None
    head, _, tail = changed.partition('[units.a]\nevse_id = 3\nevse = { device = "/dev/x" }\nautostart = true\n')
    assert head == TEXT.partition("[units.a]")[0]
    assert tail == "\n# The second one.\n[units.b]\nevse_id = 2\n"


def test_a_unit_is_removed_with_its_tables_and_a_new_one_stands_last() -> None:
    removed = with_unit(TEXT, "a", None)
    assert removed is not None
    assert "it swings" not in removed
    assert "# The second one.\n[units.b]" in removed
    added = with_unit(removed, "c", {"evse_id": 1})
    assert added is not None
    assert added.endswith("[units.b]\nevse_id = 2\n\n[units.c]\nevse_id = 1\n")


@pytest.mark.parametrize(
    "text",
    ["units = { a = { evse_id = 1 } }", "units.a.evse_id = 1", "[units]\na = { evse_id = 1 }", "[units]\na.evse_id = 1"],
)
def test_a_unit_without_a_table_of_its_own_is_left_to_a_person(text: str) -> None:
    assert with_unit(text, "a", {"evse_id": 2}) is None
    assert with_unit(text, "a", None) is None


def test_a_header_inside_a_text_is_no_header() -> None:
    text = '[station]\nnote = """\n[units.a]\n"""\n[units.a]\nevse_id = 1\n'
    changed = with_unit(text, "a", {"evse_id": 2})
    assert changed is None or tomllib.loads(changed)["station"] == tomllib.loads(text)["station"]


_scalars = st.text() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
_settings = st.dictionaries(
    st.text(min_size=1, max_size=5), _scalars | st.dictionaries(st.text(max_size=3), _scalars, max_size=3)
)


@given(settings=_settings)
def test_whatever_is_set_is_read_again(settings: dict[str, Any]) -> None:
    changed = with_unit(TEXT, "a", settings)
    if changed is None:  # such as a surrogate, which no file can hold
        return
    assert tomllib.loads(changed)["units"]["a"] == settings
    assert tomllib.loads(changed)["units"]["b"] == {"evse_id": 2}
