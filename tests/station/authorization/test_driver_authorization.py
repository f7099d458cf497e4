"""Who may charge, from outside: tokens shown at the API, a CSMS that says what it thinks, outages and restarts between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ladewerk.ocpp import Version, v21
from ladewerk.station.config import AuthorizationConfig

CARD, PARTNER, POLICE, STRANGER = "04A1", "04B2", "POLICE-1", "04FF"
Status = v21.AuthorizationStatusEnumType


def info(status: Status = Status.ACCEPTED, **more: Any) -> v21.IdTokenInfoType:
    return v21.IdTokenInfoType(status=status, **more)


def group(name: str) -> v21.IdTokenType:
    return v21.IdTokenType(id_token=name, type="Central")


@asynccontextmanager
async def wanting_tokens(place: Any, data: Path) -> AsyncIterator[Any]:
    """The same station, but nobody charges without a token: its file says so, which 1.6 has no key for."""
    table = msgspec.structs.replace(place.config.station, authorization=AuthorizationConfig(required=True))
    place.config = msgspec.structs.replace(place.config, station=table)
    async with place.restarted(place.csms.url, data) as again:
        await again.until_true(lambda: again.station.link.is_up)
        again.simulator.world.plug_in()
        await again.until("plugged")
        yield again


async def set_variable(place: Any, component: str, name: str, value: str) -> str:
    data = v21.SetVariableDataType(
        attribute_value=value, component=v21.ComponentType(name=component), variable=v21.VariableType(name=name)
    )
    answer = await place.csms.peer.call(v21.SetVariablesRequest(set_variable_data=(data,)))
    return str(answer.set_variable_result[0].attribute_status.value)


async def ready(place: Any, *settings: tuple[str, str, str]) -> None:
    await place.until_true(lambda: place.station.link.is_up)
    for setting in (("AuthCtrlr", "Enabled", "true"), *settings):
        assert await set_variable(place, *setting) == "Accepted", setting
    place.simulator.world.plug_in()
    await place.until("plugged")


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["code"]


def tokens_told(place: Any) -> list[str]:
    return [event.id_token.id_token for event in place.csms.events if event.id_token]


@pytest.mark.parametrize("version", [Version.V21, Version.V201, Version.V16])
def test_c01_nobody_charges_without_a_token_that_the_csms_accepts(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with (
            place_at(tmp_path, versions=(version,), self_test="never") as first,
            wanting_tokens(first, tmp_path) as place,
        ):
            place.csms.tokens[CARD] = info()
            assert refused(await place.press("direct")) == (409, "token_needed")
            answer = await place.press("direct", id_token=STRANGER)
            assert refused(answer) == (409, "token_not_accepted")
            assert answer.json()["params"] == {"status": "Invalid" if version is Version.V16 else "Unknown"}
            assert place.unit()["state"] == "plugged"
            assert refused(await place.press("direct", id_token=CARD)) == (200, "")
            await place.until("direct")
            assert place.csms.asked == [STRANGER, CARD]
            await place.until_true(lambda: tokens_told(place) == [CARD])
            # Somebody else's token neither joins nor stops; whoever stands there without one may always stop.
            assert refused(await place.press("stop", id_token=STRANGER)) == (409, "token_not_yours")
            assert refused(await place.press("stop", id_token=CARD.lower())) == (200, "")
            await place.until("plugged")
            await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")

    paced(scenario)


def test_c01_needs_are_for_a_token_and_its_plan_needs_none_once_more(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as first, wanting_tokens(first, tmp_path) as place:
            place.csms.tokens[CARD] = info()
            assert refused(await place.submit()) == (409, "token_needed")
            assert (await place.submit(id_token=CARD)).status_code == 202
            await place.until("planned")
            assert (await place.press("start")).status_code == 200
            await place.until("charging")
            assert tokens_told(place) == [CARD]

    paced(scenario)


def test_c09_a_token_of_the_same_group_stops_and_a_master_pass_too(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            place.csms.tokens |= {
                CARD: info(group_id_token=group("FAMILY")),
                PARTNER: info(group_id_token=group("FAMILY")),
                POLICE: info(group_id_token=group("PASS")),
            }
            await ready(place, ("AuthCtrlr", "MasterPassGroupId", "PASS"))
            assert refused(await place.press("direct", id_token=POLICE)) == (409, "token_not_accepted")
            for stopper, reason in ((PARTNER, "Local"), (POLICE, "MasterPass")):
                assert refused(await place.press("direct", id_token=CARD)) == (200, "")
                await place.until("direct")
                assert refused(await place.press("stop", id_token=stopper)) == (200, "")
                await place.until("plugged")
                await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
                last = place.csms.events[-1]
                assert (last.transaction_info.stopped_reason, last.id_token.id_token) == (reason, stopper)
                assert last.trigger_reason is v21.TriggerReasonEnumType.STOP_AUTHORIZED

    paced(scenario)


def test_c10_c12_the_cache_survives_a_restart_and_is_cleared(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            place.csms.tokens[CARD] = info()
            await ready(place, ("AuthCtrlr", "LocalPreAuthorize", "true"))
            for _ in range(2):
                assert refused(await place.press("direct", id_token=CARD)) == (200, "")
                await place.until("direct")
                await place.press("stop")
                await place.until("plugged")
            assert place.csms.asked == [CARD]
            async with place.restarted(place.csms.url, tmp_path) as again:
                await again.until_true(lambda: again.station.link.is_up)
                await again.until("plugged")
                assert refused(await again.press("direct", id_token=CARD)) == (200, "")
                await again.until("direct")
                await again.press("stop")
                await again.until("plugged")
                assert again.csms.asked == [CARD]
                cleared = await again.csms.peer.call(v21.ClearCacheRequest())
                assert cleared.status.value == "Accepted"
                assert refused(await again.press("direct", id_token=CARD)) == (200, "")
                assert again.csms.asked == [CARD, CARD]
                assert await set_variable(again, "AuthCacheCtrlr", "Enabled", "false") == "Accepted"
                assert (await again.csms.peer.call(v21.ClearCacheRequest())).status.value == "Rejected"

    paced(scenario)


@pytest.mark.parametrize("version", [Version.V21, Version.V16])
def test_d01_c13_the_local_list_decides_while_the_csms_is_gone(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with (
            place_at(tmp_path, versions=(version,), self_test="never") as first,
            wanting_tokens(first, tmp_path) as place,
        ):
            entries = tuple(
                v21.AuthorizationData(id_token=v21.IdTokenType(id_token=name, type="ISO14443"), id_token_info=info(status))
                for name, status in ((CARD, Status.ACCEPTED), (PARTNER, Status.BLOCKED))
            )
            sent = v21.SendLocalListRequest(
                version_number=4, update_type=v21.UpdateEnumType.FULL, local_authorization_list=entries
            )
            assert (await place.csms.peer.call(sent)).status.value == "Accepted"
            again = v21.SendLocalListRequest(version_number=4, update_type=v21.UpdateEnumType.DIFFERENTIAL)
            assert (await place.csms.peer.call(again)).status.value == "VersionMismatch"
            assert (await place.csms.peer.call(v21.GetLocalListVersionRequest())).version_number == 4
            await place.listening.aclose()
            await place.until_true(lambda: not place.station.link.is_up)
            assert refused(await place.press("direct", id_token=STRANGER)) == (409, "token_not_accepted")
            assert refused(await place.press("direct", id_token=PARTNER)) == (409, "token_not_accepted")
            assert refused(await place.press("direct", id_token=CARD)) == (200, "")
            await place.until("direct")
            assert place.csms.asked == []

    paced(scenario)


@pytest.mark.parametrize("unknown", ["true", "false"])
def test_c15_offline_a_token_that_nobody_knows_charges_where_that_is_set(
    tmp_path: Path, place_at: Any, paced: Any, unknown: str
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await ready(place, ("AuthCtrlr", "OfflineTxForUnknownIdEnabled", unknown))
            await place.listening.aclose()
            await place.until_true(lambda: not place.station.link.is_up)
            expected = (200, "") if unknown == "true" else (409, "token_not_accepted")
            assert refused(await place.press("direct", id_token=STRANGER)) == expected
            if unknown == "true":
                await place.until("direct")
                place.csms.token_status = Status.INVALID
                async with place.csms.serving():
                    await place.until_true(lambda: place.csms.triggers()[-1:] == ["Deauthorized"], within_s=900)
                    told = [event for event in place.csms.events if event.id_token]
                    assert (told[0].id_token.id_token, told[0].offline) == (STRANGER, True)

    paced(scenario)


def test_e05_without_stop_on_invalid_id_the_charging_is_suspended_after_its_energy(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            assert await set_variable(place, "TxCtrlr", "StopTxOnInvalidId", "false") == "Accepted"
            assert await set_variable(place, "TxCtrlr", "MaxEnergyOnInvalidId", "500") == "Accepted"
            place.simulator.world.plug_in()
            await place.until("plugged")
            place.csms.token_status = Status.BLOCKED
            await place.press("direct")
            await place.until_true(lambda: place.unit()["session_energy_wh"] > 100, within_s=600)
            assert place.unit()["set_current_a"] == 16.0
            await place.until_true(lambda: place.unit()["set_current_a"] == 0.0, within_s=900)
            assert 500 <= place.unit()["session_energy_wh"] < 600
            await place.until_true(lambda: place.csms.events[-1].transaction_info.charging_state == "SuspendedEVSE")
            assert place.station.view()["messages"][-1]["code"] == "token_suspended"
            assert "Ended" not in {event.event_type.value for event in place.csms.events}
            # The next transaction of the unit is another driver's.
            place.csms.token_status = None
            await place.press("stop")
            await place.until("plugged")
            await place.press("direct")
            await place.until_true(lambda: place.unit()["set_current_a"] == 16.0)

    paced(scenario)
