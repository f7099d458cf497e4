"""The simulator as one file, built and then run with nothing of this project, and no environment, around it."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = """
meter_port = 0
pins_port = 0
panel_port = 0
serial_link = "{folder}/evse"
time_zone = "Europe/Berlin"
[vehicle]
model = "renault-zoe"
"""
READ_1000 = bytes.fromhex("0103 03e8 0002 447b")
"""Two registers from 1000 on: the datasheet's own example, with its answer of 32 A and 0 A on offer."""
ANSWER = bytes.fromhex("0103 04 0020 0000")


@pytest.mark.timeout(300)  # a quarter of a minute where nothing else runs
def test_one_file_is_the_whole_simulator(tmp_path: Path) -> None:
    target = tmp_path / "built" / "ladewerk-simulate"
    built = subprocess.run(
        [sys.executable, ROOT / "tools" / "executable.py", target], capture_output=True, text=True, check=False, timeout=280
    )
    assert built.returncode == 0, built.stderr
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.move(target, alone / "simulate")
    (alone / "settings.toml").write_text(SETTINGS.format(folder=alone))
    command = ["env", "-i", "./simulate", "settings.toml"]
    with subprocess.Popen(command, cwd=alone, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            printed = ""
            while "Ctrl-C" not in printed and (line := process.stdout.readline()):
                printed += line
            serves_its_page(re.findall(r"panel +(\S+)", printed)[0])
            assert answer_of(alone / "evse")[: len(ANSWER)] == ANSWER
            process.send_signal(signal.SIGTERM)
            assert (process.wait(60), process.stderr and process.stderr.read()) == (0, "")
        finally:
            process.kill()


def serves_its_page(panel: str) -> None:
    with httpx.Client(base_url=panel, trust_env=False) as http:
        page = http.get("/").text
        parts = [http.get(path) for path in re.findall(r'(?:src|href)="(/[^"#]+)"', page)]
        assert len(parts) > 4
        assert {part.status_code for part in parts} == {200}
        state = http.get("/api/state").json()
        assert (state["time_zone"], state["units"]["garage"]["vehicle"]["max_current_a"]) == ("Europe/Berlin", 32)


def answer_of(device: Path) -> bytes:
    terminal = os.open(device, os.O_RDWR | os.O_NOCTTY)
    try:
        os.write(terminal, READ_1000)
        return os.read(terminal, 64)
    finally:
        os.close(terminal)
