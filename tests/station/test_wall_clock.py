"""The station's clock on a machine whose own is not right."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ladewerk.clock import LoopClock, ManualClock
from ladewerk.ocpp import v21
from ladewerk.paced_loop import PacedLoop
from ladewerk.station.machine_time import MachineTime, is_synchronised
from ladewerk.station.wall_clock import BEGINNING, Source, WallClock, is_time

TRUE = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
WRONG = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
"""When the power went: what a Pi shows as it starts again."""


def unset() -> tuple[ManualClock, WallClock]:
    machine = ManualClock(WRONG)
    machine.advance(40)
    return machine, WallClock(machine, lambda: False)


def test_without_a_time_it_counts_from_1970_and_says_so() -> None:
    machine, clock = unset()
    assert clock.now() == BEGINNING + timedelta(seconds=40)
    assert (clock.source, is_time(clock.now()), is_time(WRONG)) == (Source.NONE, False, True)
    machine.jump(86_400)
    assert clock.now() == BEGINNING + timedelta(seconds=40)


def test_the_time_of_the_csms_goes_on_whatever_sets_the_machine() -> None:
    machine, clock = unset()
    found: list[timedelta] = []
    clock.found.connect(found.append)
    clock.tell(TRUE)
    machine.advance(100)
    machine.jump(-5000)
    assert (clock.source, clock.now()) == (Source.CSMS, TRUE + timedelta(seconds=100))
    clock.tell(TRUE + timedelta(seconds=101))
    assert clock.now() == TRUE + timedelta(seconds=101)
    assert found == [TRUE - BEGINNING - timedelta(seconds=40)]


def test_a_csms_without_a_time_is_not_believed() -> None:
    _, clock = unset()
    clock.tell(datetime(1970, 1, 1, 0, 5, tzinfo=UTC))
    assert clock.source is Source.NONE


def test_a_machine_that_knows_the_time_is_believed_before_the_csms() -> None:
    machine = ManualClock(TRUE)
    clock = WallClock(machine, lambda: True)
    clock.tell(TRUE + timedelta(hours=1))
    assert (clock.source, clock.now()) == (Source.MACHINE, TRUE)


def test_the_machine_takes_over_once_its_clock_was_set() -> None:
    async def scenario() -> None:
        machine = LoopClock(asyncio.get_running_loop(), TRUE)
        answers = iter([False, False, True])
        clock = WallClock(machine, lambda: next(answers))
        found: list[timedelta] = []
        clock.found.connect(found.append)
        clock.tell(TRUE + timedelta(seconds=7))
        watching = asyncio.create_task(clock.watch())
        await asyncio.sleep(100)
        assert (clock.source, clock.now()) == (Source.MACHINE, machine.now())
        assert found == [TRUE + timedelta(seconds=7) - BEGINNING, timedelta(seconds=-7)]
        watching.cancel()

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(scenario())


def test_what_was_stamped_without_a_time_gets_it_afterwards() -> None:
    machine, clock = unset()
    event = v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.STARTED,
        timestamp=clock.now(),
        trigger_reason=v21.TriggerReasonEnumType.CABLE_PLUGGED_IN,
        seq_no=0,
        transaction_info=v21.TransactionType(transaction_id="t"),
        meter_value=(v21.MeterValueType(timestamp=clock.now(), sampled_value=(v21.SampledValueType(value=1.0),)),),
    )
    assert clock.dated(event) == event, "nobody knows it yet"
    machine.advance(600)
    clock.tell(TRUE)
    dated = clock.dated(event)
    assert dated.timestamp == TRUE - timedelta(seconds=600)
    assert [value.timestamp for value in dated.meter_value] == [dated.timestamp]  # type: ignore[union-attr]
    assert clock.dated(dated) == dated
    begun_anew = WallClock(machine, lambda: False)
    begun_anew.tell(TRUE)
    assert begun_anew.dated(event) == dated, "the program may have been started again in between"


def test_what_an_earlier_start_of_the_machine_stamped_lies_before_this_one_and_not_in_the_future() -> None:
    machine, clock = unset()
    machine.advance(60)
    clock.tell(TRUE)
    lasted_s = machine.monotonic()
    assert clock.date(BEGINNING + timedelta(seconds=lasted_s + 5000)) == TRUE - timedelta(seconds=lasted_s)
    assert clock.date(BEGINNING + timedelta(seconds=lasted_s - 1)) == TRUE - timedelta(seconds=1)


@pytest.mark.parametrize(("shown", "kept"), [(TRUE, True), (datetime(1970, 1, 1, tzinfo=UTC), False)])
def test_a_hardware_clock_is_believed_unless_it_has_begun_anew(tmp_path: Path, shown: datetime, kept: bool) -> None:
    clocks, data = tmp_path / "rtc", tmp_path / "data"
    data.mkdir()
    (data / "journal.sqlite3").touch()
    for path in (data / "journal.sqlite3", data):
        os.utime(path, (WRONG.timestamp(), WRONG.timestamp()))
    clock = ManualClock(max(shown, datetime.fromtimestamp(Path(__file__).stat().st_mtime + 1e6, UTC)) if kept else shown)
    assert not MachineTime(clock, data, clocks).is_kept(), "there is none"
    (clocks / "rtc0").mkdir(parents=True)
    assert MachineTime(clock, data, clocks).is_kept() is kept


def test_the_kernel_says_whether_it_was_told_the_time() -> None:
    assert is_synchronised() in (True, False)
