"""Charging profiles at a whole station, in a few words."""

from typing import Any

from ladewerk.charging.installation import Installation
from ladewerk.ocpp import v21
from tests.charging.profiles import schedule

STATUS = v21.ChargingProfileStatusEnumType


def offered(place: Any) -> float:
    return float(place.station.units.of_evse(1).state.offer_a)


async def put(place: Any, installation: Installation) -> v21.SetChargingProfileResponse:
    request = v21.SetChargingProfileRequest(evse_id=installation.evse_id, charging_profile=installation.profile)
    answer: v21.SetChargingProfileResponse = await place.csms.peer.call(request)
    return answer


def from_now(place: Any, *periods: v21.ChargingSchedulePeriodType, **more: Any) -> v21.ChargingScheduleType:
    return schedule(*periods, start_schedule=place.clock.now(), **more)


async def charging(place: Any) -> None:
    await place.until_true(lambda: place.station.link.is_up)
    place.simulator.world.plug_in()
    await place.until("plugged")
    await place.submit(energy_wh=20000)
    await place.until("planned")
    await place.press("start")
    await place.until("charging")
    assert offered(place) == 16
