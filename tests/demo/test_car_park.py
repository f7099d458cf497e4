"""The afternoon of six stations as the command a user types."""

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)


def test_six_cars_behind_one_limit_get_what_they_asked_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ladewerk", "demo", "--stations", "6", "--headless", "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "car-park.json").read_text(encoding="utf-8"))
    result = told["result"]
    assert result["passed"]
    assert result["peak_w"] <= result["limit_w"] < result["peak_at_once_w"]
    assert result["may_peak_w"] <= result["limit_w"]
    assert result["peak_w"] > 0.85 * result["limit_w"], "the limit has to bite"
    assert result["held_back_min"] > 30
    # The verdict is no word of the CSMS: here are the sums again, from what each car drew.
    sums_w = [flow["household_w"] + sum(flow["cars_w"].values()) for flow in told["flows"]]
    assert max(sums_w) == pytest.approx(result["peak_w"], abs=1)
    assert all(before["at"] < after["at"] for before, after in pairwise(told["flows"]))
    assert all(sorted(flow["cars_w"]) == [f"P{place}" for place in range(1, 7)] for flow in told["flows"])
    happened = [(line["station"], line["what"]) for line in told["happened"]]
    assert sum("a car comes" in what for _, what in happened) == sum("the car leaves" in what for _, what in happened) == 7
    assert {"site limit", "price"} <= {slot["reason"] for plan in told["plans"] for slot in plan["slots"]}
    assert {plan["station_id"] for plan in told["plans"]} == {f"P{place}" for place in range(1, 7)}
    assert all(before["at"] <= after["at"] for before, after in pairwise(told["allowed"]))
    # P5 drops off: its first car goes on with its plan, the second gets nothing but the fallback until P5 is back.
    gone_at, back_at = (one["at"] for one in told["connected"][-2:])
    assert [one["connected"] for one in told["connected"][-2:]] == [False, True]
    first, second = (visit for visit in told["visits"] if visit["station"] == "P5")
    assert gone_at < first["left_at"] < second["came_at"] < back_at < second["left_at"]
    drawn = [(flow["at"], flow["cars_w"]["P5"]) for flow in told["flows"]]
    assert any(car_w > 0 for at, car_w in drawn if gone_at < at < first["left_at"])
    assert not any(car_w for at, car_w in drawn if second["came_at"] < at < back_at)
    assert any(car_w > 0 for at, car_w in drawn if back_at < at < second["left_at"])
    assert ("P5", "no plan can come, so the car is left with the fallback: 0 A") in happened
    assert (tmp_path / "car-park.png").stat().st_size > 10_000
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "PASS: the limit held" in page
    assert "FAIL" not in page
