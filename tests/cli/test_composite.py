"""`ladewerk composite` from outside: arguments, standard input, exit status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ladewerk.cli import main

REQUEST = {
    "now": "2024-01-17T18:00:00Z",
    "version": "2.0.1",
    "evse_id": 1,
    "duration_s": 86400,
    "unit": "A",
    "station": {"evses": 1, "max_current_a": 48, "voltage_v": 230, "phases": 3},
    "transactions": [{"evse_id": 1, "transaction_id": "t-1", "start": "2024-01-17T17:55:00Z"}],
    "profiles": [
        {
            "evse_id": 1,
            "profile": {
                "id": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxDefaultProfile",
                "chargingProfileKind": "Relative",
                "chargingSchedule": [
                    {
                        "id": 1,
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}, {"startPeriod": 600, "limit": 10}],
                    }
                ],
            },
        }
    ],
}
PERIODS = [{"start_s": 0, "limit": 16.0, "phases": 3}, {"start_s": 300, "limit": 10.0, "phases": 3}]


def test_a_file_gives_its_composite_schedule_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    assert main(["composite", str(path)]) == 0
    told = capsys.readouterr()
    assert (json.loads(told.out)["periods"], told.err) == (PERIODS, "")


def test_standard_input_is_the_default() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ladewerk", "composite"],
        input=json.dumps(REQUEST),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["periods"] == PERIODS


def test_a_set_that_could_not_be_installed_gets_its_reason_and_exit_2() -> None:
    wrong = json.dumps({**REQUEST, "transactions": []}).replace("TxDefaultProfile", "TxProfile")
    done = subprocess.run(
        [sys.executable, "-m", "ladewerk", "composite"], input=wrong, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "ladewerk composite: $.profiles[0]: cannot be installed, MissingParam: a TxProfile names its transaction\n"
    )


def test_unusable_arguments_get_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["composite", "/nowhere/request.json"]) == 2
    why = "/nowhere/request.json: a readable file is expected (No such file or directory)"
    assert capsys.readouterr().err == f"ladewerk composite: {why}\n"


def test_a_reader_that_leaves_early_gets_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ladewerk", "composite"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as left:
        assert left.stdout is not None
        left.stdout.close()
        left.stdout = None
        _, told = left.communicate(json.dumps(REQUEST).encode())
    assert (left.returncode, told) == (0, b"")
