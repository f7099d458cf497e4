"""E05: a CSMS that does not accept who charges ends the charging, at once or when it hears of it."""

from pathlib import Path
from typing import Any

import pytest

from ladewerk.ocpp import Version, v21
from ladewerk.station.drivers.ports import PilotState
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.events import NeedsGiven, TokenRefused
from ladewerk.station.unit.state import Phase
from tests.station.unit_bench import Bench, ready

STATUSES = v21.AuthorizationStatusEnumType
VERSIONS = [Version.V21, Version.V201, Version.V16]


def state(place: Any) -> Any:
    return place.station.units.of_evse(1).state


def refusals(place: Any) -> list[str]:
    return [said["params"]["status"] for said in place.station.view()["messages"] if said["code"] == "token_refused"]


async def plugged(place: Any) -> None:
    await place.until_true(lambda: place.station.link.is_up)
    place.simulator.world.plug_in()
    await place.until("plugged")


async def ended_by_it(place: Any, status: STATUSES) -> None:
    """The session is over without a trace but the message."""
    await place.until("plugged")
    await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
    last = place.csms.events[-1]
    assert last.transaction_info.stopped_reason is v21.ReasonEnumType.DE_AUTHORIZED
    assert last.trigger_reason is v21.TriggerReasonEnumType.DEAUTHORIZED
    assert refusals(place) == [status.value]
    assert (state(place).offer_a, state(place).locked, state(place).fault) == (0.0, False, None)


@pytest.mark.parametrize(
    ("version", "status"),
    [
        *((Version.V21, status) for status in STATUSES if status is not STATUSES.ACCEPTED),
        *((Version.V16, status) for status in (STATUSES.INVALID, STATUSES.BLOCKED, STATUSES.EXPIRED)),
        (Version.V201, STATUSES.UNKNOWN),
    ],
)
def test_e05_a_token_that_is_not_accepted_ends_the_charging(
    tmp_path: Path, place_at: Any, paced: Any, version: Version, status: STATUSES
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,), self_test="never") as place:
            await plugged(place)
            place.csms.token_status = status
            assert (await place.press("direct")).status_code == 200
            await place.until_true(lambda: bool(refusals(place)))
            await ended_by_it(place, status)
            # No latch: whom the CSMS accepts charges.
            place.csms.token_status = STATUSES.ACCEPTED
            assert (await place.press("direct")).status_code == 200
            await place.until("direct")
            assert state(place).offer_a == 16.0

    paced(scenario)


@pytest.mark.parametrize("version", VERSIONS)
def test_e05_a_token_that_is_refused_once_the_link_is_back_takes_the_current_at_once(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await plugged(place)
            await place.listening.aclose()
            await place.until_true(lambda: not place.station.link.is_up)
            await place.press("direct")
            await place.until("direct")
            assert state(place).offer_a == 16.0
            place.csms.token_status = STATUSES.BLOCKED
            offers: list[float] = []
            place.station.link.token_refused.connect(lambda _told: offers.append(state(place).offer_a))
            async with place.csms.serving((version,)):
                await place.until_true(lambda: bool(refusals(place)), within_s=600)
                assert offers == [0.0]
                await ended_by_it(place, STATUSES.BLOCKED)

    paced(scenario)


def test_e05_the_device_model_says_that_it_stops(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            asked = v21.GetVariableDataType(
                component=v21.ComponentType(name="TxCtrlr"), variable=v21.VariableType(name="StopTxOnInvalidId")
            )
            answer = await place.csms.peer.call(v21.GetVariablesRequest(get_variable_data=(asked,)))
            assert answer.get_variable_result[0].attribute_value == "true"

    paced(scenario)


def test_e05_a_charging_that_is_refused_offers_nothing_from_the_same_step_on() -> None:
    bench = ready()
    bench.charging()
    bench.feed(TokenRefused("Invalid"))
    assert (bench.phase(), bench.state.offer_a, bench.set_a) == (Phase.FINISHING, 0.0, 0.0)
    bench.drawn_a, bench.pilot = 0.0, PilotState.B
    bench.second(3)
    assert (bench.phase(), bench.state.locked, bench.ended()) == (Phase.PLUGGED, False, [EndReason.DEAUTHORIZED])


@pytest.mark.parametrize("prepare", [lambda bench: bench.planned(), lambda bench: bench.feed(NeedsGiven(bench.needs()))])
def test_e05_what_was_prepared_for_a_refused_token_is_dropped(prepare: Any) -> None:
    bench: Bench = ready()
    bench.plug_in()
    prepare(bench)
    bench.feed(TokenRefused("Expired"))
    assert (bench.phase(), bench.state.needs, bench.state.planned) == (Phase.PLUGGED, None, None)
    assert bench.ended() == [EndReason.DEAUTHORIZED]
