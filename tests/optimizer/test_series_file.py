"""The table of good and bad files is the one that the page's reader is held to as well."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from ladewerk.errors import ConfigError
from ladewerk.optimizer.series_file import read_series

FILES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "series_files.json").read_text("utf-8"))


@pytest.mark.parametrize("file", [file for file in FILES if "steps" in file], ids=lambda file: file["name"])
def test_a_good_file_is_read(tmp_path: Path, file: dict[str, Any]) -> None:
    path = tmp_path / "series.csv"
    path.write_bytes(file["text"].encode())
    steps = read_series(path, file["column"])
    assert [[at.astimezone(UTC).isoformat(), value] for at, value in steps] == file["steps"]


@pytest.mark.parametrize("file", [file for file in FILES if "code" in file], ids=lambda file: file["name"])
def test_a_bad_line_is_named(tmp_path: Path, file: dict[str, Any]) -> None:
    path = tmp_path / "series.csv"
    path.write_bytes(file["text"].encode())
    with pytest.raises(ConfigError, match=file["words"]) as refused:
        read_series(path, file["column"])
    assert refused.value.key == (str(path) if file["line"] is None else f"{path}:{file['line']}")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_series(tmp_path / "none.csv", "power_w")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_series(tmp_path / "binary.csv", "power_w")
