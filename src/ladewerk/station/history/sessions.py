"""One row for each transaction, read from its events as the journal holds them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import UNSET

from ladewerk.ocpp import v21


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A transaction; ``ended_at`` is None while it goes on, ``id_token`` while nobody has asked for energy.

    ``cost`` is what the CSMS says, in its currency. ``register_wh`` is the meter as last told, ``next_seq_no`` the number of
    the event that comes next: what was followed already changes nothing when it is read again.
    """

    transaction_id: str
    evse_id: int
    unit_id: str
    began_at: datetime
    next_seq_no: int = 0
    ended_at: datetime | None = None
    id_token: str | None = None
    reason: str | None = None
    energy_wh: float = 0.0
    register_wh: float | None = None
    cost: float | None = None


def followed(session: Session | None, event: v21.TransactionEventRequest, unit_ids: Mapping[int, str]) -> Session:
    """The session after ``event`` of its transaction; ``session`` is None before the first.

    ``unit_ids`` are the names of the units by their EVSE; one that is no more has none.
    """
    if session is None:
        evse_id = 0 if event.evse is UNSET else event.evse.id
        transaction_id = event.transaction_info.transaction_id
        session = Session(
            transaction_id=transaction_id, evse_id=evse_id, unit_id=unit_ids.get(evse_id, ""), began_at=event.timestamp
        )
    if event.seq_no < session.next_seq_no:
        return session
    session = replace(session, next_seq_no=event.seq_no + 1)
    for register_wh in registers_wh(event):
        # A register that goes back was reset, and is followed from there.
        step_wh = 0.0 if session.register_wh is None else max(0.0, register_wh - session.register_wh)
        session = replace(session, register_wh=register_wh, energy_wh=session.energy_wh + step_wh)
    if event.id_token is not UNSET:
        session = replace(session, id_token=event.id_token.id_token)
    if event.event_type is v21.TransactionEventEnumType.ENDED:
        stopped = event.transaction_info.stopped_reason
        # OCPP 2.1 part 2, TransactionType: a reason that is not told is Local.
        reason = "Local" if stopped is UNSET else stopped.value
        session = replace(session, ended_at=event.timestamp, reason=reason)
    return session


def registers_wh(event: v21.TransactionEventRequest) -> Iterator[float]:
    """The meter's energy register as an event tells it."""
    if event.meter_value is UNSET:
        return
    register = v21.MeasurandEnumType.ENERGY_ACTIVE_IMPORT_REGISTER
    for value in event.meter_value:
        for sample in value.sampled_value:
            if sample.measurand is register and sample.phase is UNSET:
                yield sample.value
