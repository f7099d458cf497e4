"""The demonstration as the command a user types, over the real protocols, in each mode and twice with one seed."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(2400)

QUARTER_S = 900


@dataclass(frozen=True)
class Evening:
    """One run: what it printed and what it wrote."""

    status: int
    output: str
    folder: Path

    @property
    def session(self) -> dict[str, Any]:
        session: dict[str, Any] = json.loads((self.folder / "session.json").read_text(encoding="utf-8"))
        return session

    def energy_by_quarter_wh(self) -> dict[int, float]:
        """Energy of the car by quarter-hour of the day's count."""
        energy_wh: dict[int, float] = {}
        before_wh = 0.0
        for sample in self.session["samples"]:
            quarter = int(datetime.fromisoformat(sample["at"]).timestamp() // QUARTER_S)
            energy_wh[quarter] = energy_wh.get(quarter, 0.0) + sample["energy_wh"] - before_wh
            before_wh = sample["energy_wh"]
        return energy_wh


@pytest.fixture(scope="module")
def evenings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Evening]:
    """Two balanced evenings with one seed, a shortest and a cheapest one; two run at a time."""
    runs = {"balanced": "balanced", "again": "balanced", "shortest": "shortest", "cheapest": "cheapest"}

    def run(name: str) -> Evening:
        folder = tmp_path_factory.mktemp(name)
        command = ["demo", "--headless", "--mode", runs[name], "--seed", "7", "--out", str(folder)]
        finished = subprocess.run(
            [sys.executable, "-m", "ladewerk", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Evening(finished.returncode, finished.stdout, folder)

    with ThreadPoolExecutor(2) as two:
        return dict(zip(runs, two.map(run, runs), strict=True))


@pytest.mark.parametrize("name", ["balanced", "again", "shortest", "cheapest"])
def test_the_car_has_its_energy_in_time_below_the_limit_and_nothing_went_wrong(
    evenings: dict[str, Evening], name: str
) -> None:
    evening = evenings[name]
    assert evening.status == 0, evening.output
    result = evening.session["result"]
    assert result["energy_wh"] >= result["asked_wh"] - 10
    assert result["energy_wh"] <= result["asked_wh"] + 100
    assert result["peak_w"] <= result["limit_w"]
    assert datetime.fromisoformat(result["complete_at"]) <= datetime.fromisoformat(result["depart_at"])
    assert result["peak_at_once_w"] > result["limit_w"]
    assert [line for line in evening.session["log"] if line["level"] != "warning"] == []


def test_the_station_s_account_agrees_with_what_flowed(evenings: dict[str, Evening]) -> None:
    session = evenings["balanced"].session
    (transaction,) = session["transactions"]
    assert transaction["stopped_reason"] == "EnergyLimitReached"
    assert transaction["energy_wh"] == pytest.approx(session["result"]["energy_wh"], rel=0.01)


def test_the_same_seed_gives_the_same_plan_and_the_same_energy_per_slot(evenings: dict[str, Evening]) -> None:
    first, second = evenings["balanced"], evenings["again"]
    plans = [[(slot["start_at"], slot["current_a"]) for slot in run.session["plans"][0]["slots"]] for run in (first, second)]
    assert plans[0][1:] == plans[1][1:]  # the first slot begins the second the plan was made
    energies = [run.energy_by_quarter_wh() for run in (first, second)]
    for quarter in energies[0].keys() | energies[1].keys():
        assert energies[0].get(quarter, 0.0) == pytest.approx(energies[1].get(quarter, 0.0), rel=0.02, abs=20)


def test_the_three_modes_make_three_different_and_right_plans(evenings: dict[str, Evening]) -> None:
    results = {mode: evenings[mode].session["result"] for mode in ("shortest", "balanced", "cheapest")}
    complete = {mode: datetime.fromisoformat(result["complete_at"]) for mode, result in results.items()}
    assert complete["shortest"] < complete["balanced"] < complete["cheapest"]
    assert results["shortest"]["cost"] > results["balanced"]["cost"] > results["cheapest"]["cost"]
    reasons = {mode: {slot["reason"] for slot in evenings[mode].session["plans"][0]["slots"]} for mode in results}
    assert "site limit" in reasons["shortest"]
    assert "price" in reasons["cheapest"]


def test_nothing_flows_before_the_plan_says_so(evenings: dict[str, Evening]) -> None:
    for sample in evenings["cheapest"].session["samples"]:
        if (
            datetime.fromisoformat(sample["at"]).astimezone().timestamp()
            < datetime(2026, 1, 12, 23).astimezone().timestamp()
        ):
            assert sample["power_w"] == 0, sample


def test_the_frames_are_all_there_in_order(evenings: dict[str, Evening]) -> None:
    frames = evenings["balanced"].session["frames"]
    times = [datetime.fromisoformat(frame["at"]) for frame in frames]
    assert times == sorted(times)
    actions = [message[2] for frame in frames if (message := json.loads(frame["text"]))[0] == 2]
    for action in (
        "BootNotification",
        "StatusNotification",
        "NotifyEVChargingNeeds",
        "SetChargingProfile",
        "TransactionEvent",
    ):
        assert action in actions
    sequence = [
        message[3]["seqNo"]
        for frame in frames
        if (message := json.loads(frame["text"]))[0] == 2 and message[2] == "TransactionEvent"
    ]
    assert sequence == list(range(len(sequence)))


def test_the_report_needs_nothing_from_elsewhere(evenings: dict[str, Evening]) -> None:
    folder = evenings["balanced"].folder
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "src=" not in page
    assert "<link" not in page
    assert (folder / "evening.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "evening.svg").stat().st_size > 10_000
