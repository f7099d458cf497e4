"""``ladewerk station reset-meter`` against a simulated meter, as a user types it."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from ladewerk.clock import LoopClock
from ladewerk.ocpp import v21
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import MeterConfig, SimulatorConfig, on_free_ports
from ladewerk.station.transactions.journal import open_journal

START = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)


def with_a_meter(folder: Path, test: Callable[[Simulator, Path], Awaitable[None]]) -> None:
    """Run ``test`` beside a meter with a password, and a station's settings that name it."""
    config = msgspec.structs.replace(on_free_ports(SimulatorConfig()), meter=MeterConfig(password="secret"))

    async def body() -> None:
        async with running_simulator(config, LoopClock(asyncio.get_running_loop(), START)) as simulator:
            settings = folder / "station.toml"
            settings.write_text(
                f"""
                station = {{ identity = "LW-1", csms = "ws://127.0.0.1:1", data = "data" }}
                [units.garage]
                evse_id = 1
                evse = {{ driver = "evse-wb", device = "/dev/serial0" }}
                meter = {{ driver = "shelly-3em", url = "{simulator.meter_url}", password = "secret" }}
                """
            )
            await test(simulator, settings)

    asyncio.run(body())


async def reset_meter(*arguments: str | Path) -> tuple[int, str]:
    """Exit status, and what it says on both outputs."""
    command = [sys.executable, "-m", "ladewerk", "station", "reset-meter", *map(str, arguments)]
    ended = await asyncio.to_thread(
        partial(subprocess.run, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    )
    return ended.returncode, ended.stdout.strip()


def event(kind: v21.TransactionEventEnumType, seq_no: int) -> v21.TransactionEventRequest:
    return v21.TransactionEventRequest(
        event_type=kind,
        timestamp=START,
        trigger_reason=v21.TriggerReasonEnumType.CABLE_PLUGGED_IN,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id="T-1"),
        evse=v21.EVSEType(id=1),
    )


def test_counters_are_reset_when_nothing_charges_and_kept_while_a_transaction_is_open(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        before_wh = simulator.world.meter.registers_wh
        async with open_journal(tmp_path / "data") as journal:
            journal.append(event(v21.TransactionEventEnumType.STARTED, 0))
        status, said = await reset_meter(settings, "garage")
        assert (status, said.count("\n")) == (1, 0)
        assert "transaction T-1 is open; end it" in said
        assert simulator.world.meter.registers_wh == before_wh
        async with open_journal(tmp_path / "data") as journal:
            journal.append(event(v21.TransactionEventEnumType.ENDED, 1))
        assert await reset_meter(settings, "garage") == (0, "garage: the counters of its meter are 0")
        assert simulator.world.meter.registers_wh == (0, 0, 0)

    with_a_meter(tmp_path, body)


def test_a_unit_that_is_not_there_is_said(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        status, said = await reset_meter(settings, "yard")
        assert (status, said) == (2, "ladewerk station reset-meter: UNIT: there is no unit 'yard'; there is garage")

    with_a_meter(tmp_path, body)


def test_a_meter_that_does_not_answer_is_said(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        simulator.world.set_faults(msgspec.structs.replace(simulator.world.faults, meter_refuses=True))
        status, said = await reset_meter(settings, "garage")
        assert status == 1
        assert "look at the address, its power and the network" in said.splitlines()[-1]

    with_a_meter(tmp_path, body)
