"""`ladewerk plan` from outside: arguments, standard input, exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ladewerk.cli import main

PROBLEM = {
    "start": "2026-01-05T17:00:00+01:00",
    "slot_s": 900,
    "price_per_kwh": [0.3, 0.2, 0.1],
    "site": {"limit_w": 17250, "base_load_w": [800, 950, 700]},
    "evs": [{"id": "ev-1", "energy_wh": 3000, "max_current_a": 16, "mode": "cheapest"}],
}


@pytest.fixture
def problem(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(PROBLEM))
    return path


def test_a_file_gives_a_plan_as_json(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(problem)]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["evs"][0]["energy_wh"] == 3000
    assert plan["gap"] == 0
    assert plan["solve_s"] > 0


def test_standard_input_is_the_default() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ladewerk", "plan"], input=json.dumps(PROBLEM), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["evs"][0]["id"] == "ev-1"


def test_a_table_can_be_read(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(problem), "--table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + 3 + 2
    assert lines[1].endswith("price")
    assert lines[4].startswith("ev-1: ")
    assert "17:15" in lines[4]
    assert "gap 0.00%" in lines[5]


def test_a_site_without_base_load_has_a_table_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps({key: value for key, value in PROBLEM.items() if key != "site"}))
    assert main(["plan", str(path), "--table"]) == 0
    assert "ev-1" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["plan.svg", "plan.png"])
def test_a_picture_is_drawn(problem: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(problem), "--plot", str(tmp_path / name)]) == 0
    assert (tmp_path / name).stat().st_size > 10_000
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["/nowhere/problem.json"], "/nowhere/problem.json: a readable file is expected (No such file or directory)"),
        (["--plot", "plan.gif"], "--plot plan.gif: a file name that ends in .svg or .png is expected"),
    ],
)
def test_unusable_arguments_get_one_line_and_exit_2(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", *arguments]) == 2
    assert capsys.readouterr().err == f"ladewerk plan: {why}\n"


def test_a_bad_problem_gets_its_json_path_and_exit_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    path.write_text(json.dumps({**PROBLEM, "price_per_kwh": [0.3, 0.2, 0.1, 0.4]}))
    assert main(["plan", str(path)]) == 2
    assert capsys.readouterr().err.startswith("ladewerk plan: $.site.base_load_w: one value per slot, 4, is expected")


def test_a_picture_that_cannot_be_written_is_a_failure(problem: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(problem), "--plot", "/nowhere/plan.svg"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "ladewerk plan: /nowhere/plan.svg: cannot be written (No such file or directory)\n"
