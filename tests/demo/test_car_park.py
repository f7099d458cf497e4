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
    assert result["peak_w"] <= result["limit_w"] < result["at_once_w"]
    assert result["may_peak_w"] <= result["limit_w"]
    assert result["peak_w"] > 0.85 * result["limit_w"], "the limit has to bite"
    happened = [line["what"] for line in told["happened"]]
    assert sum("a car comes" in what for what in happened) == sum("the car leaves" in what for what in happened) == 6
    assert [what for what in happened if "P5" in what and "connection" in what]
    assert {"site limit", "price"} <= {slot["reason"] for plan in told["plans"] for slot in plan["slots"]}
    assert {plan["station_id"] for plan in told["plans"]} == {f"P{place}" for place in range(1, 7)}
    assert all(len(flow["cars_w"]) == 6 for flow in told["flows"])
    assert all(before["at"] <= after["at"] for before, after in pairwise(told["allowed"]))
    assert (tmp_path / "car-park.png").stat().st_size > 10_000
    assert "Everything went as it has to." in (tmp_path / "report.html").read_text(encoding="utf-8")
