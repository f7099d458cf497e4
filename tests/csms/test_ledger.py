"""What the ledger knows while several change it at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import UNSET

from ladewerk.csms.ledger import Ledger
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import ChargingNeed, Mode, NeedState, StationRecord
from ladewerk.csms.store.database import open_store
from ladewerk.ocpp import v21

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
KEY = ("s-1", 1)


@asynccontextmanager
async def ledger(folder: Path) -> AsyncIterator[Ledger]:
    async with open_store(f"sqlite:///{folder}/csms.sqlite3") as store:
        known = Ledger(store, await store.remember(), Site(), None)
        await known.put_station(StationRecord(station_id="S-1", approved_at=NOW))
        yield known
        kept = (await store.remember()).needs
        assert all(need.state is NeedState.ENDED or need == known.needs[KEY] for need in kept)


def need(max_current_a: float, transaction_id: str | None = "tx-1") -> ChargingNeed:
    return ChargingNeed(
        station_id="S-1",
        evse_id=1,
        transaction_id=transaction_id,
        mode=Mode.SHORTEST,
        energy_wh=7000.0,
        depart_at=None,
        min_current_a=6.0,
        max_current_a=max_current_a,
        phases=1,
        max_periods=1024,
        received_at=NOW,
        register_wh=0.0,
    )


def event(kind: str, seq_no: int) -> v21.TransactionEventRequest:
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType(kind),
        timestamp=NOW,
        trigger_reason=v21.TriggerReasonEnumType.TRIGGER,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id="tx-1"),
        evse=v21.EVSEType(id=1, connector_id=UNSET),
    )


def test_a_need_that_is_said_anew_is_not_undone_by_word_of_the_plan_for_the_old_one(tmp_path: Path) -> None:
    async def go() -> None:
        async with ledger(tmp_path) as known:
            await known.take_need(need(12.0))
            await asyncio.gather(known.take_need(need(24.0)), known.move_need(KEY, NeedState.ACCEPTED))
            assert (known.needs[KEY].max_current_a, known.needs[KEY].state) == (24.0, NeedState.ACCEPTED)

    asyncio.run(go())


def test_a_need_that_is_over_stays_so(tmp_path: Path) -> None:
    async def go() -> None:
        async with ledger(tmp_path) as known:
            await known.add_event("S-1", event("Started", 0), NOW)
            await known.take_need(need(12.0))
            await known.add_event("S-1", event("Ended", 1), NOW)
            await known.move_need(KEY, NeedState.SENT)
            assert known.needs[KEY].state is NeedState.ENDED

    asyncio.run(go())
