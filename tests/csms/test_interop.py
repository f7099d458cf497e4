"""A station that nobody here wrote: the ChargePoint of the PyPI package ``ocpp`` boots, charges and gets its profile."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import websockets
from ocpp.routing import on
from ocpp.v21 import ChargePoint as ChargePoint21
from ocpp.v21 import call as call21
from ocpp.v21 import call_result as result21
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201
from websockets.typing import Subprotocol

from ladewerk.clock import SystemClock


def foreign_station(base: Any, result: Any) -> Any:
    """A station class of that package which takes profiles."""

    class Station(base):  # type: ignore[misc]  # the package has no types
        def __init__(self, identity: str, connection: Any) -> None:
            super().__init__(identity, connection)
            self.profiles: asyncio.Queue[tuple[int, dict[str, Any]]] = asyncio.Queue()

        @on("SetChargingProfile")  # type: ignore[untyped-decorator]
        async def set_charging_profile(self, evse_id: int, charging_profile: dict[str, Any], **_: Any) -> Any:
            # What it is left without its CSMS comes first.
            if charging_profile["charging_profile_purpose"] == "TxProfile":
                self.profiles.put_nowait((evse_id, charging_profile))
            return result.SetChargingProfile(status="Accepted")

    return Station


@pytest.mark.parametrize(
    ("protocol", "base", "call", "result"),
    [("ocpp2.0.1", ChargePoint201, call201, result201), ("ocpp2.1", ChargePoint21, call21, result21)],
)
def test_a_foreign_station_gets_a_profile_it_can_read(csms: Any, protocol: str, base: Any, call: Any, result: Any) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            websockets.connect(
                f"ws://127.0.0.1:{running.ocpp_port}/FOREIGN", subprotocols=[Subprotocol(protocol)]
            ) as connection,
        ):
            station = foreign_station(base, result)("FOREIGN", connection)
            reading = asyncio.create_task(station.start())
            try:
                await tell(station, call)
                async with asyncio.timeout(120):
                    evse_id, profile = await station.profiles.get()
            finally:
                reading.cancel()
                await asyncio.wait([reading])
            check(evse_id, profile)
            transaction = running.ledger.open_transaction(("foreign", 1))
            assert transaction is not None
            assert transaction.register_wh == 1200

    asyncio.run(go())


async def tell(station: Any, call: Any) -> None:
    """Everything from power-up to the need."""
    now = SystemClock().now().isoformat()
    about = {"model": "Other", "vendor_name": "Elsewhere"}
    booted = await station.call(call.BootNotification(charging_station=about, reason="PowerUp"))
    assert booted.status == "Accepted"
    await station.call(call.StatusNotification(timestamp=now, connector_status="Occupied", evse_id=1, connector_id=1))
    assert (await station.call(call.Heartbeat())).current_time
    value = {"value": 1.2, "measurand": "Energy.Active.Import.Register", "unit_of_measure": {"unit": "kWh"}}
    started = await station.call(
        call.TransactionEvent(
            event_type="Started",
            timestamp=now,
            trigger_reason="CablePluggedIn",
            seq_no=0,
            transaction_info={"transaction_id": "foreign-1", "charging_state": "EVConnected"},
            evse={"id": 1, "connector_id": 1},
            id_token={"id_token": "04A1B2", "type": "ISO14443"},
            meter_value=[{"timestamp": now, "sampled_value": [value]}],
        )
    )
    assert started.id_token_info["status"] == "Accepted"
    needs = {
        "requested_energy_transfer": "AC_three_phase",
        "departure_time": (SystemClock().now() + timedelta(hours=4)).isoformat(),
        "ac_charging_parameters": {
            "energy_amount": 6000,
            "ev_min_current": 6,
            "ev_max_current": 16,
            "ev_max_voltage": 400,
        },
    }
    told = await station.call(call.NotifyEVChargingNeeds(evse_id=1, charging_needs=needs, max_schedule_tuples=12))
    assert told.status == "Accepted"


def check(evse_id: int, profile: dict[str, Any]) -> None:
    """What a station must be able to read, in the words of that package."""
    (schedule,) = profile["charging_schedule"]
    periods = schedule["charging_schedule_period"]
    assert evse_id == 1
    assert profile["transaction_id"] == "foreign-1"
    assert (profile["charging_profile_purpose"], profile["charging_profile_kind"]) == ("TxProfile", "Absolute")
    assert periods[0]["start_period"] == 0
    assert len(periods) <= 12
    assert datetime.fromisoformat(schedule["start_schedule"]).utcoffset() is not None
    ends = [period["start_period"] for period in periods[1:]] + [schedule["duration"]]
    energy_wh = sum(
        period["limit"] * 690 * (end - period["start_period"]) / 3600 for period, end in zip(periods, ends, strict=True)
    )
    assert 5900 <= energy_wh <= 6000
