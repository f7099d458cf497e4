"""What a CSMS was told, transaction by transaction, and what must be true of it whatever was killed in between."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import UnsetType

from ladewerk.ocpp import v21

_KINDS = v21.TransactionEventEnumType
_REGISTER = v21.MeasurandEnumType.ENERGY_ACTIVE_IMPORT_REGISTER


@dataclass(frozen=True, slots=True)
class Told:
    """One TransactionEvent as it arrived: over which connection, and what the meter had really counted."""

    event: v21.TransactionEventRequest
    connection: int


@dataclass
class Ledger:
    """Everything that arrived, in its order, repeats too."""

    told: list[Told] = field(default_factory=list)

    def note(self, event: v21.TransactionEventRequest, connection: int) -> None:
        self.told.append(Told(event, connection))

    def transactions(self) -> dict[str, list[v21.TransactionEventRequest]]:
        """The events of each transaction, each number once."""
        found: dict[str, dict[int, v21.TransactionEventRequest]] = {}
        for told in self.told:
            found.setdefault(told.event.transaction_info.transaction_id, {}).setdefault(told.event.seq_no, told.event)
        return {one: [events[number] for number in sorted(events)] for one, events in found.items()}

    def open(self) -> list[str]:
        """Transactions without an end."""
        return [one for one, events in self.transactions().items() if events[-1].event_type is not _KINDS.ENDED]


def same(one: v21.TransactionEventRequest, other: v21.TransactionEventRequest) -> bool:
    """The same event; whether it was delivered offline is no part of what happened."""
    return msgspec.structs.replace(one, offline=False) == msgspec.structs.replace(other, offline=False)


def repeats_wrongly(told: Sequence[Told]) -> list[str]:
    """Events that were sent twice though the CSMS had answered: only the last of a connection may come again, as the first
    of the next one, because nobody knows whether its answer arrived."""
    wrong = []
    for index, one in enumerate(told):
        key = _key(one)
        earlier = next((i for i in range(index) if _key(told[i]) == key), None)
        if earlier is None:
            continue
        what = f"event {key[1]} of {key[0]} came twice"
        if not same(told[earlier].event, one.event):
            wrong.append(f"{what}, and not the same: {told[earlier].event} {one.event}")
        between = [told[i] for i in range(earlier + 1, index)]
        if told[earlier].connection == one.connection or any(_key(other) != key for other in between):
            wrong.append(what)
    return wrong


def _key(told: Told) -> tuple[str, int]:
    return told.event.transaction_info.transaction_id, told.event.seq_no


def out_of_order(events: Sequence[v21.TransactionEventRequest]) -> list[str]:
    """Gaps, a missing begin or end, and times or registers that go back within one transaction."""
    wrong = []
    numbers = [event.seq_no for event in events]
    if numbers != list(range(len(events))):
        wrong.append(f"numbers {numbers}")
    kinds = [event.event_type for event in events]
    if kinds[0] is not _KINDS.STARTED or kinds.count(_KINDS.STARTED) != 1:
        wrong.append(f"does not begin with one Started: {[kind.value for kind in kinds]}")
    if kinds[-1] is not _KINDS.ENDED or kinds.count(_KINDS.ENDED) != 1:
        wrong.append(f"does not end with one Ended: {[kind.value for kind in kinds]}")
    times = [event.timestamp for event in events]
    if times != sorted(times):
        wrong.append(f"times go back: {[at.isoformat() for at in times]}")
    registers_wh = [register_wh for event in events for register_wh in registers(event)]
    if registers_wh != sorted(registers_wh):
        wrong.append(f"registers go back: {registers_wh}")
    return wrong


def registers(event: v21.TransactionEventRequest) -> list[float]:
    """The energy register as an event tells it, in Wh."""
    if isinstance(event.meter_value, UnsetType):
        return []
    samples: Iterable[v21.SampledValueType] = (
        sample for value in event.meter_value for sample in value.sampled_value if sample.measurand is _REGISTER
    )
    return [sample.value for sample in samples]
