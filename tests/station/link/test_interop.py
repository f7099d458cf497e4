"""The station at a CSMS that nobody here wrote: PyPI's ``ocpp`` answers, plans, and is asked for a whole session."""

import asyncio
import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ocpp.routing import after, on
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

LIBRARIES = [("ocpp2.0.1", "ocpp.v201"), ("ocpp2.1", "ocpp.v21")]


def csms_of(library: ModuleType, clock: Any) -> type[Any]:
    """A CSMS that accepts what comes and plans 16 A for whatever is needed."""

    class ForeignCsms(library.ChargePoint):  # type: ignore[misc, name-defined]  # the library is untyped
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.heard: list[tuple[str, dict[str, Any]]] = []
            self.transaction_id = ""
            self.accepted: list[str] = []

        @on("BootNotification")  # type: ignore[untyped-decorator]
        async def boot(self, **payload: Any) -> Any:
            self.heard.append(("BootNotification", payload))
            return library.call_result.BootNotification(
                current_time=clock.now().isoformat(), interval=600, status="Accepted"
            )

        @on("Heartbeat")  # type: ignore[untyped-decorator]
        async def heartbeat(self) -> Any:
            return library.call_result.Heartbeat(current_time=clock.now().isoformat())

        @on("StatusNotification")  # type: ignore[untyped-decorator]
        async def status(self, **payload: Any) -> Any:
            self.heard.append(("StatusNotification", payload))
            return library.call_result.StatusNotification()

        @on("TransactionEvent")  # type: ignore[untyped-decorator]
        async def event(self, **payload: Any) -> Any:
            self.heard.append(("TransactionEvent", payload))
            self.transaction_id = payload["transaction_info"]["transaction_id"]
            return library.call_result.TransactionEvent()

        @on("NotifyEVChargingNeeds")  # type: ignore[untyped-decorator]
        async def needs(self, **payload: Any) -> Any:
            self.heard.append(("NotifyEVChargingNeeds", payload))
            return library.call_result.NotifyEVChargingNeeds(status="Accepted")

        @after("NotifyEVChargingNeeds")  # type: ignore[untyped-decorator]
        async def plan(self, **payload: Any) -> None:
            schedule = {
                "id": 1,
                "start_schedule": clock.now().isoformat(),
                "duration": 3600,
                "charging_rate_unit": "A",
                "charging_schedule_period": [{"start_period": 0, "limit": 16.0, "number_phases": 3}],
            }
            profile = {
                "id": 1,
                "stack_level": 0,
                "charging_profile_purpose": "TxProfile",
                "charging_profile_kind": "Absolute",
                "transaction_id": self.transaction_id,
                "charging_schedule": [schedule],
            }
            answer = await self.call(
                library.call.SetChargingProfile(evse_id=payload["evse_id"], charging_profile=profile), suppress=False
            )
            self.accepted.append(answer.status)

    return ForeignCsms


@pytest.mark.parametrize(("subprotocol", "library"), LIBRARIES)
def test_a_whole_session_at_a_foreign_csms(
    tmp_path: Path, place_at: Any, paced: Any, subprotocol: str, library: str
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place:
            kind = csms_of(importlib.import_module(library), place.clock)
            met: list[Any] = []

            async def meet(connection: ServerConnection) -> None:
                met.append(kind("LW-0001", connection))
                await met[-1].start()

            async with serve(meet, "127.0.0.1", 0, subprotocols=[Subprotocol(subprotocol)], ping_interval=None) as server:
                port = next(iter(server.sockets)).getsockname()[1]
                async with place.restarted(f"ws://127.0.0.1:{port}", tmp_path / "journal") as again:
                    await again.until_true(lambda: again.station.link.is_up)
                    assert again.station.link.version == subprotocol
                    again.simulator.world.plug_in()
                    await again.until("plugged")
                    assert (await again.submit(energy_wh=500)).status_code == 202
                    await again.until("planned")
                    assert (await again.press("start")).status_code == 200
                    await again.until("charging")
                    await again.until("plugged")
                    await again.until_true(lambda: _last_event(met[0]) == "Ended")
            assert met[0].accepted == ["Accepted"]
            events = [payload for action, payload in met[0].heard if action == "TransactionEvent"]
            assert [event["seq_no"] for event in events] == list(range(len(events)))
            assert events[-1]["transaction_info"]["stopped_reason"] == "EnergyLimitReached"
            assert [action for action, _ in met[0].heard].count("BootNotification") == 1
            assert len(met) == 1

    async def with_patience() -> None:
        async with asyncio.timeout(3600):
            await scenario()

    paced(with_patience)


def _last_event(csms: Any) -> str | None:
    events = [payload["event_type"] for action, payload in csms.heard if action == "TransactionEvent"]
    return str(events[-1]) if events else None
