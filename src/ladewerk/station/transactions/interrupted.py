"""What a program that died left open in the journal: each transaction without an end gets one, with what the meter says.

Nobody knows what happened meanwhile, so no session is resumed. But the meter has counted on until the supervisor, or this
start, took the current off: the end tells the register once nothing flows any more, or the one told last where that is
higher, because the meter steps by the minute, or the only one, because the meter is silent or was exchanged.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from ladewerk.clock import Clock
from ladewerk.electrical import energy_wh
from ladewerk.ocpp import v21
from ladewerk.station.control import UnitControl
from ladewerk.station.history.sessions import registers_wh
from ladewerk.station.messages import Messages
from ladewerk.station.moment import Moment
from ladewerk.station.transactions.journal import Journal, OpenTransaction
from ladewerk.station.transactions.transaction import ended_by_power_loss
from ladewerk.station.unit.actions import Level
from ladewerk.station.unit.safety import highest_current_a
from ladewerk.station.units import Units
from ladewerk.station.wall_clock import is_time

_SETTLES_S: Final = 10
"""A vehicle follows a current of 0 within 5 s (IEC 61851-1)."""
_NOTHING_A: Final = 0.5
_MOST_W: Final = 100_000.0
"""More than any charging point for alternating current draws."""
_MOST_UNDATED_WH: Final = 100_000.0
"""What a vehicle may have drawn meanwhile where nobody knows for how long: a whole large battery."""
_STEP_S: Final = 60.0
"""A meter may tell so much late what it has counted."""

_log = logging.getLogger(__name__)


async def end_interrupted(journal: Journal, units: Units, messages: Messages, clock: Clock) -> None:
    """End what is open. The boards have been told to offer no current. Raises StoreError."""
    for left in await journal.open_transactions():
        told = await journal.events_of(left.transaction_id)
        unit = units.of_evse(left.evse_id)
        told_wh = _highest([register for event in told for register in registers_wh(event)])
        told_at = max((event.timestamp for event in told), default=clock.now())
        seen_wh = None if unit is None else await _register_wh(unit)
        register_wh = register_at_end(told_wh, told_at, seen_wh, clock.now())
        if seen_wh is not None and register_wh is not None and seen_wh > register_wh:
            _log.warning("EVSE %s: the meter shows %s Wh, told were %s Wh last: that counts", left.evse_id, seen_wh, told_wh)
        journal.append(_end(left, register_wh, Moment.of(clock)))
        messages.say(Level.WARNING, "transaction_interrupted", {"transaction_id": left.transaction_id})
    await journal.flush()


async def _register_wh(unit: UnitControl) -> float | None:
    """What the meter has counted once nothing flows any more; None for a meter that does not answer."""
    reading = await unit.read_meter()
    for _ in range(_SETTLES_S):
        if reading is None or highest_current_a(reading) < _NOTHING_A:
            break
        await asyncio.sleep(1)
        reading = await unit.read_meter() or reading
    return None if reading is None else reading.energy_register_wh


def register_at_end(told_wh: float | None, told_at: datetime, seen_wh: float | None, now: datetime) -> float | None:
    """The register at the end of a transaction of which ``told_wh`` was told last: what the meter shows, if that can follow.

    It cannot where it is lower, or further on than anything can draw in that time: then the meter was reset or exchanged.
    """
    if told_wh is None or seen_wh is None:
        return seen_wh if told_wh is None else told_wh
    dated = is_time(told_at) and is_time(now)
    most_wh = energy_wh(_MOST_W, (now - told_at).total_seconds() + _STEP_S) if dated else _MOST_UNDATED_WH
    return seen_wh if told_wh <= seen_wh <= told_wh + most_wh else told_wh


def _highest(registers: Iterable[float | None]) -> float | None:
    return max((register for register in registers if register is not None), default=None)


def _end(left: OpenTransaction, register_wh: float | None, now: Moment) -> v21.TransactionEventRequest:
    event = ended_by_power_loss(left.transaction_id, left.evse_id, left.next_seq_no, now)
    values: tuple[v21.MeterValueType, ...] | UnsetType = UNSET
    if register_wh is not None:
        sample = v21.SampledValueType(
            value=round(register_wh, 3),
            measurand=v21.MeasurandEnumType.ENERGY_ACTIVE_IMPORT_REGISTER,
            context=v21.ReadingContextEnumType.TRANSACTION_END,
            unit_of_measure=v21.UnitOfMeasureType(unit="Wh"),
        )
        values = (v21.MeterValueType(timestamp=now.at, sampled_value=(sample,)),)
    return msgspec.structs.replace(event, meter_value=values)
