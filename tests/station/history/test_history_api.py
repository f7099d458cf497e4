"""What a station has seen is there after a restart, as JSON and as CSV with headings that stay."""

import asyncio
import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ladewerk.station.history import export
from ladewerk.station.history.tables import Said

HEADINGS = {
    "readings": "unit,begin,end,measured_s,energy_wh,mean_w,lowest_w,highest_w,offered_a,planned_w",
    "sessions": "transaction_id,unit,evse_id,begin,end,id_token,energy_wh,reason,cost",
    "plans": "taken_at,unit,transaction_id,period_begin,limit_a",
    "messages": "at,unit,level,code,text",
}
DOCS = Path(__file__).parents[3] / "docs" / "history.md"


def test_what_was_charged_is_there_after_a_restart(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            place.csms.total_cost = 1.25
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert (await place.submit(energy_wh=900)).status_code == 202
            await place.until("planned")
            assert (await place.press("start")).status_code < 300
            await place.until("plugged", within_s=1200)
            drawn_wh = place.simulator.world.sample().drawn_wh
            async with place.restarted(place.csms.url, tmp_path) as again:
                said = [message["code"] for message in again.station.view()["messages"]]
                assert "session_ended" in said
                await check_json(again, drawn_wh)
                await check_csv(again, drawn_wh)
                await check_refusals(again)
                await check_a_file_that_cannot_be_read(again, tmp_path / "history.sqlite3")

    paced(scenario)


async def check_json(place: Any, drawn_wh: float) -> None:
    found = (await place.client.get("/api/history/readings", params={"unit": "garage"})).json()["readings"]
    assert sum(one["energy_wh"] for one in found) == pytest.approx(drawn_wh, rel=0.02)
    assert max(one["highest_w"] for one in found) > 10_000
    few = (await place.client.get("/api/history/readings", params={"unit": "garage", "at_most": 5})).json()["readings"]
    assert len(few) <= 6
    assert sum(one["energy_wh"] for one in few) == pytest.approx(sum(one["energy_wh"] for one in found), abs=0.1)
    sessions = (await place.client.get("/api/history/sessions")).json()["sessions"]
    (ended,) = sessions
    assert (ended["unit"], ended["reason"]) == ("garage", "EnergyLimitReached")
    assert ended["cost"] == 1.25
    assert ended["energy_wh"] == pytest.approx(drawn_wh, rel=0.02)
    plans = (await place.client.get("/api/history/plans")).json()["plans"]
    assert plans[-1]["periods"][0]["limit_a"] == 16
    samples = (await place.client.get("/api/units/garage/samples")).json()["samples"]
    assert max(one[1] for one in samples) > 10_000


async def check_csv(place: Any, drawn_wh: float) -> None:
    for table, heading in HEADINGS.items():
        answer = await place.client.get(f"/api/history/{table}.csv")
        assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
        assert answer.headers["content-disposition"] == f'attachment; filename="{table}.csv"'
        assert answer.text.splitlines()[0] == heading
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert rows
        if table == "readings":
            assert sum(float(row["energy_wh"]) for row in rows) == pytest.approx(drawn_wh, rel=0.02)
            assert all(row["begin"].endswith("+00:00") for row in rows)
    nothing = await place.client.get(
        "/api/history/readings.csv", params={"unit": "garage", "from": (place.clock.now() + timedelta(1)).isoformat()}
    )
    assert nothing.text == HEADINGS["readings"] + "\r\n"


async def check_refusals(place: Any) -> None:
    async def status(path: str, **params: str) -> int:
        answer = await place.client.get(path, params=params)
        return int(answer.status_code)

    assert await status("/api/history/readings", unit="attic") == 404
    assert await status("/api/history/readings.csv", unit="attic") == 404
    assert await status("/api/history/cars.csv") == 404
    for path in ("sessions", "sessions.csv", "messages", "plans"):
        assert await status(f"/api/history/{path}", **{"from": "yesterday"}) == 422
        assert await status(f"/api/history/{path}", **{"from": "2026-01-05T17:00:00"}) == 422
        assert await status(f"/api/history/{path}", to="1970-01-01T00:00:00Z") == 422


def take_away(file: Path) -> None:
    file.rename(file.with_suffix(".elsewhere"))
    file.mkdir()


async def check_a_file_that_cannot_be_read(place: Any, file: Path) -> None:
    await asyncio.to_thread(take_away, file)
    answer = await place.client.get("/api/history/sessions")
    assert (answer.status_code, answer.json()["code"]) == (503, "database")
    assert f"{file} cannot be used" in answer.json()["text"]
    await asyncio.to_thread(file.rmdir)
    assert (await place.client.get("/api/history/sessions")).status_code == 200


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_looks_like_a_formula_stays_a_text(text: str) -> None:
    said = Said(at_s=0.0, unit_id=None, level="info", code="needs_refused", params={}, text=text)
    (row,) = csv.reader(io.StringIO(export.message_line(said), newline=""))
    assert row == ["1970-01-01T00:00:00.000+00:00", "", "info", "needs_refused", "'" + text]


def test_commas_quotes_and_lines_survive_the_csv() -> None:
    text = 'the meter says "no", twice,\nand 车'
    said = Said(at_s=0.0, unit_id="garage", level="error", code="order_failed", params={}, text=text)
    (row,) = csv.reader(io.StringIO(export.message_line(said), newline=""))
    assert row[-1] == text


@pytest.mark.parametrize("table", HEADINGS)
def test_the_headings_are_documented(table: str) -> None:
    heading = ",".join(
        {"readings": export.READINGS, "sessions": export.SESSIONS, "plans": export.PLANS}.get(table, export.MESSAGES)
    )
    assert heading == HEADINGS[table]
    assert f"`{heading}`" in DOCS.read_text(encoding="utf-8")
