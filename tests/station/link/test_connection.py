"""The connection: its password, its profiles, and what is told after an outage (A01, B04, B09, B10)."""

import asyncio
from pathlib import Path
from typing import Any

from ladewerk.ocpp import v21
from tests.station.asked import up, value
from tests.station.authorization.test_driver_authorization import set_variable

PASSWORD = "0123456789abcdef-new"


def test_a01_a_new_password_counts_at_once_and_after_a_restart(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)
            assert await set_variable(place, "SecurityCtrlr", "BasicAuthPassword", "short") == "Rejected"
            assert await set_variable(place, "SecurityCtrlr", "BasicAuthPassword", PASSWORD) == "Accepted"
            await place.until_true(lambda: place.csms.passwords == ["", PASSWORD])
            await up(place)
            reconfigured = "ReconfigurationOfSecurityParameters"
            await place.until_true(lambda: place.csms.security_events[-1].type == reconfigured)
            assert not any(PASSWORD in str(event.tech_info) for event in place.csms.security_events)
            assert await value(place, "SecurityCtrlr", "SecurityProfile") == "1"
            assert rights_of_others(tmp_path) == {0}
            async with place.restarted(place.csms.url, tmp_path) as again:
                await up(again)
                assert again.csms.passwords == ["", PASSWORD, PASSWORD]
                assert not any(PASSWORD in message["text"] for message in again.station.view()["messages"])

    paced(scenario)


def rights_of_others(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o077 for path in folder.glob("journal.sqlite3*")}


def profile(url: str, **more: Any) -> v21.NetworkConnectionProfileType:
    return v21.NetworkConnectionProfileType(
        **{
            "ocpp_interface": v21.OCPPInterfaceEnumType.WIRED0,
            "ocpp_transport": v21.OCPPTransportEnumType.JSON,
            "message_timeout": 30,
            "ocpp_csms_url": url,
            "security_profile": 0,
            **more,
        }
    )


def test_b09_b10_another_csms_is_called_after_the_next_reset_and_the_old_one_where_it_is_not_there(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)

            async def put(slot: int, given: v21.NetworkConnectionProfileType) -> str:
                request = v21.SetNetworkProfileRequest(configuration_slot=slot, connection_data=given)
                return str((await place.csms.peer.call(request)).status.value)

            priority = ("OCPPCommCtrlr", "NetworkConfigurationPriority")
            assert await set_variable(place, *priority, "1,0") == "Rejected"
            assert await put(1, profile("http://nowhere")) == "Rejected"
            assert await put(5, profile("ws://127.0.0.1:9")) == "Rejected"
            assert await put(1, profile("ws://127.0.0.1:9", security_profile=2)) == "Rejected"
            assert await put(0, profile("ws://127.0.0.1:9")) == "Rejected"
            assert await put(1, profile("ws://127.0.0.1:9")) == "Accepted"
            assert await set_variable(place, *priority, "1,0") == "Accepted"
            assert await set_variable(place, "OCPPCommCtrlr", "NetworkProfileConnectionAttempts", "2") == "Accepted"
            assert await value(place, "OCPPCommCtrlr", "ActiveNetworkProfile") == "0"
            async with place.restarted(place.csms.url, tmp_path) as again:
                tried: list[Exception] = []
                again.station.link.failed.connect(tried.append)
                await again.until_true(lambda: again.station.link.is_up, within_s=600)
                assert tried
                assert all("127.0.0.1:9" in str(why) for why in tried)
                assert await value(again, "OCPPCommCtrlr", "ActiveNetworkProfile") == "0"
                assert await value(again, "OCPPCommCtrlr", "NetworkConfigurationPriority") == "1,0"

    paced(scenario)


def test_b04_all_connectors_are_told_after_a_long_outage_only(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await up(place)
            await place.until_true(lambda: place.csms.statuses == ["Available"])
            for threshold, told in (("3600", ["Available"]), ("1", ["Available", "Available"])):
                assert await set_variable(place, "OCPPCommCtrlr", "OfflineThreshold", threshold) == "Accepted"
                await place.csms.peer.close()
                await place.until_true(lambda: not place.station.link.is_up)
                await up(place)
                await asyncio.sleep(30)
                assert place.csms.statuses == told
            assert [event.type for event in place.csms.security_events] == ["StartupOfTheDevice"]

    paced(scenario)
