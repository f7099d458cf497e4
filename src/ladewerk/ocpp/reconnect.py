"""A link that comes back: one channel after the other, with the waits of OCPP between them."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar

from ladewerk.errors import Disconnected
from ladewerk.ocpp.backoff import BackOff, BackOffSettings

C = TypeVar("C")

log: logging.Logger = logging.getLogger(__name__)


@asynccontextmanager
async def reconnecting(
    open_channel: Callable[[], AbstractAsyncContextManager[C]],
    settings: BackOffSettings | None = None,
    *,
    rng: random.Random | None = None,
) -> AsyncIterator[AsyncIterator[C]]:
    """Channels for ever, in an ``async for``: the next one when you are done with the last, for it is gone then.

    ``open_channel`` is called for each attempt, so it may name another address each time. Between two channels, and after
    an attempt that fails (one warning in the log), passes the wait of ``settings``; it begins anew with each connection
    that stood (errata of OCPP 2.x part 4, 4.12). Catch Disconnected in the loop where the use of a channel raises it.
    What is no Disconnected, such as a ConfigError, comes through.
    """
    back_off = BackOff(settings or BackOffSettings(), rng or random.Random())
    async with aclosing(_channels(open_channel, back_off)) as channels:
        yield channels


async def _channels(
    open_channel: Callable[[], AbstractAsyncContextManager[C]], back_off: BackOff
) -> AsyncGenerator[C, None]:
    while True:
        try:
            async with open_channel() as channel:
                back_off.reset()
                yield channel
        except Disconnected as err:
            wait_s = back_off.next_wait_s()
            log.warning("%s; next attempt in %.0f s", err, wait_s)
        else:
            wait_s = back_off.next_wait_s()
        await asyncio.sleep(wait_s)
