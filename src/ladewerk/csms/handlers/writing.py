"""A message that could not be written down is not answered as if it had been: the station may send it again."""

from collections.abc import Awaitable
from typing import TypeVar

from ladewerk.errors import RemoteProtocolError, StoreError
from ladewerk.ocpp import ErrorCode

T = TypeVar("T")


async def written(what: str, work: Awaitable[T]) -> T:
    """The result of ``work``; where the database refuses, the station hears InternalError."""
    try:
        return await work
    except StoreError as err:
        raise RemoteProtocolError(ErrorCode.INTERNAL_ERROR, f"{what} could not be stored: {err}") from err
