"""What docs/acceptance.md says of unit and safety, sentence by sentence, is held by tests that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_test_that_is_named_is_there() -> None:
    page = (ROOT / "docs" / "acceptance.md").read_text()
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", page)
    assert len(named) > 30
    tests = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    assert [(file, test) for file, test in named if f"def {test}(" not in tests.get(file, "")] == []
