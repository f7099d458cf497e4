"""Delivers the journal: one event at a time, in order, each until the CSMS has it or finds it wrong (E12, E13)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from ladewerk.errors import CallFailed, CallRefused, CallTimedOut, Disconnected, LocalProtocolError
from ladewerk.ocpp import BegunTransactions, ErrorCode, v21
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.messages import Messages
from ladewerk.station.transactions.journal import Entry, Journal
from ladewerk.station.unit.actions import Level

Call = Callable[[v21.TransactionEventRequest], Awaitable[v21.TransactionEventResponse]]
Answered = Callable[[v21.TransactionEventRequest, v21.TransactionEventResponse], None]

_LONGEST_WAIT_S: Final = 60.0
_PASSING: Final = frozenset({ErrorCode.INTERNAL_ERROR, ErrorCode.GENERIC_ERROR})
"""What a CSMS answers while something behind it is broken."""


async def drain(
    journal: Journal, call: Call, answered: Answered, *, begun: BegunTransactions, model: DeviceModel, messages: Messages
) -> None:
    """Send what the journal holds and what comes into it, for ever. Raises CallFailed with the event still in it."""
    while True:
        entry = await journal.next_unsent()
        transaction_id = entry.event.transaction_info.transaction_id
        try:
            failure = await _deliver(entry, call, answered, model)
        except CallFailed:
            await journal.keep_begun(entry, begun.written(transaction_id))
            raise
        await journal.done(entry, delivered=failure is None, begun=begun.written(transaction_id))
        if failure is not None:
            params = {"seq_no": entry.event.seq_no, "transaction_id": transaction_id, "why": str(failure)}
            messages.say(Level.ERROR, "event_given_up", params)


async def _deliver(entry: Entry, call: Call, answered: Answered, model: DeviceModel) -> Exception | None:
    """None once delivered, the reason where no attempt can help.

    A CSMS in trouble is tried for ever; one that finds the event itself wrong, as often as E13 says.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            answer = await call(entry.event)
        except (Disconnected, CallTimedOut):
            raise  # whether it arrived is not known: it goes out again over a new connection
        except LocalProtocolError as err:
            return err
        except CallFailed as err:
            if isinstance(err, CallRefused) and err.code == ErrorCode.SECURITY_ERROR:
                raise
            passing = isinstance(err, CallRefused) and err.code in _PASSING
            if attempt >= model.whole(settings.MESSAGE_ATTEMPTS) and not passing:
                return err
            wait_s = model.whole(settings.MESSAGE_ATTEMPT_INTERVAL) * attempt
            await asyncio.sleep(min(wait_s, _LONGEST_WAIT_S) if passing else wait_s)
        else:
            answered(entry.event, answer)
            return None
