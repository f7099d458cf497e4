"""A day of one unit through station, CSMS and world: the car gets what it asked for."""

import json

import pytest

from ladewerk.rehearsal.day import live_a_day


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    day = live_a_day(1, 6000.0, tmp_path_factory.mktemp("day"))
    assert 6000 <= day.energy_wh < 6200
    return [json.loads(line) for line in day.record.splitlines()]


def test_the_unit_goes_through_a_whole_session(record: list[dict[str, object]]) -> None:
    phases = [line["phase"] for line in record if line["what"] == "unit"]
    for phase in ("plugged", "requested", "planned", "locking", "testing", "charging", "finishing"):
        assert phase in phases, phase
    assert phases[-1] == "idle"
    assert not [line for line in record if line["what"] == "unit" and line["fault"] is not None]


def test_it_took_a_day(record: list[dict[str, object]]) -> None:
    last_s = record[-1]["at_s"]
    assert isinstance(last_s, float)
    assert 23.5 * 3600 < last_s <= 24 * 3600


def test_frames_board_writes_and_flows_are_written_down(record: list[dict[str, object]]) -> None:
    frames = [str(line["text"]) for line in record if line["what"] == "frame"]
    for action in ("BootNotification", "NotifyEVChargingNeeds", "SetChargingProfile", "TransactionEvent", "Heartbeat"):
        assert any(f'"{action}"' in text for text in frames), action
    assert any(line["what"] == "board" and line["register"] == 1000 for line in record)
    assert max(float(str(line["current_a"])) for line in record if line["what"] == "flow") > 5
