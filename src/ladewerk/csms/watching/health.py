"""Whether the CSMS is well: its database answers, its writer writes, its planner plans.

A look costs a read and a write, so that a full disk is seen before a station's event is lost on it. Anybody may ask, so
what was seen last is told again for a second, and the reasons name no place; the log does.
"""

import asyncio
from collections.abc import Awaitable
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.planning.charging_loop import ChargingLoop
from ladewerk.csms.store.ports import Store
from ladewerk.errors import StoreError

OK: Final = "ok"

PATIENCE_S: Final = 2.0
"""How long a look waits for the database: whoever asks has timeouts of their own, of a few seconds."""

_HOLDS_S: Final = 1.0


class Health:
    """Looks when asked, one look at a time."""

    def __init__(self, store: Store, planner: ChargingLoop, clock: Clock) -> None:
        self._store = store
        self._planner = planner
        self._clock = clock
        self._looking = asyncio.Lock()
        self._seen: dict[str, str] = {}
        self._seen_at_s = float("-inf")

    async def look(self) -> dict[str, str]:
        """By part what is wrong with it, or :data:`OK`."""
        async with self._looking:
            if self._clock.monotonic() - self._seen_at_s >= _HOLDS_S:
                self._seen = {
                    "database": await _tried(self._store.history.plans(1), "does not answer"),
                    "writer": await _tried(self._store.writing.touch(), "takes no writes"),
                    "planner": self._planner.trouble() or OK,
                }
                self._seen_at_s = self._clock.monotonic()
            return self._seen


async def _tried(work: Awaitable[object], wrong: str) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await work
    except (TimeoutError, StoreError):
        return wrong
    return OK
