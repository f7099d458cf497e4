"""What an evening came to can be read by a person and by a script."""

import json
from dataclasses import replace
from pathlib import Path

from ladewerk.demo.recording import Recording
from ladewerk.demo.report import rows, write_report
from ladewerk.demo.scenario import Scenario
from ladewerk.demo.verdict import judge
from ladewerk.simulator.vehicle import Pilot
from ladewerk.simulator.world import Sample

SCENARIO = Scenario(mode="cheapest", seed=1)


def an_evening_without_a_car() -> Recording:
    sample = Sample(
        at=SCENARIO.start,
        household_w=800.0,
        ev_power_w=0.0,
        current_a=0.0,
        offer_a=0.0,
        soc=0.4,
        pilot=Pilot.A,
        contactor_closed=False,
        drawn_wh=0.0,
    )
    return Recording(samples=[sample, replace(sample, at=SCENARIO.depart_at)])


def test_an_evening_that_failed_says_so_and_is_reported_all_the_same(tmp_path: Path) -> None:
    recording = an_evening_without_a_car()
    verdict = judge(SCENARIO, recording)
    write_report(tmp_path / "new" / "folder", SCENARIO, recording, verdict)
    page = (tmp_path / "new" / "folder" / "report.html").read_text(encoding="utf-8")
    assert "the car has 0.00 kWh of 20.00" in page
    assert "There was no plan." in page
    session = json.loads((tmp_path / "new" / "folder" / "session.json").read_text(encoding="utf-8"))
    assert session["result"]["complete_at"] is None
    assert session["samples"][0] == {
        "at": "2026-01-12T17:30:00+01:00",
        "set_current_a": 0.0,
        "planned_current_a": None,
        "power_w": 0.0,
        "household_w": 800.0,
        "energy_wh": 0.0,
        "soc": 0.4,
    }


def test_the_same_evening_draws_the_same_picture(tmp_path: Path) -> None:
    recording = an_evening_without_a_car()
    for name in ("one", "two"):
        write_report(tmp_path / name, SCENARIO, recording, judge(SCENARIO, recording))
    assert (tmp_path / "one" / "evening.svg").read_bytes() == (tmp_path / "two" / "evening.svg").read_bytes()


def test_the_table_says_what_was_asked_beside_what_was_had() -> None:
    recording = an_evening_without_a_car()
    table = {what: (how, beside) for what, how, beside in rows(SCENARIO, judge(SCENARIO, recording))}
    assert table["energy"] == ("0.00 kWh", "asked for 20.00 kWh")
    assert table["complete"] == ("never", "asked for 06:30")
