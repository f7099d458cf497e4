"""``ladewerk station`` and the password of its page, as processes at a terminal."""

import re
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ladewerk.cli import main

FILE = """
[station]
identity = "LW-0001"
csms = "ws://127.0.0.1:9"
web = "0.0.0.0:0"
data = "data"
[units.garage]
evse_id = 1
evse = { driver = "evse-wb", device = "tcp://127.0.0.1:9" }
meter = { driver = "shelly-3em", url = "http://127.0.0.1:9" }
"""
CODE = re.compile(r"code for that is ([A-Z0-9]{4}-[A-Z0-9]{4})")


def test_a_station_for_every_network_is_encrypted_and_its_password_can_be_chosen_and_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "station.toml"
    path.write_text(FILE, encoding="utf-8")
    command = [sys.executable, "-c", "import sys; from ladewerk.cli import main; sys.exit(main(sys.argv[1:]))", "station"]
    station = subprocess.Popen(
        [*command, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert station.stdout is not None
        lines = [station.stdout.readline() for _ in range(3)]
        url = re.findall(r"API at (https://\S+)", lines[0])[0]
        port = url.rpartition(":")[2]
        assert re.search(rf"From other machines: https://\S+\.local:{port}", lines[1])
        trust = ssl.create_default_context(cafile=str(tmp_path / "data" / "web.pem"))
        with httpx.Client(base_url=url, verify=trust, trust_env=False) as browser:
            code = CODE.findall(lines[2])[0]
            chosen = browser.post("/api/setup", json={"code": code, "password": "a long password"})
            assert "Secure" in chosen.headers["set-cookie"]
            assert browser.get("/api/state").status_code == 200
            assert main(["station", "password", str(path)]) == 0
            assert browser.get("/api/state").status_code == 401
            again = CODE.findall(capsys.readouterr().out)[0]
            assert browser.post("/api/setup", json={"code": code, "password": "the next one"}).status_code == 422
            assert browser.post("/api/setup", json={"code": again, "password": "the next one"}).status_code == 200
    finally:
        station.terminate()
        station.wait(60)
        if station.stdout is not None:
            station.stdout.close()
