"""Random scripts of faults in virtual time: everything that has to hold holds, and a seed is a run, byte for byte."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.__main__ import replay
from tests.chaos.rehearsal import rehearse
from tests.chaos.script import write_script

SCRIPTS = 100
AT_ONCE = 4


@pytest.mark.parametrize("first", range(0, SCRIPTS, AT_ONCE))
def test_whatever_breaks_everything_that_has_to_hold_holds(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        assert rehearse(write_script(seed)).broken == (), replay(seed)


def test_the_same_seed_is_the_same_run_byte_for_byte_in_another_process(tmp_path: Path) -> None:
    records = []
    for hash_seed in ("1", "2"):
        file = tmp_path / f"{hash_seed}.jsonl"
        command = [sys.executable, "-m", "tests.chaos", "--seed", "4", "--record", str(file)]
        told = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True)
        assert told.returncode == 0, told.stdout + told.stderr
        assert hashlib.sha256(file.read_bytes()).hexdigest() in told.stdout
        records.append(file.read_bytes())
    assert records[0] == records[1]
    assert len(records[0].splitlines()) > 100


def test_another_seed_is_another_run() -> None:
    assert write_script(1) == write_script(1)
    assert write_script(1) != write_script(2)
