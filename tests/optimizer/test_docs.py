"""What docs/optimizer.md shows is what happens."""

import json
import re
from pathlib import Path

import pytest

from ladewerk.cli.plan import table
from ladewerk.optimizer import Reason, plan_to_json, problem_from_json, solve
from ladewerk.optimizer.series_file import read_series
from ladewerk.optimizer.wire import _Need, _Problem, _Site

PAGE = (Path(__file__).parents[2] / "docs" / "optimizer.md").read_text(encoding="utf-8")
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
    assert printed[-1].rsplit(",", 1)[0] == shown[-1].rsplit(",", 1)[0]


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
    fields = {*_Problem.__struct_fields__, *_Need.__struct_fields__, *(f"site.{name}" for name in _Site.__struct_fields__)}
    missing = [name for name in fields - {"evs", "site"} if f"{name}`" not in PAGE]
    assert missing == []
    answer = json.loads(plan_to_json(solve(problem_from_json(block("json", "price_per_kwh")))))
    assert [name for name in {*answer, *answer["evs"][0]} - {"evs", "site", "id", "solve_s"} if f"{name}`" not in PAGE] == []
    assert [reason for reason in Reason if f"`{reason}`" not in PAGE] == []
