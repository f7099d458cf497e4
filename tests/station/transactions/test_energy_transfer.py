"""Transactions that last as long as energy flows, at a whole station (TxStopPoint EnergyTransfer)."""

from pathlib import Path
from typing import Any

from tests.station.authorization.test_driver_authorization import set_variable


def test_e06_the_first_pause_ends_transaction_and_session_and_a_new_start_begins_anew(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            assert await set_variable(place, "TxCtrlr", "TxStartPoint", "EnergyTransfer") == "Accepted"
            assert await set_variable(place, "TxCtrlr", "TxStopPoint", "EnergyTransfer") == "Accepted"
            place.simulator.world.plug_in()
            await place.until("plugged")
            for _ in range(2):
                known = len(place.csms.events)
                assert (await place.press("direct")).status_code == 200
                await place.until_true(lambda before=known: len(place.csms.events) > before)
                assert place.csms.events[known].event_type.value == "Started"
                assert place.simulator.world.lock.locked
                place.simulator.world.set_soc(1.0)
                await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
                ended = place.csms.events[-1]
                assert (ended.trigger_reason.value, ended.transaction_info.stopped_reason) == (
                    "ChargingStateChanged",
                    "StoppedByEV",
                )
                await place.until("plugged")
                assert not place.simulator.world.lock.locked
                assert place.unit()["set_current_a"] == 0
                place.simulator.world.set_soc(0.5)
            assert len({event.transaction_info.transaction_id for event in place.csms.events}) == 2

    paced(scenario)
