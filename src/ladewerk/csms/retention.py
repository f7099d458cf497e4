"""How long what was is kept: old messages, events, plans and changes are forgotten bit by bit, transactions never."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Annotated, Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.csms.store.ports import Store
from ladewerk.errors import StoreError

_log = logging.getLogger(__name__)

_EVERY_S: Final = 6 * 3600.0
_AT_ONCE: Final = 500
"""Rows in one go: what stations wait for is written in between."""

Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]


class Keep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[csms.keep]``: days for which something is kept; 0 is for ever.

    What belongs to a transaction that has not ended is kept in any case.
    """

    messages_days: Days = 90
    events_days: Days = 730
    plans_days: Days = 180
    changes_days: Days = 730

    def before(self, now: datetime) -> dict[str, datetime]:
        """By the name of what is kept, the time before which it is forgotten."""
        days = {name.removesuffix("_days"): value for name, value in msgspec.structs.asdict(self).items()}
        return {name: now - timedelta(days=kept) for name, kept in days.items() if kept > 0}


async def forget_what_is_old(store: Store, keep: Keep, clock: Clock) -> None:
    """For ever: at once, then every six hours."""
    while True:
        try:
            forgotten = 0
            while gone := await store.forget(keep.before(clock.now()), _AT_ONCE):
                forgotten += gone
            if forgotten:
                _log.info("%d old rows are forgotten", forgotten)
        except StoreError as err:
            _log.warning("what is old could not be forgotten: %s", err)
        await asyncio.sleep(_EVERY_S)
