"""The inputs that are kept: one a line, as JSON strings, written by hand or found by the guided fuzzer.

Bytes that are no UTF-8 stand in a line as halves of surrogate pairs.
"""

import json
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
WRITTEN = FOLDER / "written.jsonl"
"""By hand: awkward frames, and what was wrong once."""

FOUND = FOLDER / "found.jsonl"
"""By the guided fuzzer, minimised: each line goes a way through the code that no other goes."""


def read(file: Path) -> list[bytes]:
    """The inputs in ``file``."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [json.loads(line).encode("utf-8", "surrogateescape") for line in lines]


def write(file: Path, inputs: Iterable[bytes]) -> None:
    """Keep ``inputs`` in ``file``, each once, in an order of their own."""
    lines = {json.dumps(data.decode("utf-8", "surrogateescape")) for data in inputs}
    file.write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="utf-8")
