"""The journal survives what a power cut leaves of it."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.station.transactions.journal import Journal, OpenTransaction, open_journal

_KINDS = v21.TransactionEventEnumType


def event(
    seq_no: int, *, kind: v21.TransactionEventEnumType = _KINDS.UPDATED, transaction_id: str = "t-1"
) -> v21.TransactionEventRequest:
    return v21.TransactionEventRequest(
        event_type=kind,
        timestamp=datetime(2026, 1, 5, 17, 0, tzinfo=UTC),
        trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id=transaction_id),
        evse=v21.EVSEType(id=2, connector_id=1),
    )


def with_journal(folder: Path, work: Callable[[Journal], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_journal(folder) as journal:
            await work(journal)

    asyncio.run(run())


def test_events_come_out_in_their_order_once_each(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        journal.linked = True
        writer = asyncio.create_task(journal.write())
        for seq_no in range(20):
            journal.append(event(seq_no))
        for seq_no in range(20):
            entry = await journal.next_unsent()
            assert entry.event == event(seq_no)
            await journal.done(entry, delivered=True)
        await journal.emptied()
        assert await journal.unsent() == 0
        writer.cancel()

    with_journal(tmp_path, work)


def test_who_waits_for_an_event_gets_the_next_one(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        writer = asyncio.create_task(journal.write())
        waiting = asyncio.create_task(journal.next_unsent())
        await asyncio.sleep(0)
        journal.append(event(0))
        assert (await waiting).event.seq_no == 0
        writer.cancel()

    with_journal(tmp_path, work)


def test_e11_fr07_what_still_waits_when_the_link_goes_is_offline(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        journal.linked = True
        journal.append(event(0))
        await journal.flush()
        assert (await journal.next_unsent()).event.offline is not True
        await journal.link_lost()
        journal.append(event(1))
        await journal.flush()
        first = await journal.next_unsent()
        assert first.event.offline is True
        await journal.done(first, delivered=False)
        assert (await journal.next_unsent()).event.offline is True

    with_journal(tmp_path, work)


def test_a_transaction_is_open_until_it_has_an_end(tmp_path: Path) -> None:
    async def begin(journal: Journal) -> None:
        journal.append(event(0, kind=_KINDS.STARTED))
        journal.append(event(1))
        journal.append(event(0, kind=_KINDS.STARTED, transaction_id="t-2"))
        journal.append(event(1, kind=_KINDS.ENDED, transaction_id="t-2"))

    async def look(journal: Journal) -> None:
        assert await journal.open_transactions() == [OpenTransaction("t-1", 2, 2)]

    with_journal(tmp_path, begin)
    with_journal(tmp_path, look)


_WRITES_UNTIL_KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from ladewerk.ocpp import v21
from ladewerk.station.transactions.journal import open_journal

async def main():
    async with open_journal(Path(sys.argv[1])) as journal:
        for seq_no in range(1_000_000):
            for _ in range(1):
                journal.append(v21.TransactionEventRequest(
                    event_type=v21.TransactionEventEnumType.UPDATED, timestamp=datetime(2026, 1, 5, tzinfo=UTC),
                    trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC, seq_no=seq_no,
                    transaction_info=v21.TransactionType(transaction_id="t-1"), evse=v21.EVSEType(id=1)))
            await journal.flush()
            print(seq_no, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 7, 40])
def test_what_was_committed_survives_a_kill_and_nothing_is_doubled(tmp_path: Path, after: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _WRITES_UNTIL_KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        committed = -1
        while committed < after:
            committed = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        committed = max([committed, *(int(line) for line in writer.stdout.read().split())])

    async def look(journal: Journal) -> None:
        (left,) = await journal.open_transactions()
        assert left.next_seq_no >= committed + 1
        for seq_no in range(left.next_seq_no):
            entry = await journal.next_unsent()
            assert entry.event.seq_no == seq_no
            await journal.done(entry, delivered=True)
        assert await journal.unsent() == 0

    with_journal(tmp_path, look)


def test_a_number_that_is_written_twice_is_refused_and_kept_in_memory(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        journal.append(event(0))
        await journal.flush()
        journal.append(event(0))
        with pytest.raises(StoreError, match=r"journal\.sqlite3 cannot be used"):
            await journal.flush()

    with pytest.raises(StoreError):
        with_journal(tmp_path, work)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def nothing(_: Journal) -> None:
        raise AssertionError("opened")

    with pytest.raises(StoreError, match="cannot be opened"):
        with_journal(tmp_path / "file", nothing)


def test_a_writer_that_is_cancelled_in_the_middle_writes_its_group_once(tmp_path: Path) -> None:
    async def work(journal: Journal) -> None:
        seq_nos = iter(range(10_000))
        for turns in range(40):
            for _ in range(5):
                journal.append(event(next(seq_nos)))
            writer = asyncio.create_task(journal.write())
            for _ in range(turns % 8):
                await asyncio.sleep(0)
            writer.cancel()
            await asyncio.wait([writer])
            await journal.flush()
        assert await journal.unsent() == next(seq_nos)

    with_journal(tmp_path, work)


def test_what_the_csms_knows_of_a_transaction_is_kept_until_its_end_is_delivered(tmp_path: Path) -> None:
    async def begin(journal: Journal) -> None:
        for number, transaction_id in enumerate(("t-1", "t-2")):
            journal.append(event(0, kind=_KINDS.STARTED, transaction_id=transaction_id))
            await journal.flush()
            await journal.done(await journal.next_unsent(), delivered=True, begun=b"%d" % number)
        journal.append(event(1, kind=_KINDS.ENDED))
        await journal.flush()
        # A part of the last event was delivered before the link went.
        await journal.keep_begun(await journal.next_unsent(), b"ended")

    async def end(journal: Journal) -> None:
        assert await journal.begun() == [("t-2", b"1"), ("t-1", b"ended")]
        await journal.done(await journal.next_unsent(), delivered=True, begun=b"ended")
        assert await journal.begun() == [("t-2", b"1")]

    with_journal(tmp_path, begin)
    with_journal(tmp_path, end)
