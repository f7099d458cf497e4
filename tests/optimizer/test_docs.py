"""What docs/optimizer.md shows is what happens."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ladewerk.cli.plan import table
from ladewerk.errors import PlanError
from ladewerk.optimizer import Battery, LowRate, Reason, V2g, plan_to_json, problem_from_json, solve
from ladewerk.optimizer.series_file import read_series
from ladewerk.optimizer.wire import fields

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "optimizer.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, flags=re.DOTALL)


def block(language: str, containing: str) -> str:
    found: list[str] = [text for name, text in BLOCKS if name == language and containing in text]
    assert len(found) == 1
    return found[0]


def test_the_example_gives_the_table_shown() -> None:
    problem = problem_from_json(block("json", "price_per_kwh"))
    shown = block("", "because").splitlines()
    printed = table(problem, solve(problem)).splitlines()
    assert printed[:-1] == shown[:-1]
    # How long it took, and whether the search was compiled, is the machine's.
    assert printed[-1].startswith(shown[-1].rsplit(",", 1)[0])


def test_the_programs_shown_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "problem.json").write_text(block("json", "price_per_kwh"))
    for name, text in BLOCKS:
        if name == "python":
            exec(compile(text, "docs/optimizer.md", "exec"), {})  # noqa: S102
    assert "19:30" in capsys.readouterr().out


def test_the_price_file_shown_can_be_read(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(block("", "start_at,price_per_kwh"))
    assert [price for _, price in read_series(file, "price_per_kwh")] == [0.34, 0.24, 0.28]


def test_every_field_and_every_reason_is_described() -> None:
    told = {
        name for row in re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE) for name in re.findall(r"`([\w.\[\]]+)`", row)
    }
    battery = "evs[].battery."
    asked = {name.removeprefix(battery) if name.startswith(battery) else name for name in fields()}
    assert asked - told - {"evs", "site"} == set()
    answer = json.loads(plan_to_json(solve(problem_from_json(block("json", "price_per_kwh")))))
    assert [name for name in {*answer, *answer["evs"][0]} - {"evs", "site", "id"} if f"{name}`" not in PAGE] == []
    assert [reason for reason in Reason if f"`{reason}`" not in PAGE] == []


def test_what_the_page_says_is_left_out_is_what_is_taken() -> None:
    asked = problem_from_json(block("json", "price_per_kwh"))
    for name in ("min_current_a", "value_of_time_per_h", "start_cost", "priority"):
        [said] = re.findall(rf"^\| `evs\[\]\.{name}` \|.*\| ([0-9.]+) \|$", PAGE, re.MULTILINE)
        assert float(said) == getattr(asked.evs[0], name)
    v2g = V2g(max_current_a=16)
    for name in ("min_current_a", "round_trip_efficiency", "wear_cost_per_kwh"):
        [said] = re.findall(rf"^\| `v2g\.{name}` \|.*\| ([0-9.]+) \|$", PAGE, re.MULTILINE)
        assert float(said) == getattr(v2g, name)
    assert (v2g.min_soc, v2g.max_soc) == (0.2, 1.0)


def test_a_problem_with_a_battery_reads_what_is_said_and_the_same_defaults() -> None:
    asked = json.loads(block("json", "price_per_kwh"))
    asked["evs"][0]["battery"] = {"capacity_wh": 60_000, "soc": 0.5, "v2g": {"max_current_a": 16}}
    [need] = problem_from_json(json.dumps(asked)).evs
    assert need.battery == Battery(capacity_wh=60_000, soc=0.5, v2g=V2g(max_current_a=16))
    whole = {"low_rate": {"above_a": 8, "cost_per_kwh": 0.02}, "rest_cost_per_kwh_h": 0.001, "hold_current_a": 6}
    asked["evs"][0]["battery"] = whole
    [need] = problem_from_json(json.dumps(asked)).evs
    low_rate = LowRate(above_a=8, cost_per_kwh=0.02)
    assert need.battery == Battery(low_rate=low_rate, rest_cost_per_kwh_h=0.001, hold_current_a=6)


def test_the_refusals_shown_are_those_printed() -> None:
    shown = block("", "is not known; did you mean").splitlines()
    asked = json.loads(block("json", "price_per_kwh"))
    changes: list[dict[str, object]] = [
        {"evs": [{**asked["evs"][0], "min_current_a": 20}]},
        {"site": {"limit_kw": 1}},
        {"timezone": "Europe/Berlin", "start": "2026-03-29T02:30:00+01:00"},
    ]
    for line, change in zip(shown, changes, strict=True):
        with pytest.raises(PlanError) as refused:
            problem_from_json(json.dumps({**asked, **change}))
        assert line == f"ladewerk plan: {refused.value}"


def test_the_example_runs_and_draws_its_pictures(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", str(ROOT / "examples" / "plans" / "evening.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Waits until 22:00 because power is 33% cheaper then; full at 23:45, saves 2.23 EUR\n" in done.stdout
    assert "a car with higher priority has the power" in done.stdout
    assert "Gives power back first and charges from 01:00 on" in done.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == ["giving-back.svg", "one-car.svg", "two-cars.svg"]
