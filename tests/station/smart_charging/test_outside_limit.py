"""A limit that the grid operator or an energy management system sets (K11 to K13)."""

from pathlib import Path
from typing import Any

import pytest

from ladewerk.ocpp import Version, v21
from ladewerk.station.smart_charging.outside_limit import read_outside_limit
from ladewerk.station.unit.needs import FieldError
from tests.station.smart_charging.profiles import charging, offered


@pytest.mark.parametrize("version", [Version.V21, Version.V201])
def test_k11_to_k13_a_limit_from_outside_holds_is_told_and_is_released(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await charging(place)
            put_limit = place.client.put
            assert (await put_limit("/api/limit", json={"source": "SO", "limit_w": 4830})).status_code == 200
            assert offered(place) == 7
            assert (await put_limit("/api/limit", json={"source": "EMS", "limit_a": 12})).status_code == 200
            assert (await put_limit("/api/limit", json={"source": "EMS", "limit_a": 12})).status_code == 200
            assert offered(place) == 7  # the lower of both
            await place.until_true(lambda: len(place.csms.limits) == 2)
            told = [(one.charging_limit.charging_limit_source, one.evse_id) for one in place.csms.limits]
            assert told == [("SO", 0), ("EMS", 0)]
            cleared = await place.csms.peer.call(v21.ClearChargingProfileRequest(charging_profile_id=-2))
            assert cleared.status.value == "Unknown"
            assert (await place.client.delete("/api/limit/SO")).status_code == 200
            await place.until_true(lambda: offered(place) == 12)
            await place.until_true(lambda: len(place.csms.limits) == 3)
            assert place.csms.limits[2] == v21.ClearedChargingLimitRequest(charging_limit_source="SO", evse_id=0)
            assert (await place.client.delete("/api/limit/SO")).status_code == 404
            async with place.restarted(place.csms.url, tmp_path) as again:
                answer = await again.client.put("/api/limit", json={"source": "CSO", "limit_a": 6})
                assert answer.status_code == 422
                assert answer.json()["errors"][0]["field"] == "source"
                await again.until_true(lambda: again.station.link.is_up)
                composite = await again.csms.peer.call(v21.GetCompositeScheduleRequest(duration=1, evse_id=1))
                assert composite.schedule.charging_schedule_period[0].limit == 12

    paced(scenario)


@pytest.mark.parametrize(
    "body",
    [{}, {"limit_w": 1, "limit_a": 1}, {"limit_w": -1}, {"limit_a": "6"}, {"limit_a": True}, {"limit_w": float("nan")}],
)
def test_a_limit_from_outside_is_one_number(body: dict[str, Any]) -> None:
    read = read_outside_limit({"source": "SO", **body})
    assert isinstance(read, FieldError)
    assert read.text == "either limit_w or limit_a is expected, a number from 0 up"
