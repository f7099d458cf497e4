"""Settings of ``[station]`` over the API: into the file, for the next start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ladewerk.station.config import load_config
from ladewerk.station.config_text import with_station
from tests.station.test_units_while_running import row

FILE = """\
# Written by a person.
[station]
identity = "A" # as on its plate
csms = "ws://a"

[station.tls]
ca = "ca.pem"

[units.left]
evse_id = 1
"""


def test_a_setting_is_changed_added_and_taken_out_on_its_own_line() -> None:
    changed = with_station(FILE, {"csms": "wss://b", "time_zone": "Europe/Berlin"})
    assert changed == FILE.replace("[station]\n", '[station]\ntime_zone = "Europe/Berlin"\n').replace("ws://a", "wss://b")
    assert with_station(changed, {"csms": "ws://a", "time_zone": None}) == FILE


@pytest.mark.parametrize(
    "text", ["[units.left]\nevse_id = 1\n", 'station = { csms = "ws://a" }\n', '[station]\ncsms = """\na"""\n']
)
def test_what_does_not_stand_on_a_line_is_left_to_a_person(text: str) -> None:
    assert with_station(text, {"csms": "ws://b"}) is None


def test_settings_of_the_station_go_into_its_file_for_the_next_start(tmp_path: Path, paced: Callable[..., None]) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left",)) as one:
            before = (await one.client.get("/api/settings")).json()
            assert before == {"settings": {"identity": "LW-0001", "csms": one.csms.url}, "restart": False}
            changes = {"csms": "wss://other.example", "password": "a password of 16", "time_zone": "Asia/Shanghai"}
            answer = await one.client.patch("/api/settings", json=changes)
            assert (answer.status_code, answer.json()) == (200, {"restart": True})
            table = load_config(one.path).station
            assert (table.csms, table.password, table.time_zone) == tuple(changes.values())
            assert one.path.read_text().startswith("# Written by a person.\n")
            shown = (await one.client.get("/api/settings")).json()
            assert shown["settings"]["password"] == "********"
            assert (await one.client.patch("/api/settings", json={"password": "********"})).status_code == 200
            assert load_config(one.path).station.password == "a password of 16"
            back = {"csms": one.csms.url, "password": None, "time_zone": None}
            assert (await one.client.patch("/api/settings", json=back)).json() == {"restart": False}
            assert one.station.link.is_up

    paced(scenario)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"csms": "http://elsewhere"}, "csms"),
        ({"csms": None}, "csms"),
        ({"csms": 7}, "csms"),
        ({"time_zone": "Mars/Phobos"}, "time_zone"),
        ({"identity": "two words"}, "identity"),
        ({"web": "0.0.0.0:80"}, "web"),
    ],
)
def test_a_setting_that_cannot_work_changes_nothing(
    tmp_path: Path, paced: Callable[..., None], changes: dict[str, Any], field: str
) -> None:
    async def scenario() -> None:
        async with row(tmp_path, ("left",)) as one:
            before = one.path.read_text()
            answer = await one.client.patch("/api/settings", json=changes)
            assert answer.status_code == 422
            assert [error["field"] for error in answer.json()["errors"]] == [field]
            assert one.path.read_text() == before

    paced(scenario)
