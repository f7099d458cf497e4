"""Which EVSEs and connectors a station can have: each that it names is remembered, and counts at the site's limit."""

from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import ErrorCode

MOST_EVSES: Final = 999
"""OCPP numbers them from 1 on, without gaps; for so many there are ids of profiles."""

MOST_CONNECTORS: Final = 99
"""Of an EVSE."""


def check_place(evse_path: str, evse_id: int, connector_path: str = "", connector_id: int | UnsetType = UNSET) -> None:
    """Raise RemoteProtocolError with the path of a number that no EVSE or connector has."""
    _check(evse_path, evse_id, MOST_EVSES)
    if connector_id is not UNSET:
        _check(connector_path, connector_id, MOST_CONNECTORS)


def _check(path: str, number: int, most: int) -> None:
    if not 0 <= number <= most:
        text = f"{path}: from 0 to {most} is expected, not {number}"
        raise RemoteProtocolError(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, text, path=path)
