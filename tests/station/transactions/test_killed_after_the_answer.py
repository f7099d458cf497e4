"""What a CSMS has an answer to survives ``kill -9`` in the very moment of the answer: the real program, killed each time."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from ladewerk.clock import LoopClock
from ladewerk.ocpp import v21
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports
from tests.station.conftest import TinyCsms

CARD = v21.IdTokenType(id_token="04A1", type="ISO14443")
COMPONENT, VARIABLE = v21.ComponentType(name="SampledDataCtrlr"), v21.VariableType(name="TxUpdatedInterval")


def settings(folder: Path, csms: TinyCsms, simulator: Simulator) -> Path:
    path = folder / "station.toml"
    path.write_text(
        f"""
        station = {{ identity = "LW-1", csms = "{csms.url}", data = "data", web = "127.0.0.1:0", open = true }}
        [units.garage]
        evse_id = 1
        evse = {{ driver = "evse-wb", device = "{simulator.serial_device}" }}
        meter = {{ driver = "shelly-3em", url = "{simulator.meter_url}" }}
        """
    )
    return path


@asynccontextmanager
async def booted(path: Path, csms: TinyCsms, ended_by: signal.Signals = signal.SIGKILL) -> AsyncIterator[None]:
    """The program, from its accepted boot until it is killed at the end of the block."""
    known = len(csms.statuses)
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ladewerk", "station", str(path), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(60):
            while len(csms.statuses) == known:  # noqa: ASYNC110 (the CSMS of the tests has no event for it)
                await asyncio.sleep(0.05)
        yield
    finally:
        program.send_signal(ended_by)
        await program.wait()


async def asked(csms: TinyCsms) -> v21.GetVariableResultType:
    assert csms.peer is not None
    data = v21.GetVariableDataType(component=COMPONENT, variable=VARIABLE)
    request = v21.GetVariablesRequest(get_variable_data=(data,))
    return (await csms.peer.call(request)).get_variable_result[0]


def test_what_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    async def body() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        csms = TinyCsms(clock)
        async with running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator, csms.serving():
            path = settings(tmp_path, csms, simulator)
            async with booted(path, csms):
                assert csms.peer is not None
                data = v21.SetVariableDataType(attribute_value="7", component=COMPONENT, variable=VARIABLE)
                answer = await csms.peer.call(v21.SetVariablesRequest(set_variable_data=(data,)))
                assert answer.set_variable_result[0].attribute_status.value == "Accepted"
            async with booted(path, csms):
                assert (await asked(csms)).attribute_value == "7"
                entry = v21.AuthorizationData(
                    id_token=CARD, id_token_info=v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.ACCEPTED)
                )
                sent = v21.SendLocalListRequest(
                    version_number=9, update_type=v21.UpdateEnumType.FULL, local_authorization_list=(entry,)
                )
                assert (await csms.peer.call(sent)).status.value == "Accepted"
            async with booted(path, csms):
                assert (await csms.peer.call(v21.GetLocalListVersionRequest())).version_number == 9
                order = v21.ChangeAvailabilityRequest(operational_status=v21.OperationalStatusEnumType.INOPERATIVE)
                assert (await csms.peer.call(order)).status.value == "Accepted"
            async with booted(path, csms, signal.SIGTERM):
                assert csms.statuses[-1] == "Unavailable"
                assert (await asked(csms)).attribute_value == "7"

    asyncio.run(body())
