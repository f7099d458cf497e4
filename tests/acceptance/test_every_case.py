"""Every acceptance case has a test that carries its id, where docs/acceptance.md says."""

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = ROOT.parent / "shared" / "acceptance" / "charging-cases.md"
CASE = re.compile(r"\b([BGWFDS])(\d\d)\b(?: to \1(\d\d))?")


def cases_of(cell: str) -> list[str]:
    """The ids in a cell such as "B01, G01 to G09"."""
    found = []
    for letter, first, last in CASE.findall(cell):
        found += [f"{letter}{number:02}" for number in range(int(first), int(last or first) + 1)]
    return found


def rows() -> list[tuple[list[str], list[Path]]]:
    """Cases and their files, row by row of the page."""
    lines = (ROOT / "docs" / "acceptance.md").read_text(encoding="utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("| ") and CASE.match(line[2:])]
    return [(cases_of(first), [ROOT / name for name in re.findall(r"`([^`]+)`", last)]) for first, _, last in cells]


@pytest.mark.parametrize(("cases", "files"), rows(), ids=lambda value: value[0] if isinstance(value[0], str) else "")
def test_each_case_of_a_row_is_in_the_name_of_a_test_of_its_files(cases: list[str], files: list[Path]) -> None:
    names = "\n".join(
        re.findall(r"^def (test_\w+)", "\n".join(file.read_text(encoding="utf-8") for file in files), re.MULTILINE)
    )
    assert [case for case in cases if not re.search(rf"_{case}(_|$)", names, re.MULTILINE)] == []


def test_no_case_is_left_out() -> None:
    if not CASES.is_file():
        assert "CI" not in os.environ, f"in CI nothing is left out, and {CASES} is not there"
        pytest.skip("the list of cases lies beside the checkout, and it is not there")
    asked = re.findall(r"^\| ([BGWFDS]\d\d) \|", CASES.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted({case for cases, _ in rows() for case in cases}) == sorted(asked)
