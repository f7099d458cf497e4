"""The command that generates: current, not current, unusable."""

import json
from pathlib import Path

import pytest

from ladewerk.ocpp.codegen import schemas
from ladewerk.ocpp.codegen.__main__ import generated, main, stale


def test_the_committed_types_are_what_the_schemas_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_changed_schema_makes_check_fail_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for version in ("v16", "v201", "v21"):
        (tmp_path / version).mkdir()
        for stem, schema in schemas.read(schemas.packaged(), version).items():
            if (version, stem) == ("v21", "HeartbeatResponse"):
                schema["properties"]["uptime"] = {"type": "integer", "minimum": 0.0}
            (tmp_path / version / f"{stem}.json").write_text(json.dumps(schema))
    assert main(["--check", "--schemas", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "v21/types.py" in said
    assert "v201" not in said
    assert "    uptime: IntFrom0 | UnsetType = UNSET\n" in generated(tmp_path)["v21"]


def test_a_missing_file_is_not_current(tmp_path: Path) -> None:
    assert stale({"v21": "text"}, tmp_path) == ["v21"]


def test_a_folder_without_schemas_is_refused_with_what_belongs_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--schemas", str(tmp_path)]) == 2
    assert "v16, v201, v21" in capsys.readouterr().err


def test_generating_twice_gives_the_same_text() -> None:
    assert generated(schemas.packaged()) == generated(schemas.packaged())


def test_no_description_text_of_the_schemas_is_in_the_types() -> None:
    texts = set()

    def collect(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("description"), str):
                texts.add(node["description"].strip())
            for inner in node.values():
                collect(inner)

    collect(schemas.read(schemas.packaged(), "v21"))
    module = generated(schemas.packaged())["v21"]
    long_texts = [text for text in texts if len(text) > 25]
    assert len(long_texts) > 500
    assert not [text for text in long_texts if text in module]


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_broken_schema_file_is_named(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "v16").mkdir()
    (tmp_path / "v16" / "Reset.json").write_text(content)
    assert main(["--schemas", str(tmp_path)]) == 2
    assert "v16/Reset.json" in capsys.readouterr().err
