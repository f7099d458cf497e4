"""`ladewerk plan` from outside: arguments, standard input, exit status."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ladewerk.cli import main
from ladewerk.cli import plan as plan_command
from ladewerk.errors import PlanError
from ladewerk.optimizer import problem_from_json

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


@pytest.mark.parametrize(
    ("language", "header", "reason", "sentence"),
    [
        ("en", "from", "minimum current", "ev-1: Waits until 17:15 because power is 33% cheaper then; full at 17:45"),
        ("de", "von", "Mindeststrom", "ev-1: Wartet bis 17:15, weil der Strom dann 33 % billiger ist; voll um 17:45"),
        ("zh", "从", "最小电流", "ev-1：等到 17:15，因为届时电价便宜 33%；17:45 充满"),
    ],
)
def test_a_table_and_its_sentences_are_in_the_language_asked_for(
    problem: Path, language: str, header: str, reason: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(problem), "--table", "--language", language]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(header)
    assert lines[3].endswith(reason)
    assert lines[4].startswith(sentence)
    assert main(["plan", str(problem), "--language", language]) == 0
    summary = json.loads(capsys.readouterr().out)["evs"][0]["summary"]
    assert summary.startswith(sentence[len("ev-1") :].lstrip(":： "))


def test_chinese_is_printed_whatever_the_locale(problem: Path) -> None:
    command = [sys.executable, "-m", "ladewerk", "plan", str(problem), "--table", "--language", "zh"]
    done = subprocess.run(command, capture_output=True, check=False, env={"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert "电价" in done.stdout.decode()


def test_a_reader_who_goes_early_is_no_failure(problem: Path) -> None:
    command = f"'{sys.executable}' -m ladewerk plan '{problem}' | true"
    done = subprocess.run(["sh", "-c", command], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_is_told_that_long_work_goes_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr(plan_command, "PATIENCE_S", 0.0)
    released = threading.Event()
    asked = problem_from_json(json.dumps(PROBLEM))

    def work() -> str:
        released.wait(20)
        return "done"

    threading.Timer(0.05, released.set).start()
    assert plan_command._patiently(work, asked, "en") == "done"
    assert "planning 1 EVs over 3 slots: 1 s" in capsys.readouterr().err

    def fails() -> str:
        raise PlanError("$", "no")

    with pytest.raises(PlanError):
        plan_command._patiently(fails, asked, "en")


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
