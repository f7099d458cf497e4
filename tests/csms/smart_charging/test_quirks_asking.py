"""A station of OCPP 1.6 as there are many: watts alone, one period, and it says so when it is asked."""

import asyncio
from typing import Any

import httpx
import websockets
from ocpp.exceptions import PropertyConstraintViolationError
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.typing import Subprotocol

from ladewerk.clock import LoopClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.planning.site import Site
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.paced_loop import PacedLoop
from tests.csms.smart_charging.test_delivery import ORIGIN

SAYS = {
    "ChargingScheduleAllowedChargingRateUnit": "Power",
    "ChargingScheduleMaxPeriods": "1",
    "ChargeProfileMaxStackLevel": "0",
}
NIGHT = Site(limit_w=17_250.0, fallback_a=6.0, voltage_v=230.0, value_of_time_per_h=0.0)


class Station(ChargePoint):  # type: ignore[misc]  # the package has no types
    """Answers one key at a time and no more, and keeps the profiles it gets."""

    def __init__(self, identity: str, connection: Any) -> None:
        super().__init__(identity, connection)
        self.profiles: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @on("SetChargingProfile")  # type: ignore[untyped-decorator]
    async def set_charging_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any], **_: Any) -> Any:
        del connector_id
        self.profiles.put_nowait(cs_charging_profiles)
        return call_result.SetChargingProfile(status="Accepted")

    @on("GetConfiguration")  # type: ignore[untyped-decorator]
    async def get_configuration(self, key: list[str] | None = None, **_: Any) -> Any:
        if key is None or len(key) > 1:
            raise PropertyConstraintViolationError
        known = [{"key": key[0], "readonly": True, "value": SAYS[key[0]]}] if key[0] in SAYS else []
        return call_result.GetConfiguration(configuration_key=known, unknown_key=[] if known else key)


async def next_profile(station: Station, purpose: str) -> dict[str, Any]:
    while True:
        profile = await station.profiles.get()
        if profile["charging_profile_purpose"] == purpose:
            return profile


def said(profile: dict[str, Any]) -> tuple[str, int | None, list[float]]:
    schedule = profile["charging_schedule"]
    limits = [float(period["limit"]) for period in schedule["charging_schedule_period"]]
    return schedule["charging_rate_unit"], schedule.get("duration"), limits


def test_a_station_is_told_what_it_says_that_it_takes_and_the_rest_in_its_turn(database: str) -> None:
    async def go() -> None:
        clock = LoopClock(asyncio.get_running_loop(), ORIGIN)
        config = CsmsConfig(
            listen="127.0.0.1:0", web="127.0.0.1:0", database=database, accept_unknown=True, open=True, site=NIGHT
        )
        async with (
            running_csms(config, clock) as running,
            websockets.connect(
                f"ws://127.0.0.1:{running.ocpp_port}/WATTS", subprotocols=[Subprotocol("ocpp1.6")]
            ) as connection,
            httpx.AsyncClient(base_url=f"{running.web_url}/api/stations/watts", trust_env=False) as client,
        ):
            station = Station("WATTS", connection)
            reading = asyncio.create_task(station.start())
            await station.call(call.BootNotification(charge_point_model="One", charge_point_vendor="Elsewhere"))
            await station.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Charging"))
            assert said(await next_profile(station, "TxDefaultProfile")) == ("W", None, [4140.0])
            assert running.ledger.quirks_of("watts") == Quirks(rate_unit="W", max_periods=1)
            at = clock.now().isoformat()
            await station.call(call.StartTransaction(connector_id=1, id_tag="A", meter_start=0, timestamp=at))
            # The night is cheaper: a pause first, then all of it.
            need = {"energy_wh": 20_000, "mode": "cheapest", "min_current_a": 6, "max_current_a": 16, "phases": 3}
            assert (await client.put("/evses/1/needs", json=need)).status_code == 200
            first = said(await next_profile(station, "TxProfile"))
            assert (first[0], first[2]) == ("W", [0.0])
            second = said(await next_profile(station, "TxProfile"))
            assert (second[0], second[2]) == ("W", [11040.0])
            await check_the_api(client)
            reading.cancel()
            await asyncio.wait([reading])

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(go())


async def check_the_api(client: httpx.AsyncClient) -> None:
    """What an operator says wins, and what cannot be is refused by field."""
    known = (await client.get("/quirks")).json()
    assert known["found"] == {"rate_unit": "W", "max_stack_level": 0, "max_periods": 1}
    assert (known["said"], known["used"]["rate_unit"]) == ({}, "W")
    refused = await client.put("/quirks", json={"purpose": "TxDefaultProfile"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "purpose")
    for wrong in ({"max_periods": 0}, {"rate_unit": "kW"}, {"colour": "blue"}):
        assert (await client.put("/quirks", json=wrong)).status_code == 422
    told = (await client.put("/quirks", json={"rate_unit": "A", "min_interval_s": 300})).json()
    assert (told["used"]["rate_unit"], told["used"]["min_interval_s"], told["found"]["rate_unit"]) == ("A", 300, "W")
