"""Which ways an input takes through the library: what the corpus is minimised by."""

import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import FrameType
from typing import Any

import ladewerk.ocpp
from tests.ocpp.fuzz.target import Target

_ROOM = str(Path(ladewerk.ocpp.__file__).parent)
Step = tuple[str, int, int]
"""A file, and two lines of it that were run one after the other."""


def smallest(needed: Iterable[bytes], others: Iterable[bytes]) -> list[bytes]:
    """Those of ``others``, the shortest first, that take a step which nothing before them takes."""
    known, kept = set[Step](), []
    with closing(Target()) as target:
        for data in needed:
            known |= _steps(target, data)
        for data in sorted(set(others), key=lambda data: (len(data), data)):
            steps = _steps(target, data)
            if not steps <= known:
                known |= steps
                kept.append(data)
    return kept


def _steps(target: Target, data: bytes) -> set[Step]:
    steps: set[Step] = set()

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        file = frame.f_code.co_filename
        if event != "call" or not file.startswith(_ROOM):
            return None
        before = -frame.f_code.co_firstlineno

        def step(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal before
            if event == "line":
                steps.add((file, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    sys.settrace(enter)
    try:
        target.take(data)
    finally:
        sys.settrace(None)
    return steps
