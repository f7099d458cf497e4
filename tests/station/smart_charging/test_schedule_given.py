"""A schedule that a person gives at the station, from the API to the current at the board."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from ladewerk.station.config import AuthorizationConfig


def csv(place: Any, *periods: tuple[float, float, float]) -> bytes:
    """Periods of (start and end in minutes from now, A)."""
    lines = ["start,end,limit_a"]
    for start, end, limit_a in periods:
        times = [(place.clock.now() + timedelta(minutes=minutes)).isoformat() for minutes in (start, end)]
        lines.append(f"{times[0]},{times[1]},{limit_a}")
    return "\n".join(lines).encode()


async def give(place: Any, content: bytes) -> httpx.Response:
    answer: httpx.Response = await place.client.post("/api/units/garage/schedule", content=content)
    return answer


def test_a_schedule_is_taken_waits_for_start_and_ends_the_session(
    tmp_path: Path, place_at: Any, paced: Callable[..., None]
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            assert (await give(place, csv(place, (0, 9, 10.0)))).json()["code"] in {
                "evse_silent",
                "no_vehicle",
                "meter_silent",
            }
            place.simulator.world.plug_in()
            await place.until("plugged")
            wrong = await give(place, b"start,end,limit_a\n1,2,3")
            assert wrong.status_code == 422
            assert [(one["params"]["line"], one["field"]) for one in wrong.json()["errors"]] == [
                (2, "start"),
                (2, "end"),
                (2, "limit_a"),
            ]
            assert place.unit()["state"] == "plugged"
            assert (await give(place, csv(place, (0, 9, 10.0)))).status_code == 202
            unit = place.unit()
            assert (unit["state"], unit["mode"], unit["needs"]) == ("planned", "schedule", None)
            assert place.csms.needs == []
            await place.press("start")
            await place.until("charging")
            assert place.unit()["set_current_a"] == 10.0
            running = await give(place, csv(place, (0, 9, 16.0)))
            assert (running.status_code, running.json()["code"]) == (409, "in_use")
            await place.until("plugged", within_s=600)
            assert place.station.view()["messages"][-1]["params"]["reason"] == "TimeLimitReached"

    paced(scenario)


def test_a_plan_of_the_csms_lowers_a_schedule_and_never_raises_or_replaces_it(
    tmp_path: Path, place_at: Any, paced: Callable[..., None]
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.until_true(lambda: bool(place.csms.events))
            await give(place, csv(place, (0, 120, 10.0)))
            await place.press("start")
            await place.until("charging")
            for limit_a, offered_a in ((16.0, 10.0), (7.0, 7.0)):
                place.csms.periods = [(0, limit_a)]
                answer = await place.csms.set_profile(place.csms.peer, 1)
                assert answer.status.value == "Accepted"
                await place.until_true(lambda due=offered_a: place.unit()["set_current_a"] == due)
            assert place.unit()["mode"] == "schedule"
            assert place.unit()["plan"]["periods"][0]["limit_a"] == 10.0

    paced(scenario)


def test_needs_given_after_a_schedule_take_its_place(tmp_path: Path, place_at: Any, paced: Callable[..., None]) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            place.simulator.world.plug_in()
            await place.until("plugged")
            await give(place, csv(place, (0, 120, 10.0)))
            assert (await place.submit()).status_code == 202
            await place.until("planned")
            assert place.unit()["mode"] == "balanced"
            assert place.unit()["plan"]["periods"][0]["limit_a"] == 16.0
            assert (await give(place, csv(place, (0, 120, 10.0)))).status_code == 202
            assert place.unit()["mode"] == "schedule"

    paced(scenario)


def test_the_sample_comes_as_a_file_in_the_zone_asked_for(tmp_path: Path, place_at: Any, paced: Callable[..., None]) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            url = "/api/units/garage/schedule/sample"
            answer = await place.client.get(url, params={"time_zone": "Asia/Shanghai"})
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert "attachment" in answer.headers["content-disposition"]
            assert "T22:00+08:00" in answer.text
            unknown = await place.client.get(url, params={"time_zone": "Mars/Phobos"})
            assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "unknown_zone")
            assert (await place.client.get("/api/units/attic/schedule/sample")).status_code == 404
            assert (await place.client.post("/api/units/garage/schedule", content=b"x" * 200_000)).status_code == 413

    paced(scenario)


def test_where_a_token_is_needed_a_schedule_needs_one_too(tmp_path: Path, place_at: Any, paced: Callable[..., None]) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as first:
            table = msgspec.structs.replace(first.config.station, authorization=AuthorizationConfig(required=True))
            first.config = msgspec.structs.replace(first.config, station=table)
            async with first.restarted(first.csms.url, tmp_path) as place:
                place.simulator.world.plug_in()
                await place.until_true(lambda: place.unit()["allowed"]["submit"])
                refused = await give(place, csv(place, (0, 120, 10.0)))
                assert (refused.status_code, refused.json()["code"]) == (409, "token_needed")
                assert place.unit()["plan"] is None

    paced(scenario)
