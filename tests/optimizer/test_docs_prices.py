"""What docs/prices-and-forecasts.md shows is what happens."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "prices-and-forecasts.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", PAGE, flags=re.DOTALL)


def test_the_programs_shown_run(capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in BLOCKS:
        if name == "python":
            exec(compile(text, "docs/prices-and-forecasts.md", "exec"), {})  # noqa: S102
    median_w, p95_w, mae_w, coverage = map(float, capsys.readouterr().out.split())
    assert 0 < median_w < p95_w
    assert 0 < mae_w < 500
    assert 0.9 < coverage < 1


def test_the_sample_becomes_prices_by_the_commands_shown(tmp_path: Path) -> None:
    (commands,) = (text.splitlines() for name, text in BLOCKS if name == "sh" and "--sample" in text)
    sample, hours = (shlex.split(line, comments=True) for line in commands[:2])
    with (tmp_path / sample[-1]).open("w") as file:
        subprocess.run([sys.executable, "-m", *sample[: sample.index(">")]], stdout=file, check=True, cwd=tmp_path)
    done = subprocess.run([sys.executable, "-m", *hours], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert '"slot_s": 3600, "price_per_kwh": [0.21, ' in done.stdout
