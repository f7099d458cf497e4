"""Availability and resets, as a CSMS orders them (B11, B12, G03)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.ocpp import Version, v21
from tests.station.asked import up


async def order(place: Any, wanted: str, evse: v21.EVSEType | Any = UNSET) -> str:
    request = v21.ChangeAvailabilityRequest(operational_status=v21.OperationalStatusEnumType(wanted), evse=evse)
    return str((await place.csms.peer.call(request)).status.value)


@pytest.mark.parametrize("version", [Version.V21, Version.V201, Version.V16])
def test_g03_out_of_service_is_told_refuses_and_survives(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await up(place)
            await place.until_true(lambda: place.csms.statuses[-1:] == ["Available"])
            assert await order(place, "Inoperative", v21.EVSEType(id=1)) == "Accepted"
            await place.until_true(lambda: place.csms.statuses[-1] == "Unavailable")
            async with place.restarted(place.csms.url, tmp_path) as again:
                await up(again)
                await again.until_true(lambda: again.csms.statuses[-1] == "Unavailable")
                again.simulator.world.plug_in()
                await again.until("plugged")
                answer = await again.press("direct")
                assert (answer.status_code, answer.json()["code"]) == (409, "out_of_service")
                assert again.unit()["sentence"]["code"] == "out_of_service"
                assert not again.unit()["allowed"]["direct"]
                assert again.csms.events == []
                assert await order(again, "Operative", v21.EVSEType(id=1)) == "Accepted"
                assert (await again.press("direct")).status_code == 200
                await again.until("direct")
                await again.until_true(lambda: again.csms.statuses[-1] == "Occupied")
                assert await order(again, "Inoperative") == "Scheduled"
                assert again.unit()["state"] == "direct"
                await again.press("stop")
                await again.until_true(lambda: again.csms.statuses[-1] == "Unavailable")
                assert await order(again, "Operative", v21.EVSEType(id=7)) == "Rejected"

    paced(scenario)


def test_b12_a_reset_on_idle_waits_for_the_transaction_and_none_begins_meanwhile(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await up(place)
            place.simulator.world.plug_in()
            await place.until("plugged")
            reset = v21.ResetRequest(type=v21.ResetEnumType.ON_IDLE)
            assert (await place.csms.peer.call(reset)).status.value == "Scheduled"
            single = v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE, evse_id=1)
            assert (await place.csms.peer.call(single)).status.value == "Rejected"
            await asyncio.sleep(60)
            assert not place.station.reset_asked.is_set()
            place.simulator.world.unplug()
            await place.until_true(place.station.reset_asked.is_set)
            assert place.station.next_boot is v21.BootReasonEnumType.SCHEDULED_RESET
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert (await place.press("direct")).json()["code"] == "out_of_service"
            assert len({event.transaction_info.transaction_id for event in place.csms.events}) == 1

    paced(scenario)


@pytest.mark.parametrize("charging", [True, False])
def test_b12_a_reset_at_once_ends_the_transaction_with_it(tmp_path: Path, place_at: Any, paced: Any, charging: bool) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await up(place)
            place.simulator.world.plug_in()
            await place.until("plugged")
            if charging:
                await place.press("direct")
                await place.until("direct")
            reset = v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE)
            assert (await place.csms.peer.call(reset)).status.value == "Accepted"
            await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
            last = place.csms.events[-1]
            assert (last.trigger_reason.value, last.transaction_info.stopped_reason) == ("ResetCommand", "ImmediateReset")
            assert place.station.reset_asked.is_set()
            await place.until_true(lambda: place.csms.security_events[-1].type == "ResetOrReboot")

    paced(scenario)
