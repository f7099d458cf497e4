"""Starts that the CSMS asks for: before the vehicle, with a token to be authorized (F01, F02), and the unlock (F05)."""

from pathlib import Path
from typing import Any

import pytest

from ladewerk.ocpp import Version, v21
from tests.station.authorization.test_driver_authorization import CARD, STRANGER, info, set_variable, tokens_told


def start(token: str, kind: str = "ISO14443") -> v21.RequestStartTransactionRequest:
    return v21.RequestStartTransactionRequest(
        id_token=v21.IdTokenType(id_token=token, type=kind), remote_start_id=77, evse_id=1
    )


@pytest.mark.parametrize("version", [Version.V21, Version.V201])
def test_f02_a_vehicle_is_waited_for_and_charges_then(tmp_path: Path, place_at: Any, paced: Any, version: Version) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,), self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            assert (await place.csms.peer.call(start("app", "Central"))).status.value == "Accepted"
            place.simulator.world.plug_in()
            await place.until("direct")
            await place.until_true(lambda: "ChargingStateChanged" in place.csms.triggers())
            first = place.csms.events[0]
            assert (first.event_type.value, first.trigger_reason.value) == ("Started", "RemoteStart")
            assert (first.transaction_info.remote_start_id, first.id_token.id_token) == (77, "app")
            assert tokens_told(place) == ["app"]

    paced(scenario)


@pytest.mark.parametrize("start_point", ["EVConnected", "Authorized"])
def test_f02_fr_07_one_that_does_not_come_ends_the_authorization(
    tmp_path: Path, place_at: Any, paced: Any, start_point: str
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            assert await set_variable(place, "TxCtrlr", "TxStartPoint", start_point) == "Accepted"
            assert await set_variable(place, "TxCtrlr", "EVConnectionTimeOut", "30") == "Accepted"
            answer = await place.csms.peer.call(start("app", "Central"))
            assert answer.status.value == "Accepted"
            began_s = place.clock.monotonic()
            await place.until_true(lambda: place.station.view()["messages"][-1]["code"] == "vehicle_did_not_come")
            assert 29 <= place.clock.monotonic() - began_s <= 35
            if start_point == "Authorized":
                await place.until_true(lambda: len(place.csms.events) == 2)
                begun, ended = place.csms.events
                assert begun.transaction_info.transaction_id == answer.transaction_id
                assert begun.transaction_info.charging_state == "Idle"
                assert (ended.trigger_reason.value, ended.transaction_info.stopped_reason) == ("EVConnectTimeout", "Timeout")
            else:
                assert place.csms.events == []
            place.simulator.world.plug_in()
            await place.until("plugged")

    paced(scenario)


def test_f01_fr_01_with_authorize_remote_start_the_token_is_asked_for_behind_the_answer(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            assert await set_variable(place, "AuthCtrlr", "Enabled", "true") == "Accepted"
            assert await set_variable(place, "AuthCtrlr", "AuthorizeRemoteStart", "true") == "Accepted"
            place.csms.tokens[CARD] = info()
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert (await place.csms.peer.call(start(STRANGER))).status.value == "Accepted"
            await place.until_true(lambda: place.station.view()["messages"][-1]["code"] == "token_not_accepted")
            assert place.unit()["state"] == "plugged"
            assert (await place.csms.peer.call(start(CARD))).status.value == "Accepted"
            await place.until("direct")
            assert place.csms.asked == [STRANGER, CARD]
            assert (await place.csms.peer.call(start(CARD))).status.value == "Rejected"

    paced(scenario)


def test_f05_a_plug_is_let_go_unless_somebody_charges(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)

            async def unlocked(evse_id: int = 1, connector_id: int = 1) -> str:
                request = v21.UnlockConnectorRequest(evse_id=evse_id, connector_id=connector_id)
                return str((await place.csms.peer.call(request)).status.value)

            await place.until_true(lambda: place.unit()["pilot"] is not None)
            assert await unlocked() == "Unlocked"
            assert (await unlocked(2), await unlocked(1, 2)) == ("UnknownConnector", "UnknownConnector")
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.press("direct")
            await place.until("direct")
            assert await unlocked() == "OngoingAuthorizedTransaction"
            assert place.simulator.world.lock.locked

    paced(scenario)


def test_f02_what_cannot_begin_when_the_vehicle_comes_leaves_nobody_authorized(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            assert await set_variable(place, "AuthCtrlr", "Enabled", "true") == "Accepted"
            assert (await place.csms.peer.call(start("app", "Central"))).status.value == "Accepted"
            inoperative = v21.OperationalStatusEnumType.INOPERATIVE
            order = v21.ChangeAvailabilityRequest(operational_status=inoperative)
            assert (await place.csms.peer.call(order)).status.value == "Accepted"
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert [message["code"] for message in place.station.view()["messages"]][-1] == "out_of_service"
            order = v21.ChangeAvailabilityRequest(operational_status=v21.OperationalStatusEnumType.OPERATIVE)
            assert (await place.csms.peer.call(order)).status.value == "Accepted"
            assert (await place.press("direct")).json()["code"] == "token_needed"

    paced(scenario)
