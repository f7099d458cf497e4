"""What a program that died left open in the journal: each transaction without an end gets one, with what the meter says.

Nobody knows what happened meanwhile, so no session is resumed. But the meter has counted on until the supervisor, or this
start, took the current off: the end tells the register once nothing flows any more, or the one told last where that is
higher, because the meter steps by the minute, or the only one, because the meter is silent.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from ladewerk.clock import Clock
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

_SETTLES_S: Final = 10
"""A vehicle follows a current of 0 within 5 s (IEC 61851-1)."""
_NOTHING_A: Final = 0.5


async def end_interrupted(journal: Journal, units: Units, messages: Messages, clock: Clock) -> None:
    """End what is open. The boards have been told to offer no current. Raises StoreError."""
    for left in await journal.open_transactions():
        told = await journal.events_of(left.transaction_id)
        unit = units.of_evse(left.evse_id)
        register_wh = _highest([register for event in told for register in registers_wh(event)])
        if unit is not None:
            register_wh = _highest([register_wh, await _register_wh(unit)])
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
