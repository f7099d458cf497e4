"""What cannot work is refused before anything runs."""

import os
from pathlib import Path

import pytest

from ladewerk.cli import main


def test_a_folder_that_cannot_be_made_is_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["demo", "--headless", "--out", str(tmp_path / "file" / "report")]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--mode", "fast"], "invalid choice: 'fast'"),
        (["--speed", "0"], "a speed is a number above 0, not '0'"),
        (["--seed", "one"], "invalid int value: 'one'"),
    ],
)
def test_what_it_does_not_know_is_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["demo", *words])
    assert refused.value.code == 2
    (line,) = capsys.readouterr().err.strip().split(os.linesep)
    assert said in line
